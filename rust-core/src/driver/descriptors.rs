//! Endpoints and listeners as members of an event loop.

use super::{Endpoint, Listener};
use rustix::fd::{AsFd, BorrowedFd};

impl AsFd for Endpoint {
    /// [`Endpoint::raw_fd`] with a lifetime: for polling only.
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the descriptor is opened before the endpoint and closed by its drop, so it is open
        // as long as `self` can be borrowed.
        unsafe { BorrowedFd::borrow_raw(self.raw_fd()) }
    }
}

impl AsFd for Listener {
    /// [`Listener::raw_fd`] with a lifetime: for polling only.
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: as for an endpoint.
        unsafe { BorrowedFd::borrow_raw(self.raw_fd()) }
    }
}
