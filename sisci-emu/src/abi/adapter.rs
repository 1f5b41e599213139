//! Names and kinds of adapters, and their registers.

use super::{constant_answer, not_built};
use sisci_sys as c;
use std::ffi::{c_char, c_uint};

not_built! {
    fn SCIGetNodeIdByAdapterName as get_node_id_by_adapter_name(
        adapter_name: *const c_char,
        node_id_list: *mut c::dis_nodeId_list_t,
        kind: *mut c::dis_virt_adapter_t,
        flags: c_uint,
    );
    fn SCIGetNodeInfoByAdapterName as get_node_info_by_adapter_name(
        adapter_name: *const c_char,
        adapter_no_list: *mut c_uint,
        node_id_list: *mut c::dis_nodeId_list_t,
        kind: *mut c::dis_adapter_type_t,
        flags: c_uint,
    );
}

constant_answer! {
    fn SCIGetAdapterTypeString as get_adapter_type_string(kind: c_uint) -> *const c_char = c"unknown adapter".as_ptr();
    fn SCIGetAdapterFamilyString as get_adapter_family_string(kind: c_uint) -> *const c_char = c"unknown family".as_ptr();
}

not_built! {
    fn SCIGetCSRRegister as get_csr_register(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        node_id: c_uint,
        offset: c_uint,
        flags: c_uint,
    ) -> c_uint = 0;
    fn SCISetCSRRegister as set_csr_register(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        node_id: c_uint,
        offset: c_uint,
        value: c_uint,
        flags: c_uint,
    );
    fn SCIGetLocalCSR as get_local_csr(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        offset: c_uint,
        flags: c_uint,
    ) -> c_uint = 0;
    fn SCISetLocalCSR as set_local_csr(
        sd: c::sci_desc_t,
        local_adapter_no: c_uint,
        offset: c_uint,
        value: c_uint,
        flags: c_uint,
    );
}
