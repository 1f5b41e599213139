//! What an actor does with interrupts, with and without data.

use super::actor::Actor;
use super::events::{on_interrupt, on_message, unset};
use super::message;
use super::things::Bell;
use crate::sci::{ADAPTER, call};
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
}
