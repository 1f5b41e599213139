//! What a missing anchor may have become: the place that resembles it most. For people who mend an
//! edit; no edit is ever placed by resemblance.

use super::cpp::Source;
use super::token;
use super::tree;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tree_sitter::Node;

/// Below this likeness (0: nothing in common, 1: equal) a place is no help.
const LEAST: f64 = 0.5;

/// Most characters of a place that are shown.
const SHOWN: usize = 80;

/// A place that resembles an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// Counted from 1.
    pub line: usize,
    /// The beginning of its text.
    pub text: String,
}

/// For the end of a message.
pub fn suffix(near: Option<&Near>) -> String {
    near.map_or_else(String::new, |near| {
        format!("; nearest: line {}: `{}`", near.line, near.text)
    })
}

/// The one of `nodes` whose beginning resembles `pattern` most.
pub fn nearest(source: &Source, pattern: &str, nodes: &[Node<'_>]) -> Option<Near> {
    let wanted = normal(pattern.as_bytes(), usize::MAX);
    let length = token::tokens(pattern.as_bytes()).len();
    let (best, likeness) = nodes
        .iter()
        .map(|node| (node, normal(source.bytes(*node), length)))
        .map(|(node, text)| (node, strsim::normalized_levenshtein(&wanted, &text)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    (likeness >= LEAST).then(|| Near::of(source.bytes(*best), best.start_position().row + 1))
}

impl Near {
    fn of(text: &[u8], line: usize) -> Self {
        let text = String::from_utf8_lossy(text);
        let first = text.lines().next().unwrap_or_default().trim();
        let mut shown: String = first.chars().take(SHOWN).collect();
        if shown.len() < first.len() {
            shown.push('…');
        }
        Self { line, text: shown }
    }
}

/// The line of a list that resembles `wanted` most, for templates.
pub fn nearest_line<'a>(
    wanted: &str,
    lines: impl Iterator<Item = (usize, &'a [u8])>,
) -> Option<Near> {
    lines
        .map(|(line, text)| {
            let likeness = strsim::normalized_levenshtein(wanted, &String::from_utf8_lossy(text));
            (likeness, line, text)
        })
        .filter(|(likeness, ..)| *likeness >= LEAST)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, line, text)| Near::of(text, line))
}

/// The first tokens of a text, with one blank between them.
fn normal(text: &[u8], count: usize) -> String {
    let words: Vec<_> = token::tokens(text)
        .iter()
        .take(count)
        .map(|token| String::from_utf8_lossy(token.text))
        .collect();
    words.join(" ")
}

/// The top folder that a file lies in; empty for a file at the root.
fn component(file: &str) -> &Path {
    Path::new(file.split_once('/').map_or("", |(folder, _)| folder))
}

/// Where else in the tree the function or type `name` is defined, as `file:line`.
pub fn elsewhere(root: &Path, not: &str, name: &str) -> Option<String> {
    let last = name.rsplit("::").next().unwrap_or(name);
    let top = component(not);
    let files = tree::list(&root.join(top)).ok()?;
    let is_code = |file: &&PathBuf| {
        file.extension()
            .is_some_and(|end| end == "cpp" || end == "h")
    };
    for file in files.iter().filter(is_code) {
        let path = top.join(file);
        let text = fs::read(root.join(&path)).ok()?;
        if path == Path::new(not) || token::find(&text, last.as_bytes()).is_empty() {
            continue;
        }
        let source = Source::parse(text);
        let kinds = ["class_specifier", "struct_specifier", "enum_specifier"];
        let mut found = source.function_bodies(name);
        found.extend(source.type_bodies(&kinds, name));
        if let Some(node) = found.first() {
            return Some(format!(
                "{}:{}",
                path.display(),
                node.start_position().row + 1
            ));
        }
    }
    None
}

/// The file of the tree that `file` may have become: one of its name, or with a similar name.
pub fn file(root: &Path, file: &str) -> Option<PathBuf> {
    let top = component(file);
    let name = Path::new(file).file_name()?.to_string_lossy();
    let likeness = |path: &PathBuf| {
        let other = path.file_name().unwrap_or_default().to_string_lossy();
        // Of several with the same name, the one in the most similar folder.
        let folder = strsim::normalized_levenshtein(file, &path.to_string_lossy());
        strsim::normalized_levenshtein(&name, &other) + folder / 10.0
    };
    let best = tree::list(&root.join(top))
        .ok()?
        .into_iter()
        .map(|path| top.join(path))
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) >= 0.8).then_some(best)
}
