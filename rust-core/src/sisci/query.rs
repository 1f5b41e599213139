//! Questions to the library about adapters, engines and nodes.

use super::{Device, DeviceError, Engine, checked};
use sisci_sys::{sci_query_adapter_t, sci_query_dma_t};
use std::ffi::{CStr, c_void};

/// What DMA transfers have to keep to, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DmaLimits {
    /// Sizes are multiples of this; at least 1.
    pub size_alignment: u32,
    /// Offsets are multiples of this; at least 1.
    pub offset_alignment: u32,
    /// The largest single transfer.
    pub most: u32,
}

impl Device {
    /// A property of the adapter; `subcommand` is one of the library's `SCI_Q_ADAPTER_` constants
    /// whose answer is a number, `port` the link that some are about.
    ///
    /// # Errors
    /// [`DeviceError`]: `SCI_ERR_ILLEGAL_QUERY` for what the library doesn't know.
    pub fn adapter_value(&self, subcommand: u32, port: u32) -> Result<u32, DeviceError> {
        // Wider than any answer, should a library have one that takes more.
        let mut value = [0u32; 16];
        let mut query = sci_query_adapter_t {
            localAdapterNo: self.adapter(),
            portNo: port,
            subcommand,
            data: (&raw mut value).cast(),
        };
        let subject = || format!("property {subcommand:#x} of adapter {}", self.adapter());
        checked("SCIQuery", subject, |error| {
            let command = self.constants().q_adapter;
            // SAFETY: `query` is the structure of this command, its `data` room for the answer;
            // both live through the call.
            unsafe { (self.sci().query)(command, (&raw mut query).cast(), 0, error) }
        })?;
        Ok(value[0])
    }

    /// What DMA transfers of this adapter have to keep to.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn dma_limits(&self) -> Result<DmaLimits, DeviceError> {
        let constants = self.constants();
        let ask = |subcommand| self.adapter_value(subcommand, 0);
        Ok(DmaLimits {
            size_alignment: ask(constants.q_adapter_dma_size_alignment)?.max(1),
            offset_alignment: ask(constants.q_adapter_dma_offset_alignment)?.max(1),
            most: ask(constants.q_adapter_dma_mtu)?,
        })
    }

    /// Whether the adapter has this engine; `None` if the library doesn't tell.
    pub fn has_engine(&self, engine: Engine) -> Option<bool> {
        let constants = self.constants();
        let (command, subcommand) = (constants.q_dma?, constants.q_dma_available?);
        let mut value = 0u32;
        let mut query = sci_query_dma_t {
            localAdapterNo: self.adapter(),
            subcommand,
            data: (&raw mut value).cast::<c_void>(),
        };
        let flags = self.engine_flag(engine);
        let asked = checked("SCIQuery", String::new, |error| {
            // SAFETY: `query` is the structure of this command, its `data` a u32 as the subcommand
            // wants it; both live through the call.
            unsafe { (self.sci().query)(command, (&raw mut query).cast(), flags, error) }
        });
        asked.ok().map(|()| value != 0)
    }

    /// The adapter's type, as "PXH810"; empty if the library doesn't tell.
    pub fn adapter_type(&self) -> String {
        let Some(name_of) = self.sci().get_adapter_type_string else {
            return String::new();
        };
        let card = self.constants().q_adapter_card_type;
        let Some(Ok(card)) = card.map(|card| self.adapter_value(card, 0)) else {
            return String::new();
        };
        // SAFETY: takes a number, gives a text of the library or null.
        let name = unsafe { name_of(card) };
        if name.is_null() {
            return String::new();
        }
        // SAFETY: not null, so a text that ends and stays.
        let name = unsafe { CStr::from_ptr(name) };
        name.to_string_lossy().into_owned()
    }

    /// Whether `node` answers over the fabric.
    ///
    /// # Errors
    /// [`DeviceError`] with the reason why it doesn't.
    pub fn probe(&self, node: u32) -> Result<(), DeviceError> {
        let subject = || format!("node {node}");
        checked("SCIProbeNode", subject, |error| {
            // SAFETY: an open device; there is no other pointer.
            unsafe { (self.sci().probe_node)(self.handle(), self.adapter(), node, 0, error) }
        })
        .map(drop)
    }

    /// The flag that chooses an engine.
    pub(super) fn engine_flag(&self, engine: Engine) -> u32 {
        let constants = self.constants();
        match engine {
            Engine::Any => 0,
            Engine::Adapter => constants.flag_dma_adapter,
            Engine::System => constants.flag_dma_sysdma,
            Engine::Global => constants.flag_dma_global,
        }
    }
}
