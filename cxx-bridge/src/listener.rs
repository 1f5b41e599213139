//! A listener as C++ holds it.

use crate::endpoint::Endpoint;
use crate::ffi::{IoKind, IoOutcome};
use crate::{guard, process};
use ntb_core::driver;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Listens on a control port, or not yet.
#[derive(Debug)]
pub struct Listener(Option<driver::Listener>);

const fn assert_send<T: Send>() {}
const _: () = assert_send::<Listener>();

pub(crate) fn new_listener() -> Box<Listener> {
    Box::new(Listener(None))
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
                    self.0 = Some(listener);
                    IoOutcome::done(0)
                }
                Err(error) => {
                    IoOutcome::failed(IoKind::NotConnected, format!("port {port}: {error}"))
                }
            }
        })
    }

    pub(crate) fn pending(&self) -> bool {
        guard::value(false, || {
            self.0.as_ref().is_some_and(driver::Listener::pending)
        })
    }

    pub(crate) fn accept(&self, endpoint: &mut Endpoint) -> IoOutcome {
        guard::outcome(
            || match self.0.as_ref().and_then(driver::Listener::accept) {
                Some(accepted) => {
                    endpoint.adopt(accepted);
                    IoOutcome::done(1)
                }
                None => IoOutcome::done(0),
            },
        )
    }

    pub(crate) fn fd(&self) -> i32 {
        self.0.as_ref().map_or(-1, driver::Listener::raw_fd)
    }
}
