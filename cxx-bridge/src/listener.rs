//! A listener as C++ holds it.

use crate::endpoint::Endpoint;
use crate::ffi::{IoKind, IoOutcome};
use crate::held::Held;
use crate::{guard, process};
use ntb_core::driver;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Listens on a control port, or not yet, or (after a defect) never again.
#[derive(Debug)]
pub struct Listener(Held<driver::Listener>);

const fn assert_send<T: Send>() {}
const _: () = assert_send::<Listener>();

pub(crate) fn new_listener() -> Box<Listener> {
    Box::new(Listener(Held::none()))
}

impl Listener {
    pub(crate) fn listen(&mut self, port: u16, v6: bool) -> IoOutcome {
        guard::outcome(|| {
            let transport = match process::transport() {
                Ok(transport) => transport,
                Err(outcome) => return outcome,
            };
            let any_v6 = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
            let any_v4 = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
            // A host without IPv6 refuses the first; a port in use refuses both.
            let wide = if v6 {
                transport.listen(any_v6).ok()
            } else {
                None
            };
            match wide.map_or_else(|| transport.listen(any_v4), Ok) {
                Ok(listener) => {
                    listener.tell_refusals();
                    let fd = listener.raw_fd();
                    self.0.put(listener, fd);
                    IoOutcome::done(0)
                }
                Err(error) => {
                    IoOutcome::failed(IoKind::NotConnected, format!("port {port}: {error}"))
                }
            }
        })
    }

    pub(crate) fn pending(&mut self) -> bool {
        let waits = |listener: &mut driver::Listener| IoOutcome::done(listener.pending().into());
        self.run(waits).bytes > 0
    }

    pub(crate) fn accept(&mut self, endpoint: &mut Endpoint) -> IoOutcome {
        self.run(|listener| match listener.accept() {
            Some(accepted) => {
                endpoint.adopt(accepted);
                IoOutcome::done(1)
            }
            // Whoever accepts has a log and goes on after this.
            None => match listener.refused() {
                Some(text) => IoOutcome::failed(IoKind::NotConnected, text),
                None => IoOutcome::done(0),
            },
        })
    }

    pub(crate) fn fd(&self) -> i32 {
        // After a defect its descriptor is closed, and the number somebody else's.
        self.0.get().map_or(-1, driver::Listener::raw_fd)
    }

    /// Runs `work` on the listener; while it does not listen, nobody waits. After a defect the port is
    /// closed, so that peers take TCP, and so is the descriptor: a readable one that nobody drains
    /// would keep the thread busy that polls it.
    fn run(&mut self, work: impl FnOnce(&mut driver::Listener) -> IoOutcome) -> IoOutcome {
        if self.0.get().is_none() {
            return IoOutcome::done(0);
        }
        self.0.run(work, |listener| listener.close())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_listens_nobody_waits() {
        let mut listener = new_listener();
        let accepted = listener.accept(&mut crate::endpoint::new_endpoint());
        assert_eq!((accepted.kind, accepted.bytes), (IoKind::Done, 0));
        assert!(!listener.pending());
        assert_eq!(listener.fd(), -1);
    }
}
