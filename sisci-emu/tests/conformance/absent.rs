//! What is in the interface and not in the emulator: it says so, whatever it is called with.

use crate::sci::{Sci, call};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[Case {
    name: "what_is_not_built_says_so",
    needs: Needs::Emulator,
    body: absent,
}];

fn absent(sci: &Sci) {
    let device = sci.open().unwrap();
    let functions = sci.functions();
    let no = Err(Code::SCI_ERR_NOT_IMPLEMENTED);
    let enable = functions.enable_conditional_interrupt.unwrap();
    assert_eq!(call!(error => enable(null_mut(), 0, &mut error)), no);
    let register = functions.register_interrupt_flag.unwrap();
    let mut interrupt = null_mut();
    assert_eq!(
        call!(error => register(
            0, &mut interrupt, null_mut(), 0, None, null_mut(), 0, &mut error
        )),
        no
    );
    assert!(interrupt.is_null());
    let read = functions.get_local_csr.unwrap();
    let read = call!(error => read(device, 0, 0, 0, &mut error)).map(drop);
    assert_eq!(read, no);
    let write = functions.set_csr_register.unwrap();
    assert_eq!(call!(error => write(device, 0, 8, 0, 0, 0, &mut error)), no);
    let mut queue = null_mut();
    let physical = sci.constants().flag_dma_phdma.unwrap();
    let create = functions.create_dma_queue;
    assert_eq!(
        call!(error => create(device, &mut queue, 0, 1, physical, &mut error)),
        Err(Code::SCI_ERR_FLAG_NOT_IMPLEMENTED)
    );
    sci.close(device).unwrap();
}
