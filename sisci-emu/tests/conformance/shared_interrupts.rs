//! Interrupts whose number several handles have.

use crate::interrupts::{connect, create, disconnect, remove, trigger, wait};
use crate::peer::{Peer, Talk};
use crate::sci::{Sci, eventually};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;

pub const CASES: &[Case] = &[Case {
    name: "a_trigger_reaches_all_that_share_a_number",
    needs: Needs::Emulator,
    body: shared,
}];

pub const ROLES: &[Role] = &[Role {
    name: "sharer-of-a-number",
    body: sharer,
}];

const NUMBER: u32 = 33;

fn sharer(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let flag = sci.constants().flag_shared_int.unwrap();
    let (interrupt, _) = create(sci, device, Some(NUMBER), flag, None).unwrap();
    talk.say("sharing");
    loop {
        match &*talk.hear() {
            "wait" => talk.say(if wait(sci, interrupt, 20_000).is_ok() {
                "triggered"
            } else {
                "nothing"
            }),
            _ => return,
        }
    }
}

fn shared(sci: &Sci) {
    let device = sci.open().unwrap();
    let flag = sci.constants().flag_shared_int.unwrap();
    let (first, _) = create(sci, device, Some(NUMBER), flag, None).unwrap();
    let alone = create(sci, device, Some(NUMBER), 0, None);
    assert_eq!(
        alone.map(drop),
        Err(Code::SCI_ERR_SEGMENTID_USED),
        "it is shared, not given"
    );
    let remote = connect(sci, device, 4, NUMBER, 0).unwrap();
    let (second, _) = create(sci, device, Some(NUMBER), flag, None).unwrap();
    let mut peer = Peer::start_on(4, "sharer-of-a-number");
    peer.talk.expect("sharing");
    for _ in 0..3 {
        trigger(sci, remote).unwrap();
        wait(sci, first, 20_000).unwrap();
        wait(sci, second, 20_000).unwrap();
        peer.talk.say("wait");
        peer.talk.expect("triggered");
    }
    remove(sci, first).unwrap();
    peer.kill();
    trigger(sci, remote).unwrap();
    wait(sci, second, 20_000).unwrap();
    remove(sci, second).unwrap();
    eventually("nobody is left", || {
        trigger(sci, remote) == Err(Code::SCI_ERR_NOT_CONNECTED)
    });
    disconnect(sci, remote).unwrap();
    let (own, number) = create(sci, device, None, flag, None).unwrap();
    let (join, _) = create(sci, device, Some(number), flag, None).expect("others may join");
    remove(sci, own).unwrap();
    remove(sci, join).unwrap();
    let (alone, _) = create(sci, device, Some(NUMBER), 0, None).expect("the number is free");
    let refused = create(sci, device, Some(NUMBER), flag, None).map(drop);
    assert_eq!(
        refused,
        Err(Code::SCI_ERR_SEGMENTID_USED),
        "it is not shared"
    );
    remove(sci, alone).unwrap();
    sci.close(device).unwrap();
}
