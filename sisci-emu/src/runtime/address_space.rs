//! What is mapped where in this process.

use std::ops::Range;

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Addresses.
    pub range: Range<usize>,
    /// Loads and stores are allowed.
    pub read_write: bool,
    /// Other mappings show the same pages.
    pub shared: bool,
    /// Where its first byte is in the file.
    pub offset: usize,
    /// The file, 0 if there is none. Unique among files in memory.
    pub inode: u64,
    /// Path of the file, or what it is in brackets.
    pub name: String,
}

/// The mappings that have a byte in the range, in order.
///
/// # Errors
/// What the system says.
pub fn areas(range: &Range<usize>) -> std::io::Result<Vec<Area>> {
    let text = std::fs::read_to_string("/proc/self/maps")?;
    let areas = text.lines().filter_map(parse);
    let inside = |area: &Area| area.range.start < range.end && range.start < area.range.end;
    Ok(areas.filter(inside).collect())
}

fn parse(line: &str) -> Option<Area> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let hexadecimal = |text| usize::from_str_radix(text, 16).ok();
    let rights = words.next()?;
    let offset = hexadecimal(words.next()?)?;
    let _device = words.next()?;
    let inode = words.next()?.parse().ok()?;
    Some(Area {
        range: hexadecimal(start)?..hexadecimal(end)?,
        read_write: rights.starts_with("rw"),
        shared: rights.ends_with('s'),
        offset,
        inode,
        name: words.next().unwrap_or("").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood() {
        let area = parse("7f00-8000 rw-s 00001000 00:01 77    /memfd:sisci-segment (deleted)");
        let expected = Area {
            range: 0x7f00..0x8000,
            read_write: true,
            shared: true,
            offset: 4096,
            inode: 77,
            name: "/memfd:sisci-segment".into(),
        };
        assert_eq!(area, Some(expected));
        let local = 0u8;
        let address = std::ptr::from_ref(&local).addr();
        let found = areas(&(address..address + 1)).unwrap();
        assert!(found.len() == 1 && found[0].read_write && !found[0].shared);
    }
}
