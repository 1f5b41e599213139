//! `pins update`: writes pins.toml anew; comments and order stay.

use super::{Pins, Release, check};
use crate::util;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use toml_edit::{ArrayOfTables, DocumentMut, Table, value};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A git directory of BeeGFS: commits and digests of the pinned releases are taken from it.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Releases to pin as well, separated by commas.
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "source")]
    add: Vec<String>,
    /// Take the toolchain and the tools that are installed here.
    #[arg(long)]
    tools: bool,
}

pub fn run(args: &Args) -> Result<()> {
    ensure!(
        args.source.is_some() || args.tools,
        "nothing to update: give --source, --tools or both"
    );
    let path = util::root().join("pins.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut document: DocumentMut = text.parse().context("pins.toml")?;
    let pins = Pins::load()?;
    if args.tools {
        tools(&mut document, &pins);
    }
    if let Some(git_dir) = &args.source {
        let pinned = pins.beegfs.release.iter().map(|release| &release.tag);
        for tag in pinned.chain(&args.add) {
            let release = check::measure(git_dir, tag)?;
            println!(
                "BeeGFS {tag}: commit {}, tree {}",
                release.commit, release.tree
            );
            put(&mut document, &release)?;
        }
    }
    util::write_whole(&path, &document.to_string())
}

fn tools(document: &mut DocumentMut, pins: &Pins) {
    if let Some(rust) = check::rust_here() {
        println!("rust: {rust}");
        document["toolchain"]["rust"] = value(rust);
    }
    for tool in pins.tools.keys() {
        if let Some(version) = check::tool_here(tool) {
            println!("{tool}: {version}");
            document["tools"][tool] = value(version);
        }
    }
}

/// Changes the release's entry, or adds one.
fn put(document: &mut DocumentMut, release: &Release) -> Result<()> {
    let beegfs = document["beegfs"].as_table_mut().context("[beegfs]")?;
    let releases = beegfs
        .entry("release")
        .or_insert(toml_edit::Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .context("[[beegfs.release]]")?;
    let is_it = |table: &Table| table["tag"].as_str() == Some(&release.tag);
    if !releases.iter().any(is_it) {
        let mut table = Table::new();
        table["tag"] = value(&release.tag);
        releases.push(table);
    }
    let entry = releases.iter_mut().find(|table| is_it(table));
    let entry = entry.context("the entry")?;
    entry["commit"] = value(&release.commit);
    entry["servers"] = value(&release.servers);
    entry["tree"] = value(&release.tree);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_changed_or_added_and_comments_stay() {
        let text = "# why\n[beegfs]\nrepository = \"r\"\n\n[[beegfs.release]]\ntag = \"1\"\ncommit = \"a\"\n";
        let mut document: DocumentMut = text.parse().unwrap();
        for tag in ["1", "2"] {
            let text = |name: &str| format!("{name}{tag}");
            let release = Release {
                tag: tag.into(),
                commit: text("commit"),
                servers: text("servers"),
                tree: text("tree"),
            };
            put(&mut document, &release).unwrap();
        }
        let text = document.to_string();
        assert!(text.starts_with("# why\n"), "{text}");
        assert!(text.contains("commit = \"commit1\""), "{text}");
        assert!(text.contains("tag = \"2\"\ncommit = \"commit2\""), "{text}");
        assert_eq!(text.matches("[[beegfs.release]]").count(), 2, "{text}");
    }
}
