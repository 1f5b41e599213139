//! `cargo xtask sisci check-library`: what a site with hardware runs first.

use super::{Negative, elf, tiers};
use anyhow::{Result, bail};
use ntb_core::sisci::{Device, Engine};
use serde::Serialize;
use sisci_sys::symbols::{self, MT_PREFIX, ST_PREFIX};
use sisci_sys::{CONSTANT_NAMES, Constants, FUNCTION_NAMES, Functions};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The library, usually /opt/DIS/lib64/libsisci.so.
    library: PathBuf,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    json: bool,
    /// Also load the library, initialise it and ask it what it is; its driver has to run for that.
    #[arg(long)]
    run: bool,
    /// Adapter to open with --run.
    #[arg(long, default_value_t = 0, requires = "run")]
    adapter: u32,
}

/// Everything that the command tells.
#[derive(Debug, Serialize)]
struct Report {
    library: PathBuf,
    architecture: String,
    /// Whether its symbols carry versions.
    versioned: bool,
    functions: Vec<Function>,
    constants: Vec<Constant>,
    /// SISCI symbols that our headers don't know, plain `SCI...` functions among them.
    unknown: Vec<String>,
    /// What our transport can't do without, and the library lacks.
    missing: Vec<String>,
    /// The answers with --run.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Answers>,
    usable: bool,
}

#[derive(Debug, Serialize)]
struct Function {
    name: &'static str,
    /// 1: used by nearly every program, 4: rare.
    tier: u8,
    mt: bool,
    st: bool,
    needed: bool,
}

#[derive(Debug, Serialize)]
struct Constant {
    name: &'static str,
    exported: bool,
    /// Unknown also if the library fills it in at run time.
    value: Option<u32>,
    emulator: Option<u32>,
    needed: bool,
}

#[derive(Debug, Serialize)]
struct Answers {
    vendor: String,
    api: String,
    node: u32,
    link_up: bool,
    /// Whether the adapter has each DMA engine; unknown if the library doesn't tell.
    engines: BTreeMap<String, Option<bool>>,
    dma_size_alignment: Option<u32>,
    dma_offset_alignment: Option<u32>,
    dma_longest: Option<u32>,
}

pub fn run(args: Args) -> Result<()> {
    let mut report = report(&args.library)?;
    if args.run && report.usable {
        match ask(&args.library, args.adapter) {
            Ok(answers) => report.answers = Some(answers),
            Err(error) => {
                report.missing.push(format!("a device that opens: {error}"));
                report.usable = false;
            }
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", text(&report));
    }
    if report.usable {
        return Ok(());
    }
    bail!(Negative(format!(
        "the transport can't run on {}: it lacks {}",
        report.library.display(),
        some_of(&report.missing)
    )))
}

/// The first few; all of them stand in the report.
fn some_of(missing: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = missing[..missing.len().min(SHOWN)].join(", ");
    match missing.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn report(library: &Path) -> Result<Report> {
    let exports = elf::read(library)?;
    let has = |symbol: String| exports.symbols.contains_key(&symbol);
    let functions = FUNCTION_NAMES.iter().map(|name| Function {
        name,
        tier: tiers::tier(name),
        mt: has(format!("{MT_PREFIX}{name}")),
        st: has(format!("{ST_PREFIX}{name}")),
        needed: Functions::REQUIRED.contains(name),
    });
    let constants = CONSTANT_NAMES.iter().map(|name| {
        let symbol =
            symbols::constant_symbols(name).find(|symbol| exports.symbols.contains_key(symbol));
        let emulator = ::sisci::model::flags::ALL
            .iter()
            .find(|(own, _)| own == name);
        Constant {
            name,
            exported: symbol.is_some(),
            value: symbol.and_then(|symbol| exports.symbols[&symbol]),
            emulator: emulator.map(|(_, value)| *value),
            needed: Constants::REQUIRED.contains(name),
        }
    });
    let (functions, constants): (Vec<_>, Vec<_>) = (functions.collect(), constants.collect());
    let unknown = exports.symbols.keys().filter(|symbol| is_unknown(symbol));
    let mut missing = Vec::new();
    if exports.architecture != std::env::consts::ARCH {
        let (theirs, ours) = (&exports.architecture, std::env::consts::ARCH);
        missing.push(format!("code for {ours} (it is for {theirs})"));
    }
    let absent = functions
        .iter()
        .filter(|one| one.needed && !one.mt && !one.st);
    missing.extend(absent.map(|one| one.name.to_owned()));
    let absent = constants.iter().filter(|one| one.needed && !one.exported);
    missing.extend(absent.map(|one| one.name.to_owned()));
    Ok(Report {
        library: library.to_owned(),
        architecture: exports.architecture.clone(),
        versioned: exports.versioned,
        unknown: unknown.cloned().collect(),
        usable: missing.is_empty(),
        functions,
        constants,
        missing,
        answers: None,
    })
}

/// A symbol of the interface by its name, that our headers don't have.
fn is_unknown(symbol: &str) -> bool {
    let function = symbols::function_name(symbol).map(|name| !FUNCTION_NAMES.contains(&name));
    let constant = symbols::constant_name(symbol).map(|name| !CONSTANT_NAMES.contains(&name));
    function
        .or(constant)
        .unwrap_or_else(|| symbol.starts_with("SCI") || symbol.contains("_SISCI_"))
}

/// Loads the library the way the transport does.
fn ask(library: &Path, adapter: u32) -> Result<Answers> {
    // The loader takes a name without a slash for one that it shall look up itself.
    let library = std::path::absolute(library)?;
    let device = Device::open(library.as_os_str(), adapter)?;
    let description = device.describe();
    let engines = [Engine::Adapter, Engine::System, Engine::Global];
    let engines = engines.map(|one| (format!("{one:?}").to_lowercase(), device.has_engine(one)));
    let limits = device.dma_limits().ok();
    Ok(Answers {
        vendor: description.vendor,
        api: description.api,
        node: device.node(),
        link_up: device.link_is_up(),
        engines: engines.into(),
        dma_size_alignment: limits.map(|limits| limits.size_alignment),
        dma_offset_alignment: limits.map(|limits| limits.offset_alignment),
        dma_longest: limits.map(|limits| limits.most),
    })
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    let yes = |value| if value { "yes" } else { "-" };
    let value = |value: Option<u32>| value.map_or("-".to_owned(), |value| format!("{value:#010x}"));
    let _ = writeln!(
        out,
        "{} ({})\n",
        report.library.display(),
        report.architecture
    );
    let _ = writeln!(out, "{:<44} tier  MT   ST   needed", "function");
    for one in &report.functions {
        let (mt, st, needed) = (yes(one.mt), yes(one.st), yes(one.needed));
        let _ = writeln!(
            out,
            "{:<44} {:<5} {mt:<4} {st:<4} {needed}",
            one.name, one.tier
        );
    }
    let _ = writeln!(
        out,
        "\n{:<50} {:<11} {:<11} needed",
        "constant", "value", "emulator's"
    );
    for one in &report.constants {
        let found = match one.value {
            None if one.exported => "at run time".to_owned(),
            found => value(found),
        };
        let (emulator, needed) = (value(one.emulator), yes(one.needed));
        let differs = if one.value.is_some() && one.value != one.emulator {
            "  differs"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "{:<50} {found:<11} {emulator:<11} {needed}{differs}",
            one.name
        );
    }
    if report.versioned {
        let _ = writeln!(out, "\nthe symbols carry versions");
    }
    if !report.unknown.is_empty() {
        let _ = writeln!(out, "\nnot in our headers: {}", report.unknown.join(", "));
    }
    if !report.missing.is_empty() {
        let _ = writeln!(out, "\nmissing: {}", report.missing.join(", "));
    }
    if let Some(answers) = &report.answers {
        out += &spoken(answers);
    }
    let functions = report
        .functions
        .iter()
        .filter(|one| one.mt || one.st)
        .count();
    let constants = report.constants.iter().filter(|one| one.exported).count();
    let _ = writeln!(
        out,
        "\n{functions} of {} functions, {constants} of {} constants; {}",
        report.functions.len(),
        report.constants.len(),
        if report.usable {
            "the transport can use it"
        } else {
            "the transport can't use it"
        }
    );
    out
}

/// The answers in words.
fn spoken(answers: &Answers) -> String {
    let link = if answers.link_up { "up" } else { "down" };
    let engines = answers.engines.iter().map(|(name, there)| match there {
        Some(true) => format!("{name} yes"),
        Some(false) => format!("{name} no"),
        None => format!("{name} unknown"),
    });
    let engines = engines.collect::<Vec<_>>().join(", ");
    let bytes = |value: Option<u32>| value.map_or("unknown".to_owned(), |value| value.to_string());
    format!(
        "\nvendor: {}\nAPI: {}\nnode {}, link {link}\nDMA engines: {engines}\n\
         DMA sizes in multiples of {}, offsets of {}, at most {} bytes\n",
        answers.vendor,
        answers.api,
        answers.node,
        bytes(answers.dma_size_alignment),
        bytes(answers.dma_offset_alignment),
        bytes(answers.dma_longest)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// A library with all needed symbols but those in `without`.
    fn library(folder: &Path, without: &[&str]) -> PathBuf {
        let mut code = String::new();
        for name in Functions::REQUIRED
            .iter()
            .filter(|name| !without.contains(name))
        {
            code += &format!("void {ST_PREFIX}{name}(void) {{}}\n");
        }
        for name in Constants::REQUIRED
            .iter()
            .filter(|name| !without.contains(name))
        {
            code += &format!("const unsigned {}{name} = 5;\n", symbols::CONSTANT_PREFIX);
        }
        code += "void SCINews(void) {}\nvoid other(void) {}\n";
        let (source, library) = (folder.join("lib.c"), folder.join("lib.so"));
        std::fs::write(&source, code).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC"])
            .arg(&source)
            .arg("-o")
            .arg(&library);
        crate::util::output(&mut cc).unwrap();
        library
    }

    #[test]
    fn a_library_without_optional_functions_is_usable() {
        let folder = tempfile::tempdir().unwrap();
        let report = report(&library(folder.path(), &[])).unwrap();
        assert!(report.usable, "{:?}", report.missing);
        assert_eq!(report.unknown, ["SCINews"]);
        let text = text(&report);
        assert!(text.contains("the transport can use it"), "{text}");
        assert!(text.contains("0x00000005"), "{text}");
        assert!(text.contains("differs"), "{text}");
    }

    #[test]
    fn what_is_needed_and_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let gaps = ["SCIMapRemoteSegment", "SCI_FLAG_DMA_READ"];
        let library = library(folder.path(), &gaps);
        let report = report(&library).unwrap();
        assert_eq!(report.missing, gaps);
        let args = Args {
            library,
            json: true,
            run: true,
            adapter: 0,
        };
        let error = run(args).unwrap_err();
        assert!(error.downcast_ref::<Negative>().is_some(), "{error:#}");
        assert!(
            error.to_string().contains("SCIMapRemoteSegment"),
            "{error:#}"
        );
    }
}
