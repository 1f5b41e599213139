//! A connection as C++ holds it.

use crate::ffi::{IoKind, IoOutcome, LentOutcome, PeerAddress};
use crate::held::Held;
use crate::outcome::of_stream;
use crate::{guard, process};
use ntb_core::driver::{self, Lent, Received};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// A socket: not connected, connected, or (after a defect) dead.
#[derive(Debug)]
pub struct Endpoint(Held<driver::Endpoint>);

/// C++ moves sockets between threads; this is where the compiler checks that we may.
const fn assert_send<T: Send>() {}
const _: () = assert_send::<Endpoint>();

pub(crate) fn new_endpoint() -> Box<Endpoint> {
    Box::new(Endpoint(Held::none()))
}

impl Endpoint {
    pub(crate) fn connect(&mut self, peer: &PeerAddress, is_new: &mut bool) -> IoOutcome {
        self.connect_from(peer, [0; 16], is_new)
    }

    pub(crate) fn connect_from(
        &mut self,
        peer: &PeerAddress,
        source: [u8; 16],
        is_new: &mut bool,
    ) -> IoOutcome {
        *is_new = true;
        guard::outcome(|| {
            let transport = match process::transport() {
                Ok(transport) => transport,
                Err(outcome) => return outcome,
            };
            match transport.connect_or_skip(address(peer), source_address(source)) {
                Ok(endpoint) => {
                    self.adopt(endpoint);
                    IoOutcome::done(0)
                }
                Err(skip) => {
                    *is_new = skip.is_new;
                    IoOutcome::failed(IoKind::NotConnected, skip.reason)
                }
            }
        })
    }

    pub(crate) fn adopt(&mut self, endpoint: driver::Endpoint) {
        let fd = endpoint.raw_fd();
        self.0.put(endpoint, fd);
    }

    pub(crate) fn send(&mut self, data: &[u8]) -> IoOutcome {
        self.run(|endpoint| of_stream(endpoint.send(data).map(|()| data.len())))
    }

    pub(crate) fn recv(&mut self, buffer: &mut [u8], timeout_millis: i64) -> IoOutcome {
        self.run(
            |endpoint| match endpoint.recv(buffer, time(timeout_millis)) {
                Ok(Received::Data(bytes)) => IoOutcome::done(bytes),
                Ok(Received::End) => closed_by_peer(),
                Err(error) => of_stream(Err(error)),
            },
        )
    }

    pub(crate) fn recv_in_place(&mut self, len: usize, timeout_millis: i64) -> LentOutcome {
        let mut address = 0;
        let outcome =
            self.run(
                |endpoint| match endpoint.recv_in_place(len, time(timeout_millis)) {
                    Ok(Lent::At(place)) => {
                        address = place.as_ptr() as usize;
                        IoOutcome::done(len)
                    }
                    Ok(Lent::Scattered) => IoOutcome::done(0),
                    Ok(Lent::End) => closed_by_peer(),
                    Err(error) => of_stream(Err(error)),
                },
            );
        LentOutcome { outcome, address }
    }

    pub(crate) fn expect(&mut self, bytes: u64) {
        self.run(|endpoint| {
            endpoint.expect(bytes);
            IoOutcome::done(0)
        });
    }

    pub(crate) fn readable(&mut self) -> IoOutcome {
        self.run(|endpoint| of_stream(endpoint.readable().map(|bytes| bytes as usize)))
    }

    pub(crate) fn readable_at_once(&mut self) -> IoOutcome {
        self.run(|endpoint| of_stream(endpoint.readable_at_once().map(|bytes| bytes as usize)))
    }

    pub(crate) fn shutdown(&mut self) {
        self.run(|endpoint| {
            endpoint.shutdown();
            IoOutcome::done(0)
        });
    }

    pub(crate) fn fd(&self) -> i32 {
        self.0.fd()
    }

    pub(crate) fn peer(&self) -> PeerAddress {
        let Some(peer) = self.0.get().map(driver::Endpoint::peer) else {
            return PeerAddress {
                ip: [0; 16],
                port: 0,
            };
        };
        let ip = match peer.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        PeerAddress {
            ip: ip.octets(),
            port: peer.port(),
        }
    }

    pub(crate) fn peer_text(&self) -> String {
        self.0
            .get()
            .map_or_else(String::new, |endpoint| endpoint.peer().to_string())
    }

    /// Runs `work` on the connection; after a defect the socket is dead.
    fn run(&mut self, work: impl FnOnce(&mut driver::Endpoint) -> IoOutcome) -> IoOutcome {
        // The peer at least hears of the end.
        self.0.run(work, driver::Endpoint::shutdown)
    }
}

fn closed_by_peer() -> IoOutcome {
    IoOutcome::failed(IoKind::Disconnected, "closed by the peer")
}

/// Negative: without end.
fn time(millis: i64) -> Option<Duration> {
    u64::try_from(millis).ok().map(Duration::from_millis)
}

pub(crate) fn address(peer: &PeerAddress) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::from(peer.ip).to_canonical(), peer.port)
}

/// The address to connect from; none stands for any.
pub(crate) fn source_address(ip: [u8; 16]) -> Option<IpAddr> {
    let ip = Ipv6Addr::from(ip).to_canonical();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_addresses_are_ipv4() {
        let mut ip = [0; 16];
        ip[10] = 0xff;
        ip[11] = 0xff;
        ip[12..].copy_from_slice(&[10, 0, 0, 3]);
        assert_eq!(
            address(&PeerAddress { ip, port: 9003 }),
            "10.0.0.3:9003".parse().unwrap()
        );
        assert_eq!(source_address(ip), Some(IpAddr::from([10, 0, 0, 3])));
        ip[12..].fill(0);
        assert_eq!(source_address(ip), None, "any IPv4 address");
        ip[0] = 0xfd;
        assert!(address(&PeerAddress { ip, port: 1 }).is_ipv6());
    }

    #[test]
    fn an_unconnected_socket_answers_and_does_not_panic() {
        let mut endpoint = new_endpoint();
        assert_eq!(endpoint.send(b"x").kind, IoKind::Disconnected);
        assert_eq!(endpoint.recv(&mut [0], -1).kind, IoKind::Disconnected);
        assert_eq!((endpoint.fd(), endpoint.peer().port), (-1, 0));
        endpoint.shutdown();
    }
}
