//! SmartIO, PCIe requesters, and memory by its address on the fabric.

use super::{constant_answer, not_built};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIGetDeviceList as get_device_list(
        sd: c::sci_desc_t,
        fdids: *mut c_uint,
        length: usize,
        filter: *mut c::sci_smartio_device_info_t,
        flags: c_uint,
    ) -> usize = 0;
}

constant_answer! {
    fn SCIGetFabricDeviceId as get_fabric_device_id(device: c::sci_smartio_device_t) -> c_uint = 0;
}

not_built! {
    fn SCIBorrowDevice as borrow_device(
        sd: c::sci_desc_t,
        device: *mut c::sci_smartio_device_t,
        fdid: c_uint,
        flags: c_uint,
    );
    fn SCIReturnDevice as return_device(
        device: c::sci_smartio_device_t,
        flags: c_uint,
    );
    fn SCIReleaseExclusiveBorrow as release_exclusive_borrow(
        device: c::sci_smartio_device_t,
        flags: c_uint,
    );
    fn SCIConnectDeviceSegment as connect_device_segment(
        device: c::sci_smartio_device_t,
        segment: *mut c::sci_remote_segment_t,
        segment_id: c_uint,
        memory_type: c_uint,
        callback: c::sci_cb_remote_segment_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIConnectDeviceSegmentPath as connect_device_segment_path(
        device: c::sci_smartio_device_t,
        segment: *mut c::sci_remote_segment_t,
        segment_id: c_uint,
        memory_type: c_uint,
        local_adapter_no: c_uint,
        callback: c::sci_cb_remote_segment_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCICreateDeviceSegment as create_device_segment(
        device: c::sci_smartio_device_t,
        segment_id: c_uint,
        size: usize,
        memory_type: c_uint,
        access_hints: c_uint,
        flags: c_uint,
    );
    fn SCIMapLocalSegmentForDevice as map_local_segment_for_device(
        segment: c::sci_local_segment_t,
        local_adapter_no: c_uint,
        device: c::sci_smartio_device_t,
        address: *mut c::sci_ioaddr_t,
        offset: usize,
        size: usize,
        flags: c_uint,
    );
    fn SCIUnmapLocalSegmentForDevice as unmap_local_segment_for_device(
        segment: c::sci_local_segment_t,
        local_adapter_no: c_uint,
        device: c::sci_smartio_device_t,
        flags: c_uint,
    );
    fn SCIMapRemoteSegmentForDevice as map_remote_segment_for_device(
        segment: c::sci_remote_segment_t,
        device: c::sci_smartio_device_t,
        address: *mut c::sci_ioaddr_t,
        offset: usize,
        size: usize,
        flags: c_uint,
    );
    fn SCIUnmapRemoteSegmentForDevice as unmap_remote_segment_for_device(
        segment: c::sci_remote_segment_t,
        device: c::sci_smartio_device_t,
        flags: c_uint,
    );
    fn SCIRegisterPCIeRequester as register_pcie_requester(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        bus: c_uint,
        devfn: c_uint,
        flags: c_uint,
    );
    fn SCIUnregisterPCIeRequester as unregister_pcie_requester(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        bus: c_uint,
        devfn: c_uint,
        flags: c_uint,
    );
    fn SCIConnectSCISpace as connect_sci_space(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        segment: *mut c::sci_remote_segment_t,
        address: c::sci_address_t,
        size: usize,
        flags: c_uint,
    );
}
