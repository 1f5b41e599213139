//! The calls that measurements need, with results instead of out pointers.

// Handles have the types of pointers; a library checks them.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

use sisci_sys::{
    Constants, Functions, Library, error_name, sci_desc_t, sci_dma_queue_t, sci_error_t,
    sci_local_segment_t, sci_map_t, sci_remote_segment_t,
};
use std::ffi::OsStr;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

/// What went wrong, for people.
pub type Outcome<T> = Result<T, String>;

/// Runs a call with an error variable, and names both if it isn't OK afterwards.
macro_rules! call {
    ($name:literal, $error:ident => $call:expr) => {{
        let mut $error = sci_error_t::SCI_ERR_OK;
        // SAFETY: out pointers are alive, handles come from calls that succeeded, and memory is as
        // large as the call is told.
        let value = unsafe { $call };
        if $error == sci_error_t::SCI_ERR_OK {
            Ok(value)
        } else {
            Err(format!("{}: {}", $name, error_name($error)))
        }
    }};
}

/// An initialised library with one open device.
pub struct Client {
    library: Library,
    device: sci_desc_t,
}

/// The adapter that is measured.
const ADAPTER: u32 = 0;

/// An own segment that peers can connect to.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The segment.
    pub segment: sci_local_segment_t,
    /// Its map.
    pub map: sci_map_t,
    /// Where it is mapped.
    pub address: *mut u8,
}

/// A peer's segment.
#[derive(Clone, Copy, Debug)]
pub struct Far {
    /// The connection.
    pub segment: sci_remote_segment_t,
    /// Its map.
    pub map: sci_map_t,
    /// Where it is mapped.
    pub address: *mut u8,
}

impl Client {
    /// Loads the library at `path`, initialises it and opens a device. Which node this is says the
    /// environment.
    ///
    /// # Errors
    /// If the library can't be loaded or refuses.
    pub fn open(path: &OsStr) -> Outcome<Self> {
        let library = Library::open(path).map_err(|error| error.to_string())?;
        let functions = library.functions();
        let mut device = null_mut();
        call!("SCIInitialize", error => (functions.initialize)(0, &mut error))?;
        call!("SCIOpen", error => (functions.open)(&mut device, 0, &mut error))?;
        Ok(Self { library, device })
    }

    /// The functions, for calls that are measured.
    pub fn functions(&self) -> &Functions {
        self.library.functions()
    }

    /// The flags.
    pub fn constants(&self) -> &Constants {
        self.library.constants()
    }

    /// The library's file.
    pub fn path(&self) -> &std::path::Path {
        self.library.path()
    }

    /// The open device.
    pub fn device(&self) -> sci_desc_t {
        self.device
    }

    /// Own node id.
    ///
    /// # Errors
    /// What the call says.
    pub fn node(&self) -> Outcome<u32> {
        let (mut node, ask) = (0, self.functions().get_local_node_id);
        call!("SCIGetLocalNodeId", error => ask(ADAPTER, &mut node, 0, &mut error))?;
        Ok(node)
    }

    /// Creates a segment that peers can connect to.
    ///
    /// # Errors
    /// What the calls say.
    pub fn create(&self, id: u32, size: usize, flags: u32) -> Outcome<sci_local_segment_t> {
        let (sci, mut segment) = (self.functions(), null_mut());
        call!("SCICreateSegment", error => (sci.create_segment)(
            self.device, &mut segment, id, size, None, null_mut(), flags, &mut error
        ))?;
        call!("SCIPrepareSegment", error => (sci.prepare_segment)(segment, ADAPTER, 0, &mut error))?;
        call!("SCISetSegmentAvailable", error => {
            (sci.set_segment_available)(segment, ADAPTER, 0, &mut error)
        })?;
        Ok(segment)
    }

    /// Creates a segment that peers can connect to, and maps it.
    ///
    /// # Errors
    /// What the calls say.
    pub fn offer(&self, id: u32, size: usize) -> Outcome<Own> {
        let segment = self.create(id, size, 0)?;
        let (mut map, function) = (null_mut(), self.functions().map_local_segment);
        let address = call!("SCIMapLocalSegment", error => {
            function(segment, &mut map, 0, size, null_mut(), 0, &mut error)
        })?;
        Ok(Own {
            segment,
            map,
            address: address.cast(),
        })
    }

    /// Removes a segment, whoever uses it.
    ///
    /// # Errors
    /// What the call says.
    pub fn remove(&self, segment: sci_local_segment_t) -> Outcome<()> {
        let flags = self.constants().flag_force_remove;
        let function = self.functions().remove_segment;
        call!("SCIRemoveSegment", error => function(segment, flags, &mut error))
    }

    /// Connects to a segment and maps `size` bytes of it.
    ///
    /// # Errors
    /// What the calls say.
    pub fn reach(&self, node: u32, id: u32, size: usize) -> Outcome<Far> {
        let segment = self.connect(node, id)?;
        let (mut map, function) = (null_mut(), self.functions().map_remote_segment);
        let address = call!("SCIMapRemoteSegment", error => {
            function(segment, &mut map, 0, size, null_mut(), 0, &mut error)
        })?;
        Ok(Far {
            segment,
            map,
            address: address.cast(),
        })
    }

    /// As [`Client::reach`], again and again while the segment isn't there yet.
    ///
    /// # Errors
    /// The last one, after ten seconds.
    pub fn reach_soon(&self, node: u32, id: u32, size: usize) -> Outcome<Far> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match self.reach(node, id, size) {
                Err(_) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                other => return other,
            }
        }
    }

    /// Connects to a segment.
    ///
    /// # Errors
    /// What the call says.
    pub fn connect(&self, node: u32, id: u32) -> Outcome<sci_remote_segment_t> {
        let (mut segment, timeout) = (null_mut(), self.constants().infinite_timeout);
        let function = self.functions().connect_segment;
        call!("SCIConnectSegment", error => function(
            self.device, &mut segment, node, id, ADAPTER, None, null_mut(), timeout, 0, &mut error
        ))?;
        Ok(segment)
    }

    /// Gives a map and its connection back.
    ///
    /// # Errors
    /// What the calls say.
    pub fn leave(&self, far: Far) -> Outcome<()> {
        let sci = self.functions();
        call!("SCIUnmapSegment", error => (sci.unmap_segment)(far.map, 0, &mut error))?;
        call!("SCIDisconnectSegment", error => {
            (sci.disconnect_segment)(far.segment, 0, &mut error)
        })
    }

    /// Copies `bytes` to `offset` of a map.
    ///
    /// # Errors
    /// What the call says.
    #[inline]
    pub fn copy(&self, map: sci_map_t, offset: usize, bytes: &[u8]) -> Outcome<()> {
        let (source, copy) = (bytes.as_ptr().cast_mut().cast(), self.functions().mem_cpy);
        call!("SCIMemCpy", error => {
            copy(null_mut(), source, map, offset, bytes.len(), 0, &mut error)
        })
    }

    /// A DMA queue.
    ///
    /// # Errors
    /// What the call says.
    pub fn dma_queue(&self) -> Outcome<sci_dma_queue_t> {
        let (mut queue, create) = (null_mut(), self.functions().create_dma_queue);
        call!("SCICreateDMAQueue", error => {
            create(self.device, &mut queue, ADAPTER, 1, 0, &mut error)
        })?;
        Ok(queue)
    }

    /// Starts a DMA transfer of `size` bytes to the other side, from offset 0 to offset 0.
    ///
    /// # Errors
    /// What the call says.
    pub fn start_dma(
        &self,
        queue: sci_dma_queue_t,
        own: &Own,
        far: &Far,
        size: usize,
    ) -> Outcome<()> {
        let start = self.functions().start_dma_transfer;
        call!("SCIStartDmaTransfer", error => start(
            queue, own.segment, far.segment, 0, size, 0, None, null_mut(), 0, &mut error
        ))
    }

    /// Waits for the end of a DMA transfer.
    ///
    /// # Errors
    /// What the call says, or the state if it isn't DONE.
    pub fn wait_dma(&self, queue: sci_dma_queue_t) -> Outcome<()> {
        let (wait, timeout) = (
            self.functions().wait_for_dma_queue,
            self.constants().infinite_timeout,
        );
        let state = call!("SCIWaitForDMAQueue", error => wait(queue, timeout, 0, &mut error))?;
        match state {
            sisci_sys::sci_dma_queue_state_t::SCI_DMAQUEUE_DONE => Ok(()),
            other => Err(format!("the DMA transfer ended in {other:?}")),
        }
    }
}

/// Reads a byte that a peer writes.
///
/// # Safety
/// `address` must lie in a map that is alive.
#[inline]
pub unsafe fn load(address: *const u8) -> u8 {
    // SAFETY: the caller's promise.
    unsafe { address.read_volatile() }
}

/// Runs this thread on one processor only, or on all that it had.
pub struct Pin(rustix::thread::CpuSet);

impl Pin {
    /// Pins this thread to the `index`-th of its processors; does nothing if there is only one.
    pub fn to(index: usize) -> Self {
        let before = rustix::thread::sched_getaffinity(None).unwrap_or_default();
        let all: Vec<_> = (0..rustix::thread::CpuSet::MAX_CPU)
            .filter(|cpu| before.is_set(*cpu))
            .collect();
        if all.len() > 1 {
            let mut one = rustix::thread::CpuSet::new();
            one.set(all[index % all.len()]);
            let _ = rustix::thread::sched_setaffinity(None, &one);
        }
        Self(before)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = rustix::thread::sched_setaffinity(None, &self.0);
    }
}
