//! Virtual devices: what a program opens first, and what its other resources hang on.

use crate::Result;
use crate::fabric::member::Member;
use crate::fabric::node::Reservation;
use crate::fabric::usage::Resource;
use crate::model::tables;
use crate::runtime::process;
use crate::runtime::sync::{Use, Uses};
use sisci_sys::{sci_desc, sci_desc_t};
use std::sync::Arc;

/// An open device. Any number of resources of each kind may hang on it.
pub struct Device {
    member: Arc<Member>,
    resources: Arc<Uses>,
}

/// A resource that hangs on a device and counts against a limit.
#[derive(Debug)]
pub struct Held {
    _reservation: Option<Reservation>,
    _use: Use,
}

impl Device {
    /// Opens a device; the first one of a process makes it a member of its node.
    ///
    /// # Errors
    /// `NOT_INITIALIZED`; `SYSTEM` if the process can't be a member of its node.
    pub fn open() -> Result<sci_desc_t> {
        let member = process::current()?.member()?;
        tables::DEVICES.insert(Arc::new(Self {
            member,
            resources: Arc::default(),
        }))
    }

    /// Closes a device.
    ///
    /// # Errors
    /// `BUSY` while resources hang on it.
    pub fn close(handle: *mut sci_desc) -> Result<()> {
        tables::DEVICES.get(handle)?.resources.close()?;
        tables::DEVICES.remove(handle);
        Ok(())
    }

    /// The process as part of the fabric.
    pub fn member(&self) -> &Arc<Member> {
        &self.member
    }

    /// Counts one resource of which an adapter has a limited number.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the device is being closed; as [`Member::reserve`].
    pub fn limited(&self, adapter: u32, what: Resource) -> Result<Held> {
        let held = self.resource()?;
        Ok(Held {
            _reservation: self.member.reserve(adapter, what, 1)?,
            _use: held,
        })
    }

    /// Counts one resource.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the device is being closed.
    pub fn resource(&self) -> Result<Use> {
        self.resources.acquire()
    }
}
