//! `cargo xtask capi header`: the C view of the crate `capi`, by cbindgen.

use crate::util;
use anyhow::{Context, Result, ensure};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with the committed file instead of writing it; a difference is an error.
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> Result<()> {
    let target = util::root().join("capi/include/ntb.h");
    let fresh = text()?;
    if !args.check {
        return std::fs::write(&target, fresh)
            .with_context(|| format!("cannot write {}", target.display()));
    }
    let committed = std::fs::read_to_string(&target)
        .with_context(|| format!("cannot read {}", target.display()))?;
    ensure!(
        committed == fresh,
        "{} is out of date: run `cargo xtask capi header`",
        target.display()
    );
    Ok(())
}

/// The header that the sources say.
fn text() -> Result<String> {
    let folder = util::root().join("capi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))
        .map_err(|error| anyhow::anyhow!("capi/cbindgen.toml: {error}"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    // File by file, in the order in which a reader wants to meet them.
    for name in [
        "code",
        "failure",
        "settings",
        "status",
        "transport",
        "listener",
        "endpoint",
    ] {
        builder = builder.with_src(folder.join(format!("src/{name}.rs")));
    }
    let bindings = builder.generate().context("cbindgen fails on capi/src")?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(String::from_utf8(text)?)
}
