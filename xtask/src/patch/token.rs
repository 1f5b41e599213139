//! C++ tokens, for comparisons that must not depend on white space, line breaks or comments.
//!
//! Text is bytes throughout: source files need not be valid UTF-8.

use std::ops::Range;

/// One token: its bytes and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a [u8],
    pub start: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Operators of more than one character, longest first. `>>` is left out on purpose: closing two
/// template argument lists must equal `> >`.
const OPERATORS: [&[u8]; 22] = [
    b"<=>", b"->*", b"...", b"<<=", b"::", b"->", b"++", b"--", b"<<", b"&&", b"||", b"==", b"!=",
    b"<=", b">=", b"+=", b"-=", b"*=", b"/=", b"&=", b"|=", b"^=",
];

/// All tokens of `text`; comments and white space are left out.
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = if rest[0].is_ascii_whitespace() || rest.starts_with(b"\\\n") {
            at += 1;
            continue;
        } else if let Some(length) = comment(rest) {
            at += length;
            continue;
        } else {
            token_length(rest)
        };
        found.push(Token {
            text: &rest[..length],
            start: at,
        });
        at += length;
    }
    found
}

/// The byte ranges in `text` whose tokens equal those of `pattern`. An empty pattern matches
/// nowhere.
pub fn find(text: &[u8], pattern: &[u8]) -> Vec<Range<usize>> {
    let (hay, needle) = (tokens(text), tokens(pattern));
    if needle.is_empty() {
        return Vec::new();
    }
    hay.windows(needle.len())
        .filter(|window| window.iter().zip(&needle).all(|(a, b)| a.text == b.text))
        .map(|window| window[0].start..window[window.len() - 1].end())
        .collect()
}

/// Whether both texts have the same tokens.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    tokens(a)
        .iter()
        .map(|t| t.text)
        .eq(tokens(b).iter().map(|t| t.text))
}

/// Whether the tokens of `text` begin with those of `prefix`.
pub fn starts_with(text: &[u8], prefix: &[u8]) -> bool {
    let (text, prefix) = (tokens(text), tokens(prefix));
    prefix.len() <= text.len() && prefix.iter().zip(&text).all(|(a, b)| a.text == b.text)
}

/// The length of the comment that `rest` begins with.
fn comment(rest: &[u8]) -> Option<usize> {
    if rest.starts_with(b"//") {
        Some(rest.iter().position(|&c| c == b'\n').unwrap_or(rest.len()))
    } else if rest.starts_with(b"/*") {
        let body = rest[2..].windows(2).position(|pair| pair == b"*/");
        Some(body.map_or(rest.len(), |at| at + 4))
    } else {
        None
    }
}

fn token_length(rest: &[u8]) -> usize {
    let first = rest[0];
    if let Some(length) = raw_string(rest) {
        length
    } else if first == b'"' || first == b'\'' {
        quoted(rest, first)
    } else if is_word(first) {
        rest.iter().position(|&c| !is_word(c)).unwrap_or(rest.len())
    } else {
        OPERATORS
            .iter()
            .find(|operator| rest.starts_with(operator))
            .map_or(1, |o| o.len())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 1,
            // A line end closes a quote that never closes: an apostrophe in disabled text.
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// The length of the raw string literal `R"tag(...)tag"` that `rest` begins with.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let tag = rest.strip_prefix(b"R\"")?;
    let open = tag.iter().take(17).position(|&c| c == b'(')?;
    let mut close = vec![b')'];
    close.extend_from_slice(&tag[..open]);
    close.push(b'"');
    let body = &tag[open + 1..];
    let end = body
        .windows(close.len())
        .position(|window| window == close)?;
    Some(2 + open + 1 + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text.as_bytes())
            .iter()
            .map(|t| String::from_utf8_lossy(t.text).into_owned())
            .collect()
    }

    #[test]
    fn space_and_comments_do_not_count() {
        assert!(same(b"if( (a->b ) == C ) // why", b"if ((a -> b)==C)"));
        assert!(!same(b"a - -b", b"a--b"));
        assert!(!same(b"a b", b"ab"));
    }

    #[test]
    fn literals_stay_whole() {
        assert_eq!(
            words(r#"f("a \" // b", 'x')"#),
            ["f", "(", r#""a \" // b""#, ",", "'x'", ")"]
        );
        assert_eq!(words("R\"x(a)\" b)x\" c"), ["R\"x(a)\" b)x\"", "c"]);
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        assert_eq!(words("don't\nnext"), ["don", "'t", "next"]);
    }

    #[test]
    fn nested_template_arguments_close_either_way() {
        assert!(same(b"A<B<C>>", b"A<B<C> >"));
    }

    #[test]
    fn find_gives_every_place() {
        let text = b"x == y; /* x==y */ x  ==\n y;";
        assert_eq!(find(text, b"x==y"), vec![0..6, 19..27]);
        assert!(find(text, b"").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let text = b"a\0b \xff\xfe c";
        assert_eq!(tokens(text).len(), 5);
    }
}
