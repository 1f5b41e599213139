// Made by `cargo xtask sisci bindgen` from sisci-sys/include; changes belong there.
#![allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals)]
#![allow(clippy::all, clippy::undocumented_unsafe_blocks, unused_qualifications)]

pub const SISCI_ERR_MASK: u32 = 1073741824;
pub const DIS_MAX_NODE_IDS: u32 = 64;
pub const DIS_BROADCAST_NODEID_GROUP_ALL: u32 = 252;
pub const DIS_DMA_MAX_VECLEN: u32 = 256;
impl sci_error_t {
    /// Success.
    pub const SCI_ERR_OK: sci_error_t = sci_error_t(0);
    /// The resource is in use.
    pub const SCI_ERR_BUSY: sci_error_t = sci_error_t(1073744128);
    /// A known flag that this library lacks.
    pub const SCI_ERR_FLAG_NOT_IMPLEMENTED: sci_error_t = sci_error_t(1073744129);
    /// A flag that this call does not take.
    pub const SCI_ERR_ILLEGAL_FLAG: sci_error_t = sci_error_t(1073744130);
    /// No memory, or the receiver's queue is full.
    pub const SCI_ERR_NOSPC: sci_error_t = sci_error_t(1073744132);
    /// The library is out of a resource.
    pub const SCI_ERR_API_NOSPC: sci_error_t = sci_error_t(1073744133);
    /// The adapter is out of a resource.
    pub const SCI_ERR_HW_NOSPC: sci_error_t = sci_error_t(1073744134);
    /// This library lacks the function.
    pub const SCI_ERR_NOT_IMPLEMENTED: sci_error_t = sci_error_t(1073744135);
    /// Adapter number out of range.
    pub const SCI_ERR_ILLEGAL_ADAPTERNO: sci_error_t = sci_error_t(1073744136);
    /// No adapter has this number.
    pub const SCI_ERR_NO_SUCH_ADAPTERNO: sci_error_t = sci_error_t(1073744137);
    /// The wait ended without an event.
    pub const SCI_ERR_TIMEOUT: sci_error_t = sci_error_t(1073744138);
    /// Offset plus size is too large.
    pub const SCI_ERR_OUT_OF_RANGE: sci_error_t = sci_error_t(1073744139);
    /// The node has no such segment.
    pub const SCI_ERR_NO_SUCH_SEGMENT: sci_error_t = sci_error_t(1073744140);
    /// The node has no such interrupt; same value.
    pub const SCI_ERR_NO_SUCH_INTNO: sci_error_t = sci_error_t(1073744140);
    /// No legal node id.
    pub const SCI_ERR_ILLEGAL_NODEID: sci_error_t = sci_error_t(1073744141);
    /// The other side refused.
    pub const SCI_ERR_CONNECTION_REFUSED: sci_error_t = sci_error_t(1073744142);
    /// No connection over this adapter.
    pub const SCI_ERR_SEGMENT_NOT_CONNECTED: sci_error_t = sci_error_t(1073744143);
    /// The size is not aligned.
    pub const SCI_ERR_SIZE_ALIGNMENT: sci_error_t = sci_error_t(1073744144);
    /// The offset is not aligned.
    pub const SCI_ERR_OFFSET_ALIGNMENT: sci_error_t = sci_error_t(1073744145);
    /// A bad argument, a dead handle included.
    pub const SCI_ERR_ILLEGAL_PARAMETER: sci_error_t = sci_error_t(1073744146);
    /// The queue or table is full.
    pub const SCI_ERR_MAX_ENTRIES: sci_error_t = sci_error_t(1073744147);
    /// SCIPrepareSegment is missing.
    pub const SCI_ERR_SEGMENT_NOT_PREPARED: sci_error_t = sci_error_t(1073744148);
    /// A bad address.
    pub const SCI_ERR_ILLEGAL_ADDRESS: sci_error_t = sci_error_t(1073744149);
    /// Not in this state.
    pub const SCI_ERR_ILLEGAL_OPERATION: sci_error_t = sci_error_t(1073744150);
    /// An unknown query.
    pub const SCI_ERR_ILLEGAL_QUERY: sci_error_t = sci_error_t(1073744151);
    /// The id is taken on this node.
    pub const SCI_ERR_SEGMENTID_USED: sci_error_t = sci_error_t(1073744152);
    /// The number is taken; value assumed.
    pub const SCI_ERR_INTNO_USED: sci_error_t = sci_error_t(1073744152);
    /// The operating system failed; see errno.
    pub const SCI_ERR_SYSTEM: sci_error_t = sci_error_t(1073744153);
    /// The handle was removed during the wait.
    pub const SCI_ERR_CANCELLED: sci_error_t = sci_error_t(1073744154);
    /// The connection is gone.
    pub const SCI_ERR_NOT_CONNECTED: sci_error_t = sci_error_t(1073744155);
    /// Not available.
    pub const SCI_ERR_NOT_AVAILABLE: sci_error_t = sci_error_t(1073744156);
    /// Library and driver do not fit.
    pub const SCI_ERR_INCONSISTENT_VERSIONS: sci_error_t = sci_error_t(1073744157);
    /// Conditional interrupts raced.
    pub const SCI_ERR_COND_INT_RACE_PROBLEM: sci_error_t = sci_error_t(1073744158);
    /// A count or an event queue overflowed.
    pub const SCI_ERR_OVERFLOW: sci_error_t = sci_error_t(1073744159);
    /// SCIInitialize is missing.
    pub const SCI_ERR_NOT_INITIALIZED: sci_error_t = sci_error_t(1073744160);
    /// No right to do this.
    pub const SCI_ERR_ACCESS: sci_error_t = sci_error_t(1073744161);
    /// Not supported; value assumed.
    pub const SCI_ERR_NOT_SUPPORTED: sci_error_t = sci_error_t(1073744162);
    /// No longer supported; value assumed.
    pub const SCI_ERR_DEPRECATED: sci_error_t = sci_error_t(1073744163);
    /// No such DMA engine; value assumed.
    pub const SCI_ERR_DMA_NOT_AVAILABLE: sci_error_t = sci_error_t(1073744164);
    /// The DMA engine is off; value assumed.
    pub const SCI_ERR_DMA_DISABLED: sci_error_t = sci_error_t(1073744165);
    /// No node answers to this id.
    pub const SCI_ERR_NO_SUCH_NODEID: sci_error_t = sci_error_t(1073744384);
    /// The node does not answer.
    pub const SCI_ERR_NODE_NOT_RESPONDING: sci_error_t = sci_error_t(1073744386);
    /// A link beyond the local one is down.
    pub const SCI_ERR_NO_REMOTE_LINK_ACCESS: sci_error_t = sci_error_t(1073744388);
    /// The local link is down.
    pub const SCI_ERR_NO_LINK_ACCESS: sci_error_t = sci_error_t(1073744389);
    /// A checked transfer failed.
    pub const SCI_ERR_TRANSFER_FAILED: sci_error_t = sci_error_t(1073744390);
    /// The remote side is in use.
    pub const SCI_ERR_REMOTE_BUSY: sci_error_t = sci_error_t(1073744640);
    /// The local side is in use; value assumed.
    pub const SCI_ERR_LOCAL_BUSY: sci_error_t = sci_error_t(1073744641);
    /// Everything is in use; value assumed.
    pub const SCI_ERR_ALL_BUSY: sci_error_t = sci_error_t(1073744642);
}
#[repr(transparent)]
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_error_t(pub core::ffi::c_uint);
/// Node ids, closed by a 0.
pub type dis_nodeId_list_t = [core::ffi::c_uint; 64usize];
#[repr(C)]
#[derive(Debug)]
pub struct sci_desc {
    _unused: [u8; 0],
}
pub type sci_desc_t = *mut sci_desc;
#[repr(C)]
#[derive(Debug)]
pub struct sci_local_segment {
    _unused: [u8; 0],
}
pub type sci_local_segment_t = *mut sci_local_segment;
#[repr(C)]
#[derive(Debug)]
pub struct sci_remote_segment {
    _unused: [u8; 0],
}
pub type sci_remote_segment_t = *mut sci_remote_segment;
#[repr(C)]
#[derive(Debug)]
pub struct sci_map {
    _unused: [u8; 0],
}
pub type sci_map_t = *mut sci_map;
#[repr(C)]
#[derive(Debug)]
pub struct sci_sequence {
    _unused: [u8; 0],
}
pub type sci_sequence_t = *mut sci_sequence;
#[repr(C)]
#[derive(Debug)]
pub struct sci_dma_queue {
    _unused: [u8; 0],
}
pub type sci_dma_queue_t = *mut sci_dma_queue;
#[repr(C)]
#[derive(Debug)]
pub struct sci_dma_channel {
    _unused: [u8; 0],
}
pub type sci_dma_channel_t = *mut sci_dma_channel;
#[repr(C)]
#[derive(Debug)]
pub struct sci_local_interrupt {
    _unused: [u8; 0],
}
pub type sci_local_interrupt_t = *mut sci_local_interrupt;
#[repr(C)]
#[derive(Debug)]
pub struct sci_remote_interrupt {
    _unused: [u8; 0],
}
pub type sci_remote_interrupt_t = *mut sci_remote_interrupt;
#[repr(C)]
#[derive(Debug)]
pub struct sci_local_data_interrupt {
    _unused: [u8; 0],
}
pub type sci_local_data_interrupt_t = *mut sci_local_data_interrupt;
#[repr(C)]
#[derive(Debug)]
pub struct sci_remote_data_interrupt {
    _unused: [u8; 0],
}
pub type sci_remote_data_interrupt_t = *mut sci_remote_data_interrupt;
/// An address on the I/O bus.
pub type sci_ioaddr_t = core::ffi::c_ulonglong;
/// An address on the fabric.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_address_t {
    pub nodeId: core::ffi::c_ushort,
    pub offsHi: core::ffi::c_ushort,
    pub offsLo: core::ffi::c_uint,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of sci_address_t"][::core::mem::size_of::<sci_address_t>() - 8usize];
    ["Alignment of sci_address_t"][::core::mem::align_of::<sci_address_t>() - 4usize];
    [
        "Offset of field: sci_address_t::nodeId",
    ][::core::mem::offset_of!(sci_address_t, nodeId) - 0usize];
    [
        "Offset of field: sci_address_t::offsHi",
    ][::core::mem::offset_of!(sci_address_t, offsHi) - 2usize];
    [
        "Offset of field: sci_address_t::offsLo",
    ][::core::mem::offset_of!(sci_address_t, offsLo) - 4usize];
};
impl sci_segment_cb_reason_t {
    /// A peer connected.
    pub const SCI_CB_CONNECT: sci_segment_cb_reason_t = sci_segment_cb_reason_t(1);
    /// The other side disconnected or withdrew the segment.
    pub const SCI_CB_DISCONNECT: sci_segment_cb_reason_t = sci_segment_cb_reason_t(2);
    /// The link went down; the connection may survive.
    pub const SCI_CB_NOT_OPERATIONAL: sci_segment_cb_reason_t = sci_segment_cb_reason_t(
        3,
    );
    /// The link is up again.
    pub const SCI_CB_OPERATIONAL: sci_segment_cb_reason_t = sci_segment_cb_reason_t(4);
    /// The connection is gone for good.
    pub const SCI_CB_LOST: sci_segment_cb_reason_t = sci_segment_cb_reason_t(5);
}
#[repr(transparent)]
/// Why a segment callback runs, or what a wait for a segment event saw.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_segment_cb_reason_t(pub core::ffi::c_uint);
impl sci_callback_action_t {
    /// Do not call again.
    pub const SCI_CALLBACK_CANCEL: sci_callback_action_t = sci_callback_action_t(1);
    /// Stay armed.
    pub const SCI_CALLBACK_CONTINUE: sci_callback_action_t = sci_callback_action_t(2);
}
#[repr(transparent)]
/// What a callback asks for.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_callback_action_t(pub core::ffi::c_uint);
impl sci_dma_queue_state_t {
    /// Never used.
    pub const SCI_DMAQUEUE_IDLE: sci_dma_queue_state_t = sci_dma_queue_state_t(0);
    /// Being filled (old queue model).
    pub const SCI_DMAQUEUE_GATHER: sci_dma_queue_state_t = sci_dma_queue_state_t(1);
    /// A transfer runs.
    pub const SCI_DMAQUEUE_POSTED: sci_dma_queue_state_t = sci_dma_queue_state_t(2);
    /// The last transfer is complete.
    pub const SCI_DMAQUEUE_DONE: sci_dma_queue_state_t = sci_dma_queue_state_t(3);
    /// The last transfer was aborted.
    pub const SCI_DMAQUEUE_ABORTED: sci_dma_queue_state_t = sci_dma_queue_state_t(4);
    /// The last transfer failed.
    pub const SCI_DMAQUEUE_ERROR: sci_dma_queue_state_t = sci_dma_queue_state_t(5);
}
#[repr(transparent)]
/// State of a DMA queue.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_dma_queue_state_t(pub core::ffi::c_uint);
impl sci_sequence_status_t {
    /// All delivered.
    pub const SCI_SEQ_OK: sci_sequence_status_t = sci_sequence_status_t(0);
    /// Something was lost: send again.
    pub const SCI_SEQ_RETRIABLE: sci_sequence_status_t = sci_sequence_status_t(1);
    /// The connection is broken: connect again.
    pub const SCI_SEQ_NOT_RETRIABLE: sci_sequence_status_t = sci_sequence_status_t(2);
    /// Not known yet: start the sequence again.
    pub const SCI_SEQ_PENDING: sci_sequence_status_t = sci_sequence_status_t(3);
}
#[repr(transparent)]
/// What became of the stores since the last start or check of a sequence.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_sequence_status_t(pub core::ffi::c_uint);
/// SCI_Q_VENDORID, SCI_Q_API: `str` is the caller's buffer of `length` bytes.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_query_string_t {
    pub str_: *mut core::ffi::c_char,
    pub length: core::ffi::c_uint,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_string_t",
    ][::core::mem::size_of::<sci_query_string_t>() - 16usize];
    [
        "Alignment of sci_query_string_t",
    ][::core::mem::align_of::<sci_query_string_t>() - 8usize];
    [
        "Offset of field: sci_query_string_t::str_",
    ][::core::mem::offset_of!(sci_query_string_t, str_) - 0usize];
    [
        "Offset of field: sci_query_string_t::length",
    ][::core::mem::offset_of!(sci_query_string_t, length) - 8usize];
};
/// SCI_Q_ADAPTER: `data` points to an unsigned int.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_query_adapter_t {
    pub localAdapterNo: core::ffi::c_uint,
    pub portNo: core::ffi::c_uint,
    pub subcommand: core::ffi::c_uint,
    pub data: *mut core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_adapter_t",
    ][::core::mem::size_of::<sci_query_adapter_t>() - 24usize];
    [
        "Alignment of sci_query_adapter_t",
    ][::core::mem::align_of::<sci_query_adapter_t>() - 8usize];
    [
        "Offset of field: sci_query_adapter_t::localAdapterNo",
    ][::core::mem::offset_of!(sci_query_adapter_t, localAdapterNo) - 0usize];
    [
        "Offset of field: sci_query_adapter_t::portNo",
    ][::core::mem::offset_of!(sci_query_adapter_t, portNo) - 4usize];
    [
        "Offset of field: sci_query_adapter_t::subcommand",
    ][::core::mem::offset_of!(sci_query_adapter_t, subcommand) - 8usize];
    [
        "Offset of field: sci_query_adapter_t::data",
    ][::core::mem::offset_of!(sci_query_adapter_t, data) - 16usize];
};
/// SCI_Q_SYSTEM: `data` points to an unsigned int.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_query_system_t {
    pub subcommand: core::ffi::c_uint,
    pub data: *mut core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_system_t",
    ][::core::mem::size_of::<sci_query_system_t>() - 16usize];
    [
        "Alignment of sci_query_system_t",
    ][::core::mem::align_of::<sci_query_system_t>() - 8usize];
    [
        "Offset of field: sci_query_system_t::subcommand",
    ][::core::mem::offset_of!(sci_query_system_t, subcommand) - 0usize];
    [
        "Offset of field: sci_query_system_t::data",
    ][::core::mem::offset_of!(sci_query_system_t, data) - 8usize];
};
/// SCI_Q_DMA: `data` points to an unsigned int or to a sci_dma_capabilities_t.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_query_dma_t {
    pub localAdapterNo: core::ffi::c_uint,
    pub subcommand: core::ffi::c_uint,
    pub data: *mut core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of sci_query_dma_t"][::core::mem::size_of::<sci_query_dma_t>() - 16usize];
    [
        "Alignment of sci_query_dma_t",
    ][::core::mem::align_of::<sci_query_dma_t>() - 8usize];
    [
        "Offset of field: sci_query_dma_t::localAdapterNo",
    ][::core::mem::offset_of!(sci_query_dma_t, localAdapterNo) - 0usize];
    [
        "Offset of field: sci_query_dma_t::subcommand",
    ][::core::mem::offset_of!(sci_query_dma_t, subcommand) - 4usize];
    [
        "Offset of field: sci_query_dma_t::data",
    ][::core::mem::offset_of!(sci_query_dma_t, data) - 8usize];
};
/// SCI_Q_LOCAL_SEGMENT
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sci_query_local_segment_t {
    pub segment: sci_local_segment_t,
    pub subcommand: core::ffi::c_uint,
    pub data: sci_query_local_segment_t__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union sci_query_local_segment_t__bindgen_ty_1 {
    pub ioaddr: sci_ioaddr_t,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_local_segment_t__bindgen_ty_1",
    ][::core::mem::size_of::<sci_query_local_segment_t__bindgen_ty_1>() - 8usize];
    [
        "Alignment of sci_query_local_segment_t__bindgen_ty_1",
    ][::core::mem::align_of::<sci_query_local_segment_t__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: sci_query_local_segment_t__bindgen_ty_1::ioaddr",
    ][::core::mem::offset_of!(sci_query_local_segment_t__bindgen_ty_1, ioaddr) - 0usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_local_segment_t",
    ][::core::mem::size_of::<sci_query_local_segment_t>() - 24usize];
    [
        "Alignment of sci_query_local_segment_t",
    ][::core::mem::align_of::<sci_query_local_segment_t>() - 8usize];
    [
        "Offset of field: sci_query_local_segment_t::segment",
    ][::core::mem::offset_of!(sci_query_local_segment_t, segment) - 0usize];
    [
        "Offset of field: sci_query_local_segment_t::subcommand",
    ][::core::mem::offset_of!(sci_query_local_segment_t, subcommand) - 8usize];
    [
        "Offset of field: sci_query_local_segment_t::data",
    ][::core::mem::offset_of!(sci_query_local_segment_t, data) - 16usize];
};
/// SCI_Q_REMOTE_SEGMENT
#[repr(C)]
#[derive(Copy, Clone)]
pub struct sci_query_remote_segment_t {
    pub segment: sci_remote_segment_t,
    pub subcommand: core::ffi::c_uint,
    pub data: sci_query_remote_segment_t__bindgen_ty_1,
}
#[repr(C)]
#[derive(Copy, Clone)]
pub union sci_query_remote_segment_t__bindgen_ty_1 {
    pub ioaddr: sci_ioaddr_t,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_remote_segment_t__bindgen_ty_1",
    ][::core::mem::size_of::<sci_query_remote_segment_t__bindgen_ty_1>() - 8usize];
    [
        "Alignment of sci_query_remote_segment_t__bindgen_ty_1",
    ][::core::mem::align_of::<sci_query_remote_segment_t__bindgen_ty_1>() - 8usize];
    [
        "Offset of field: sci_query_remote_segment_t__bindgen_ty_1::ioaddr",
    ][::core::mem::offset_of!(sci_query_remote_segment_t__bindgen_ty_1, ioaddr)
        - 0usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_query_remote_segment_t",
    ][::core::mem::size_of::<sci_query_remote_segment_t>() - 24usize];
    [
        "Alignment of sci_query_remote_segment_t",
    ][::core::mem::align_of::<sci_query_remote_segment_t>() - 8usize];
    [
        "Offset of field: sci_query_remote_segment_t::segment",
    ][::core::mem::offset_of!(sci_query_remote_segment_t, segment) - 0usize];
    [
        "Offset of field: sci_query_remote_segment_t::subcommand",
    ][::core::mem::offset_of!(sci_query_remote_segment_t, subcommand) - 8usize];
    [
        "Offset of field: sci_query_remote_segment_t::data",
    ][::core::mem::offset_of!(sci_query_remote_segment_t, data) - 16usize];
};
/// SCI_Q_MAP
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_query_map_t {
    pub map: sci_map_t,
    pub subcommand: core::ffi::c_uint,
    pub data: core::ffi::c_ulonglong,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of sci_query_map_t"][::core::mem::size_of::<sci_query_map_t>() - 24usize];
    [
        "Alignment of sci_query_map_t",
    ][::core::mem::align_of::<sci_query_map_t>() - 8usize];
    [
        "Offset of field: sci_query_map_t::map",
    ][::core::mem::offset_of!(sci_query_map_t, map) - 0usize];
    [
        "Offset of field: sci_query_map_t::subcommand",
    ][::core::mem::offset_of!(sci_query_map_t, subcommand) - 8usize];
    [
        "Offset of field: sci_query_map_t::data",
    ][::core::mem::offset_of!(sci_query_map_t, data) - 16usize];
};
/// What a DMA engine can do.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_dma_capabilities_t {
    pub num_channels: core::ffi::c_uint,
    pub max_transfer_size: core::ffi::c_uint,
    pub max_vector_length: core::ffi::c_uint,
    pub support_mem2io: core::ffi::c_uint,
    pub support_io2mem: core::ffi::c_uint,
    pub support_io2io: core::ffi::c_uint,
    pub min_align_bytes: core::ffi::c_uint,
    pub suggested_align_bytes: core::ffi::c_uint,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_dma_capabilities_t",
    ][::core::mem::size_of::<sci_dma_capabilities_t>() - 32usize];
    [
        "Alignment of sci_dma_capabilities_t",
    ][::core::mem::align_of::<sci_dma_capabilities_t>() - 4usize];
    [
        "Offset of field: sci_dma_capabilities_t::num_channels",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, num_channels) - 0usize];
    [
        "Offset of field: sci_dma_capabilities_t::max_transfer_size",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, max_transfer_size) - 4usize];
    [
        "Offset of field: sci_dma_capabilities_t::max_vector_length",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, max_vector_length) - 8usize];
    [
        "Offset of field: sci_dma_capabilities_t::support_mem2io",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, support_mem2io) - 12usize];
    [
        "Offset of field: sci_dma_capabilities_t::support_io2mem",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, support_io2mem) - 16usize];
    [
        "Offset of field: sci_dma_capabilities_t::support_io2io",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, support_io2io) - 20usize];
    [
        "Offset of field: sci_dma_capabilities_t::min_align_bytes",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, min_align_bytes) - 24usize];
    [
        "Offset of field: sci_dma_capabilities_t::suggested_align_bytes",
    ][::core::mem::offset_of!(sci_dma_capabilities_t, suggested_align_bytes) - 28usize];
};
pub type sci_cb_local_segment_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        segment: sci_local_segment_t,
        reason: sci_segment_cb_reason_t,
        nodeId: core::ffi::c_uint,
        localAdapterNo: core::ffi::c_uint,
        error: sci_error_t,
    ) -> sci_callback_action_t,
>;
pub type sci_cb_remote_segment_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        segment: sci_remote_segment_t,
        reason: sci_segment_cb_reason_t,
        status: sci_error_t,
    ) -> sci_callback_action_t,
>;
pub type sci_cb_dma_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        queue: sci_dma_queue_t,
        status: sci_error_t,
    ) -> sci_callback_action_t,
>;
pub type sci_cb_interrupt_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        interrupt: sci_local_interrupt_t,
        status: sci_error_t,
    ) -> sci_callback_action_t,
>;
pub type sci_cb_data_interrupt_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        interrupt: sci_local_data_interrupt_t,
        data: *mut core::ffi::c_void,
        length: core::ffi::c_uint,
        status: sci_error_t,
    ) -> sci_callback_action_t,
>;
pub type SCIInitialize = unsafe extern "C" fn(
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCITerminate = unsafe extern "C" fn();
pub type SCIOpen = unsafe extern "C" fn(
    sd: *mut sci_desc_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIClose = unsafe extern "C" fn(
    sd: sci_desc_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetErrorString = unsafe extern "C" fn(
    error: sci_error_t,
) -> *const core::ffi::c_char;
pub type SCIGetLocalNodeId = unsafe extern "C" fn(
    localAdapterNo: core::ffi::c_uint,
    nodeId: *mut core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIProbeNode = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    nodeId: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> core::ffi::c_int;
pub type SCIQuery = unsafe extern "C" fn(
    command: core::ffi::c_uint,
    data: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICreateSegment = unsafe extern "C" fn(
    sd: sci_desc_t,
    segment: *mut sci_local_segment_t,
    segmentId: core::ffi::c_uint,
    size: usize,
    callback: sci_cb_local_segment_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIPrepareSegment = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    localAdapterNo: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCISetSegmentAvailable = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    localAdapterNo: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCISetSegmentUnavailable = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    localAdapterNo: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRemoveSegment = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetLocalSegmentId = unsafe extern "C" fn(
    segment: sci_local_segment_t,
) -> core::ffi::c_uint;
pub type SCIGetLocalSegmentSize = unsafe extern "C" fn(
    segment: sci_local_segment_t,
) -> usize;
pub type SCIMapLocalSegment = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    map: *mut sci_map_t,
    offset: usize,
    size: usize,
    addr: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> *mut core::ffi::c_void;
pub type SCIWaitForLocalSegmentEvent = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    sourceNodeId: *mut core::ffi::c_uint,
    localAdapterNo: *mut core::ffi::c_uint,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_segment_cb_reason_t;
pub type SCIConnectSegment = unsafe extern "C" fn(
    sd: sci_desc_t,
    segment: *mut sci_remote_segment_t,
    nodeId: core::ffi::c_uint,
    segmentId: core::ffi::c_uint,
    localAdapterNo: core::ffi::c_uint,
    callback: sci_cb_remote_segment_t,
    callbackArg: *mut core::ffi::c_void,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIDisconnectSegment = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetRemoteSegmentSize = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
) -> usize;
pub type SCIGetRemoteSegmentId = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
) -> core::ffi::c_uint;
pub type SCIGetRemoteSegmentNodeId = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
) -> core::ffi::c_uint;
pub type SCIMapRemoteSegment = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
    map: *mut sci_map_t,
    offset: usize,
    size: usize,
    addr: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> *mut core::ffi::c_void;
pub type SCIUnmapSegment = unsafe extern "C" fn(
    map: sci_map_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIWaitForRemoteSegmentEvent = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
    status: *mut sci_error_t,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_segment_cb_reason_t;
pub type SCICreateMapSequence = unsafe extern "C" fn(
    map: sci_map_t,
    sequence: *mut sci_sequence_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRemoveSequence = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIStartSequence = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_sequence_status_t;
pub type SCICheckSequence = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_sequence_status_t;
pub type SCIStoreBarrier = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    flags: core::ffi::c_uint,
);
pub type SCIFlush = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    flags: core::ffi::c_uint,
);
pub type SCIMemCpy = unsafe extern "C" fn(
    sequence: sci_sequence_t,
    memAddr: *mut core::ffi::c_void,
    remoteMap: sci_map_t,
    remoteOffset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICreateDMAQueue = unsafe extern "C" fn(
    sd: sci_desc_t,
    queue: *mut sci_dma_queue_t,
    localAdapterNo: core::ffi::c_uint,
    maxEntries: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRemoveDMAQueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIStartDmaTransfer = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    localSegment: sci_local_segment_t,
    remoteSegment: sci_remote_segment_t,
    localOffset: usize,
    size: usize,
    remoteOffset: usize,
    callback: sci_cb_dma_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIDMAQueueState = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
) -> sci_dma_queue_state_t;
pub type SCIWaitForDMAQueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_dma_queue_state_t;
pub type SCIAbortDMAQueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICreateInterrupt = unsafe extern "C" fn(
    sd: sci_desc_t,
    interrupt: *mut sci_local_interrupt_t,
    localAdapterNo: core::ffi::c_uint,
    interruptNo: *mut core::ffi::c_uint,
    callback: sci_cb_interrupt_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRemoveInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIWaitForInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_interrupt_t,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIConnectInterrupt = unsafe extern "C" fn(
    sd: sci_desc_t,
    interrupt: *mut sci_remote_interrupt_t,
    nodeId: core::ffi::c_uint,
    localAdapterNo: core::ffi::c_uint,
    interruptNo: core::ffi::c_uint,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIDisconnectInterrupt = unsafe extern "C" fn(
    interrupt: sci_remote_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCITriggerInterrupt = unsafe extern "C" fn(
    interrupt: sci_remote_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICreateDataInterrupt = unsafe extern "C" fn(
    sd: sci_desc_t,
    interrupt: *mut sci_local_data_interrupt_t,
    localAdapterNo: core::ffi::c_uint,
    interruptNo: *mut core::ffi::c_uint,
    callback: sci_cb_data_interrupt_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRemoveDataInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_data_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIConnectDataInterrupt = unsafe extern "C" fn(
    sd: sci_desc_t,
    interrupt: *mut sci_remote_data_interrupt_t,
    nodeId: core::ffi::c_uint,
    localAdapterNo: core::ffi::c_uint,
    interruptNo: core::ffi::c_uint,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIDisconnectDataInterrupt = unsafe extern "C" fn(
    interrupt: sci_remote_data_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCITriggerDataInterrupt = unsafe extern "C" fn(
    interrupt: sci_remote_data_interrupt_t,
    data: *mut core::ffi::c_void,
    length: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIWaitForDataInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_data_interrupt_t,
    data: *mut core::ffi::c_void,
    length: *mut core::ffi::c_uint,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
/// Source names of all functions that the headers declare.
pub const FUNCTION_NAMES: &[&str] = &[
    "SCIInitialize",
    "SCITerminate",
    "SCIOpen",
    "SCIClose",
    "SCIGetErrorString",
    "SCIGetLocalNodeId",
    "SCIProbeNode",
    "SCIQuery",
    "SCICreateSegment",
    "SCIPrepareSegment",
    "SCISetSegmentAvailable",
    "SCISetSegmentUnavailable",
    "SCIRemoveSegment",
    "SCIGetLocalSegmentId",
    "SCIGetLocalSegmentSize",
    "SCIMapLocalSegment",
    "SCIWaitForLocalSegmentEvent",
    "SCIConnectSegment",
    "SCIDisconnectSegment",
    "SCIGetRemoteSegmentSize",
    "SCIGetRemoteSegmentId",
    "SCIGetRemoteSegmentNodeId",
    "SCIMapRemoteSegment",
    "SCIUnmapSegment",
    "SCIWaitForRemoteSegmentEvent",
    "SCICreateMapSequence",
    "SCIRemoveSequence",
    "SCIStartSequence",
    "SCICheckSequence",
    "SCIStoreBarrier",
    "SCIFlush",
    "SCIMemCpy",
    "SCICreateDMAQueue",
    "SCIRemoveDMAQueue",
    "SCIStartDmaTransfer",
    "SCIDMAQueueState",
    "SCIWaitForDMAQueue",
    "SCIAbortDMAQueue",
    "SCICreateInterrupt",
    "SCIRemoveInterrupt",
    "SCIWaitForInterrupt",
    "SCIConnectInterrupt",
    "SCIDisconnectInterrupt",
    "SCITriggerInterrupt",
    "SCICreateDataInterrupt",
    "SCIRemoveDataInterrupt",
    "SCIConnectDataInterrupt",
    "SCIDisconnectDataInterrupt",
    "SCITriggerDataInterrupt",
    "SCIWaitForDataInterrupt",
];
/// Source names of all constants that the headers declare.
pub const CONSTANT_NAMES: &[&str] = &[
    "SCI_LOCAL_HOST",
    "SCI_INFINITE_TIMEOUT",
    "SCI_FLAG_USE_CALLBACK",
    "SCI_FLAG_EMPTY",
    "SCI_FLAG_PRIVATE",
    "SCI_FLAG_AUTO_ID",
    "SCI_FLAG_BROADCAST",
    "SCI_FLAG_ALLOW_UNICAST",
    "SCI_FLAG_DMA_SOURCE_ONLY",
    "SCI_FLAG_FORCE_DISCONNECT",
    "SCI_FLAG_NOTIFY",
    "SCI_FLAG_FORCE_REMOVE",
    "SCI_FLAG_FIXED_MAP_ADDR",
    "SCI_FLAG_READONLY_MAP",
    "SCI_FLAG_IO_MAP_IOSPACE",
    "SCI_FLAG_NO_MEMORY_LOOPBACK_MAP",
    "SCI_FLAG_SHARED_MAP",
    "SCI_FLAG_WRITE_BACK_CACHE_MAP",
    "SCI_FLAG_BLOCK_READ",
    "SCI_FLAG_ERROR_CHECK",
    "SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY",
    "SCI_FLAG_FAST_BARRIER",
    "SCI_FLAG_NO_FLUSH",
    "SCI_FLAG_NO_STORE_BARRIER",
    "SCI_FLAG_DMA_WAIT",
    "SCI_FLAG_DMA_READ",
    "SCI_FLAG_DMA_GLOBAL",
    "SCI_FLAG_DMA_SYSDMA",
    "SCI_FLAG_DMA_ADAPTER",
    "SCI_FLAG_FIXED_INTNO",
    "SCI_FLAG_SHARED_INT",
    "SCI_FLAG_COUNTING_INT",
    "SCI_Q_VENDORID",
    "SCI_Q_API",
    "SCI_Q_ADAPTER",
    "SCI_Q_SYSTEM",
    "SCI_Q_LOCAL_SEGMENT",
    "SCI_Q_REMOTE_SEGMENT",
    "SCI_Q_MAP",
    "SCI_Q_DMA",
    "SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT",
    "SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT",
    "SCI_Q_ADAPTER_DMA_MTU",
    "SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE",
    "SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE",
    "SCI_Q_ADAPTER_CARD_TYPE",
    "SCI_Q_ADAPTER_SERIAL_NUMBER",
    "SCI_Q_ADAPTER_NODEID",
    "SCI_Q_ADAPTER_CONFIGURED",
    "SCI_Q_ADAPTER_LINK_OPERATIONAL",
    "SCI_Q_ADAPTER_NUMBER",
    "SCI_Q_ADAPTER_INSTANCE_NUMBER",
    "SCI_Q_ADAPTER_BDF",
    "SCI_Q_ADAPTER_MCAST_MAX_GROUPS",
    "SCI_Q_ADAPTER_NUMBER_OF_LINKS",
    "SCI_Q_ADAPTER_LINK_WIDTH",
    "SCI_Q_ADAPTER_LINK_SPEED",
    "SCI_Q_ADAPTER_LINK_UPTIME",
    "SCI_Q_ADAPTER_LINK_DOWNTIME",
    "SCI_Q_ADAPTER_LINK_CABLE_INSERTED",
    "SCI_Q_ADAPTER_LINK_ENABLED",
    "SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO",
    "SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE",
    "SCI_Q_DMA_AVAILABLE",
    "SCI_Q_DMA_CAPABILITIES",
    "SCI_Q_LOCAL_SEGMENT_IOADDR",
    "SCI_Q_LOCAL_SEGMENT_PHYS_ADDR",
    "SCI_Q_REMOTE_SEGMENT_IOADDR",
    "SCI_Q_MAP_IOADDR",
    "SCI_Q_MAP_PHYS_ADDR",
    "SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET",
];
/// All result codes with their names; two names may share a code.
pub const ERROR_NAMES: &[(sci_error_t, &str)] = &[
    (sci_error_t::SCI_ERR_OK, "SCI_ERR_OK"),
    (sci_error_t::SCI_ERR_BUSY, "SCI_ERR_BUSY"),
    (sci_error_t::SCI_ERR_FLAG_NOT_IMPLEMENTED, "SCI_ERR_FLAG_NOT_IMPLEMENTED"),
    (sci_error_t::SCI_ERR_ILLEGAL_FLAG, "SCI_ERR_ILLEGAL_FLAG"),
    (sci_error_t::SCI_ERR_NOSPC, "SCI_ERR_NOSPC"),
    (sci_error_t::SCI_ERR_API_NOSPC, "SCI_ERR_API_NOSPC"),
    (sci_error_t::SCI_ERR_HW_NOSPC, "SCI_ERR_HW_NOSPC"),
    (sci_error_t::SCI_ERR_NOT_IMPLEMENTED, "SCI_ERR_NOT_IMPLEMENTED"),
    (sci_error_t::SCI_ERR_ILLEGAL_ADAPTERNO, "SCI_ERR_ILLEGAL_ADAPTERNO"),
    (sci_error_t::SCI_ERR_NO_SUCH_ADAPTERNO, "SCI_ERR_NO_SUCH_ADAPTERNO"),
    (sci_error_t::SCI_ERR_TIMEOUT, "SCI_ERR_TIMEOUT"),
    (sci_error_t::SCI_ERR_OUT_OF_RANGE, "SCI_ERR_OUT_OF_RANGE"),
    (sci_error_t::SCI_ERR_NO_SUCH_SEGMENT, "SCI_ERR_NO_SUCH_SEGMENT"),
    (sci_error_t::SCI_ERR_NO_SUCH_INTNO, "SCI_ERR_NO_SUCH_INTNO"),
    (sci_error_t::SCI_ERR_ILLEGAL_NODEID, "SCI_ERR_ILLEGAL_NODEID"),
    (sci_error_t::SCI_ERR_CONNECTION_REFUSED, "SCI_ERR_CONNECTION_REFUSED"),
    (sci_error_t::SCI_ERR_SEGMENT_NOT_CONNECTED, "SCI_ERR_SEGMENT_NOT_CONNECTED"),
    (sci_error_t::SCI_ERR_SIZE_ALIGNMENT, "SCI_ERR_SIZE_ALIGNMENT"),
    (sci_error_t::SCI_ERR_OFFSET_ALIGNMENT, "SCI_ERR_OFFSET_ALIGNMENT"),
    (sci_error_t::SCI_ERR_ILLEGAL_PARAMETER, "SCI_ERR_ILLEGAL_PARAMETER"),
    (sci_error_t::SCI_ERR_MAX_ENTRIES, "SCI_ERR_MAX_ENTRIES"),
    (sci_error_t::SCI_ERR_SEGMENT_NOT_PREPARED, "SCI_ERR_SEGMENT_NOT_PREPARED"),
    (sci_error_t::SCI_ERR_ILLEGAL_ADDRESS, "SCI_ERR_ILLEGAL_ADDRESS"),
    (sci_error_t::SCI_ERR_ILLEGAL_OPERATION, "SCI_ERR_ILLEGAL_OPERATION"),
    (sci_error_t::SCI_ERR_ILLEGAL_QUERY, "SCI_ERR_ILLEGAL_QUERY"),
    (sci_error_t::SCI_ERR_SEGMENTID_USED, "SCI_ERR_SEGMENTID_USED"),
    (sci_error_t::SCI_ERR_INTNO_USED, "SCI_ERR_INTNO_USED"),
    (sci_error_t::SCI_ERR_SYSTEM, "SCI_ERR_SYSTEM"),
    (sci_error_t::SCI_ERR_CANCELLED, "SCI_ERR_CANCELLED"),
    (sci_error_t::SCI_ERR_NOT_CONNECTED, "SCI_ERR_NOT_CONNECTED"),
    (sci_error_t::SCI_ERR_NOT_AVAILABLE, "SCI_ERR_NOT_AVAILABLE"),
    (sci_error_t::SCI_ERR_INCONSISTENT_VERSIONS, "SCI_ERR_INCONSISTENT_VERSIONS"),
    (sci_error_t::SCI_ERR_COND_INT_RACE_PROBLEM, "SCI_ERR_COND_INT_RACE_PROBLEM"),
    (sci_error_t::SCI_ERR_OVERFLOW, "SCI_ERR_OVERFLOW"),
    (sci_error_t::SCI_ERR_NOT_INITIALIZED, "SCI_ERR_NOT_INITIALIZED"),
    (sci_error_t::SCI_ERR_ACCESS, "SCI_ERR_ACCESS"),
    (sci_error_t::SCI_ERR_NOT_SUPPORTED, "SCI_ERR_NOT_SUPPORTED"),
    (sci_error_t::SCI_ERR_DEPRECATED, "SCI_ERR_DEPRECATED"),
    (sci_error_t::SCI_ERR_DMA_NOT_AVAILABLE, "SCI_ERR_DMA_NOT_AVAILABLE"),
    (sci_error_t::SCI_ERR_DMA_DISABLED, "SCI_ERR_DMA_DISABLED"),
    (sci_error_t::SCI_ERR_NO_SUCH_NODEID, "SCI_ERR_NO_SUCH_NODEID"),
    (sci_error_t::SCI_ERR_NODE_NOT_RESPONDING, "SCI_ERR_NODE_NOT_RESPONDING"),
    (sci_error_t::SCI_ERR_NO_REMOTE_LINK_ACCESS, "SCI_ERR_NO_REMOTE_LINK_ACCESS"),
    (sci_error_t::SCI_ERR_NO_LINK_ACCESS, "SCI_ERR_NO_LINK_ACCESS"),
    (sci_error_t::SCI_ERR_TRANSFER_FAILED, "SCI_ERR_TRANSFER_FAILED"),
    (sci_error_t::SCI_ERR_REMOTE_BUSY, "SCI_ERR_REMOTE_BUSY"),
    (sci_error_t::SCI_ERR_LOCAL_BUSY, "SCI_ERR_LOCAL_BUSY"),
    (sci_error_t::SCI_ERR_ALL_BUSY, "SCI_ERR_ALL_BUSY"),
];
