//! Proof that the other side knows the shared secret, without sending it.
//!
//! Each proof covers the whole first message (and with it the memory that it names) and both
//! nonces, and says whose proof it is, so that none can be replayed or sent back.

use super::error::Error;
use crate::proto::fault::PeerFault;
use crate::proto::wire::{Nonce, Proof};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Whose proof it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Connector,
    Acceptor,
}

fn mac(secret: &[u8], side: Side, hello: &[u8], nonce: &Nonce) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(match side {
        Side::Connector => b"beegfs-ntb connector",
        Side::Acceptor => b"beegfs-ntb acceptor ",
    });
    mac.update(hello);
    mac.update(nonce);
    mac
}

/// The proof of `side` for a handshake that began with the bytes `hello` and in which the
/// acceptor chose `nonce`.
pub(crate) fn prove(secret: &[u8], side: Side, hello: &[u8], nonce: &Nonce) -> Proof {
    mac(secret, side, hello, nonce)
        .finalize()
        .into_bytes()
        .into()
}

/// Compares in constant time.
pub(crate) fn check(
    secret: &[u8],
    side: Side,
    hello: &[u8],
    nonce: &Nonce,
    proof: &Proof,
) -> Result<(), PeerFault> {
    mac(secret, side, hello, nonce)
        .verify_slice(proof)
        .map_err(|_| PeerFault::BadProof)
}

/// Random bytes from the kernel.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        let flags = rustix::rand::GetRandomFlags::empty();
        match rustix::rand::getrandom(&mut bytes[filled..], flags) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Error::os("getrandom")(errno)),
        }
    }
    Ok(bytes)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_one_side_message_nonce_and_secret() {
        let nonce = random().unwrap();
        let proof = prove(b"key", Side::Connector, b"hello", &nonce);
        let holds = |key: &[u8], side, hello: &[u8], nonce: &Nonce| {
            check(key, side, hello, nonce, &proof).is_ok()
        };
        assert!(holds(b"key", Side::Connector, b"hello", &nonce));
        assert!(!holds(b"kez", Side::Connector, b"hello", &nonce));
        assert!(!holds(b"key", Side::Acceptor, b"hello", &nonce));
        assert!(!holds(b"key", Side::Connector, b"hellp", &nonce));
        assert!(!holds(
            b"key",
            Side::Connector,
            b"hello",
            &random().unwrap()
        ));
    }
}
