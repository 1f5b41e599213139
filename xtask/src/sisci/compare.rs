//! Two sets of headers side by side: values, layouts, signatures.

use comfy_table::{Table, presets};
use quote::ToTokens;
use sisci_sys::symbols;
use std::collections::{BTreeMap, BTreeSet};

/// What a set of headers declares, each kind by name.
#[derive(Debug, Default, PartialEq)]
pub struct View {
    /// Values of enumerations and of macros that are numbers.
    values: BTreeMap<String, i128>,
    /// Constants that the library exports; their values are its own.
    exported: BTreeSet<String>,
    /// Fields of structures with their types.
    structs: BTreeMap<String, Vec<(String, String)>>,
    /// Size and alignment of structures, and where their fields are.
    layouts: BTreeMap<String, BTreeMap<String, i128>>,
    /// Types of the parameters, then of the result.
    functions: BTreeMap<String, Vec<String>>,
    /// Other names for types.
    aliases: BTreeMap<String, String>,
}

/// One row of the table.
#[derive(Debug, PartialEq)]
pub struct Difference {
    /// What it is about.
    pub kind: &'static str,
    /// Of which name.
    pub name: String,
    /// In our headers; empty if it isn't there.
    pub ours: String,
    /// In theirs; empty if it isn't there.
    pub theirs: String,
}

impl View {
    /// Reads what bindgen made.
    pub fn of(file: &syn::File) -> Self {
        let mut view = Self::default();
        for item in &file.items {
            view.add(item);
        }
        view
    }

    fn add(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Const(item) if item.ident == "_" => self.add_layout(&item.expr),
            syn::Item::Const(item) => {
                if let Some(value) = number(&item.expr) {
                    self.values.insert(item.ident.to_string(), value);
                }
            }
            syn::Item::Impl(block) => {
                for item in &block.items {
                    let syn::ImplItem::Const(item) = item else {
                        continue;
                    };
                    if let Some(value) = number(&item.expr) {
                        self.values.insert(item.ident.to_string(), value);
                    }
                }
            }
            syn::Item::Struct(item) => self.add_fields(&item.ident, &item.fields),
            syn::Item::Union(item) => {
                self.add_fields(&item.ident, &syn::Fields::Named(item.fields.clone()));
            }
            syn::Item::Type(item) => {
                self.aliases
                    .insert(item.ident.to_string(), type_text(&item.ty));
            }
            syn::Item::ForeignMod(block) => {
                block.items.iter().for_each(|item| self.add_foreign(item))
            }
            _ => {}
        }
    }

    fn add_fields(&mut self, name: &syn::Ident, fields: &syn::Fields) {
        let fields = fields
            .iter()
            .filter_map(|field| Some((field.ident.as_ref()?.to_string(), type_text(&field.ty))));
        let fields: Vec<_> = fields.collect();
        // What has no named fields is the number behind an enumeration, or a handle's inside.
        if fields.iter().any(|(name, _)| name != "_unused") {
            self.structs.insert(name.to_string(), fields);
        }
    }

    /// bindgen's own checks, `["Size of T"][size_of::<T>() - 16usize]`, say what the layout is.
    fn add_layout(&mut self, block: &syn::Expr) {
        let syn::Expr::Block(block) = block else {
            return;
        };
        for statement in &block.block.stmts {
            if let syn::Stmt::Expr(syn::Expr::Index(check), _) = statement {
                self.add_check(check);
            }
        }
    }

    fn add_check(&mut self, check: &syn::ExprIndex) -> Option<()> {
        let syn::Expr::Array(what) = &*check.expr else {
            return None;
        };
        let syn::Expr::Lit(what) = what.elems.first()? else {
            return None;
        };
        let (syn::Lit::Str(what), syn::Expr::Binary(minus)) = (&what.lit, &*check.index) else {
            return None;
        };
        let (value, what) = (number(&minus.right)?, what.value());
        let (property, name) = what.split_once(" of ")?;
        let (name, property) = match name.trim_start_matches("field: ").split_once("::") {
            Some((name, field)) => (name, format!("{field} at")),
            None => (name, property.to_lowercase()),
        };
        let layout = self.layouts.entry(name.to_owned()).or_default();
        layout.insert(property, value);
        Some(())
    }

    fn add_foreign(&mut self, item: &syn::ForeignItem) {
        match item {
            syn::ForeignItem::Fn(function) => {
                let symbol = function.sig.ident.to_string();
                let name = symbols::function_name(&symbol).unwrap_or(&symbol);
                let parameters = function.sig.inputs.iter().map(|input| match input {
                    syn::FnArg::Typed(input) => type_text(&input.ty),
                    syn::FnArg::Receiver(_) => "self".to_owned(),
                });
                let result = match &function.sig.output {
                    syn::ReturnType::Default => "()".to_owned(),
                    syn::ReturnType::Type(_, result) => type_text(result),
                };
                self.functions
                    .insert(name.to_owned(), parameters.chain([result]).collect());
            }
            syn::ForeignItem::Static(constant) => {
                let symbol = constant.ident.to_string();
                let name = symbols::constant_name(&symbol).unwrap_or(&symbol);
                self.exported.insert(name.to_owned());
            }
            _ => {}
        }
    }

    /// A type without the names that only this side has for it.
    fn expand(&self, text: &str, other: &Self) -> String {
        let mut text = text.to_owned();
        // Aliases of aliases: a few rounds are enough for any header, and end on a circle too.
        for _ in 0..8 {
            let words: Vec<_> = text
                .split(' ')
                .map(|word| match self.aliases.get(word) {
                    Some(meaning) if !other.knows(word) => meaning.clone(),
                    _ => word.to_owned(),
                })
                .collect();
            let next = words.join(" ");
            if next == text {
                break;
            }
            text = next;
        }
        text
    }

    fn knows(&self, name: &str) -> bool {
        self.aliases.contains_key(name) || self.structs.contains_key(name)
    }

    /// Types of parameters and result.
    fn signature(&self, name: &str, other: &Self) -> Option<Parts> {
        let (result, parameters) = self.functions.get(name)?.split_last()?;
        let parameters = parameters.iter().enumerate();
        let parts = parameters.map(|(index, text)| (format!("parameter {}", index + 1), text));
        let parts = parts.chain([("result".to_owned(), result)]);
        Some(
            parts
                .map(|(part, text)| (part, self.expand(text, other)))
                .collect(),
        )
    }

    fn fields(&self, name: &str, other: &Self) -> Option<Parts> {
        let fields = self.structs.get(name)?.iter();
        let fields = fields.map(|(name, text)| (name.clone(), self.expand(text, other)));
        Some(fields.collect())
    }

    fn layout(&self, name: &str) -> Option<Parts> {
        let parts = self.layouts.get(name)?.iter();
        Some(
            parts
                .map(|(what, value)| (what.clone(), value.to_string()))
                .collect(),
        )
    }

    fn alias(&self, name: &str, other: &Self) -> Option<Parts> {
        let text = self.aliases.get(name)?;
        Some(vec![(String::new(), self.expand(text, other))])
    }

    /// How the headers give a constant.
    fn constant(&self, name: &str) -> Option<Parts> {
        let value = self.values.get(name).map(|value| format!("{value:#x}"));
        let exported = self.exported.contains(name);
        let text = value.or_else(|| exported.then(|| "exported by the library".to_owned()))?;
        Some(vec![(String::new(), text)])
    }
}

/// What a declaration consists of: the part's name, and what it is.
type Parts = Vec<(String, String)>;

/// Looks a name up in the first set of headers, in words that the second one knows.
type Look = fn(&View, &View, &str) -> Option<Parts>;

/// Everything that isn't the same on both sides.
pub fn compare(ours: &View, theirs: &View) -> Vec<Difference> {
    let sides = [ours, theirs];
    let constants = sides
        .iter()
        .flat_map(|view| view.values.keys().chain(&view.exported));
    // Other macros only order the headers.
    let constants = constants.filter(|name| name.starts_with("SCI") || name.starts_with("DIS"));
    let layouts = sides.iter().flat_map(|view| view.layouts.keys());
    let structs = sides.iter().flat_map(|view| view.structs.keys());
    let shared = ours.aliases.keys();
    let shared = shared.filter(|name| theirs.aliases.contains_key(*name));
    let functions = sides.iter().flat_map(|view| view.functions.keys());
    let kinds: [(_, BTreeSet<&String>, Look); 5] = [
        ("value", constants.collect(), |view, _, name| {
            view.constant(name)
        }),
        ("layout", layouts.collect(), |view, _, name| {
            view.layout(name)
        }),
        ("field", structs.collect(), |view, other, name| {
            view.fields(name, other)
        }),
        ("type", shared.collect(), |view, other, name| {
            view.alias(name, other)
        }),
        ("function", functions.collect(), |view, other, name| {
            view.signature(name, other)
        }),
    ];
    let mut rows = Vec::new();
    for (kind, names, look) in kinds {
        for name in names.into_iter().filter(|name| is_named(name)) {
            let found = (look(ours, theirs, name), look(theirs, ours, name));
            rows.extend(differences(kind, name, found));
        }
    }
    rows
}

/// The parts that differ, or one row if only one side has the whole.
fn differences(
    kind: &'static str,
    name: &str,
    found: (Option<Parts>, Option<Parts>),
) -> Vec<Difference> {
    let row = |part: &str, ours: &str, theirs: &str| Difference {
        kind,
        name: [name, part].join(if part.is_empty() { "" } else { ", " }),
        ours: ours.to_owned(),
        theirs: theirs.to_owned(),
    };
    let (ours, theirs) = match &found {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (Some(ours), None) => return vec![row("", whole(ours), "")],
        (None, Some(theirs)) => return vec![row("", "", whole(theirs))],
        (None, None) => return Vec::new(),
    };
    let part_of = |parts: &Parts, wanted: &str| {
        let part = parts.iter().find(|(name, _)| name == wanted);
        part.map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let new = theirs
        .iter()
        .filter(|(name, _)| !ours.iter().any(|(own, _)| own == name));
    let names = ours.iter().chain(new).map(|(name, _)| name);
    let rows = names.map(|part| row(part, &part_of(ours, part), &part_of(theirs, part)));
    rows.filter(|row| row.ours != row.theirs).collect()
}

/// What to show for something that the other side lacks.
fn whole(parts: &Parts) -> &str {
    match parts.as_slice() {
        [(name, text)] if name.is_empty() => text,
        _ => "declared",
    }
}

/// Whether a type has a name of the headers, and not one that bindgen made up.
fn is_named(name: &str) -> bool {
    !name.contains("__bindgen") && !name.starts_with("_bindgen")
}

/// The differences as a table for people.
pub fn table(differences: &[Difference]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "name", "our headers", "these headers"]);
    for row in differences {
        let shown = |text: &str| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                text.to_owned()
            }
        };
        table.add_row([
            row.kind.to_owned(),
            row.name.clone(),
            shown(&row.ours),
            shown(&row.theirs),
        ]);
    }
    table.to_string()
}

/// A whole number, also behind a minus or inside the newtype of an enumeration.
fn number(value: &syn::Expr) -> Option<i128> {
    match value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        syn::Expr::Unary(minus) if matches!(minus.op, syn::UnOp::Neg(_)) => {
            number(&minus.expr).map(|value| -value)
        }
        syn::Expr::Call(call) if call.args.len() == 1 => number(&call.args[0]),
        _ => None,
    }
}

/// A type in words with one space between, with C's names for numbers replaced by Rust's.
fn type_text(ty: &syn::Type) -> String {
    let text = ty.to_token_stream().to_string();
    let text = text
        .replace(":: core :: ffi :: ", "")
        .replace("core :: ffi :: ", "");
    let text = text.replace(":: core :: option :: ", "");
    let words = text.split_whitespace().map(|word| match word {
        "c_char" | "c_schar" => "i8",
        "c_uchar" => "u8",
        "c_short" => "i16",
        "c_ushort" => "u16",
        "c_int" => "i32",
        "c_uint" => "u32",
        "c_long" | "c_longlong" => "i64",
        "c_ulong" | "c_ulonglong" => "u64",
        word => word,
    });
    let text = words.collect::<Vec<_>>().join(" ");
    text.replace("* mut", "*mut").replace("* const", "*const")
}
