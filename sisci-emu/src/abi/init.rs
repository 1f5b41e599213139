//! Library, devices, nodes.

use super::{answer, guarded, require, set, sisci};
use crate::Code;
use crate::model::device::Device;
use crate::model::flags::{SCI_FLAG_THREAD_SAFE, legal_flags, no_flags};
use crate::model::{adapter, tables};
use crate::runtime::process;
use sisci_sys::sci_desc_t;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_uint};
use std::sync::LazyLock;

sisci! {
    /// Starts the library.
    fn SCIInitialize as initialize(flags: c_uint, error: *mut Code) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                process::initialize()
            })
        }
    }
}

sisci! {
    /// Ends the library: whatever is still there is released.
    fn SCITerminate as terminate() {
        let _ = guarded(|| {
            if let Some(process) = process::terminate() {
                tables::release_all();
                process.leave();
            }
            Ok(())
        });
    }
}

sisci! {
    /// Opens a virtual device.
    fn SCIOpen as open(sd: *mut sci_desc_t, flags: c_uint, error: *mut Code) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_THREAD_SAFE, 0)?;
                require(sd)?;
                set(sd, Device::open()?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Closes a virtual device.
    fn SCIClose as close(sd: sci_desc_t, flags: c_uint, error: *mut Code) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                Device::close(sd)
            })
        }
    }
}

/// The texts live as long as the library.
static TEXTS: LazyLock<BTreeMap<u32, CString>> = LazyLock::new(|| {
    let texts = sisci_sys::ERROR_NAMES.iter().rev();
    texts
        .filter_map(|(code, name)| Some((code.0, CString::new(*name).ok()?)))
        .collect()
});

sisci! {
    /// The name of a code.
    fn SCIGetErrorString as get_error_string(error: Code) -> *const c_char {
        TEXTS.get(&error.0).map_or(c"unknown SISCI error", |text| -> &CStr { text }).as_ptr()
    }
}

sisci! {
    /// Own node id.
    fn SCIGetLocalNodeId as get_local_node_id(
        adapter: c_uint,
        node: *mut c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                adapter::check(adapter)?;
                require(node)?;
                let own = process::current()?.nodes().get(adapter as usize).copied();
                set(node, own.ok_or(Code::SCI_ERR_NO_SUCH_ADAPTERNO)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Non-zero if the way to the node is up and a process of it alive.
    fn SCIProbeNode as probe_node(
        sd: sci_desc_t,
        adapter: c_uint,
        node: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) -> c_int {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, 0, || {
                no_flags(flags)?;
                adapter::check(adapter)?;
                let device = tables::DEVICES.get(sd)?;
                let member = device.member();
                let node = adapter::resolve_node(member, adapter, node)?;
                member.route(adapter, node).check()?;
                let alive = member.node_dir(node).is_alive();
                if alive { Ok(1) } else { Err(Code::SCI_ERR_NO_SUCH_NODEID) }
            })
        }
    }
}
