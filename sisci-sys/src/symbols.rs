//! How source names and exported names belong together.

/// In front of a function's name, in the flavour for programs with several threads.
pub const MT_PREFIX: &str = "_SISCI_PUBLIC_FUNC_MT_";
/// In front of a function's name, in the flavour for programs with one thread.
pub const ST_PREFIX: &str = "_SISCI_PUBLIC_FUNC_ST_";
/// In front of a constant's name.
pub const CONSTANT_PREFIX: &str = "_SISCI_PUBLIC_CONST_";

/// Constants whose exported name doesn't follow from the source name: source name, and what stands
/// behind the prefix instead.
pub const IRREGULAR_CONSTANTS: &[(&str, &str)] = &[
    ("SCI_FLAG_WRITE_BACK_CACHE_MAP", "WRITE_BACK_CACHE_MAP"),
    (
        "SCI_Q_ADAPTER_PHYS_MEM_NODEID",
        "SCI_Q_SCI_Q_ADAPTER_PHYS_MEM_NODEID",
    ),
    (
        "SCI_Q_ADAPTER_PHYS_MBX_NODEID",
        "SCI_Q_SCI_Q_ADAPTER_PHYS_MBX_NODEID",
    ),
];

/// The exported names that the constant `name` may have, the likely one first.
pub fn constant_symbols(name: &str) -> impl Iterator<Item = String> {
    let irregular = IRREGULAR_CONSTANTS
        .iter()
        .find(|(source, _)| *source == name);
    let parts = irregular.map(|(_, part)| *part).into_iter().chain([name]);
    parts.map(|part| format!("{CONSTANT_PREFIX}{part}"))
}

/// The source name behind the exported name of a constant; `None` for other symbols.
pub fn constant_name(symbol: &str) -> Option<&str> {
    let part = symbol.strip_prefix(CONSTANT_PREFIX)?;
    let irregular = IRREGULAR_CONSTANTS
        .iter()
        .find(|(_, irregular)| *irregular == part);
    Some(irregular.map_or(part, |(source, _)| source))
}

/// The source name behind the exported name of a function; `None` for other symbols.
pub fn function_name(symbol: &str) -> Option<&str> {
    let multi = symbol.strip_prefix(MT_PREFIX);
    multi.or_else(|| symbol.strip_prefix(ST_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn irregular_names_lead_both_ways() {
        let symbols: Vec<_> = constant_symbols("SCI_FLAG_WRITE_BACK_CACHE_MAP").collect();
        assert_eq!(
            symbols,
            [
                "_SISCI_PUBLIC_CONST_WRITE_BACK_CACHE_MAP",
                "_SISCI_PUBLIC_CONST_SCI_FLAG_WRITE_BACK_CACHE_MAP"
            ]
        );
        for symbol in &symbols {
            assert_eq!(constant_name(symbol), Some("SCI_FLAG_WRITE_BACK_CACHE_MAP"));
        }
        assert_eq!(constant_symbols("SCI_Q_API").count(), 1);
        assert_eq!(constant_name("SCI_Q_API"), None);
        assert_eq!(
            function_name("_SISCI_PUBLIC_FUNC_ST_SCIOpen"),
            Some("SCIOpen")
        );
        assert_eq!(function_name("SCIOpen"), None);
    }
}
