//! Names and kinds of adapters, and their registers.

use super::{answer, not_built, set, sisci};
use crate::model::names;
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{CStr, c_char, c_uint};

sisci! {
    /// Node ids of a host or an adapter.
    fn SCIGetNodeIdByAdapterName as get_node_id_by_adapter_name(
        name: *const c_char,
        nodes: *mut c::dis_nodeId_list_t,
        kind: *mut c::dis_virt_adapter_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `name` up to its closing 0.
        unsafe {
            answer(error, (), || {
                crate::model::flags::no_flags(flags)?;
                let found = look_up(name)?;
                fill(nodes, &found)?;
                set(kind, kind_of(&found));
                Ok(())
            })
        }
    }
}

sisci! {
    /// As SCIGetNodeIdByAdapterName, with the numbers of the adapters.
    fn SCIGetNodeInfoByAdapterName as get_node_info_by_adapter_name(
        name: *const c_char,
        adapters: *mut c_uint,
        nodes: *mut c::dis_nodeId_list_t,
        kind: *mut c::dis_adapter_type_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `name` up to its closing 0; `adapters` has as many places
        // as there are node ids.
        unsafe {
            answer(error, (), || {
                crate::model::flags::no_flags(flags)?;
                let found = look_up(name)?;
                fill(nodes, &found)?;
                for index in 0..found.len() {
                    if !adapters.is_null() {
                        adapters.add(index).write(index as c_uint);
                    }
                }
                set(kind, kind_of(&found));
                Ok(())
            })
        }
    }
}

/// Node ids behind a name.
///
/// # Safety
/// `name` is null or a text with a closing 0.
unsafe fn look_up(name: *const c_char) -> Result<Vec<u32>> {
    if name.is_null() {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    // SAFETY: not null, so a text by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    names::nodes(name.to_str().map_err(|_| Code::SCI_ERR_ILLEGAL_PARAMETER)?)
}

/// Writes a list with a closing 0.
///
/// # Safety
/// `list` is null or valid for writing.
unsafe fn fill(list: *mut c::dis_nodeId_list_t, nodes: &[u32]) -> Result<()> {
    if list.is_null() {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let mut places: c::dis_nodeId_list_t = [0; c::DIS_MAX_NODE_IDS as usize];
    let room = places.len() - 1;
    for (place, node) in places[..room].iter_mut().zip(nodes) {
        *place = *node;
    }
    // SAFETY: not null, so valid by the caller's promise.
    unsafe { list.write(places) };
    Ok(())
}

fn kind_of(nodes: &[u32]) -> c::dis_virt_adapter_t {
    if nodes.len() > 1 {
        c::dis_virt_adapter_t::DIS_VIRT_ADAPTER_MULTI
    } else {
        c::dis_virt_adapter_t::DIS_VIRT_ADAPTER_SINGLE
    }
}

sisci! {
    /// What a card type is called.
    fn SCIGetAdapterTypeString as get_adapter_type_string(kind: c_uint) -> *const c_char {
        names::adapter_type(kind).as_ptr()
    }
}

sisci! {
    /// What family a card type belongs to.
    fn SCIGetAdapterFamilyString as get_adapter_family_string(kind: c_uint) -> *const c_char {
        names::adapter_family(kind).as_ptr()
    }
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
