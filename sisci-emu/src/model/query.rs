//! Answers to SCIQuery.

use crate::fabric::control::state::{self, State};
use crate::fabric::control::{census, view};
use crate::model::flags::*;
use crate::model::{adapter, dma, names};
use crate::runtime::limits::Limits;
use crate::runtime::log::report;
use crate::runtime::memory::page_size;
use crate::runtime::process::Process;
use crate::runtime::timing;
use crate::{Code, Result};
use sisci_sys::sci_dma_capabilities_t;

/// What SCI_Q_VENDORID answers: the library, and the timing model if there is one.
pub fn vendor() -> String {
    let model = timing::model_name();
    let model = model.map_or_else(String::new, |name| format!(" (model {name})"));
    format!("sisci-emu {}{model}", env!("CARGO_PKG_VERSION"))
}

/// What SCI_Q_API answers.
pub const API: &str = concat!(
    "SISCI API version 2.0 (sisci-emu ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// What SCI_Q_SISCI_DRIVER_VERSION answers.
pub const DRIVER: &str = concat!("sisci-emu ", env!("CARGO_PKG_VERSION"), " (no driver)");

/// The one port of the adapter.
const PORT: u32 = 0;

/// A property of an adapter.
///
/// # Errors
/// Adapter errors; `ILLEGAL_QUERY`; `ILLEGAL_PARAMETER` for a port that isn't there.
pub fn adapter(process: &Process, adapter: u32, port: u32, what: u32) -> Result<u32> {
    adapter::check(adapter)?;
    let link = |value: u32| {
        if port == PORT {
            Ok(value)
        } else {
            Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
        }
    };
    match what {
        SCI_Q_ADAPTER_NODEID | SCI_Q_ADAPTER_SERIAL_NUMBER => {
            let node = process.nodes().get(adapter as usize).copied();
            node.ok_or(Code::SCI_ERR_NO_SUCH_ADAPTERNO)
        }
        SCI_Q_ADAPTER_CONFIGURED
        | SCI_Q_ADAPTER_NUMBER_OF_LINKS
        | SCI_Q_ADAPTER_FIRMWARE_OK
        | SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT => Ok(1),
        SCI_Q_ADAPTER_CARD_TYPE => Ok(names::CARD_TYPE),
        SCI_Q_ADAPTER_NUMBER | SCI_Q_ADAPTER_INSTANCE_NUMBER => Ok(adapter),
        // As if each adapter were the first function of a bus of its own.
        SCI_Q_ADAPTER_BDF => Ok((adapter + 1) << 8),
        SCI_Q_ADAPTER_MCAST_MAX_GROUPS => Ok(Limits::current().groups as u32),
        SCI_Q_ADAPTER_CONNECTED_TO_SWITCH
        | SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE
        | SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER => Ok(0),
        SCI_Q_ADAPTER_NUMBER_OF_STREAMS => Ok(1),
        SCI_Q_ADAPTER_STREAM_BUFFER_SIZE => Ok(64),
        SCI_Q_ADAPTER_ATT_PAGE_SIZE => Ok(page_size() as u32),
        SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES | SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES => Ok(1 << 20),
        SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT | SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT => {
            Ok(Limits::current().dma_alignment as u32)
        }
        SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE => Ok(64 << 10),
        SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE => Ok(64),
        SCI_Q_ADAPTER_DMA_MTU => Ok(Limits::current().dma_bytes as u32),
        SCI_Q_ADAPTER_LINK_OPERATIONAL | SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK => {
            link(LinkState::of(process, adapter)?.operational.into())
        }
        SCI_Q_ADAPTER_LINK_CABLE_INSERTED => link(LinkState::of(process, adapter)?.plugged.into()),
        SCI_Q_ADAPTER_LINK_ENABLED => link(1),
        SCI_Q_ADAPTER_LINK_WIDTH => link(16),
        SCI_Q_ADAPTER_LINK_SPEED => link(4),
        SCI_Q_ADAPTER_LINK_UPTIME => link(LinkState::of(process, adapter)?.uptime()),
        SCI_Q_ADAPTER_LINK_DOWNTIME => link(LinkState::of(process, adapter)?.downtime()),
        SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO => link(0),
        _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
    }
}

/// A property of the machine.
///
/// # Errors
/// `ILLEGAL_QUERY`
pub fn system(what: u32) -> Result<u32> {
    match what {
        SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE => Ok(64),
        SCI_Q_SYSTEM_WRITE_POSTING_ENABLED | SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED => Ok(1),
        // The vendor's numbers for host bridges are for those of old machines.
        SCI_Q_SYSTEM_HOSTBRIDGE => Ok(0),
        _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
    }
}

/// What can be asked about a DMA engine.
#[derive(Clone, Copy, Debug)]
pub enum DmaAnswer {
    /// 1 if the engine is there.
    Available(u32),
    /// What it can do.
    Capabilities(sci_dma_capabilities_t),
}

/// A property of a DMA engine. All kinds of engines are there, and are the same.
///
/// # Errors
/// Adapter errors; `ILLEGAL_QUERY`.
pub fn dma(adapter: u32, what: u32) -> Result<DmaAnswer> {
    adapter::check(adapter)?;
    let limits = Limits::current();
    match what {
        SCI_Q_DMA_AVAILABLE => Ok(DmaAnswer::Available(1)),
        SCI_Q_DMA_CAPABILITIES => Ok(DmaAnswer::Capabilities(sci_dma_capabilities_t {
            num_channels: dma::CHANNELS,
            max_transfer_size: limits.dma_bytes as u32,
            max_vector_length: limits.vector_elements as u32,
            support_mem2io: 1,
            support_io2mem: 1,
            support_io2io: 0,
            min_align_bytes: limits.dma_alignment as u32,
            suggested_align_bytes: 64,
        })),
        _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
    }
}

/// The link of the own adapter.
struct LinkState {
    operational: bool,
    /// The cable is in.
    plugged: bool,
    /// Seconds since it went up or down last; without that as long as the machine runs.
    age: u32,
}

impl LinkState {
    fn of(process: &Process, adapter: u32) -> Result<Self> {
        let own = process.nodes().get(adapter as usize).copied();
        let own = own.ok_or(Code::SCI_ERR_NO_SUCH_ADAPTERNO)?;
        let read = || -> std::io::Result<_> {
            let nodes = census::node_ids(process.fabric())?;
            Ok((State::load(process.fabric())?, nodes))
        };
        let (state, nodes) = read().map_err(|error| {
            report!(Error, "cannot read the state of the links: {error}");
            Code::SCI_ERR_SYSTEM
        })?;
        let node = state.node(own);
        let links = state.links.iter().filter(|link| link.nodes.contains(&own));
        let changed = links
            .map(|link| link.since)
            .chain(node.map(|node| node.since));
        let age = changed.max().map_or(machine_uptime(), |since| {
            u32::try_from(state::now().saturating_sub(since)).unwrap_or(u32::MAX)
        });
        Ok(Self {
            operational: view::is_operational(&state, own, &nodes),
            plugged: node.is_none_or(|node| !node.down),
            age,
        })
    }

    fn uptime(&self) -> u32 {
        if self.operational { self.age } else { 0 }
    }

    fn downtime(&self) -> u32 {
        if self.operational { 0 } else { self.age }
    }
}

/// Seconds that the machine runs.
fn machine_uptime() -> u32 {
    let seconds = rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec;
    u32::try_from(seconds).unwrap_or(u32::MAX)
}
