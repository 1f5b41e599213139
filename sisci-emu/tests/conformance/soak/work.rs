//! What an actor does with what it is connected to.

use super::actor::{Actor, SIZE};
use super::events::{on_transfer, unset};
use crate::sci::{ADAPTER, call, store};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;

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
