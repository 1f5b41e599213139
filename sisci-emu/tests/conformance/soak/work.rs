//! What an actor does with what it is connected to.

use super::actor::{Actor, SIZE};
use super::events::{on_interrupt, on_message, on_transfer, unset};
use super::message;
use super::things::Bell;
use crate::sci::{ADAPTER, call, store};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;

/// Nobody is there, or not any more.
const GONE: &[Code] = &[
    Code::SCI_ERR_NO_SUCH_INTNO,
    Code::SCI_ERR_NO_SUCH_NODEID,
    Code::SCI_ERR_NODE_NOT_RESPONDING,
    Code::SCI_ERR_CONNECTION_REFUSED,
    Code::SCI_ERR_NOT_CONNECTED,
];

impl Actor<'_> {
    /// Something with a remote segment.
    pub fn use_remote(&mut self, slot: usize) {
        let choice = self.random.below(12);
        let Some(remote) = &self.remotes[slot].thing else {
            return;
        };
        match (remote.map, remote.sequence, choice) {
            (_, _, 0 | 1) => self.disconnect(slot),
            (None, _, 2..=4) => self.map(slot),
            (_, _, 2) if !remote.has_callback => {
                let ended = self.next_event(remote.handle);
                if let Some(remote) = &mut self.remotes[slot].thing {
                    remote.ended |= ended;
                }
            }
            (Some(_), None, 3) => self.unmap(slot),
            (Some((map, _)), None, 4) => self.begin_sequence(slot, map),
            (_, Some(sequence), 5) => {
                let remove = self.shared.sci.functions().remove_sequence;
                let removed = call!(error => remove(sequence, 0, &mut error));
                self.may("remove a sequence", removed, &[]);
                if let Some(remote) = &mut self.remotes[slot].thing {
                    remote.sequence = None;
                }
            }
            (_, Some(sequence), 6) => {
                let functions = self.shared.sci.functions();
                let started = call!(error => (functions.start_sequence)(sequence, 0, &mut error));
                self.may("start a sequence", started, &[]);
                let checked = call!(error => (functions.check_sequence)(sequence, 0, &mut error));
                self.may("check a sequence", checked, &[]);
            }
            (Some((map, far)), sequence, _) => self.write(map, far, sequence),
            _ => {}
        }
    }

    fn map(&mut self, slot: usize) {
        let Some(remote) = &self.remotes[slot].thing else {
            return;
        };
        let mapped = self.shared.sci.map_remote(remote.handle, 0, SIZE);
        let made = self.may("map", mapped, &[Code::SCI_ERR_NOT_CONNECTED]);
        if let Some(remote) = &mut self.remotes[slot].thing {
            remote.map = made;
        }
    }

    fn begin_sequence(&mut self, slot: usize, map: sci_map_t) {
        let (mut sequence, create) = (unset(), self.shared.sci.functions().create_map_sequence);
        let made = call!(error => create(map, &mut sequence, 0, &mut error));
        let made = self.may("create a sequence", made, &[Code::SCI_ERR_NOT_CONNECTED]);
        if let Some(remote) = &mut self.remotes[slot].thing {
            remote.sequence = made.map(|()| sequence);
        }
    }

    /// Stores and copies; the first page belongs to the owner.
    fn write(&mut self, map: sci_map_t, far: *mut u8, sequence: Option<sci_sequence_t>) {
        let (sci, constants) = (self.shared.sci, self.shared.sci.constants());
        for _ in 0..self.random.below(64) {
            store(far, 4096 + self.random.index(SIZE - 4096), 1);
        }
        let mut bytes = [7u8; 512];
        let mut flags = 0;
        if self.random.once_in(3) {
            flags |= constants.flag_block_read;
        }
        if sequence.is_some() {
            flags |= constants.flag_error_check;
        }
        let (offset, copy) = (
            4096 + self.random.index(SIZE - 8192),
            sci.functions().mem_cpy,
        );
        let copied = call!(error => copy(
            sequence.unwrap_or(unset()), bytes.as_mut_ptr().cast(), map, offset, bytes.len(), flags,
            &mut error
        ));
        self.may(
            "copy",
            copied,
            &[Code::SCI_ERR_TRANSFER_FAILED, Code::SCI_ERR_NOT_CONNECTED],
        );
        sci.flush();
    }

    fn unmap(&mut self, slot: usize) {
        let Some(remote) = &mut self.remotes[slot].thing else {
            return;
        };
        let (sequence, map) = (remote.sequence.take(), remote.map.take());
        if let Some(sequence) = sequence {
            let remove = self.shared.sci.functions().remove_sequence;
            let removed = call!(error => remove(sequence, 0, &mut error));
            self.may("remove a sequence", removed, &[]);
        }
        if let Some((map, _)) = map {
            self.may("unmap", self.shared.sci.unmap(map), &[]);
        }
    }

    /// Gives a connection up; a transfer may still use it.
    pub fn disconnect(&mut self, slot: usize) {
        self.unmap(slot);
        let Some(remote) = self.remotes[slot].thing.take() else {
            return;
        };
        let disconnect = || self.shared.sci.disconnect(remote.handle);
        let done = self.may("disconnect", disconnect(), &[Code::SCI_ERR_BUSY]);
        if done.is_none() {
            self.await_queue();
            let disconnect = || self.shared.sci.disconnect(remote.handle);
            self.may("disconnect", disconnect(), &[]);
        }
        self.remotes[slot].events.end();
    }

    /// Something with the DMA queue.
    pub fn transfer(&mut self) {
        let Some((queue, source)) = self.queue.thing else {
            self.begin_transfers();
            return;
        };
        let (functions, choice) = (self.shared.sci.functions(), self.random.below(8));
        match choice {
            0 => self.end_transfers(),
            1 => {
                let aborted = call!(error => (functions.abort_dma_queue)(queue, 0, &mut error));
                self.may("abort", aborted, &[Code::SCI_ERR_ILLEGAL_OPERATION]);
            }
            2 => {
                let wait = functions.wait_for_dma_queue;
                let waited = call!(error => wait(queue, 1, 0, &mut error));
                self.may(
                    "wait for a transfer",
                    waited,
                    &[Code::SCI_ERR_TIMEOUT, Code::SCI_ERR_ILLEGAL_OPERATION],
                );
            }
            _ => self.start_transfer(queue, source),
        }
    }

    fn begin_transfers(&mut self) {
        let sci = self.shared.sci;
        let flags = sci.constants().flag_private.unwrap_or(0);
        let (device, id) = (self.device(), self.number(7));
        let source = self
            .may("create", sci.create_segment(device, id, SIZE, flags), &[])
            .expect("a segment");
        self.may("prepare", sci.prepare(source), &[]);
        let (mut queue, create) = (unset(), sci.functions().create_dma_queue);
        let made = call!(error => create(device, &mut queue, ADAPTER, 1, 0, &mut error));
        self.may("create a queue", made, &[]);
        self.queue.thing = Some((queue, source));
    }

    fn start_transfer(&mut self, queue: sci_dma_queue_t, source: sci_local_segment_t) {
        let slot = self.random.index(self.remotes.len());
        let Some(remote) = &self.remotes[slot].thing else {
            return;
        };
        let (handle, constants) = (remote.handle, self.shared.sci.constants());
        let mut flags = constants.flag_dma_global;
        for flag in [constants.flag_dma_read, constants.flag_dma_wait] {
            if self.random.once_in(3) {
                flags |= flag;
            }
        }
        let mut callback: sci_cb_dma_t = None;
        if self.random.once_in(3) {
            flags |= constants.flag_use_callback;
            callback = Some(on_transfer);
        }
        // The owner's page isn't written.
        let size = 8 * (1 + self.random.index((SIZE - 4096) / 8));
        let (argument, start) = (
            self.queue.events.begin(),
            self.shared.sci.functions().start_dma_transfer,
        );
        let started = call!(error => start(
            queue, source, handle, 0, size, SIZE - size, callback, argument, flags, &mut error
        ));
        self.may(
            "start a transfer",
            started,
            &[
                Code::SCI_ERR_ILLEGAL_OPERATION,
                Code::SCI_ERR_SEGMENT_NOT_CONNECTED,
                Code::SCI_ERR_NOT_CONNECTED,
                Code::SCI_ERR_TRANSFER_FAILED,
            ],
        );
    }

    /// Waits until no transfer runs.
    fn await_queue(&mut self) {
        let Some((queue, _)) = self.queue.thing else {
            return;
        };
        let wait = self.shared.sci.functions().wait_for_dma_queue;
        let waited = call!(error => wait(queue, 20_000, 0, &mut error));
        self.may(
            "wait for a transfer",
            waited,
            &[Code::SCI_ERR_ILLEGAL_OPERATION],
        );
    }

    /// Removes the queue and its source.
    pub fn end_transfers(&mut self) {
        self.await_queue();
        let Some((queue, source)) = self.queue.thing.take() else {
            return;
        };
        let remove = self.shared.sci.functions().remove_dma_queue;
        let removed = call!(error => remove(queue, 0, &mut error));
        self.may("remove a queue", removed, &[]);
        self.queue.events.end();
        self.may("remove", self.shared.sci.remove_segment(source, 0), &[]);
    }

    /// Something with interrupts.
    pub fn ring(&mut self) {
        let functions = self.shared.sci.functions();
        if self.random.once_in(2) {
            let slot = self.random.index(self.bells.len());
            match self.bells[slot]
                .thing
                .as_ref()
                .map(|bell| (bell.handle, bell.has_callback))
            {
                None => self.hang_bell(slot),
                Some((handle, false)) if self.random.below(3) > 0 => {
                    let wait = functions.wait_for_interrupt;
                    let waited = call!(error => wait(handle, 1, 0, &mut error));
                    self.may("wait for an interrupt", waited, &[Code::SCI_ERR_TIMEOUT]);
                }
                Some(_) => self.remove_bell(slot),
            }
            return;
        }
        let slot = self.random.index(self.triggers.len());
        match self.triggers[slot] {
            None => {
                let (node, number) = self.somewhere(2);
                let (mut handle, connect) = (unset(), functions.connect_interrupt);
                let device = self.device();
                let connected = call!(error => connect(
                    device, &mut handle, node, ADAPTER, number, 0, 0, &mut error
                ));
                let connected = self.may("connect an interrupt", connected, GONE);
                self.triggers[slot] = connected.map(|()| handle);
            }
            Some(handle) if self.random.below(6) > 0 => {
                let rung = call!(error => (functions.trigger_interrupt)(handle, 0, &mut error));
                self.may("trigger", rung, &[Code::SCI_ERR_NOT_CONNECTED]);
            }
            Some(_) => self.let_go(slot),
        }
    }

    fn hang_bell(&mut self, slot: usize) {
        let (sci, mut number) = (self.shared.sci, self.number(slot));
        let has_callback = self.random.once_in(2);
        let argument = self.bells[slot].events.begin();
        let mut flags = sci.constants().flag_fixed_intno;
        let mut callback: sci_cb_interrupt_t = None;
        if has_callback {
            flags |= sci.constants().flag_use_callback;
            callback = Some(on_interrupt);
        }
        let (mut handle, create) = (unset(), sci.functions().create_interrupt);
        let device = self.device();
        let made = call!(error => create(
            device, &mut handle, ADAPTER, &mut number, callback, argument, flags, &mut error
        ));
        self.may("create an interrupt", made, &[]);
        self.bells[slot].thing = Some(Bell {
            handle,
            has_callback,
        });
    }

    fn remove_bell(&mut self, slot: usize) {
        if let Some(bell) = self.bells[slot].thing.take() {
            let remove = self.shared.sci.functions().remove_interrupt;
            let removed = call!(error => remove(bell.handle, 0, &mut error));
            self.may("remove an interrupt", removed, &[]);
            self.bells[slot].events.end();
        }
    }

    fn let_go(&mut self, slot: usize) {
        if let Some(handle) = self.triggers[slot].take() {
            let disconnect = self.shared.sci.functions().disconnect_interrupt;
            let done = call!(error => disconnect(handle, 0, &mut error));
            self.may("disconnect an interrupt", done, &[]);
        }
    }

    /// Something with data interrupts.
    pub fn mail(&mut self) {
        let sci = self.shared.sci;
        if self.random.once_in(2) {
            let slot = self.random.index(self.mailboxes.len());
            match self.mailboxes[slot]
                .thing
                .as_ref()
                .map(|bell| (bell.handle, bell.has_callback))
            {
                None => self.hang_mailbox(slot),
                Some((handle, false)) if self.random.below(4) > 0 => {
                    let found = sci.receive(handle, 1);
                    let found = self.may("receive", found, &[Code::SCI_ERR_TIMEOUT]);
                    assert!(found.is_none_or(|found| message::is_whole(&found)));
                }
                Some(_) => self.remove_mailbox(slot),
            }
            return;
        }
        let slot = self.random.index(self.senders.len());
        match self.senders[slot] {
            None => {
                let (node, number) = self.somewhere(2);
                let connected = sci.connect_data_interrupt(self.device(), node, number);
                self.senders[slot] = self.may("connect a data interrupt", connected, GONE);
            }
            Some(handle) if self.random.below(6) > 0 => {
                let sent = sci.send(handle, &message::make(&mut self.random));
                self.may(
                    "send",
                    sent,
                    &[Code::SCI_ERR_NOT_CONNECTED, Code::SCI_ERR_NOSPC],
                );
            }
            Some(_) => self.stop_sending(slot),
        }
    }

    fn hang_mailbox(&mut self, slot: usize) {
        let (sci, mut number) = (self.shared.sci, self.number(slot));
        let has_callback = self.random.once_in(2);
        let argument = self.mailboxes[slot].events.begin();
        let mut flags = sci.constants().flag_fixed_intno;
        let mut callback: sci_cb_data_interrupt_t = None;
        if has_callback {
            flags |= sci.constants().flag_use_callback;
            callback = Some(on_message);
        }
        let (mut handle, create) = (unset(), sci.functions().create_data_interrupt);
        let device = self.device();
        let made = call!(error => create(
            device, &mut handle, ADAPTER, &mut number, callback, argument, flags, &mut error
        ));
        self.may("create a data interrupt", made, &[]);
        self.mailboxes[slot].thing = Some(Bell {
            handle,
            has_callback,
        });
    }

    fn remove_mailbox(&mut self, slot: usize) {
        if let Some(mailbox) = self.mailboxes[slot].thing.take() {
            let removed = self.shared.sci.remove_data_interrupt(mailbox.handle);
            self.may("remove a data interrupt", removed, &[]);
            self.mailboxes[slot].events.end();
        }
    }

    fn stop_sending(&mut self, slot: usize) {
        if let Some(handle) = self.senders[slot].take() {
            let done = self.shared.sci.disconnect_data_interrupt(handle);
            self.may("disconnect a data interrupt", done, &[]);
        }
    }

    /// Gives up all interrupts.
    pub fn hang_up(&mut self) {
        (0..self.triggers.len()).for_each(|slot| self.let_go(slot));
        (0..self.senders.len()).for_each(|slot| self.stop_sending(slot));
        (0..self.bells.len()).for_each(|slot| self.remove_bell(slot));
        (0..self.mailboxes.len()).for_each(|slot| self.remove_mailbox(slot));
    }

    /// Asks for something.
    pub fn look(&mut self) {
        let sci = self.shared.sci;
        let (node, _) = self.somewhere(1);
        let (device, probe) = (self.device(), sci.functions().probe_node);
        let found = call!(error => probe(device, ADAPTER, node, 0, &mut error));
        self.may(
            "probe",
            found,
            &[
                Code::SCI_ERR_NO_SUCH_NODEID,
                Code::SCI_ERR_NODE_NOT_RESPONDING,
            ],
        );
        assert_ne!(sci.local_node(), 0);
    }
}
