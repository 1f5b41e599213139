//! The keys of the transport stand in one table of the overlay. Everything that shows them to an
//! administrator is compared with it: templates, the packaged example, the document, and the defaults of
//! programs that have no such file.

use crate::patch::{conf, edit::EditSet};
use ntb_core::driver::Config;
use std::time::Duration;

const TABLE: &str =
    include_str!("../../../../beegfs-ssock/overlay/common/source/common/app/config/NtbConfig.cpp");
const EDITS: &str = include_str!("../../../../beegfs-ssock/edits/20-config.toml");
const EXAMPLE: &str = include_str!("../../container/debian/beegfs-ntb.conf");
const DOCUMENT: &str = include_str!("../../../../docs/operations.md");

/// Names with a default or value, in their order.
type Keys = Vec<(String, String)>;

/// The entries of the C++ table: `{"connName", "default", …`.
fn table() -> Keys {
    let entry = |line: &str| {
        let mut texts = line.trim().strip_prefix("{\"")?.split('"');
        let name = texts.next()?;
        // Between both strings there is nothing but the comma.
        let default = (texts.next()?.trim() == ",").then(|| texts.next())??;
        name.starts_with("conn").then(|| pair(name, default))
    };
    TABLE.lines().filter_map(entry).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// `KEY = VALUE` lines, read as templates are.
fn settings(text: &str) -> Keys {
    let setting = |line: &str| {
        let key = std::str::from_utf8(conf::setting_key(line.as_bytes())?).ok()?;
        Some(pair(key, line.split_once('=')?.1.trim()))
    };
    text.lines().filter_map(setting).collect()
}

/// The keys in the headings of paragraphs, with what their line `# Default:` says.
fn documented(text: &str) -> Keys {
    let mut keys = Keys::new();
    for paragraph in text.trim().split("\n\n") {
        let (heading, _) = paragraph.split_once('\n').unwrap();
        let names: Vec<_> = heading.trim_start_matches("# ").split(", ").collect();
        let default = paragraph.rsplit_once("\n# Default: ").unwrap().1;
        let defaults: Vec<_> = match names.len() {
            1 => vec![default],
            _ => default.split(", ").collect(),
        };
        assert_eq!(names.len(), defaults.len(), "{heading}");
        for (name, default) in names.iter().zip(defaults) {
            let default = if default == "<empty>" { "" } else { default };
            keys.push(pair(name.trim_matches(['[', ']']), default));
        }
    }
    keys
}

/// The text of one edit.
fn edit(id: &str) -> String {
    let mut set = EditSet::empty();
    set.add(EDITS).unwrap();
    let found = set.edits.into_iter().find(|edit| edit.id == id);
    found.unwrap_or_else(|| panic!("no edit {id}")).text
}

/// The table as the monitoring daemon has it, whose own defaults turn NTB off.
fn off() -> Keys {
    let mut keys = table();
    assert_eq!(keys[0], pair("connUseNTB", "true"));
    keys[0].1 = "false".to_owned();
    keys
}

#[test]
fn the_table_is_read_completely() {
    let lines = TABLE.lines().filter(|line| line.contains("{\"conn"));
    assert_eq!(table().len(), lines.count());
    assert!(!table().is_empty());
}

#[test]
fn templates_set_and_document_all_keys() {
    assert_eq!(settings(&edit("conf-settings")), table());
    assert_eq!(documented(&edit("conf-documentation")), table());
    assert_eq!(settings(&edit("conf-settings-mon")), off());
    assert_eq!(documented(&edit("conf-documentation-mon")), off());
}

#[test]
fn keys_mean_the_same_to_all_daemons() {
    let without_switch = |id| {
        let text = edit(id);
        let (_, rest) = text.split_once("\n\n").unwrap();
        rest.to_owned()
    };
    assert_eq!(
        without_switch("conf-documentation-mon"),
        without_switch("conf-documentation")
    );
}

#[test]
fn the_packaged_example_has_all_keys() {
    let mut wanted = table();
    let library = wanted.iter_mut().find(|(name, _)| name == "connNTBLibrary");
    library.unwrap().1 = "/opt/DIS/lib64/libsisci.so".to_owned();
    assert_eq!(settings(EXAMPLE), wanted);
}

#[test]
fn the_document_has_all_keys() {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `conn")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?;
        let default = cells.next()?;
        let default = if default == "empty" { "" } else { default };
        Some(pair(&format!("conn{name}"), default.trim_matches('`')))
    };
    let rows: Keys = DOCUMENT.lines().filter_map(row).collect();
    let ours = |(name, _): &(String, String)| name.contains("NTB");
    let rows: Keys = rows.into_iter().filter(ours).collect();
    assert_eq!(rows, table());
}

#[test]
fn programs_without_keys_have_the_same_defaults() {
    let keys = table();
    let of = |name: &str| {
        let (_, value) = keys.iter().find(|(key, _)| key == name).unwrap();
        value.parse::<u64>().unwrap()
    };
    let config = Config::default();
    assert_eq!(
        of("connNTBBufSize") * of("connNTBBufNum"),
        config.ring_bytes
    );
    assert_eq!(of("connNTBMemoryLimit") << 20, config.memory_limit);
    assert_eq!(Duration::from_micros(of("connNTBPollUsecs")), config.spin);
    assert_eq!(of("connNTBPollShare"), u64::from(config.spin_share));
    assert_eq!(of("connNTBInterrupts"), u64::from(config.interrupts));
    assert_eq!(Duration::from_secs(of("connNTBRetrySecs")), config.retry);
}
