//! The loaded library and one adapter of it.

use super::{DeviceError, checked};
use crate::driver::Error;
use sisci_sys::{Library, sci_desc_t, sci_query_string_t};
use std::ffi::{CStr, OsStr, c_char};
use std::ptr::null_mut;
use std::sync::Arc;

/// An open SISCI device on one adapter.
#[derive(Debug)]
pub struct Device {
    library: Library,
    handle: sci_desc_t,
    adapter: u32,
    node: u32,
}

// SAFETY: the library's multi-threaded functions (`_MT_`) may be called from any thread with any
// handle; `handle` is only ever passed to them.
unsafe impl Send for Device {}
// SAFETY: as for Send.
unsafe impl Sync for Device {}

/// What a library says about itself.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// The file that was loaded.
    pub library: String,
    /// Vendor text; empty if the library doesn't tell.
    pub vendor: String,
    /// API version text; empty if the library doesn't tell.
    pub api: String,
}

impl Device {
    /// Loads `library`, initialises it and opens `adapter`.
    ///
    /// # Errors
    /// [`Error::Library`] if it can't be loaded or lacks symbols, [`Error::Device`] if there is
    /// no such adapter or no driver.
    pub fn open(library: &OsStr, adapter: u32) -> Result<Arc<Self>, Error> {
        let library = Library::open(library)?;
        let sci = *library.functions();
        let name = || library.path().display().to_string();
        // SAFETY: takes no handle; initialising again in one process is tolerated by the library
        // or answered by an error code.
        checked("SCIInitialize", name, |error| unsafe {
            (sci.initialize)(0, error)
        })?;
        let mut handle: sci_desc_t = null_mut();
        // SAFETY: `handle` is valid for writing; the library is initialised.
        checked("SCIOpen", name, |error| unsafe {
            (sci.open)(&raw mut handle, 0, error)
        })?;
        let mut device = Self {
            library,
            handle,
            adapter,
            node: 0,
        };
        device.node = device.local_node()?;
        Ok(Arc::new(device))
    }

    /// Number of the adapter.
    pub fn adapter(&self) -> u32 {
        self.adapter
    }

    /// Node id of this host on the adapter's fabric.
    pub fn node(&self) -> u32 {
        self.node
    }

    /// The flush of CPU write-combining buffers; `None` on the emulator, whose windows are ordinary
    /// memory.
    pub fn write_combining_flush(&self) -> Option<Flush> {
        let flush = Flush {
            call: self.library.functions().flush,
            flags: self.library.constants().flag_flush_cpu_buffers_only,
        };
        (!self.is_emulated()).then_some(flush)
    }

    /// Whether the adapter's link is up; true if the library does not tell.
    pub fn link_is_up(&self) -> bool {
        let subcommand = self.constants().q_adapter_link_operational;
        self.adapter_value(subcommand, 0) != Ok(0)
    }

    /// Whether the fabric is our emulator, where a store is visible to the peer at once.
    pub fn is_emulated(&self) -> bool {
        self.describe().vendor.contains("sisci-emu")
    }

    /// The timing model of an emulated fabric; `None` without one, and on adapters.
    pub fn timing_model(&self) -> Option<String> {
        let vendor = self.describe().vendor;
        let (library, model) = vendor.split_once("(model ")?;
        let model = model.strip_suffix(')')?;
        library.contains("sisci-emu").then(|| model.to_owned())
    }

    /// What the library says about itself.
    pub fn describe(&self) -> Description {
        let constants = self.library.constants();
        Description {
            library: self.library.path().display().to_string(),
            vendor: self.query_text(constants.q_vendorid),
            api: self.query_text(constants.q_api),
        }
    }

    pub(super) fn sci(&self) -> &sisci_sys::Functions {
        self.library.functions()
    }

    pub(super) fn constants(&self) -> &sisci_sys::Constants {
        self.library.constants()
    }

    pub(super) fn handle(&self) -> sci_desc_t {
        self.handle
    }

    fn local_node(&self) -> Result<u32, DeviceError> {
        let mut node = 0;
        let subject = || format!("adapter {}", self.adapter);
        checked("SCIGetLocalNodeId", subject, |error| {
            // SAFETY: `node` is valid for writing; needs no device handle.
            unsafe { (self.sci().get_local_node_id)(self.adapter, &raw mut node, 0, error) }
        })?;
        Ok(node)
    }

    fn query_text(&self, command: u32) -> String {
        let mut text = [0u8; 256];
        let mut query = sci_query_string_t {
            str_: text.as_mut_ptr().cast::<c_char>(),
            length: text.len() as u32 - 1,
        };
        let asked = checked("SCIQuery", String::new, |error| {
            // SAFETY: `query` is the structure of this command; it names a buffer of `length`
            // bytes that lives through the call, and one more byte of zero behind it.
            unsafe { (self.sci().query)(command, (&raw mut query).cast(), 0, error) }
        });
        let text = CStr::from_bytes_until_nul(&text).unwrap_or_default();
        asked
            .map(|()| text.to_string_lossy().into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: our own handle, used for the last time. Leftovers make it fail, which leaves
        // the device to the end of the process.
        let _ = checked("SCIClose", String::new, |error| unsafe {
            (self.sci().close)(self.handle, 0, error)
        });
    }
}

/// `SCIFlush` restricted to the CPU's write-combining buffers.
#[derive(Debug, Clone, Copy)]
pub struct Flush {
    call: sisci_sys::SCIFlush,
    flags: u32,
}

impl Flush {
    /// Pushes everything stored so far out of the CPU's buffers.
    #[inline]
    pub fn cpu_buffers(&self) {
        // SAFETY: a null sequence is allowed for this function, and there is no other pointer.
        unsafe { (self.call)(null_mut(), self.flags) }
    }
}
