//! A parsed C++ file and the look-ups that anchors are made of.

use super::token;
use std::ops::Range;
use tree_sitter::{Node, Parser, Tree};

/// One C++ file: its bytes and its syntax tree. The parser recovers from what it cannot read
/// (macros that hide braces, compiler extensions), so the tree always covers the whole file.
pub struct Source {
    pub text: Vec<u8>,
    tree: Tree,
}

impl Source {
    pub fn parse(text: Vec<u8>) -> Source {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_cpp::LANGUAGE.into())
            .expect("the grammar fits this version of the parser");
        let tree = parser
            .parse(&text, None)
            .expect("parsing has no time limit");
        Source { text, tree }
    }

    /// All nodes of the file, a parent before its children.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        descendants(self.tree.root_node())
    }

    pub fn bytes(&self, node: Node<'_>) -> &[u8] {
        &self.text[node.byte_range()]
    }

    /// Lines (counted from 1) of places that the grammar does not accept.
    pub fn faults(&self) -> Vec<usize> {
        self.nodes()
            .iter()
            .filter(|node| node.is_error() || node.is_missing())
            .map(|node| node.start_position().row + 1)
            .collect()
    }

    /// The line, counted from 1, that holds the byte `at`.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1
    }

    /// Bodies of the functions defined under this name. `Class::name` stands for a definition in the
    /// class or outside, `name` for one in any class or for a free function.
    pub fn function_bodies(&self, name: &str) -> Vec<Node<'_>> {
        self.nodes()
            .into_iter()
            .filter(|node| node.kind() == "function_definition")
            .filter(|node| {
                declared_name(*node).is_some_and(|declared| {
                    let declared = self.bytes(declared);
                    token::same(declared, name.as_bytes())
                        || self.is_member(*node, declared, name.as_bytes())
                })
            })
            .filter_map(|node| node.child_by_field_name("body"))
            .collect()
    }

    /// Whether the function that `node` defines as `declared` in a class has the full name `name`.
    fn is_member(&self, node: Node<'_>, declared: &[u8], name: &[u8]) -> bool {
        let mut around = std::iter::successors(node.parent(), |node| node.parent());
        let class =
            around.find(|node| matches!(node.kind(), "class_specifier" | "struct_specifier"));
        class
            .and_then(|class| class.child_by_field_name("name"))
            .is_some_and(|class| token::same(&[self.bytes(class), b"::", declared].concat(), name))
    }

    /// The names of all functions that are defined here.
    pub fn function_names(&self) -> Vec<Node<'_>> {
        self.nodes()
            .into_iter()
            .filter(|node| node.kind() == "function_definition")
            .filter_map(declared_name)
            .collect()
    }

    /// The names of all types of these kinds.
    pub fn type_names(&self, kinds: &[&str]) -> Vec<Node<'_>> {
        self.nodes()
            .into_iter()
            .filter(|node| kinds.contains(&node.kind()))
            .filter_map(|node| node.child_by_field_name("name"))
            .collect()
    }

    /// Bodies of the classes, structs or enums with this name.
    pub fn type_bodies(&self, kinds: &[&str], name: &str) -> Vec<Node<'_>> {
        self.nodes()
            .into_iter()
            .filter(|node| kinds.contains(&node.kind()))
            .filter(|node| {
                node.child_by_field_name("name")
                    .is_some_and(|n| token::same(self.bytes(n), name.as_bytes()))
            })
            .filter_map(|node| node.child_by_field_name("body"))
            .collect()
    }

    /// The white space at the beginning of the line that holds the byte `at`.
    pub fn indent(&self, at: usize) -> &[u8] {
        let start = self.text[..at]
            .iter()
            .rposition(|&b| b == b'\n')
            .map_or(0, |n| n + 1);
        let line = &self.text[start..];
        let width = line
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t'))
            .unwrap_or(line.len());
        &line[..width]
    }

    /// The line end this file uses.
    pub fn newline(&self) -> &'static str {
        newline_of(&self.text)
    }

    /// Where a new line after `node` may begin: behind a separator and a comment that follow it
    /// on its last line.
    pub fn end_with_comment(&self, node: Node<'_>) -> usize {
        let mut end = node.end_byte();
        let row = node.end_position().row;
        let mut next = node.next_sibling();
        while let Some(sibling) = next {
            let same_line = sibling.start_position().row == row;
            if !same_line || !matches!(sibling.kind(), "comment" | "," | ";") {
                break;
            }
            end = sibling.end_byte();
            next = sibling.next_sibling();
        }
        // In a file with "\r\n", a line comment includes the "\r".
        end - usize::from(self.text[..end].ends_with(b"\r"))
    }
}

/// The line end that `text` uses: that of its first line.
pub fn newline_of(text: &[u8]) -> &'static str {
    match text.iter().position(|&byte| byte == b'\n') {
        Some(at) if at > 0 && text[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

/// `node` and everything below it, a parent before its children.
pub fn descendants(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        found.push(node);
        let mut cursor = node.walk();
        let children: Vec<_> = node.children(&mut cursor).collect();
        open.extend(children.into_iter().rev());
    }
    found
}

/// The name that a function definition, member or declaration introduces: the innermost
/// declarator.
pub fn declared_name(node: Node<'_>) -> Option<Node<'_>> {
    let mut declarator = node.child_by_field_name("declarator")?;
    loop {
        let inner = declarator.child_by_field_name("declarator").or_else(|| {
            // References and parentheses hold their declarator without a field name.
            let holds = matches!(
                declarator.kind(),
                "reference_declarator" | "parenthesized_declarator" | "attributed_declarator"
            );
            declarator.named_child(0).filter(|_| holds)
        });
        match inner {
            Some(inner) => declarator = inner,
            None => return Some(declarator),
        }
    }
}

/// Whether a statement may be put directly before or after `node`.
pub fn in_statement_list(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| match parent.kind() {
        "compound_statement" => true,
        // `case VALUE:` holds its statements as further children.
        "case_statement" => parent.child_by_field_name("value") != Some(node),
        _ => false,
    })
}

/// The first of the comments that lead over to `node`, each on lines of its own directly above;
/// `node` itself if there is none.
pub fn first_comment<'a>(node: Node<'a>) -> Node<'a> {
    let mut first = node;
    while let Some(previous) = first.prev_sibling() {
        let above = previous.end_position().row + 1 == first.start_position().row;
        let alone = previous
            .prev_sibling()
            .is_none_or(|other| other.end_position().row < previous.start_position().row);
        if previous.kind() != "comment" || !above || !alone {
            break;
        }
        first = previous;
    }
    first
}

/// Drops ranges that contain another one of the list.
pub fn innermost<'a>(nodes: Vec<Node<'a>>) -> Vec<Node<'a>> {
    let ranges: Vec<Range<usize>> = nodes.iter().map(Node::byte_range).collect();
    let contains = |outer: &Range<usize>, inner: &Range<usize>| {
        outer != inner && outer.start <= inner.start && inner.end <= outer.end
    };
    nodes
        .into_iter()
        .filter(|node| {
            !ranges
                .iter()
                .any(|range| contains(&node.byte_range(), range))
        })
        .collect()
}
