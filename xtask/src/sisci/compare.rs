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

    fn signature(&self, name: &str, other: &Self) -> Option<String> {
        let types = self
            .functions
            .get(name)?
            .iter()
            .map(|text| self.expand(text, other));
        let types: Vec<_> = types.collect();
        let (result, parameters) = types.split_last()?;
        Some(format!("({}) -> {result}", parameters.join(", ")))
    }

    fn fields(&self, name: &str, other: &Self) -> Option<String> {
        let fields = self.structs.get(name)?.iter();
        let fields = fields.map(|(name, text)| format!("{name}: {}", self.expand(text, other)));
        Some(fields.collect::<Vec<_>>().join(", "))
    }

    fn layout(&self, name: &str) -> Option<String> {
        let parts = self.layouts.get(name)?.iter();
        Some(
            parts
                .map(|(what, value)| format!("{what} {value}"))
                .collect::<Vec<_>>()
                .join(", "),
        )
    }

    /// How the headers give a constant.
    fn constant(&self, name: &str) -> Option<String> {
        let value = self.values.get(name).map(|value| format!("{value:#x}"));
        value.or_else(|| {
            self.exported
                .contains(name)
                .then(|| "exported by the library".to_owned())
        })
    }
}

/// Everything that isn't the same on both sides.
pub fn compare(ours: &View, theirs: &View) -> Vec<Difference> {
    let mut rows = Vec::new();
    let mut kind =
        |kind, names: BTreeSet<&String>, show: &dyn Fn(&View, &View, &str) -> Option<String>| {
            for name in names {
                let (mine, other) = (show(ours, theirs, name), show(theirs, ours, name));
                if mine != other {
                    let (ours, theirs) = (mine.unwrap_or_default(), other.unwrap_or_default());
                    let name = name.clone();
                    rows.push(Difference {
                        kind,
                        name,
                        ours,
                        theirs,
                    });
                }
            }
        };
    let both = |a: &View, b: &View| -> BTreeSet<String> {
        [a, b]
            .iter()
            .flat_map(|view| view.values.keys().chain(&view.exported))
            .cloned()
            .collect()
    };
    let constants = both(ours, theirs);
    // Macros that only order the headers, and numbers of one side alone that are no part of the API.
    let constants = constants
        .iter()
        .filter(|name| name.starts_with("SCI") || name.starts_with("DIS"));
    kind("value", constants.collect(), &|view, _, name| {
        view.constant(name)
    });
    let names = ours
        .layouts
        .keys()
        .chain(theirs.layouts.keys())
        .filter(|name| is_named(name));
    kind("layout", names.collect(), &|view, _, name| {
        view.layout(name)
    });
    let names = ours
        .structs
        .keys()
        .chain(theirs.structs.keys())
        .filter(|name| is_named(name));
    kind("fields", names.collect(), &|view, other, name| {
        view.fields(name, other)
    });
    let shared = ours
        .aliases
        .keys()
        .filter(|name| theirs.aliases.contains_key(*name));
    let shared = shared.filter(|name| is_named(name));
    kind("type", shared.collect(), &|view, other, name| {
        view.aliases.get(name).map(|text| view.expand(text, other))
    });
    let names = ours.functions.keys().chain(theirs.functions.keys());
    kind("function", names.collect(), &|view, other, name| {
        view.signature(name, other)
    });
    rows
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
    words.collect::<Vec<_>>().join(" ")
}
