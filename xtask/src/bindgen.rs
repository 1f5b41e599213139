//! `cargo xtask sisci bindgen`: the Rust view of the SISCI headers.
//!
//! `bindgen` translates the headers. Its `extern` block would make every user link against a
//! `libsisci.so`; the library is found at run time instead, so each prototype becomes a type of a
//! function pointer under the source name, and each exported constant an entry of a list.

use crate::util;
use anyhow::{Context, ensure};
use quote::{format_ident, quote};
use sisci_sys::symbols;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with the committed file instead of writing it; a difference is an error.
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let crate_root = util::root().join("sisci-sys");
    let target = crate_root.join("src/bindings.rs");
    let fresh = generate(&crate_root.join("include"))?;
    if !args.check {
        return std::fs::write(&target, fresh)
            .with_context(|| format!("cannot write {}", target.display()));
    }
    let committed = std::fs::read_to_string(&target)
        .with_context(|| format!("cannot read {}", target.display()))?;
    ensure!(
        committed == fresh,
        "{} is out of date: run `cargo xtask sisci bindgen`",
        target.display()
    );
    Ok(())
}

/// The whole text of `bindings.rs` for the headers in `include`.
fn generate(include: &Path) -> anyhow::Result<String> {
    let raw = translate(include)?;
    let file = syn::parse_file(&raw).context("bindgen made text that does not parse")?;
    let mut out = Output::default();
    for item in file.items {
        out.add(item)?;
    }
    Ok(format!("{HEADER}\n{}", out.text()))
}

/// Runs bindgen over `sisci_api.h` and all it includes.
fn translate(include: &Path) -> anyhow::Result<String> {
    let bindings = bindgen::builder()
        .header(include.join("sisci_api.h").display().to_string())
        .clang_args(["-std=c99", "-D_REENTRANT", "-I"])
        .clang_arg(include.display().to_string())
        .allowlist_file(format!("{}/.*", include.display()))
        .default_enum_style(bindgen::EnumVariation::NewType {
            is_bitfield: false,
            is_global: false,
        })
        .parse_callbacks(Box::new(Comments))
        .ctypes_prefix("core::ffi")
        .use_core()
        .sort_semantically(false)
        .formatter(bindgen::Formatter::None)
        .disable_header_comment()
        .generate()
        .context("bindgen failed on sisci-sys/include/sisci_api.h")?;
    Ok(bindings.to_string())
}

/// Turns the `/**<` comments behind members into plain documentation.
#[derive(Debug)]
struct Comments;

impl bindgen::callbacks::ParseCallbacks for Comments {
    fn process_comment(&self, comment: &str) -> Option<String> {
        Some(format!(" {}", comment.trim_start_matches('<').trim()))
    }
}

#[derive(Default)]
struct Output {
    /// Structures, enumerations, handles and layout checks, as bindgen made them.
    types: Vec<syn::Item>,
    functions: Vec<syn::Item>,
    constants: Vec<String>,
    errors: Vec<syn::Ident>,
}

impl Output {
    fn add(&mut self, item: syn::Item) -> anyhow::Result<()> {
        match item {
            syn::Item::ForeignMod(block) => {
                for item in block.items {
                    self.add_foreign(item)?;
                }
            }
            syn::Item::Impl(block) => {
                self.errors
                    .extend(block.items.iter().filter_map(error_code));
                self.types.push(block.into());
            }
            other => self.types.push(other),
        }
        Ok(())
    }

    fn add_foreign(&mut self, item: syn::ForeignItem) -> anyhow::Result<()> {
        match item {
            syn::ForeignItem::Fn(function) => {
                let symbol = function.sig.ident.to_string();
                let name = symbols::function_name(&symbol);
                let name = name.with_context(|| format!("{symbol} is no SISCI function"))?;
                self.functions.push(pointer_type(name, &function));
            }
            syn::ForeignItem::Static(constant) => {
                let symbol = constant.ident.to_string();
                let name = symbols::constant_name(&symbol);
                let name = name.with_context(|| format!("{symbol} is no SISCI constant"))?;
                self.constants.push(name.to_owned());
            }
            other => anyhow::bail!("unexpected declaration: {}", quote!(#other)),
        }
        Ok(())
    }

    fn text(self) -> String {
        let Output {
            mut types,
            functions,
            constants,
            errors,
        } = self;
        let error_names = errors.iter().map(syn::Ident::to_string);
        let names = functions.iter().filter_map(|item| match item {
            syn::Item::Type(alias) => Some(alias.ident.to_string()),
            _ => None,
        });
        let lists: [syn::Item; 3] = [
            syn::parse_quote! {
                /// Source names of all functions that the headers declare.
                pub const FUNCTION_NAMES: &[&str] = &[#(#names),*];
            },
            syn::parse_quote! {
                /// Source names of all constants that the headers declare.
                pub const CONSTANT_NAMES: &[&str] = &[#(#constants),*];
            },
            syn::parse_quote! {
                /// All result codes with their names; two names may share a code.
                pub const ERROR_NAMES: &[(sci_error_t, &str)] =
                    &[#((sci_error_t::#errors, #error_names)),*];
            },
        ];
        types.extend(functions);
        types.extend(lists);
        prettyplease::unparse(&syn::File {
            shebang: None,
            attrs: Vec::new(),
            items: types,
        })
    }
}

/// The name, if this is one of the `SCI_ERR_` values.
fn error_code(item: &syn::ImplItem) -> Option<syn::Ident> {
    match item {
        syn::ImplItem::Const(value) if value.ident.to_string().starts_with("SCI_ERR_") => {
            Some(value.ident.clone())
        }
        _ => None,
    }
}

/// `pub type NAME = unsafe extern "C" fn(..) -> ..;` with the argument names and the comment.
fn pointer_type(name: &str, function: &syn::ForeignItemFn) -> syn::Item {
    let ident = format_ident!("{name}");
    let docs = function
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"));
    let (inputs, output) = (&function.sig.inputs, &function.sig.output);
    syn::parse_quote! {
        #(#docs)*
        pub type #ident = unsafe extern "C" fn(#inputs) #output;
    }
}

const HEADER: &str = "\
// Made by `cargo xtask sisci bindgen` from sisci-sys/include; changes belong there.
#![allow(missing_docs, non_camel_case_types, non_snake_case, non_upper_case_globals)]
#![allow(clippy::all, clippy::undocumented_unsafe_blocks, unused_qualifications)]
";
