//! A server and a client in one process. The first argument names the SISCI library.

use ntb_core::driver::{Config, Error, Fault, Received, Transport};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config {
        library: std::env::args()
            .nth(1)
            .unwrap_or("libsisci.so".into())
            .into(),
        ring_bytes: 64 << 10,
        ..Config::default()
    };
    // Loads the library, opens the adapter, starts a thread: after a daemon's fork, once.
    let transport = Transport::start(config)?;
    let listener = transport.listen("127.0.0.1:0".parse()?)?;
    let address = listener.address();

    std::thread::scope(|scope| -> Result<(), Box<dyn std::error::Error>> {
        let client = scope.spawn(|| -> Result<Vec<u8>, Error> {
            let mut server = transport.connect(address)?;
            server.send(b"hello")?;
            // Whole messages are the program's affair: this is a stream of bytes.
            let (mut answer, mut buffer) = (Vec::new(), [0; 16]);
            while answer.len() < 5 {
                match server.recv(&mut buffer, Some(Duration::from_secs(30)))? {
                    Received::Data(bytes) => answer.extend(&buffer[..bytes]),
                    Received::End => break,
                }
            }
            // Dropped, it says goodbye; that ends both directions.
            Ok(answer)
        });
        listener.wait(Some(Instant::now() + Duration::from_secs(30)))?;
        let mut client_side = listener.accept().ok_or("nobody connected")?;
        let mut buffer = [0; 16];
        while let Received::Data(bytes) = client_side.recv(&mut buffer, None)? {
            client_side.send(&buffer[..bytes].to_ascii_uppercase())?;
        }
        drop(client_side);
        assert_eq!(client.join().expect("it does not panic")?, b"HELLO");
        Ok(())
    })?;

    // Errors say whose fault they are, with the numbers.
    drop(listener);
    let error = transport
        .connect(address)
        .expect_err("nobody listens any more");
    assert_eq!(error.fault(), Fault::Host);
    println!("as expected: {error}");
    Ok(())
}
