//! Anchors in BeeGFS's configuration templates: `key = value` lines, and paragraphs of comment
//! lines that begin with `# [key]`.

use super::anchor::{AnchorError, Change};
use super::cpp::newline_of;
use super::edit::Op;
use super::near;

/// One line: its text without the line end, and where the next line begins.
struct Line<'a> {
    text: &'a [u8],
    end: usize,
}

/// The change that puts `text` where `op` says.
pub fn locate(file: &[u8], op: &Op, text: &str) -> Result<Vec<Change>, AnchorError> {
    let lines = split(file);
    let newline = newline_of(file);
    match op {
        Op::ConfSetting { key } => {
            let found = positions(&lines, |line| setting_key(line) == Some(key.as_bytes()));
            let index = only(&found, format!("setting `{key}`"), || {
                nearest(&lines, key, "")
            })?;
            let column = lines[index].text.iter().position(|&byte| byte == b'=');
            let text = aligned(text, column.unwrap_or(0));
            Ok(vec![insert(file, lines[index].end, &text, newline)])
        }
        Op::ConfDocumentation { key } => {
            let heading = format!("[{key}]").into_bytes();
            let found = positions(&lines, |line| {
                line.starts_with(b"#") && line.windows(heading.len()).any(|w| w == heading)
            });
            let what = format!("documentation of `{key}`");
            let first = only(&found, what, || nearest(&lines, key, "# "))?;
            let length = lines[first..]
                .iter()
                .position(|line| !line.text.starts_with(b"#"));
            let last = length.map_or(lines.len(), |length| first + length) - 1;
            Ok(vec![insert(
                file,
                lines[last].end,
                &format!("\n{}", text.trim_end()),
                newline,
            )])
        }
        _ => Err(AnchorError::missing(
            "C++ syntax, in a configuration template",
        )),
    }
}

fn split(file: &[u8]) -> Vec<Line<'_>> {
    let mut end = 0;
    file.split_inclusive(|&byte| byte == b'\n')
        .map(|line| {
            end += line.len();
            Line {
                text: line.trim_ascii_end(),
                end,
            }
        })
        .collect()
}

fn positions(lines: &[Line<'_>], wanted: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    lines
        .iter()
        .enumerate()
        .filter(|(_, line)| wanted(line.text))
        .map(|(n, _)| n)
        .collect()
}

fn only(
    found: &[usize],
    what: String,
    near: impl FnOnce() -> Option<near::Near>,
) -> Result<usize, AnchorError> {
    match found {
        [index] => Ok(*index),
        [] => Err(AnchorError::Missing {
            what,
            near: near(),
            moved: None,
        }),
        many => {
            let lines = many.iter().map(|index| index + 1).collect();
            Err(AnchorError::Ambiguous { what, lines })
        }
    }
}

/// The line that resembles the one that sets or (with `lead`) documents `key`.
fn nearest(lines: &[Line<'_>], key: &str, lead: &str) -> Option<near::Near> {
    let sets = lead.is_empty();
    let wanted = if sets {
        key.to_owned()
    } else {
        format!("{lead}[{key}]")
    };
    let candidates = lines.iter().enumerate().filter_map(|(index, line)| {
        let text = if sets {
            setting_key(line.text)?
        } else {
            line.text
        };
        Some((index + 1, text))
    });
    near::nearest_line(&wanted, candidates)
}

/// The key of a `key = value` line.
pub fn setting_key(line: &[u8]) -> Option<&[u8]> {
    let equals = line.iter().position(|&byte| byte == b'=')?;
    let key = line[..equals].trim_ascii();
    (!key.is_empty() && !key.starts_with(b"#")).then_some(key)
}

/// `key = value` lines with the equals sign in this column, as in the rest of the template.
fn aligned(text: &str, column: usize) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, value)) => format!(
            "{:column$}= {}",
            format!("{} ", key.trim_end()),
            value.trim()
        )
        .trim_end()
        .to_string(),
        None => line.to_string(),
    };
    text.trim_end()
        .lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn insert(file: &[u8], at: usize, text: &str, newline: &str) -> Change {
    let mut bytes = Vec::new();
    if at > 0 && file[at - 1] != b'\n' {
        bytes.extend_from_slice(newline.as_bytes());
    }
    for line in text.lines() {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(newline.as_bytes());
    }
    Change {
        range: at..at,
        text: bytes,
    }
}
