//! Messages as bytes: writing fields and reading them back.

use super::{Channel, MAGIC, MESSAGE_MAX, body_bytes};

/// An encoded message.
#[derive(Debug, Clone, Copy)]
pub struct Packet {
    bytes: [u8; MESSAGE_MAX],
    len: usize,
}

impl Packet {
    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(super) fn new(version: u16, kind: u16) -> Self {
        let mut packet = Self {
            bytes: [0; MESSAGE_MAX],
            len: 0,
        };
        packet.put(&MAGIC.to_le_bytes());
        packet.put(&version.to_le_bytes());
        packet.put(&kind.to_le_bytes());
        packet.put(&(body_bytes(kind).unwrap_or(0) as u32).to_le_bytes());
        packet.put(&[0; 4]);
        packet
    }

    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    pub(super) fn put_channel(&mut self, channel: &Channel) {
        self.put(&channel.instance.to_le_bytes());
        for word in [
            channel.segment,
            channel.interrupt,
            channel.slot,
            channel.epoch,
        ] {
            self.put(&word.to_le_bytes());
        }
        for word in [channel.segment_bytes, channel.offset, channel.ring] {
            self.put(&word.to_le_bytes());
        }
    }
}

/// Reads fields off a body whose length was checked against its kind.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        if let Some((head, rest)) = self.0.split_at_checked(N) {
            out.copy_from_slice(head);
            self.0 = rest;
        }
        out
    }
    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }
    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
    pub(super) fn channel(&mut self) -> Channel {
        Channel {
            instance: self.u64(),
            segment: self.u32(),
            interrupt: self.u32(),
            slot: self.u32(),
            epoch: self.u32(),
            segment_bytes: self.u64(),
            offset: self.u64(),
            ring: self.u64(),
        }
    }
}
