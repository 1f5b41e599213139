//! `cargo xtask sisci bindgen`: the Rust view of the SISCI headers.
//!
//! `bindgen` translates the headers. Its `extern` block would make every user link against a
//! `libsisci.so`; the library is found at run time instead, so each prototype becomes a type of a
//! function pointer under the source name, and each exported constant an entry of a list.

use super::{Negative, compare};
use crate::util;
use anyhow::{Context, ensure};
use quote::{format_ident, quote};
use sisci_sys::symbols;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with the committed file instead of writing it; a difference is an error.
    #[arg(long, conflicts_with = "headers")]
    check: bool,
    /// A site's own headers, usually /opt/DIS/include: show where they differ from ours. Exit code
    /// 3 says that they do. The committed file stays as it is.
    #[arg(long, value_name = "DIR")]
    headers: Option<PathBuf>,
    /// With --headers: write the bindings that they make to this file.
    #[arg(long, value_name = "FILE", requires = "headers")]
    output: Option<PathBuf>,
    /// With --headers: one more argument for the C compiler, such as -DNAME or -IDIR.
    #[arg(
        long,
        value_name = "ARG",
        requires = "headers",
        allow_hyphen_values = true
    )]
    clang_arg: Vec<String>,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let crate_root = util::root().join("sisci-sys");
    let (include, target) = (
        crate_root.join("include"),
        crate_root.join("src/bindings.rs"),
    );
    if let Some(headers) = &args.headers {
        return compare_with(headers, &args, &include);
    }
    let fresh = Bindings::of(&include, &[])?.text()?;
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

/// Shows where a site's headers differ from ours.
fn compare_with(headers: &Path, args: &Args, include: &Path) -> anyhow::Result<()> {
    let theirs = Bindings::of(headers, &args.clang_arg)?;
    let ours = Bindings::of(include, &[])?;
    if let Some(output) = &args.output {
        std::fs::write(output, theirs.text()?)
            .with_context(|| format!("cannot write {}", output.display()))?;
    }
    let differences = compare::compare(&ours.view(), &theirs.view());
    if differences.is_empty() {
        println!("{} agrees with our headers", headers.display());
        return Ok(());
    }
    println!("{}", compare::table(&differences));
    let count = differences.len();
    anyhow::bail!(Negative(format!(
        "differences from {}: {count}",
        headers.display()
    )))
}

/// What bindgen makes of a set of headers.
struct Bindings(syn::File);

impl Bindings {
    /// Runs bindgen over the `sisci_api.h` in `include` or its folder `dis`, and all it includes
    /// from there.
    fn of(include: &Path, clang_args: &[String]) -> anyhow::Result<Self> {
        let include = include
            .canonicalize()
            .with_context(|| format!("no folder {}", include.display()))?;
        let candidates = [include.join("sisci_api.h"), include.join("dis/sisci_api.h")];
        let header = candidates.iter().find(|path| path.is_file());
        let header = header.with_context(|| format!("no sisci_api.h in {}", include.display()))?;
        let folder = include.display().to_string();
        let bindings = bindgen::builder()
            .header(header.display().to_string())
            .clang_args(["-std=c99", "-D_REENTRANT"])
            .clang_args([format!("-I{folder}"), format!("-I{folder}/dis")])
            .clang_args(clang_args)
            .allowlist_file(format!("{}/.*", literal(&folder)))
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
            .with_context(|| format!("bindgen failed on {}", header.display()))?;
        let file = syn::parse_file(&bindings.to_string());
        Ok(Self(file.context("bindgen made text that does not parse")?))
    }

    /// The whole text of `bindings.rs`.
    fn text(&self) -> anyhow::Result<String> {
        let mut out = Output::default();
        for item in &self.0.items {
            out.add(item.clone())?;
        }
        Ok(format!("{HEADER}\n{}", out.text()))
    }

    /// What can be compared.
    fn view(&self) -> compare::View {
        compare::View::of(&self.0)
    }
}

/// A regular expression for exactly this text.
fn literal(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let plain = c.is_alphanumeric() || matches!(c, '/' | '_');
            (!plain).then_some('\\').into_iter().chain([c])
        })
        .collect()
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
                // Headers may as well give the functions their plain names.
                let name = symbols::function_name(&symbol).unwrap_or(&symbol);
                self.functions.push(pointer_type(name, &function));
            }
            syn::ForeignItem::Static(constant) => {
                let symbol = constant.ident.to_string();
                let name = symbols::constant_name(&symbol).unwrap_or(&symbol);
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

#[cfg(test)]
mod tests;
