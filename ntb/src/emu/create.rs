//! `ntb emu create` and `ntb emu show`: the settings of a fabric.

use std::fmt::Write;
use std::path::Path;

use anyhow::{anyhow, bail};
use comfy_table::presets::NOTHING;
use sisci::control::Fabric;
use sisci::runtime::limits::LIMITS;
use sisci::runtime::settings::{Access, FILE, Settings};

use super::say;

#[derive(Debug, clap::Args)]
pub struct Create {
    /// Who may use it: user, group (of the folder), all.
    #[arg(long, default_value = "user", value_parser = ["user", "group", "all"])]
    access: String,
    /// Whose limits hold: none, pxh810, mxh930.
    #[arg(long, default_value = "none", value_parser = ["none", "pxh810", "mxh930"])]
    adapter: String,
    /// How long things take: none, pxh810, mxh930, or the path of a TOML file.
    #[arg(long, default_value = "none")]
    model: String,
    /// A limit other than the adapter's, for example segments=100 or maps=unlimited.
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    limits: Vec<String>,
    /// Replace the settings that are there. Processes that run keep what they have read.
    #[arg(long)]
    replace: bool,
}

impl Create {
    /// # Errors
    /// For settings that can't hold, and if the folder can't be used.
    pub fn run(&self, dir: &Path) -> anyhow::Result<()> {
        let fabric = Fabric::create(dir, &self.text()?, self.replace)?;
        say(format_args!("{}", fabric.dir().join(FILE).display()))
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::from(
            "# Settings of this fabric; every process reads them when it starts. See docs/emulator.md.\n",
        );
        writeln!(text, "access = {:?}", self.access)?;
        writeln!(text, "adapter = {:?}", self.adapter)?;
        writeln!(text, "model = {:?}", self.model)?;
        if !self.limits.is_empty() {
            text.push_str("\n[limits]\n");
        }
        for limit in &self.limits {
            let Some((name, value)) = limit.split_once('=') else {
                bail!("--limit {limit}: must be NAME=VALUE");
            };
            let name_is_plain = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            if name.is_empty() || !name_is_plain {
                bail!("--limit {limit}: {name:?} is no name of a limit");
            }
            match value.parse::<i64>() {
                Ok(number) => writeln!(text, "{name} = {number}")?,
                Err(_) => writeln!(text, "{name} = {value:?}")?,
            }
        }
        Ok(text)
    }
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Print the settings as a `fabric.toml` that says all of them.
    #[arg(long)]
    toml: bool,
}

impl Show {
    /// # Errors
    /// If the settings can't be read or are wrong.
    pub fn run(&self, dir: &Path) -> anyhow::Result<()> {
        let settings = Settings::load(dir).map_err(|error| anyhow!(error))?;
        let words = [
            ("access", settings.access.name(), meaning(settings.access)),
            ("adapter", settings.adapter.name(), "whose limits hold"),
            (
                "model",
                settings.model_name.as_str(),
                "how long things take",
            ),
        ];
        if self.toml {
            for (key, value, _) in words {
                say(format_args!("{key} = {value:?}"))?;
            }
            say(format_args!("\n[limits]"))?;
            for limit in LIMITS {
                let value = limit.show(&settings.limits);
                match value.parse::<u64>() {
                    Ok(number) => say(format_args!("{} = {number}", limit.name()))?,
                    Err(_) => say(format_args!("{} = {value:?}", limit.name()))?,
                }
            }
            return Ok(());
        }
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING);
        table.set_header(["SETTING", "VALUE", "FROM", "MEANING"]);
        for (key, value, meaning) in words {
            table.add_row([key, value, settings.source(key).name(), meaning]);
        }
        for limit in LIMITS {
            let value = limit.show(&settings.limits);
            let source = settings.source(limit.key).name();
            table.add_row([limit.key, &value, source, limit.what]);
        }
        say(format_args!("fabric {}", dir.display()))?;
        say(format_args!("{table}"))
    }
}

fn meaning(access: Access) -> &'static str {
    match access {
        Access::User => "one user may use it",
        Access::Group => "the folder's group may use it",
        Access::All => "everybody on this machine may use it",
    }
}
