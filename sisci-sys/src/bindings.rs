// Made by `cargo xtask sisci bindgen` from sisci-sys/include; changes belong there.
#![allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals)]
#![allow(clippy::all, clippy::undocumented_unsafe_blocks, unused_qualifications)]

pub const DIS_MAX_NSCIS: u32 = 64;
pub const DIS_MAX_NODE_IDS: u32 = 64;
pub const DIS_BROADCAST_NODEID_GROUP_ALL: u32 = 252;
pub const DIS_DMA_MAX_VECLEN: u32 = 256;
pub const SISCI_ERR_MASK: u32 = 1073741824;
pub const SCI_ERR_MASK: u32 = 1073741824;
pub const SISCI_ERR_REMOTE_MASK: u32 = 1;
pub const SCI_DMA_CHANNEL_ID_DONTCARE: u32 = 4294967295;
/// Node ids, closed by a 0.
pub type dis_nodeId_list_t = [core::ffi::c_uint; 64usize];
impl dis_virt_adapter_t {
    /// The name is not known.
    pub const DIS_VIRT_ADAPTER_NONE: dis_virt_adapter_t = dis_virt_adapter_t(0);
    /// One adapter.
    pub const DIS_VIRT_ADAPTER_SINGLE: dis_virt_adapter_t = dis_virt_adapter_t(1);
    /// Several adapters under one name.
    pub const DIS_VIRT_ADAPTER_MULTI: dis_virt_adapter_t = dis_virt_adapter_t(2);
}
#[repr(transparent)]
/// How a name of the configuration maps to adapters.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct dis_virt_adapter_t(pub core::ffi::c_uint);
/// The same under the name that SCIGetNodeInfoByAdapterName's users give it.
pub use self::dis_virt_adapter_t as dis_adapter_type_t;
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
    /// No such fabric device; value assumed.
    pub const SCI_ERR_NO_SUCH_FDID: sci_error_t = sci_error_t(1073744166);
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
    /// Kernel queues: would block; value assumed.
    pub const SCI_ERR_EWOULD_BLOCK: sci_error_t = sci_error_t(1073744400);
    /// Windows kernels; value assumed.
    pub const SCI_ERR_SEMAPHORE_COUNT_EXCEEDED: sci_error_t = sci_error_t(1073744401);
    /// Windows kernels; value assumed.
    pub const SCI_ERR_IRQL_ILLEGAL: sci_error_t = sci_error_t(1073744402);
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
#[repr(C)]
#[derive(Debug)]
pub struct sci_block_transfer {
    _unused: [u8; 0],
}
pub type sci_block_transfer_t = *mut sci_block_transfer;
#[repr(C)]
#[derive(Debug)]
pub struct sci_smartio_device {
    _unused: [u8; 0],
}
pub type sci_smartio_device_t = *mut sci_smartio_device;
/// The name of sci_smartio_device_t in early SmartIO programs.
pub type sci_device_t = sci_smartio_device_t;
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
impl sci_dma_type_t {
    /// Any.
    pub const SCI_DMA_TYPE_DONTCARE: sci_dma_type_t = sci_dma_type_t(1);
    /// The adapter's.
    pub const SCI_DMA_TYPE_ADAPTER: sci_dma_type_t = sci_dma_type_t(2);
    /// One that reaches remote segments without a map.
    pub const SCI_DMA_TYPE_GLOBAL: sci_dma_type_t = sci_dma_type_t(3);
    /// The processor's.
    pub const SCI_DMA_TYPE_SYSTEM: sci_dma_type_t = sci_dma_type_t(4);
    /// One behind transparent bridges.
    pub const SCI_DMA_TYPE_TRANSPARENT: sci_dma_type_t = sci_dma_type_t(5);
}
#[repr(transparent)]
/// Kind of DMA engine.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_dma_type_t(pub core::ffi::c_uint);
impl sci_memtype_t {
    /// One of the device's BARs.
    pub const SCI_MEMTYPE_BAR: sci_memtype_t = sci_memtype_t(1);
    /// A segment of this borrower.
    pub const SCI_MEMTYPE_PRIVATE: sci_memtype_t = sci_memtype_t(2);
    /// A segment of all borrowers.
    pub const SCI_MEMTYPE_SHARED: sci_memtype_t = sci_memtype_t(4);
}
#[repr(transparent)]
/// Where memory of a SmartIO device lies.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_memtype_t(pub core::ffi::c_uint);
impl sci_memaccess_t {
    /// The device reads.
    pub const SCI_MEMACCESS_DEVICE_READ: sci_memaccess_t = sci_memaccess_t(1);
    /// The device writes.
    pub const SCI_MEMACCESS_DEVICE_WRITE: sci_memaccess_t = sci_memaccess_t(2);
    /// This host reads.
    pub const SCI_MEMACCESS_HOST_READ: sci_memaccess_t = sci_memaccess_t(4);
    /// This host writes.
    pub const SCI_MEMACCESS_HOST_WRITE: sci_memaccess_t = sci_memaccess_t(8);
    /// Several hosts read.
    pub const SCI_MEMACCESS_MULTIHOST_READ: sci_memaccess_t = sci_memaccess_t(20);
    /// Several hosts write.
    pub const SCI_MEMACCESS_MULTIHOST_WRITE: sci_memaccess_t = sci_memaccess_t(24);
    /// Other devices read.
    pub const SCI_MEMACCESS_P2P_READ: sci_memaccess_t = sci_memaccess_t(33);
    /// Other devices write.
    pub const SCI_MEMACCESS_P2P_WRITE: sci_memaccess_t = sci_memaccess_t(34);
}
#[repr(transparent)]
/// Who accesses a device segment; values are combined.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq)]
pub struct sci_memaccess_t(pub core::ffi::c_uint);
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
/// One piece of a vectored DMA transfer. `flags` must be 0. Four 32-bit fields: assumed.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dis_dma_vec_t {
    pub size: core::ffi::c_uint,
    pub local_offset: core::ffi::c_uint,
    pub remote_offset: core::ffi::c_uint,
    pub flags: core::ffi::c_uint,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of dis_dma_vec_t"][::core::mem::size_of::<dis_dma_vec_t>() - 16usize];
    ["Alignment of dis_dma_vec_t"][::core::mem::align_of::<dis_dma_vec_t>() - 4usize];
    [
        "Offset of field: dis_dma_vec_t::size",
    ][::core::mem::offset_of!(dis_dma_vec_t, size) - 0usize];
    [
        "Offset of field: dis_dma_vec_t::local_offset",
    ][::core::mem::offset_of!(dis_dma_vec_t, local_offset) - 4usize];
    [
        "Offset of field: dis_dma_vec_t::remote_offset",
    ][::core::mem::offset_of!(dis_dma_vec_t, remote_offset) - 8usize];
    [
        "Offset of field: dis_dma_vec_t::flags",
    ][::core::mem::offset_of!(dis_dma_vec_t, flags) - 12usize];
};
/// A device on the fabric; also the filter of SCIGetDeviceList.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_smartio_device_info_t {
    pub fdid: core::ffi::c_ulonglong,
    pub pci_device_id: core::ffi::c_ushort,
    pub pci_vendor_id: core::ffi::c_ushort,
    pub pci_class: core::ffi::c_uint,
    pub pci_subsystem_device_id: core::ffi::c_ushort,
    pub pci_subsystem_vendor_id: core::ffi::c_ushort,
    pub pci_serial_number: core::ffi::c_ulonglong,
    pub remote_bdf: core::ffi::c_ushort,
    pub local_bdf: core::ffi::c_ushort,
    pub adapter: core::ffi::c_uint,
    pub nodeid: core::ffi::c_uint,
    pub physical_slot: core::ffi::c_int,
    pub user_name: [core::ffi::c_char; 64usize],
    pub uuid: [core::ffi::c_char; 37usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_smartio_device_info_t",
    ][::core::mem::size_of::<sci_smartio_device_info_t>() - 152usize];
    [
        "Alignment of sci_smartio_device_info_t",
    ][::core::mem::align_of::<sci_smartio_device_info_t>() - 8usize];
    [
        "Offset of field: sci_smartio_device_info_t::fdid",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, fdid) - 0usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_device_id",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_device_id) - 8usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_vendor_id",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_vendor_id) - 10usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_class",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_class) - 12usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_subsystem_device_id",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_subsystem_device_id)
        - 16usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_subsystem_vendor_id",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_subsystem_vendor_id)
        - 18usize];
    [
        "Offset of field: sci_smartio_device_info_t::pci_serial_number",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, pci_serial_number) - 24usize];
    [
        "Offset of field: sci_smartio_device_info_t::remote_bdf",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, remote_bdf) - 32usize];
    [
        "Offset of field: sci_smartio_device_info_t::local_bdf",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, local_bdf) - 34usize];
    [
        "Offset of field: sci_smartio_device_info_t::adapter",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, adapter) - 36usize];
    [
        "Offset of field: sci_smartio_device_info_t::nodeid",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, nodeid) - 40usize];
    [
        "Offset of field: sci_smartio_device_info_t::physical_slot",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, physical_slot) - 44usize];
    [
        "Offset of field: sci_smartio_device_info_t::user_name",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, user_name) - 48usize];
    [
        "Offset of field: sci_smartio_device_info_t::uuid",
    ][::core::mem::offset_of!(sci_smartio_device_info_t, uuid) - 112usize];
};
/// SCI_Q_DEVICE: `data` points to what the subcommand answers. Order of the fields assumed.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct sci_smartio_query_device_t {
    pub fdid: core::ffi::c_ulonglong,
    pub subcommand: core::ffi::c_uint,
    pub data: *mut core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of sci_smartio_query_device_t",
    ][::core::mem::size_of::<sci_smartio_query_device_t>() - 24usize];
    [
        "Alignment of sci_smartio_query_device_t",
    ][::core::mem::align_of::<sci_smartio_query_device_t>() - 8usize];
    [
        "Offset of field: sci_smartio_query_device_t::fdid",
    ][::core::mem::offset_of!(sci_smartio_query_device_t, fdid) - 0usize];
    [
        "Offset of field: sci_smartio_query_device_t::subcommand",
    ][::core::mem::offset_of!(sci_smartio_query_device_t, subcommand) - 8usize];
    [
        "Offset of field: sci_smartio_query_device_t::data",
    ][::core::mem::offset_of!(sci_smartio_query_device_t, data) - 16usize];
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
/// API 1; what it returns has no effect.
pub type sci_cb_block_transfer_t = ::core::option::Option<
    unsafe extern "C" fn(
        arg: *mut core::ffi::c_void,
        block: sci_block_transfer_t,
        status: sci_error_t,
    ) -> core::ffi::c_int,
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
pub type SCIGetNodeIdByAdapterName = unsafe extern "C" fn(
    adapterName: *const core::ffi::c_char,
    nodeIdList: *mut dis_nodeId_list_t,
    type_: *mut dis_virt_adapter_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetNodeInfoByAdapterName = unsafe extern "C" fn(
    adapterName: *const core::ffi::c_char,
    adapterNoList: *mut core::ffi::c_uint,
    nodeIdList: *mut dis_nodeId_list_t,
    type_: *mut dis_adapter_type_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetAdapterTypeString = unsafe extern "C" fn(
    type_: core::ffi::c_uint,
) -> *const core::ffi::c_char;
pub type SCIGetAdapterFamilyString = unsafe extern "C" fn(
    type_: core::ffi::c_uint,
) -> *const core::ffi::c_char;
pub type SCIQuery = unsafe extern "C" fn(
    command: core::ffi::c_uint,
    data: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetCSRRegister = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    nodeId: core::ffi::c_uint,
    offset: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> core::ffi::c_uint;
pub type SCISetCSRRegister = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    nodeId: core::ffi::c_uint,
    offset: core::ffi::c_uint,
    value: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetLocalCSR = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    offset: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> core::ffi::c_uint;
pub type SCISetLocalCSR = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    offset: core::ffi::c_uint,
    value: core::ffi::c_uint,
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
pub type SCIRegisterSegmentMemory = unsafe extern "C" fn(
    address: *mut core::ffi::c_void,
    size: usize,
    segment: sci_local_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIAttachPhysicalMemory = unsafe extern "C" fn(
    ioaddress: sci_ioaddr_t,
    address: *mut core::ffi::c_void,
    busNo: core::ffi::c_uint,
    size: usize,
    segment: sci_local_segment_t,
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
pub type SCIShareSegment = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIAttachLocalSegment = unsafe extern "C" fn(
    sd: sci_desc_t,
    segment: *mut sci_local_segment_t,
    segmentId: core::ffi::c_uint,
    size: *mut usize,
    callback: sci_cb_local_segment_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
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
pub type SCIGetMapPointer = unsafe extern "C" fn(
    map: sci_map_t,
) -> *mut core::ffi::c_void;
pub type SCIGetMapPhysAddr = unsafe extern "C" fn(map: sci_map_t) -> sci_ioaddr_t;
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
pub type SCIMemCpy_dual = unsafe extern "C" fn(
    sequence1: sci_sequence_t,
    sequence2: sci_sequence_t,
    memAddr: *mut core::ffi::c_void,
    remoteMap1: sci_map_t,
    remoteMap2: sci_map_t,
    remoteOffset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIMemWrite = unsafe extern "C" fn(
    memAddr: *mut core::ffi::c_void,
    remoteAddr: *mut core::ffi::c_void,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICacheSync = unsafe extern "C" fn(
    map: sci_map_t,
    addr: *mut core::ffi::c_void,
    length: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type GetSciMemCopyFunction = unsafe extern "C" fn() -> core::ffi::c_uint;
pub type SetSciMemCopyFunction = unsafe extern "C" fn(number: core::ffi::c_uint);
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
pub type SCIStartDmaTransferMem = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    localAddress: *mut core::ffi::c_void,
    remoteSegment: sci_remote_segment_t,
    size: usize,
    remoteOffset: usize,
    callback: sci_cb_dma_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIStartDmaTransferVec = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    localSegment: sci_local_segment_t,
    remoteSegment: sci_remote_segment_t,
    vecLength: usize,
    vec: *mut dis_dma_vec_t,
    callback: sci_cb_dma_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type DISStartDmaTransfer = unsafe extern "C" fn(
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
pub type DISStartDmaTransferVec = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    localSegment: sci_local_segment_t,
    remoteSegment: sci_remote_segment_t,
    vecLength: usize,
    vec: *mut dis_dma_vec_t,
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
pub type SCIRequestDMAChannel = unsafe extern "C" fn(
    sd: sci_desc_t,
    channel: *mut sci_dma_channel_t,
    localAdapterNo: core::ffi::c_uint,
    type_: sci_dma_type_t,
    channelId: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIReturnDMAChannel = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    error: *mut sci_error_t,
);
pub type SCIAssignDMAChannel = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    queue: sci_dma_queue_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIPrepareLocalSegmentForDMA = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    segment: sci_local_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIUnprepareLocalSegmentForDMA = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    segment: sci_local_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIPrepareRemoteSegmentForDMA = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    segment: sci_remote_segment_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIUnprepareRemoteSegmentForDMA = unsafe extern "C" fn(
    channel: sci_dma_channel_t,
    segment: sci_remote_segment_t,
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
pub type SCICreateNamedInterrupt = unsafe extern "C" fn(
    sd: sci_desc_t,
    interrupt: *mut sci_local_interrupt_t,
    localAdapterNo: core::ffi::c_uint,
    interruptNo: *mut core::ffi::c_uint,
    name: *const core::ffi::c_char,
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
pub type SCIRegisterInterruptFlag = unsafe extern "C" fn(
    localAdapterNo: core::ffi::c_uint,
    interrupt: *mut sci_local_interrupt_t,
    segment: sci_local_segment_t,
    offset: usize,
    callback: sci_cb_interrupt_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIEnableConditionalInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIDisableConditionalInterrupt = unsafe extern "C" fn(
    interrupt: sci_local_interrupt_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIGetConditionalInterruptTrigCounter = unsafe extern "C" fn(
    interrupt: sci_local_interrupt_t,
    counter: *mut core::ffi::c_uint,
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
pub type SCIGetDeviceList = unsafe extern "C" fn(
    sd: sci_desc_t,
    fdids: *mut core::ffi::c_uint,
    length: usize,
    filter: *mut sci_smartio_device_info_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> usize;
pub type SCIGetFabricDeviceId = unsafe extern "C" fn(
    device: sci_smartio_device_t,
) -> core::ffi::c_uint;
pub type SCIBorrowDevice = unsafe extern "C" fn(
    sd: sci_desc_t,
    device: *mut sci_smartio_device_t,
    fdid: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIReturnDevice = unsafe extern "C" fn(
    device: sci_smartio_device_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIReleaseExclusiveBorrow = unsafe extern "C" fn(
    device: sci_smartio_device_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIConnectDeviceSegment = unsafe extern "C" fn(
    device: sci_smartio_device_t,
    segment: *mut sci_remote_segment_t,
    segmentId: core::ffi::c_uint,
    memoryType: core::ffi::c_uint,
    callback: sci_cb_remote_segment_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIConnectDeviceSegmentPath = unsafe extern "C" fn(
    device: sci_smartio_device_t,
    segment: *mut sci_remote_segment_t,
    segmentId: core::ffi::c_uint,
    memoryType: core::ffi::c_uint,
    localAdapterNo: core::ffi::c_uint,
    callback: sci_cb_remote_segment_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCICreateDeviceSegment = unsafe extern "C" fn(
    device: sci_smartio_device_t,
    segmentId: core::ffi::c_uint,
    size: usize,
    memoryType: core::ffi::c_uint,
    accessHints: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIMapLocalSegmentForDevice = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    localAdapterNo: core::ffi::c_uint,
    device: sci_smartio_device_t,
    address: *mut sci_ioaddr_t,
    offset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIUnmapLocalSegmentForDevice = unsafe extern "C" fn(
    segment: sci_local_segment_t,
    localAdapterNo: core::ffi::c_uint,
    device: sci_smartio_device_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIMapRemoteSegmentForDevice = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
    device: sci_smartio_device_t,
    address: *mut sci_ioaddr_t,
    offset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIUnmapRemoteSegmentForDevice = unsafe extern "C" fn(
    segment: sci_remote_segment_t,
    device: sci_smartio_device_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIRegisterPCIeRequester = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    bus: core::ffi::c_uint,
    devfn: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIUnregisterPCIeRequester = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    bus: core::ffi::c_uint,
    devfn: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIEnqueueDMATransfer = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    localSegment: sci_local_segment_t,
    remoteSegment: sci_remote_segment_t,
    localOffset: usize,
    remoteOffset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_dma_queue_state_t;
pub type SCIPostDMAQueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    callback: sci_cb_dma_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIResetDMAQueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIphDmaEnqueue = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    size: core::ffi::c_uint,
    localAddress: sci_ioaddr_t,
    remoteNodeId: core::ffi::c_uint,
    remoteOffsHi: core::ffi::c_uint,
    remoteOffsLo: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIphDmaStart = unsafe extern "C" fn(
    queue: sci_dma_queue_t,
    callback: sci_cb_dma_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
) -> sci_dma_queue_state_t;
pub type SCIMemCopy = unsafe extern "C" fn(
    memAddr: *mut core::ffi::c_void,
    remoteMap: sci_map_t,
    remoteOffset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCITransferBlock = unsafe extern "C" fn(
    sourceMap: sci_map_t,
    sourceOffset: usize,
    destinationMap: sci_map_t,
    destinationOffset: usize,
    size: usize,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCITransferBlockAsync = unsafe extern "C" fn(
    sourceMap: sci_map_t,
    sourceOffset: usize,
    destinationMap: sci_map_t,
    destinationOffset: usize,
    size: usize,
    block: *mut sci_block_transfer_t,
    callback: sci_cb_block_transfer_t,
    callbackArg: *mut core::ffi::c_void,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIWaitForBlockTransfer = unsafe extern "C" fn(
    block: sci_block_transfer_t,
    timeout: core::ffi::c_uint,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIAbortBlockTransfer = unsafe extern "C" fn(
    block: sci_block_transfer_t,
    flags: core::ffi::c_uint,
    error: *mut sci_error_t,
);
pub type SCIFlushReadBuffers = unsafe extern "C" fn(sequence: sci_sequence_t);
pub type SCIConnectSCISpace = unsafe extern "C" fn(
    sd: sci_desc_t,
    localAdapterNo: core::ffi::c_uint,
    segment: *mut sci_remote_segment_t,
    address: sci_address_t,
    size: usize,
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
    "SCIGetNodeIdByAdapterName",
    "SCIGetNodeInfoByAdapterName",
    "SCIGetAdapterTypeString",
    "SCIGetAdapterFamilyString",
    "SCIQuery",
    "SCIGetCSRRegister",
    "SCISetCSRRegister",
    "SCIGetLocalCSR",
    "SCISetLocalCSR",
    "SCICreateSegment",
    "SCIRegisterSegmentMemory",
    "SCIAttachPhysicalMemory",
    "SCIPrepareSegment",
    "SCISetSegmentAvailable",
    "SCISetSegmentUnavailable",
    "SCIRemoveSegment",
    "SCIGetLocalSegmentId",
    "SCIGetLocalSegmentSize",
    "SCIMapLocalSegment",
    "SCIShareSegment",
    "SCIAttachLocalSegment",
    "SCIWaitForLocalSegmentEvent",
    "SCIConnectSegment",
    "SCIDisconnectSegment",
    "SCIGetRemoteSegmentSize",
    "SCIGetRemoteSegmentId",
    "SCIGetRemoteSegmentNodeId",
    "SCIMapRemoteSegment",
    "SCIUnmapSegment",
    "SCIGetMapPointer",
    "SCIGetMapPhysAddr",
    "SCIWaitForRemoteSegmentEvent",
    "SCICreateMapSequence",
    "SCIRemoveSequence",
    "SCIStartSequence",
    "SCICheckSequence",
    "SCIStoreBarrier",
    "SCIFlush",
    "SCIMemCpy",
    "SCIMemCpy_dual",
    "SCIMemWrite",
    "SCICacheSync",
    "GetSciMemCopyFunction",
    "SetSciMemCopyFunction",
    "SCICreateDMAQueue",
    "SCIRemoveDMAQueue",
    "SCIStartDmaTransfer",
    "SCIStartDmaTransferMem",
    "SCIStartDmaTransferVec",
    "DISStartDmaTransfer",
    "DISStartDmaTransferVec",
    "SCIDMAQueueState",
    "SCIWaitForDMAQueue",
    "SCIAbortDMAQueue",
    "SCIRequestDMAChannel",
    "SCIReturnDMAChannel",
    "SCIAssignDMAChannel",
    "SCIPrepareLocalSegmentForDMA",
    "SCIUnprepareLocalSegmentForDMA",
    "SCIPrepareRemoteSegmentForDMA",
    "SCIUnprepareRemoteSegmentForDMA",
    "SCICreateInterrupt",
    "SCICreateNamedInterrupt",
    "SCIRemoveInterrupt",
    "SCIWaitForInterrupt",
    "SCIConnectInterrupt",
    "SCIDisconnectInterrupt",
    "SCITriggerInterrupt",
    "SCIRegisterInterruptFlag",
    "SCIEnableConditionalInterrupt",
    "SCIDisableConditionalInterrupt",
    "SCIGetConditionalInterruptTrigCounter",
    "SCICreateDataInterrupt",
    "SCIRemoveDataInterrupt",
    "SCIConnectDataInterrupt",
    "SCIDisconnectDataInterrupt",
    "SCITriggerDataInterrupt",
    "SCIWaitForDataInterrupt",
    "SCIGetDeviceList",
    "SCIGetFabricDeviceId",
    "SCIBorrowDevice",
    "SCIReturnDevice",
    "SCIReleaseExclusiveBorrow",
    "SCIConnectDeviceSegment",
    "SCIConnectDeviceSegmentPath",
    "SCICreateDeviceSegment",
    "SCIMapLocalSegmentForDevice",
    "SCIUnmapLocalSegmentForDevice",
    "SCIMapRemoteSegmentForDevice",
    "SCIUnmapRemoteSegmentForDevice",
    "SCIRegisterPCIeRequester",
    "SCIUnregisterPCIeRequester",
    "SCIEnqueueDMATransfer",
    "SCIPostDMAQueue",
    "SCIResetDMAQueue",
    "SCIphDmaEnqueue",
    "SCIphDmaStart",
    "SCIMemCopy",
    "SCITransferBlock",
    "SCITransferBlockAsync",
    "SCIWaitForBlockTransfer",
    "SCIAbortBlockTransfer",
    "SCIFlushReadBuffers",
    "SCIConnectSCISpace",
];
/// Source names of all constants that the headers declare.
pub const CONSTANT_NAMES: &[&str] = &[
    "SCI_LOCAL_HOST",
    "SCI_INFINITE_TIMEOUT",
    "SCI_FLAG_THREAD_SAFE",
    "SCI_FLAG_USE_CALLBACK",
    "SCI_FLAG_EMPTY",
    "SCI_FLAG_PRIVATE",
    "SCI_FLAG_AUTO_ID",
    "SCI_FLAG_BROADCAST",
    "SCI_FLAG_ALLOW_UNICAST",
    "SCI_FLAG_PHYSICAL",
    "SCI_FLAG_DMA_SOURCE_ONLY",
    "SCI_FLAG_FORCE_DISCONNECT",
    "SCI_FLAG_NOTIFY",
    "SCI_FLAG_FORCE_REMOVE",
    "SCI_FLAG_LOCK_USER_MEM",
    "SCI_FLAG_CUDA_BUFFER",
    "SCI_FLAG_SCIF_BUFFER",
    "SCI_FLAG_ASYNCHRONOUS_CONNECT",
    "SCI_FLAG_FIXED_MAP_ADDR",
    "SCI_FLAG_READONLY_MAP",
    "SCI_FLAG_IO_MAP_IOSPACE",
    "SCI_FLAG_NO_MEMORY_LOOPBACK_MAP",
    "SCI_FLAG_NO_MEMORY_LOOPBACK",
    "SCI_FLAG_SHARED_MAP",
    "SCI_FLAG_WRITE_BACK_CACHE_MAP",
    "SCI_FLAG_LOCK_OPERATION",
    "SCI_FLAG_CONDITIONAL_INTERRUPT_MAP",
    "SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP",
    "SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP",
    "SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP",
    "SCI_FLAG_DMOVE_MAP",
    "SCI_FLAG_WRITES_DISABLE_GATHER_MAP",
    "SCI_FLAG_DISABLE_128_BYTES_PACKETS",
    "SCI_FLAG_BLOCK_READ",
    "SCI_FLAG_ERROR_CHECK",
    "SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY",
    "SCI_FLAG_FAST_BARRIER",
    "SCI_FLAG_NO_FLUSH",
    "SCI_FLAG_NO_STORE_BARRIER",
    "SCI_FLAG_CACHE_FLUSH",
    "SCI_FLAG_CACHE_INVALIDATE",
    "SCI_FLAG_DMA_POST",
    "SCI_FLAG_DMA_WAIT",
    "SCI_FLAG_DMA_RESET",
    "SCI_FLAG_DMA_READ",
    "SCI_FLAG_DMA_PHDMA",
    "SCI_FLAG_DMA_GLOBAL",
    "SCI_FLAG_DMA_SYSDMA",
    "SCI_FLAG_DMA_USER_MEM",
    "SCI_FLAG_DMA_ADAPTER",
    "SCI_FLAG_DMA_CHANNEL_SHARED",
    "SCI_FLAG_FIXED_INTNO",
    "SCI_FLAG_SHARED_INT",
    "SCI_FLAG_COUNTING_INT",
    "SCI_FLAG_SHARE_EXTERNAL",
    "SCI_FLAG_CONDITIONAL_INTERRUPT",
    "SCI_FLAG_PCIE_REQUESTER_GLOBAL",
    "SCI_FLAG_EXCLUSIVE",
    "SCI_FLAG_DEVICE_SIDE_ONLY",
    "SCI_FLAG_LOCAL_ONLY",
    "SCI_FLAG_DEVICE_PREFER_BANDWIDTH",
    "SCI_FLAG_HOST_PREFER_BANDWIDTH",
    "SCI_FLAG_SPECIFY_PATH",
    "SCI_FLAG_SPECIFY_SLOT",
    "SCI_Q_VENDORID",
    "SCI_Q_API",
    "SCI_Q_SISCI_DRIVER_VERSION",
    "SCI_Q_ADAPTER",
    "SCI_Q_SYSTEM",
    "SCI_Q_LOCAL_SEGMENT",
    "SCI_Q_REMOTE_SEGMENT",
    "SCI_Q_MAP",
    "SCI_Q_DMA",
    "SCI_Q_DEVICE",
    "SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT",
    "SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT",
    "SCI_Q_ADAPTER_DMA_MTU",
    "SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE",
    "SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE",
    "SCI_Q_ADAPTER_CARD_TYPE",
    "SCI_Q_ADAPTER_SERIAL_NUMBER",
    "SCI_Q_ADAPTER_NODEID",
    "SCI_Q_ADAPTER_NUMBER_OF_STREAMS",
    "SCI_Q_ADAPTER_CONFIGURED",
    "SCI_Q_ADAPTER_LINK_OPERATIONAL",
    "SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK",
    "SCI_Q_ADAPTER_NUMBER",
    "SCI_Q_ADAPTER_INSTANCE_NUMBER",
    "SCI_Q_ADAPTER_FIRMWARE_OK",
    "SCI_Q_ADAPTER_CONNECTED_TO_SWITCH",
    "SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE",
    "SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER",
    "SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT",
    "SCI_Q_ADAPTER_STREAM_BUFFER_SIZE",
    "SCI_Q_ADAPTER_ATT_PAGE_SIZE",
    "SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES",
    "SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES",
    "SCI_Q_ADAPTER_PHYS_MEM_NODEID",
    "SCI_Q_ADAPTER_PHYS_MBX_NODEID",
    "SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID",
    "SCI_Q_ADAPTER_SCI_LINK_FREQUENCY",
    "SCI_Q_ADAPTER_B_LINK_FREQUENCY",
    "SCI_Q_ADAPTER_IO_BUS_FREQUENCY",
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
    "SCI_Q_SYSTEM_HOSTBRIDGE",
    "SCI_Q_SYSTEM_WRITE_POSTING_ENABLED",
    "SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED",
    "SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE",
    "SCI_Q_DMA_AVAILABLE",
    "SCI_Q_DMA_CAPABILITIES",
    "SCI_Q_LOCAL_SEGMENT_IOADDR",
    "SCI_Q_LOCAL_SEGMENT_PHYS_ADDR",
    "SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR",
    "SCI_Q_REMOTE_SEGMENT_IOADDR",
    "SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET",
    "SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET",
    "SCI_Q_MAP_IOADDR",
    "SCI_Q_MAP_PHYS_ADDR",
    "SCI_Q_DEVICE_INFO",
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
    (sci_error_t::SCI_ERR_NO_SUCH_FDID, "SCI_ERR_NO_SUCH_FDID"),
    (sci_error_t::SCI_ERR_NO_SUCH_NODEID, "SCI_ERR_NO_SUCH_NODEID"),
    (sci_error_t::SCI_ERR_NODE_NOT_RESPONDING, "SCI_ERR_NODE_NOT_RESPONDING"),
    (sci_error_t::SCI_ERR_NO_REMOTE_LINK_ACCESS, "SCI_ERR_NO_REMOTE_LINK_ACCESS"),
    (sci_error_t::SCI_ERR_NO_LINK_ACCESS, "SCI_ERR_NO_LINK_ACCESS"),
    (sci_error_t::SCI_ERR_TRANSFER_FAILED, "SCI_ERR_TRANSFER_FAILED"),
    (sci_error_t::SCI_ERR_EWOULD_BLOCK, "SCI_ERR_EWOULD_BLOCK"),
    (sci_error_t::SCI_ERR_SEMAPHORE_COUNT_EXCEEDED, "SCI_ERR_SEMAPHORE_COUNT_EXCEEDED"),
    (sci_error_t::SCI_ERR_IRQL_ILLEGAL, "SCI_ERR_IRQL_ILLEGAL"),
    (sci_error_t::SCI_ERR_REMOTE_BUSY, "SCI_ERR_REMOTE_BUSY"),
    (sci_error_t::SCI_ERR_LOCAL_BUSY, "SCI_ERR_LOCAL_BUSY"),
    (sci_error_t::SCI_ERR_ALL_BUSY, "SCI_ERR_ALL_BUSY"),
];
