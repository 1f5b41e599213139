//! Manual pages and completions, made from the definition of the commands itself.

use std::{io::Write, path::Path};

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

/// Writes a shell's script to standard output.
pub fn completions(mut command: Command, shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "ntb", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}

/// Writes `ntb.1`, `ntb-stat.1` and so on, one for each command that is shown.
///
/// # Errors
/// The folder can't be written to.
pub fn man(command: Command, folder: &Path) -> anyhow::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let write = |command: &Command| -> anyhow::Result<()> {
        let page = clap_mangen::Man::new(command.clone()).manual("ntb");
        let path = folder.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text)?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())
    };
    let mut open = vec![&command];
    while let Some(command) = open.pop() {
        write(command)?;
        open.extend(
            command
                .get_subcommands()
                .filter(|command| !command.is_hide_set()),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_shown_command_has_a_page() {
        let folder = tempfile::tempdir().expect("made");
        man(Cli::command(), folder.path()).expect("written");
        let names: Vec<_> = std::fs::read_dir(folder.path())
            .expect("read")
            .map(|entry| {
                entry
                    .expect("read")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .collect();
        for name in ["ntb.1", "ntb-stat.1", "ntb-emu-link.1"] {
            assert!(
                names.iter().any(|found| found == name),
                "{name} in {names:?}"
            );
        }
        assert!(!names.iter().any(|name| name == "ntb-man.1"), "{names:?}");
    }
}
