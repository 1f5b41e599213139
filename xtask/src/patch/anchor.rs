//! From an edit to the exact bytes that change: finds each operation's anchor in a parsed file.

use super::cpp::{self, Source};
use super::edit::{Edge, Op, Side};
use super::near::{self, Near};
use super::token;
use std::ops::Range;
use tree_sitter::Node;

/// One replacement of bytes; an empty range is an insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub range: Range<usize>,
    pub text: Vec<u8>,
}

impl Change {
    fn insert(at: usize, text: Vec<u8>) -> Change {
        Change {
            range: at..at,
            text,
        }
    }
}

/// Why an anchor gives no single place. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    #[error("anchor is missing (0 found): {what}{}", near::suffix(near.as_ref()))]
    Missing {
        what: String,
        /// What resembles it most in this file.
        near: Option<Near>,
        /// The function or type that the file lacks as a whole: it may have moved.
        moved: Option<String>,
    },
    #[error("anchor is ambiguous ({} found): {what} stands in lines {}", lines.len(), join(lines))]
    Ambiguous { what: String, lines: Vec<usize> },
}

impl AnchorError {
    /// A missing anchor that nothing resembles.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::Missing {
            what: what.into(),
            near: None,
            moved: None,
        }
    }
}

fn join(lines: &[usize]) -> String {
    lines
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

type Located<T> = Result<T, AnchorError>;

/// The changes that put `text` where `op` says.
pub fn locate(source: &Source, op: &Op, text: &str) -> Located<Vec<Change>> {
    let place = Place { source, text };
    match op {
        Op::IncludeAdd {} => place.include(),
        Op::EnumAppend { r#enum } => place.enumerator(r#enum),
        Op::ClassMember { class, after } => place.member(class, after),
        Op::FunctionEdge { function, at } => place.edge(function, *at),
        Op::FunctionStatement {
            function,
            side,
            statement,
            containing,
        } => place.statement(function, *side, statement, containing.as_deref()),
        Op::SwitchCase {
            function,
            switch,
            before,
        } => place.case(function, switch, before),
        Op::BranchBefore {
            function,
            condition,
        } => place.branch(function, condition),
        Op::CallAfter {
            function,
            call,
            argument,
        } => place.call(function, call, argument),
        Op::ExprReplace { function, expr } => place.expression(function, expr),
        Op::OperandAppend {
            function,
            operand,
            operator,
        } => place.operand(function, operand, operator),
        Op::ConfSetting { .. } | Op::ConfDocumentation { .. } => {
            Err(AnchorError::missing("a configuration key, in a C++ file"))
        }
    }
}

/// Notes that a whole function or type is missing.
fn moved(error: AnchorError, name: &str) -> AnchorError {
    match error {
        AnchorError::Missing { what, near, .. } => AnchorError::Missing {
            what,
            near,
            moved: Some(name.to_owned()),
        },
        other => other,
    }
}

/// One edit's look-ups in one file.
struct Place<'a> {
    source: &'a Source,
    text: &'a str,
}

impl<'a> Place<'a> {
    /// The only one of `nodes`, or the error that says why there is none: `others` are then
    /// compared with `pattern`.
    fn only(
        &self,
        nodes: Vec<Node<'a>>,
        what: String,
        pattern: &str,
        others: impl FnOnce() -> Vec<Node<'a>>,
    ) -> Located<Node<'a>> {
        match nodes.as_slice() {
            [node] => Ok(*node),
            [] => Err(AnchorError::Missing {
                what,
                near: near::nearest(self.source, pattern, &others()),
                moved: None,
            }),
            many => {
                let lines = many
                    .iter()
                    .map(|node| node.start_position().row + 1)
                    .collect();
                Err(AnchorError::Ambiguous { what, lines })
            }
        }
    }

    fn function(&self, name: &str) -> Located<Node<'a>> {
        let names = || self.source.function_names();
        self.only(
            self.source.function_bodies(name),
            format!("function {name}"),
            name,
            names,
        )
        .map_err(|error| moved(error, name))
    }

    fn type_body(&self, kinds: &[&str], word: &str, name: &str) -> Located<Node<'a>> {
        self.only(
            self.source.type_bodies(kinds, name),
            format!("{word} {name}"),
            name,
            || self.source.type_names(kinds),
        )
        .map_err(|error| moved(error, name))
    }

    /// Nodes inside `body` that `wanted` accepts.
    fn inside(&self, body: Node<'a>, wanted: impl Fn(Node<'a>) -> bool) -> Vec<Node<'a>> {
        cpp::descendants(body)
            .into_iter()
            .filter(|node| wanted(*node))
            .collect()
    }

    fn bytes(&self, node: Node<'_>) -> &'a [u8] {
        &self.source.text[node.byte_range()]
    }

    fn is(&self, node: Option<Node<'_>>, pattern: &str) -> bool {
        node.is_some_and(|node| token::same(self.bytes(node), pattern.as_bytes()))
    }

    /// The edit's text with `indent` before every line but the first, and this file's line ends.
    fn lines(&self, indent: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, line) in self.text.trim_end().lines().enumerate() {
            if number > 0 {
                out.extend_from_slice(self.source.newline().as_bytes());
            }
            if number > 0 && !line.is_empty() && !line.starts_with('#') {
                out.extend_from_slice(indent);
            }
            out.extend_from_slice(line.as_bytes());
        }
        out
    }

    /// The text as new lines after the byte `at`, indented like the line of `like`.
    fn lines_after(&self, at: usize, like: usize) -> Change {
        let indent = self.source.indent(like);
        let mut text = self.source.newline().as_bytes().to_vec();
        if !self.text.starts_with(['#', '\n']) {
            text.extend_from_slice(indent);
        }
        text.extend(self.lines(indent));
        Change::insert(at, text)
    }

    /// The text as new lines before the node, whose indentation its first line takes over.
    fn lines_before(&self, node: Node<'_>) -> Change {
        let indent = self.source.indent(node.start_byte());
        let mut text = self.lines(indent);
        text.extend_from_slice(self.source.newline().as_bytes());
        text.extend_from_slice(indent);
        Change::insert(node.start_byte(), text)
    }

    fn include(&self) -> Located<Vec<Change>> {
        let nodes = self.source.nodes();
        let first = nodes
            .iter()
            .position(|node| node.kind() == "preproc_include");
        let Some(first) = first.map(|index| nodes[index]) else {
            return Err(AnchorError::missing("an #include"));
        };
        let mut last = first;
        while let Some(next) = last.next_sibling() {
            if next.kind() != "preproc_include" {
                break;
            }
            last = next;
        }
        // The node of a preprocessor line ends behind its line end.
        let mut text = self.lines(b"");
        text.extend_from_slice(self.source.newline().as_bytes());
        let mut at = last.end_byte();
        if self.source.text[..at].last() != Some(&b'\n') {
            text.truncate(text.len() - self.source.newline().len());
            text.splice(0..0, self.source.newline().bytes());
            at = self.source.end_with_comment(last);
        }
        Ok(vec![Change::insert(at, text)])
    }

    fn enumerator(&self, name: &str) -> Located<Vec<Change>> {
        let body = self.type_body(&["enum_specifier"], "enum", name)?;
        let mut cursor = body.walk();
        let last = body
            .named_children(&mut cursor)
            .filter(|n| n.kind() == "enumerator")
            .last();
        let last =
            last.ok_or_else(|| AnchorError::missing(format!("an enumerator of enum {name}")))?;
        let comma = last.next_sibling().is_some_and(|next| next.kind() == ",");
        let mut changes = Vec::new();
        if !comma {
            changes.push(Change::insert(last.end_byte(), b",".to_vec()));
        }
        let mut line = self.lines_after(self.source.end_with_comment(last), last.start_byte());
        if comma {
            line.text.push(b',');
        }
        changes.push(line);
        Ok(changes)
    }

    fn member(&self, class: &str, after: &str) -> Located<Vec<Change>> {
        let body = self.type_body(&["class_specifier", "struct_specifier"], "class", class)?;
        let mut cursor = body.walk();
        let members = body
            .named_children(&mut cursor)
            .filter(|node| self.is(cpp::declared_name(*node), after))
            .collect();
        let others = || {
            let mut cursor = body.walk();
            body.named_children(&mut cursor)
                .filter_map(cpp::declared_name)
                .collect()
        };
        let what = format!("member {after} of class {class}");
        let member = self.only(members, what, after, others)?;
        let at = self.source.end_with_comment(member);
        Ok(vec![self.lines_after(at, member.start_byte())])
    }

    fn edge(&self, function: &str, edge: Edge) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let mut cursor = body.walk();
        let statements: Vec<_> = body.named_children(&mut cursor).collect();
        let wanted = match edge {
            Edge::Start => statements.first(),
            Edge::End => statements.last(),
        };
        let node = *wanted.ok_or_else(|| {
            AnchorError::missing(format!("a statement in the body of {function}"))
        })?;
        Ok(vec![match edge {
            Edge::Start => self.lines_before(node),
            Edge::End => self.lines_after(self.source.end_with_comment(node), node.start_byte()),
        }])
    }

    fn statement(
        &self,
        function: &str,
        side: Side,
        statement: &str,
        containing: Option<&str>,
    ) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let found = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.is_named() && cpp::in_statement_list(*node))
            .filter(|node| token::starts_with(self.bytes(*node), statement.as_bytes()))
            .filter(|node| {
                containing
                    .is_none_or(|part| !token::find(self.bytes(*node), part.as_bytes()).is_empty())
            })
            .collect();
        let mut what = format!("statement `{statement}` in {function}");
        if let Some(part) = containing {
            what.push_str(&format!(" that contains `{part}`"));
        }
        let others = || self.inside(body, |node| node.is_named() && cpp::in_statement_list(node));
        let node = self.only(cpp::innermost(found), what, statement, others)?;
        Ok(vec![match side {
            Side::Before => self.lines_before(cpp::first_comment(node)),
            Side::After => self.lines_after(self.source.end_with_comment(node), node.start_byte()),
        }])
    }

    fn case(&self, function: &str, switch: &str, before: &str) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let pattern = format!("({switch})");
        let switches = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.kind() == "switch_statement")
            .filter(|node| self.is(node.child_by_field_name("condition"), &pattern))
            .collect();
        let conditions = || self.conditions(body, "switch_statement");
        let what = format!("switch over `{switch}` in {function}");
        let node = self.only(switches, what, &pattern, conditions)?;
        let cases = cpp::descendants(node)
            .into_iter()
            .filter(|node| node.kind() == "case_statement")
            .filter(|node| self.is(node.child_by_field_name("value"), before))
            .collect();
        let values = || {
            let cases = self.inside(node, |node| node.kind() == "case_statement");
            let value = |case: Node<'a>| case.child_by_field_name("value");
            cases.into_iter().filter_map(value).collect()
        };
        let what = format!("`case {before}` in {function}");
        let case = self.only(cases, what, before, values)?;
        Ok(vec![self.lines_before(case)])
    }

    /// The conditions of all statements of this kind inside `body`.
    fn conditions(&self, body: Node<'a>, kind: &str) -> Vec<Node<'a>> {
        self.inside(body, |node| node.kind() == kind)
            .into_iter()
            .filter_map(|node| node.child_by_field_name("condition"))
            .collect()
    }

    fn branch(&self, function: &str, condition: &str) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let pattern = format!("({condition})");
        let branches = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.kind() == "if_statement")
            .filter(|node| self.is(node.child_by_field_name("condition"), &pattern))
            .collect();
        let conditions = || self.conditions(body, "if_statement");
        let what = format!("`if({condition})` in {function}");
        let node = self.only(branches, what, &pattern, conditions)?;
        let mut change = self.lines_before(node);
        change.text.extend_from_slice(b"else ");
        Ok(vec![change])
    }

    fn call(&self, function: &str, call: &str, argument: &str) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let statements = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.kind() == "call_expression")
            .filter(|node| self.is(node.child_by_field_name("function"), call))
            .filter(|node| {
                node.child_by_field_name("arguments")
                    .is_some_and(|arguments| {
                        let mut cursor = arguments.walk();
                        arguments
                            .named_children(&mut cursor)
                            .any(|a| self.is(Some(a), argument))
                    })
            })
            .filter_map(|node| node.parent())
            .filter(|node| node.kind() == "expression_statement" && cpp::in_statement_list(*node))
            .collect();
        let what = format!("call of `{call}` with `{argument}` in {function}");
        let pattern = format!("{call}({argument}");
        let calls = || self.inside(body, |node| node.kind() == "call_expression");
        let node = self.only(statements, what, &pattern, calls)?;
        Ok(vec![self.lines_after(
            self.source.end_with_comment(node),
            node.start_byte(),
        )])
    }

    fn expression(&self, function: &str, expr: &str) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let nodes = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.kind().ends_with("_expression"))
            .filter(|node| self.is(Some(*node), expr))
            .collect();
        let what = format!("expression `{expr}` in {function}");
        let others = || self.inside(body, |node| node.kind().ends_with("_expression"));
        let node = self.only(nodes, what, expr, others)?;
        let text = self.lines(self.source.indent(node.start_byte()));
        Ok(vec![Change {
            range: node.byte_range(),
            text,
        }])
    }

    fn operand(&self, function: &str, operand: &str, operator: &str) -> Located<Vec<Change>> {
        let body = self.function(function)?;
        let nodes = cpp::descendants(body)
            .into_iter()
            .filter(|node| node.is_named() && self.is(Some(*node), operand))
            .filter(|node| {
                node.parent().is_some_and(|parent| {
                    parent.kind() == "binary_expression"
                        && self.is(parent.child_by_field_name("operator"), operator)
                })
            })
            .collect();
        let what = format!("operand `{operand}` of `{operator}` in {function}");
        let others = || self.inside(body, |node| node.kind().ends_with("_expression"));
        let node = self.only(nodes, what, operand, others)?;
        let mut text = format!(" {operator} ").into_bytes();
        text.extend(self.lines(self.source.indent(node.start_byte())));
        Ok(vec![Change::insert(node.end_byte(), text)])
    }
}
