//! The interface under test, with results instead of out pointers.

use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

/// A code other than `SCI_ERR_OK`.
pub type Answer<T> = Result<T, sci_error_t>;

/// The loaded library.
pub struct Sci {
    library: Library,
}

/// The adapter that the cases use.
pub const ADAPTER: u32 = 0;

/// Runs a call with an error variable; `Err` if it isn't OK afterwards.
macro_rules! call {
    ($error:ident => $call:expr) => {{
        // A value that no library gives, to see that the call sets it.
        let mut $error = sci_error_t(0x1234_5678);
        // SAFETY: the cases pass live out pointers, and handles that a library has to check; where a
        // call needs more, the case says so.
        let value = unsafe { $call };
        if $error == sci_error_t::SCI_ERR_OK { Ok(value) } else { Err($error) }
    }};
}
pub(crate) use call;

impl Sci {
    /// Loads and initialises the library that `SISCI_TEST_LIBRARY` names.
    pub fn load() -> Self {
        let sci = Self::load_only();
        sci.initialize().expect("SCIInitialize");
        sci
    }

    /// Loads without `SCIInitialize`.
    pub fn load_only() -> Self {
        let name = std::env::var_os("SISCI_TEST_LIBRARY").expect("SISCI_TEST_LIBRARY is set");
        Self {
            library: Library::open(name).expect("the library loads"),
        }
    }

    pub fn functions(&self) -> &Functions {
        self.library.functions()
    }

    pub fn constants(&self) -> &Constants {
        self.library.constants()
    }

    pub fn initialize(&self) -> Answer<()> {
        call!(error => (self.functions().initialize)(0, &mut error))
    }

    pub fn terminate(&self) {
        // SAFETY: the caller uses no handle any more.
        unsafe { (self.functions().terminate)() }
    }

    pub fn open(&self) -> Answer<sci_desc_t> {
        let mut device = null_mut();
        call!(error => (self.functions().open)(&mut device, 0, &mut error)).map(|()| device)
    }

    pub fn close(&self, device: sci_desc_t) -> Answer<()> {
        call!(error => (self.functions().close)(device, 0, &mut error))
    }

    pub fn local_node(&self) -> u32 {
        let mut node = 0;
        call!(error => (self.functions().get_local_node_id)(ADAPTER, &mut node, 0, &mut error))
            .expect("SCIGetLocalNodeId");
        node
    }

    pub fn create_segment(
        &self,
        device: sci_desc_t,
        id: u32,
        size: usize,
        flags: u32,
    ) -> Answer<sci_local_segment_t> {
        let mut segment = null_mut();
        call!(error => (self.functions().create_segment)(
            device, &mut segment, id, size, None, null_mut(), flags, &mut error
        ))
        .map(|()| segment)
    }

    pub fn prepare(&self, segment: sci_local_segment_t) -> Answer<()> {
        call!(error => (self.functions().prepare_segment)(segment, ADAPTER, 0, &mut error))
    }

    pub fn set_available(&self, segment: sci_local_segment_t) -> Answer<()> {
        call!(error => (self.functions().set_segment_available)(segment, ADAPTER, 0, &mut error))
    }

    pub fn set_unavailable(&self, segment: sci_local_segment_t, flags: u32) -> Answer<()> {
        let set = self.functions().set_segment_unavailable;
        call!(error => set(segment, ADAPTER, flags, &mut error))
    }

    pub fn remove_segment(&self, segment: sci_local_segment_t, flags: u32) -> Answer<()> {
        call!(error => (self.functions().remove_segment)(segment, flags, &mut error))
    }

    /// Creates, prepares and offers a segment.
    pub fn offer(&self, device: sci_desc_t, id: u32, size: usize) -> sci_local_segment_t {
        let segment = self
            .create_segment(device, id, size, 0)
            .expect("SCICreateSegment");
        self.prepare(segment).expect("SCIPrepareSegment");
        self.set_available(segment).expect("SCISetSegmentAvailable");
        segment
    }

    pub fn connect(&self, device: sci_desc_t, node: u32, id: u32) -> Answer<sci_remote_segment_t> {
        let mut segment = null_mut();
        let timeout = self.constants().infinite_timeout;
        call!(error => (self.functions().connect_segment)(
            device, &mut segment, node, id, ADAPTER, None, null_mut(), timeout, 0, &mut error
        ))
        .map(|()| segment)
    }

    pub fn disconnect(&self, segment: sci_remote_segment_t) -> Answer<()> {
        call!(error => (self.functions().disconnect_segment)(segment, 0, &mut error))
    }

    pub fn map_local(
        &self,
        segment: sci_local_segment_t,
        offset: usize,
        size: usize,
    ) -> Answer<(sci_map_t, *mut u8)> {
        let (mut map, function) = (null_mut(), self.functions().map_local_segment);
        call!(error => function(segment, &mut map, offset, size, null_mut(), 0, &mut error))
            .map(|address| (map, address.cast()))
    }

    pub fn map_remote(
        &self,
        segment: sci_remote_segment_t,
        offset: usize,
        size: usize,
    ) -> Answer<(sci_map_t, *mut u8)> {
        let (mut map, function) = (null_mut(), self.functions().map_remote_segment);
        call!(error => function(segment, &mut map, offset, size, null_mut(), 0, &mut error))
            .map(|address| (map, address.cast()))
    }

    pub fn unmap(&self, map: sci_map_t) -> Answer<()> {
        call!(error => (self.functions().unmap_segment)(map, 0, &mut error))
    }

    pub fn flush(&self) {
        // SAFETY: a null sequence is allowed.
        unsafe { (self.functions().flush)(null_mut(), 0) }
    }

    pub fn create_data_interrupt(
        &self,
        device: sci_desc_t,
        callback: sci_cb_data_interrupt_t,
        argument: *mut c_void,
    ) -> Answer<(sci_local_data_interrupt_t, u32)> {
        let (mut interrupt, mut number) = (null_mut(), 0);
        let flags = if callback.is_some() {
            self.constants().flag_use_callback
        } else {
            0
        };
        let create = self.functions().create_data_interrupt;
        call!(error => create(
            device, &mut interrupt, ADAPTER, &mut number, callback, argument, flags, &mut error
        ))
        .map(|()| (interrupt, number))
    }

    pub fn remove_data_interrupt(&self, interrupt: sci_local_data_interrupt_t) -> Answer<()> {
        call!(error => (self.functions().remove_data_interrupt)(interrupt, 0, &mut error))
    }

    pub fn connect_data_interrupt(
        &self,
        device: sci_desc_t,
        node: u32,
        number: u32,
    ) -> Answer<sci_remote_data_interrupt_t> {
        let (mut interrupt, timeout) = (null_mut(), self.constants().infinite_timeout);
        let connect = self.functions().connect_data_interrupt;
        call!(error => connect(
            device, &mut interrupt, node, ADAPTER, number, timeout, 0, &mut error
        ))
        .map(|()| interrupt)
    }

    pub fn disconnect_data_interrupt(&self, interrupt: sci_remote_data_interrupt_t) -> Answer<()> {
        call!(error => (self.functions().disconnect_data_interrupt)(interrupt, 0, &mut error))
    }

    pub fn send(&self, interrupt: sci_remote_data_interrupt_t, message: &[u8]) -> Answer<()> {
        let (data, length) = (message.as_ptr().cast_mut().cast(), message.len() as u32);
        let trigger = self.functions().trigger_data_interrupt;
        call!(error => trigger(interrupt, data, length, 0, &mut error))
    }

    pub fn receive(
        &self,
        interrupt: sci_local_data_interrupt_t,
        timeout_ms: u32,
    ) -> Answer<Vec<u8>> {
        let mut data = vec![0u8; 256];
        let mut length = data.len() as u32;
        let wait = self.functions().wait_for_data_interrupt;
        call!(error => wait(
            interrupt, data.as_mut_ptr().cast(), &mut length, timeout_ms, 0, &mut error
        ))?;
        data.truncate(length as usize);
        Ok(data)
    }
}

/// Reads a byte that a peer may write.
pub fn load(address: *mut u8, offset: usize) -> u8 {
    // SAFETY: the cases stay inside the maps they made.
    unsafe { address.add(offset).read_volatile() }
}

/// Writes a byte that a peer may read.
pub fn store(address: *mut u8, offset: usize, value: u8) {
    // SAFETY: the cases stay inside the maps they made.
    unsafe { address.add(offset).write_volatile(value) }
}

/// Waits until a peer's store, or whatever else, has happened.
pub fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Calls again as long as the answer is `BUSY`, as every client does.
pub fn while_busy<T>(mut call: impl FnMut() -> Answer<T>) -> Answer<T> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match call() {
            Err(sci_error_t::SCI_ERR_BUSY) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(1));
            }
            answer => return answer,
        }
    }
}

/// Connects again as long as the other side isn't there yet, as every client does.
pub fn until_there<T>(mut call: impl FnMut() -> Answer<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match call() {
            Ok(value) => return value,
            Err(code) => assert!(Instant::now() < deadline, "{}", error_name(code)),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
