//! A peer that writes what it likes into our memory and our control channel, between our operations
//! and during them.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ntb_core::proto::layout::LINE_PAYLOAD;
use ntb_core::proto::ring::{Slot, Span};
use ntb_core::proto::words::Outgoing;
use ntb_core::window::{Barriers, RemoteChannel};
use ntb_fuzz::{Attack, bounded, world};
use std::io::Write;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Word {
    Tail,
    TailCredit,
    Credit,
    LineEnd(u8),
    /// Its credit and its length.
    Line(u8, Length),
    RxWait,
    TxWait,
    Bell,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Length {
    Any(u64),
    /// Around what a line holds.
    Near(i8),
}

impl Length {
    fn value(self) -> u64 {
        match self {
            Self::Any(length) => length,
            Self::Near(near) => (LINE_PAYLOAD as i64 + i64::from(near)) as u64,
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Value {
    Any(u64),
    Small(u16),
    /// Around the edges that the victim checks.
    Ring(i16),
}

#[derive(Arbitrary, Debug)]
enum Step {
    Store(Word, Value),
    Payload {
        offset: u16,
        bytes: u8,
    },
    /// A line as an honest peer writes it, of a length and an end of the attacker's choice.
    Inline(u8, u8, Value),
    Control(Vec<u8>),
    Bye(u64),
    Wakes(u8),
    HangUp,
    /// From here on a thread repeats these stores while the victim works.
    Storm(Vec<(Word, Value)>),
    Calm,
    Recv(u16),
    Send(u16),
    Readable,
    Shutdown,
    RecvInPlace(u16),
}

const RING: i64 = 8192;

fn store(memory: &RemoteChannel, word: Word, value: Value) {
    let value = match value {
        Value::Any(value) => value,
        Value::Small(value) => value.into(),
        Value::Ring(near) => (RING + i64::from(near)) as u64,
    };
    let barriers = Barriers::new(None);
    let words = memory.words(&barriers);
    let slot = |slot: u8| Slot::of(slot.into());
    match word {
        Word::Tail => words.set_tail(value),
        Word::TailCredit => words.set_tail_credit(value),
        Word::Credit => words.set_credit(value),
        Word::LineEnd(at) => words.set_line_end(slot(at), value),
        Word::Line(at, length) => words.set_line(slot(at), value, length.value()),
        Word::RxWait => words.set_rx_wait(value),
        Word::TxWait => words.set_tx_wait(value),
        Word::Bell => memory.set_bell(value),
    }
}

fuzz_target!(|steps: Vec<Step>| {
    let world = world();
    let Attack {
        mut victim,
        memory,
        mut control,
    } = Attack::start(world);
    let memory = &memory;
    let mut buffer = vec![0; 1 << 16];
    std::thread::scope(|scope| {
        let mut storm: Option<Arc<AtomicBool>> = None;
        let calm = |storm: &mut Option<Arc<AtomicBool>>| {
            if let Some(stop) = storm.take() {
                stop.store(true, Ordering::Relaxed);
            }
        };
        for step in steps.into_iter().take(64) {
            match step {
                Step::Store(word, value) => store(memory, word, value),
                Step::Payload { offset, bytes } => {
                    let span = Span {
                        offset: offset.into(),
                        len: bytes.into(),
                    };
                    let _ = memory.copy_in(span, &vec![0x5a; span.len]);
                }
                Step::Inline(at, bytes, end) => {
                    let slot = Slot::of(at.into());
                    let _ = memory.copy_in_line(slot, &vec![0xa5; bytes.into()]);
                    let length = Length::Any(bytes.into());
                    store(memory, Word::Line(at, length), Value::Small(0));
                    store(memory, Word::LineEnd(at), end);
                }
                Step::Control(bytes) => drop(control.write(&bytes)),
                Step::Bye(end) => {
                    let bye = ntb_core::proto::wire::Message::Bye { end };
                    let _ = control.write(bye.encode().as_bytes());
                }
                Step::Wakes(count) => {
                    let wake = ntb_core::proto::wire::Message::Wake.encode();
                    let _ = control.write(&wake.as_bytes().repeat(count.into()));
                }
                Step::HangUp => drop(control.shutdown(Shutdown::Write)),
                Step::Storm(stores) if !stores.is_empty() && storm.is_none() => {
                    let stop = Arc::new(AtomicBool::new(false));
                    storm = Some(Arc::clone(&stop));
                    scope.spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            for (word, value) in &stores {
                                store(memory, *word, *value);
                            }
                            std::thread::yield_now();
                        }
                    });
                }
                Step::Storm(_) => {}
                Step::Calm => calm(&mut storm),
                Step::Recv(room) => bounded("recv", || {
                    let timeout = Some(Duration::from_millis(1));
                    drop(victim.recv(&mut buffer[..room.into()], timeout));
                }),
                Step::RecvInPlace(len) => bounded("recv_in_place", || {
                    drop(victim.recv_in_place(len.into(), Some(Duration::from_millis(1))));
                }),
                Step::Send(bytes) => bounded("send", || drop(victim.send(&buffer[..bytes.into()]))),
                Step::Readable => bounded("readable", || drop(victim.readable())),
                Step::Shutdown => victim.shutdown(),
            }
        }
        calm(&mut storm);
    });
    bounded("close", || drop(victim));
});
