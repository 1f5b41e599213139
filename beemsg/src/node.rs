//! Nodes as servers tell of each other. Layout: `nodes/Node.h`, `net/sock/NetworkInterfaceCard.h`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::codec::{DecodeError, Reader};
use crate::family::Family;

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeType {
    /// Metadata server.
    Meta,
    /// Storage server.
    Storage,
    /// A mounted client.
    Client,
    /// The management daemon.
    Management,
}

impl NodeType {
    /// As on the wire (`nodes/NodeType.h`).
    pub fn number(self) -> i32 {
        match self {
            Self::Meta => 1,
            Self::Storage => 2,
            Self::Client => 3,
            Self::Management => 4,
        }
    }

    /// # Errors
    /// If there is no such type.
    pub fn from_number(number: i32) -> Result<Self, DecodeError> {
        match number {
            1 => Ok(Self::Meta),
            2 => Ok(Self::Storage),
            3 => Ok(Self::Client),
            4 => Ok(Self::Management),
            other => Err(DecodeError::Value {
                field: "the type of a node",
                value: u64::from(other.cast_unsigned()),
            }),
        }
    }
}

impl fmt::Display for NodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meta => "metadata",
            Self::Storage => "storage",
            Self::Client => "client",
            Self::Management => "management",
        })
    }
}

/// A node that the management daemon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Number, unique among nodes of a type.
    pub number: u32,
    /// Name: the host's in version 7, the alias in version 8.
    pub name: String,
    /// Port for TCP.
    pub port: u16,
    /// Addresses for TCP, in the order of the node's preference; never RDMA ones.
    pub addresses: Vec<IpAddr>,
}

impl Node {
    /// # Errors
    /// If the bytes are no node of this family.
    pub fn read(reader: &mut Reader<'_>, family: Family) -> Result<Self, DecodeError> {
        let name = reader.text()?;
        // Version 8 writes the length of the list before the number of its elements.
        let interfaces = reader.sequence(family == Family::Eight, |reader| {
            Interface::read(reader, family)
        })?;
        let number = reader.u32()?;
        let _udp_port = reader.u16()?;
        let port = reader.u16()?;
        NodeType::from_number(reader.u8()?.into())?;
        let tcp = interfaces.into_iter().filter(|nic| nic.kind == 0);
        Ok(Self {
            number,
            name,
            port,
            addresses: tcp.map(|nic| nic.address).collect(),
        })
    }
}

/// A network interface of a node.
struct Interface {
    address: IpAddr,
    /// 0: TCP, 2: RDMA.
    kind: u8,
}

impl Interface {
    fn read(reader: &mut Reader<'_>, family: Family) -> Result<Self, DecodeError> {
        let protocol = match family {
            Family::Seven => 4,
            Family::Eight => reader.u8()?,
        };
        let address = match protocol {
            4 => IpAddr::V4(Ipv4Addr::from(reader.u32()?.to_le_bytes())),
            6 => {
                let mut octets = [0; 16];
                octets.copy_from_slice(reader.raw(16)?);
                IpAddr::V6(Ipv6Addr::from(octets))
            }
            other => {
                return Err(DecodeError::Value {
                    field: "the protocol of an interface",
                    value: other.into(),
                });
            }
        };
        reader.raw(16)?;
        let kind = reader.u8()?;
        reader.raw(if family == Family::Seven { 3 } else { 2 })?;
        Ok(Self { address, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Writer;

    fn node(family: Family) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text("storage1");
        if family == Family::Eight {
            writer.u32(8 + 24 + 36);
        }
        writer.u32(2);
        let eight = family == Family::Eight;
        if eight {
            writer.u8(4);
        }
        writer.raw(&[10, 77, 0, 2]);
        writer.raw(b"eth0\0\0\0\0\0\0\0\0\0\0\0\0");
        writer.raw(if eight { &[0; 3] } else { &[0; 4] });
        if eight {
            writer.u8(6);
            writer.raw(&Ipv6Addr::LOCALHOST.octets());
        } else {
            writer.raw(&[10, 77, 0, 3]);
        }
        writer.raw(b"eth1\0\0\0\0\0\0\0\0\0\0\0\0");
        writer.raw(if eight { &[2, 0, 0] } else { &[2, 0, 0, 0] });
        writer.u32(7);
        writer.u16(8003);
        writer.u16(8004);
        writer.u8(2);
        writer.into_bytes()
    }

    #[test]
    fn nodes_of_both_families_are_read() {
        for family in Family::ALL {
            let bytes = node(family);
            let mut reader = Reader::new(&bytes);
            let read = Node::read(&mut reader, family).unwrap();
            assert_eq!(reader.finish(), Ok(()));
            let expected = Node {
                number: 7,
                name: "storage1".to_owned(),
                port: 8004,
                addresses: vec!["10.77.0.2".parse().unwrap()],
            };
            assert_eq!(read, expected, "RDMA addresses are left out");
        }
    }

    #[test]
    fn the_other_family_is_not_mistaken() {
        let other = |family| match family {
            Family::Seven => Family::Eight,
            Family::Eight => Family::Seven,
        };
        for family in Family::ALL {
            let bytes = node(family);
            let mut reader = Reader::new(&bytes);
            let read = Node::read(&mut reader, other(family));
            assert!(read.is_err() || reader.finish().is_err(), "{family}");
        }
    }
}
