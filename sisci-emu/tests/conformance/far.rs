//! A node with a segment, an interrupt and a data interrupt, led by lines of text, and the other
//! side of it: what the cases about links and faults work with.

use crate::interrupts;
use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Answer, Sci, call, load, store};
use crate::{Role, sci};
use sisci::control::Fabric;
use sisci_sys::sci_sequence_status_t as Status;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;

pub const ROLES: &[Role] = &[Role {
    name: "far-node",
    body: far_node,
}];

/// Size of the segment of the far node.
pub const SIZE: usize = 64 << 10;
/// Id of its segment.
pub const SEGMENT: u32 = 100;

/// The fabric of this case.
pub fn fabric() -> Fabric {
    Fabric::open(std::env::var("SISCI_EMU_DIR").unwrap()).expect("the fabric")
}

/// Cuts a link or mends it; all processes know.
pub fn set_link(a: u32, b: u32, up: bool) {
    let silent = fabric().set_link(a, b, up).unwrap();
    assert_eq!(silent.0, [], "all confirm");
}

fn far_node(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, SEGMENT, SIZE);
    let (_, near) = sci.map_local(segment, 0, SIZE).unwrap();
    let counting = sci.constants().flag_counting_int.unwrap_or(0);
    let (interrupt, number) = interrupts::create(sci, device, None, counting, None).unwrap();
    let (messages, door) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    talk.say(number);
    talk.say(door);
    loop {
        let line = talk.hear();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["get", offset] => talk.say(load(near, offset.parse().unwrap())),
            ["put", offset, value] => {
                store(near, offset.parse().unwrap(), value.parse().unwrap());
                talk.say("done");
            }
            ["event", timeout] => talk.say(event(sci, segment, timeout.parse().unwrap())),
            ["interrupt", timeout] => {
                talk.say(name(interrupts::wait(
                    sci,
                    interrupt,
                    timeout.parse().unwrap(),
                )));
            }
            ["message", timeout] => {
                let message = sci.receive(messages, timeout.parse().unwrap());
                talk.say(message.map_or_else(
                    |code| error_name(code).to_owned(),
                    |bytes| String::from_utf8(bytes).unwrap(),
                ));
            }
            ["connect", node] => {
                let answer = sci.connect(device, node.parse().unwrap(), SEGMENT);
                talk.say(name(answer));
            }
            ["operational"] => talk.say(query(sci, sci.constants().q_adapter_link_operational)),
            ["end"] => return,
            _ => panic!("{line:?} is no command"),
        }
    }
}

/// `SCI_ERR_OK` or the name of the error.
pub fn name<T>(answer: Answer<T>) -> &'static str {
    answer.err().map_or("SCI_ERR_OK", error_name)
}

fn event(sci: &Sci, segment: sci_local_segment_t, timeout: u32) -> String {
    let (mut node, mut adapter) = (0, 0);
    let wait = sci.functions().wait_for_local_segment_event;
    let event = call!(error => wait(segment, &mut node, &mut adapter, timeout, 0, &mut error));
    match event {
        Ok(reason) => format!("{} from {node}", reason.0),
        Err(code) => error_name(code).to_owned(),
    }
}

/// A property of the own adapter.
pub fn query(sci: &Sci, what: u32) -> u32 {
    let mut value = u32::MAX;
    let mut asked = sci_query_adapter_t {
        localAdapterNo: ADAPTER,
        portNo: 0,
        subcommand: what,
        data: (&raw mut value).cast(),
    };
    let (ask, command) = (sci.functions().query, sci.constants().q_adapter);
    call!(error => ask(command, (&raw mut asked).cast(), 0, &mut error)).expect("SCIQuery");
    value
}

/// This node, connected with everything that the far node has.
pub struct Near<'a> {
    pub sci: &'a Sci,
    pub peer: Peer,
    pub device: sci_desc_t,
    pub segment: sci_remote_segment_t,
    pub map: sci_map_t,
    /// The far node's memory.
    pub far: *mut u8,
    pub sequence: sci_sequence_t,
    pub interrupt: sci_remote_interrupt_t,
    pub messages: sci_remote_data_interrupt_t,
}

impl<'a> Near<'a> {
    /// Starts the far node as node 8 and connects.
    pub fn open(sci: &'a Sci) -> Self {
        let mut peer = Peer::start("far-node");
        let (number, door) = (peer.talk.hear_number(), peer.talk.hear_number());
        let device = sci.open().unwrap();
        let segment = sci.connect(device, 8, SEGMENT).unwrap();
        let (map, far) = sci.map_remote(segment, 0, SIZE).unwrap();
        let (mut sequence, create) = (null_mut(), sci.functions().create_map_sequence);
        call!(error => create(map, &mut sequence, 0, &mut error)).unwrap();
        Self {
            sci,
            peer,
            device,
            segment,
            map,
            far,
            sequence,
            interrupt: interrupts::connect(sci, device, 8, number, 0).unwrap(),
            messages: sci.connect_data_interrupt(device, 8, door).unwrap(),
        }
    }

    /// Says a command to the far node and gives its answer.
    pub fn ask(&mut self, command: impl std::fmt::Display) -> String {
        self.peer.talk.say(command);
        self.peer.talk.hear()
    }

    /// A byte as the far node sees it.
    pub fn far_byte(&mut self, offset: usize) -> u8 {
        self.ask(format_args!("get {offset}")).parse().unwrap()
    }

    pub fn check(&self) -> Status {
        let check = self.sci.functions().check_sequence;
        call!(error => check(self.sequence, 0, &mut error)).unwrap()
    }

    pub fn start(&self) -> Status {
        let start = self.sci.functions().start_sequence;
        call!(error => start(self.sequence, 0, &mut error)).unwrap()
    }

    /// `SCIMemCpy` to the far node.
    pub fn copy(&self, offset: usize, bytes: &[u8], flags: u32) -> Answer<()> {
        let copy = self.sci.functions().mem_cpy;
        let memory: *mut c_void = bytes.as_ptr().cast_mut().cast();
        call!(error => copy(
            self.sequence, memory, self.map, offset, bytes.len(), flags, &mut error
        ))
    }

    /// `SCIMemCpy` from the far node.
    pub fn copy_back(&self, offset: usize, bytes: &mut [u8]) -> Answer<()> {
        let copy = self.sci.functions().mem_cpy;
        let flags = self.sci.constants().flag_block_read;
        call!(error => copy(
            self.sequence, bytes.as_mut_ptr().cast(), self.map, offset, bytes.len(), flags,
            &mut error
        ))
    }

    pub fn trigger(&self) -> Answer<()> {
        interrupts::trigger(self.sci, self.interrupt)
    }

    /// The next event of the connection.
    pub fn event(&self, timeout: u32) -> Answer<sci_segment_cb_reason_t> {
        let wait = self.sci.functions().wait_for_remote_segment_event;
        let mut status = sci_error_t::SCI_ERR_OK;
        call!(error => wait(self.segment, &mut status, timeout, 0, &mut error))
    }

    /// A load through the map that is meant to give ones: stores of a moment ago may show for a
    /// millisecond.
    pub fn expect_ones(&self, offset: usize) {
        sci::eventually("loads give ones", || load(self.far, offset) == u8::MAX);
    }

    /// Gives everything back.
    pub fn close(self) {
        let sci = self.sci;
        let remove = sci.functions().remove_sequence;
        call!(error => remove(self.sequence, 0, &mut error)).unwrap();
        sci.unmap(self.map).unwrap();
        sci.disconnect(self.segment).unwrap();
        interrupts::disconnect(sci, self.interrupt).unwrap();
        sci.disconnect_data_interrupt(self.messages).unwrap();
        sci.close(self.device).unwrap();
        let mut peer = self.peer;
        peer.talk.say("end");
        peer.finish();
    }
}
