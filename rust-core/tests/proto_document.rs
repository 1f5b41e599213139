//! `docs/protocol.md` is the public promise: its tables must not drift from the code.

use ntb_core::proto::layout::*;
use ntb_core::proto::wire::{
    Channel, HEADER, MESSAGE_MAX, Message, REASON_MAX, Reason, RefusalCode, VERSION, VERSION_MIN,
};

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// The rows of the table whose head has these first cells.
fn table(head: &[&str]) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| -> Vec<&'static str> {
        let line = line.trim().trim_start_matches('|').trim_end_matches('|');
        line.split('|').map(str::trim).collect()
    };
    let mut lines = DOCUMENT.lines();
    lines
        .find(|line| line.starts_with('|') && cells(line).starts_with(head))
        .unwrap_or_else(|| panic!("no table begins with {head:?}"));
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(cells).collect()
}

/// The first three cells of each row: offset, name, bytes.
fn layout_of(head: &[&str]) -> Vec<(usize, String, usize)> {
    let rows = table(head).into_iter();
    rows.map(|row| {
        let bytes = row[2].parse().unwrap_or(0);
        let name = row[1].trim_matches('`').to_owned();
        (row[0].parse().unwrap(), name, bytes)
    })
    .collect()
}

fn named(rows: &[(usize, &str, usize)]) -> Vec<(usize, String, usize)> {
    let rows = rows.iter();
    rows.map(|(offset, name, bytes)| (*offset, (*name).to_owned(), *bytes))
        .collect()
}

#[test]
fn the_control_block_is_the_one_in_the_code() {
    let code = named(&[
        (TAIL, "TAIL", 8),
        (TAIL_CREDIT, "TAIL_CREDIT", 8),
        (CREDIT, "CREDIT", 8),
        (RX_WAIT, "RX_WAIT", 8),
        (TX_WAIT, "TX_WAIT", 8),
        (BELL, "BELL", 8),
        (LINES_AT, "LINES", LINES * LINE),
        (RING, "RING", 0),
    ]);
    assert_eq!(layout_of(&["offset", "word"]), code);
    let lines = format!("{LINES} lines of {LINE} bytes");
    let sizes = format!("a power of two, {RING_MIN} to {RING_MAX} bytes");
    let block = format!("a control block of {RING} bytes");
    for text in [lines, sizes, block] {
        assert!(DOCUMENT.contains(&text), "{text}");
    }
}

#[test]
fn lines_are_those_in_the_code() {
    let code = named(&[
        (LINE_END, "LINE_END", 8),
        (LINE_CREDIT, "LINE_CREDIT", 8),
        (LINE_LENGTH, "LINE_LENGTH", 8),
        (LINE_DATA, "LINE_DATA", LINE_PAYLOAD),
    ]);
    assert_eq!(layout_of(&["offset", "field"]), code);
    assert!(DOCUMENT.contains(&format!("1 to {LINE_PAYLOAD}")));
    let short = format!("up to {} bytes need one cache line", 64 - LINE_DATA);
    assert!(DOCUMENT.contains(&short), "{short}");
}

const CHANNEL: Channel = Channel {
    instance: 0x0807_0605_0403_0201,
    segment: 0x1211_100f,
    interrupt: 0x1615_1413,
    slot: 0x1a19_1817,
    epoch: 0x1e1d_1c1b,
    segment_bytes: 0x2726_2524_2322_2120,
    offset: 0x2f2e_2d2c_2b2a_2928,
    ring: 0x3736_3534_3332_3130,
};
const NODE: u32 = 0x4746_4544;
const END: u64 = 0x5756_5554_5352_5150;
const LOWEST: u16 = 0x6160;
const HIGHEST: u16 = 0x6362;

/// Every message, and what each of its fields must be by the name that the document gives it.
fn messages() -> Vec<(&'static str, Message)> {
    let (nonce, proof) = ([7; 16], [8; 32]);
    vec![
        (
            "Hello",
            Message::Hello {
                version_min: LOWEST,
                version: HIGHEST,
                node: NODE,
                nonce,
                channel: CHANNEL,
            },
        ),
        ("Challenge", Message::Challenge { nonce, proof }),
        ("Proof", Message::Proof { proof }),
        (
            "Accept",
            Message::Accept {
                node: NODE,
                channel: CHANNEL,
            },
        ),
        (
            "Refuse",
            Message::Refuse {
                version_min: LOWEST,
                version: HIGHEST,
                code: RefusalCode::Memory,
                reason: Reason::new(b"why"),
            },
        ),
        ("Bye", Message::Bye { end: END }),
        ("Wake", Message::Wake),
    ]
}

fn value(field: &str) -> Vec<u8> {
    match field {
        "lowest version" => LOWEST.to_le_bytes().to_vec(),
        "zero" => Vec::new(),
        "node id" => NODE.to_le_bytes().to_vec(),
        "nonce" => vec![7; 16],
        "proof" => vec![8; 32],
        "code" => (RefusalCode::Memory as u16).to_le_bytes().to_vec(),
        "text length" => 3u32.to_le_bytes().to_vec(),
        "text" => b"why".to_vec(),
        "end" => END.to_le_bytes().to_vec(),
        "channel" => channel_by_document(),
        other => panic!("the document has a field {other:?} that the code does not know"),
    }
}

/// The bytes of a channel's description, as the document says.
fn channel_by_document() -> Vec<u8> {
    let mut bytes = Vec::new();
    for (offset, field, length) in layout_of(&["offset", "channel"]) {
        assert_eq!(offset, bytes.len(), "{field}");
        let value = match &field[..] {
            "instance" => CHANNEL.instance,
            "segment" => CHANNEL.segment.into(),
            "interrupt" => CHANNEL.interrupt.into(),
            "slot" => CHANNEL.slot.into(),
            "epoch" => CHANNEL.epoch.into(),
            "segment size" => CHANNEL.segment_bytes,
            "offset" => CHANNEL.offset,
            "ring size" => CHANNEL.ring,
            other => panic!("{other}"),
        };
        bytes.extend(&value.to_le_bytes()[..length]);
    }
    bytes
}

/// The fields of a body: name and bytes.
fn fields(body: &str) -> Vec<(&str, usize)> {
    let parts = body
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, bytes) = part.trim_end_matches(')').rsplit_once(" (").unwrap();
            (name, bytes.parse().unwrap())
        })
        .collect()
}

#[test]
fn messages_have_the_bytes_that_the_document_says() {
    let rows = table(&["kind", "message"]);
    assert_eq!(rows.len(), messages().len());
    let mut largest = 0;
    for (row, (name, message)) in rows.iter().zip(messages()) {
        assert_eq!(row[1], name);
        let packet = message.encode();
        let (header, body) = packet.as_bytes().split_at(HEADER);
        assert_eq!(row[0].parse::<u16>().unwrap(), message.kind());
        let mut at = 0;
        for (field, bytes) in fields(row[3]) {
            let mut expected = value(field);
            expected.resize(bytes, 0);
            assert_eq!(body[at..at + bytes], expected, "{name}: {field}");
            at += bytes;
        }
        assert_eq!(at, body.len(), "{name}");
        assert_eq!(header[8..12], (body.len() as u32).to_le_bytes(), "{name}");
        assert_eq!(header[6..8], message.kind().to_le_bytes(), "{name}");
        largest = largest.max(packet.as_bytes().len());
    }
    let bound = format!("no message is larger\nthan {largest} bytes");
    assert!(DOCUMENT.contains(&bound), "{bound}");
    assert!(largest <= MESSAGE_MAX && REASON_MAX < largest);
}

#[test]
fn the_header_is_the_one_in_the_code() {
    let code = named(&[
        (0, "magic", 4),
        (4, "version", 2),
        (6, "kind", 2),
        (8, "body length", 4),
        (12, "zero", 4),
    ]);
    assert_eq!(layout_of(&["offset", "header"]), code);
    let packet = Message::Bye { end: 0 }.encode();
    let header = &packet.as_bytes()[..HEADER];
    assert_eq!(&header[..4], b"NTBC");
    assert_eq!(header[4..6], VERSION.to_le_bytes());
    assert_eq!(header[12..], [0; 4]);
}

#[test]
fn the_version_is_the_one_in_the_code() {
    assert!(DOCUMENT.starts_with(&format!("# Protocol, version {VERSION}\n")));
    assert!(DOCUMENT.contains(&format!("both are {VERSION} here")));
    assert_eq!(VERSION_MIN, VERSION);
}
