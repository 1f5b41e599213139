//! `ntb beemsg` on the client host.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::super::plan::Role;
use super::{Host, State, launch};
use crate::util;

/// The tool, and how it reaches the cluster.
pub struct Tool {
    program: PathBuf,
    state: State,
}

/// A storage target or a metadata server, as the management daemon knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub number: u16,
    pub host: Host,
    pub reachability: String,
    pub consistency: String,
}

/// A mirror group of storage targets, or of metadata servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub number: u16,
    pub primary: u16,
    pub secondary: u16,
}

impl Tool {
    /// The program that was named, or a fresh one.
    ///
    /// # Errors
    /// If there is none, or it can't be built.
    pub fn get(state: &State, named: Option<&Path>) -> anyhow::Result<Self> {
        let program = match named {
            Some(named) => named
                .canonicalize()
                .with_context(|| format!("--ntb {}", named.display()))?,
            None => build()?,
        };
        Ok(Self {
            program,
            state: state.clone(),
        })
    }

    /// Writes and reads chunks over NTB; every byte is compared.
    ///
    /// # Errors
    /// With what the tool says.
    pub fn load(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let library = self
            .state
            .software
            .prefix()
            .join("lib/sisci-emu/libsisci.so");
        let library = library.to_string_lossy();
        let fixed = ["load", "--json", "--library", &library];
        self.run(&[&fixed[..], arguments].concat())
    }

    /// One of the tool's commands that prints JSON.
    ///
    /// # Errors
    /// With what the tool says.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let State { name, software, .. } = &self.state;
        let output = launch::on_host(name, software, Host::Client, &[])
            .arg(&self.program)
            .arg("beemsg")
            .args(arguments)
            .args(["--mgmtd", &Host::Mgmtd.address().to_string()])
            .arg("--auth-file")
            .arg(name.auth_file())
            .args(["--family", if software.is_version_8() { "8" } else { "7" }])
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.program.display().to_string())?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}", errors.trim());
        serde_json::from_slice(&output.stdout).context("the tool's output")
    }

    fn nodes(&self) -> anyhow::Result<Value> {
        self.run(&["nodes", "--json"])
    }

    /// All storage targets, or all metadata servers.
    ///
    /// # Errors
    /// If the management daemon does not answer.
    pub fn targets(&self, role: Role) -> anyhow::Result<Vec<Target>> {
        let nodes = self.nodes()?;
        let key = if role == Role::Meta {
            "meta"
        } else {
            "targets"
        };
        let list = nodes[key].as_array().context(key)?;
        let read = |target| read(target, role, &nodes);
        list.iter().map(read).collect()
    }

    /// # Errors
    /// If there is no such target.
    pub fn target(&self, role: Role, number: u16) -> anyhow::Result<Target> {
        let found = self.targets(role)?;
        let mut found = found.into_iter().filter(|target| target.number == number);
        found.next().with_context(|| format!("no target {number}"))
    }

    /// Whether metadata servers mirror the root directory.
    ///
    /// # Errors
    /// If the management daemon does not answer.
    pub fn mirrors_metadata(&self) -> anyhow::Result<bool> {
        Ok(self.nodes()?["root_is_mirrored"] == true)
    }

    /// The first mirror group, if there is one.
    ///
    /// # Errors
    /// If the management daemon does not answer.
    pub fn group(&self, role: Role) -> anyhow::Result<Option<Group>> {
        let nodes = self.nodes()?;
        let key = if role == Role::Meta {
            "meta_groups"
        } else {
            "groups"
        };
        let Some(group) = nodes[key].get(0) else {
            return Ok(None);
        };
        Ok(Some(Group {
            number: number(&group["number"])?,
            primary: number(&group["primary"])?,
            secondary: number(&group["secondary"])?,
        }))
    }
}

fn read(target: &Value, role: Role, nodes: &Value) -> anyhow::Result<Target> {
    let servers = nodes["storage"].as_array().context("storage servers")?;
    let server = match role {
        // A metadata server has one target, itself.
        Role::Meta => Some(target),
        _ => servers
            .iter()
            .find(|server| server["number"] == target["server"]),
    };
    let address = server.and_then(|server| server["addresses"][0].as_str());
    let host = address
        .and_then(|address| address.parse().ok())
        .and_then(Host::at)
        .filter(|host| host.role() == role);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(Target {
        number: number(&target["number"])?,
        host: host.context("a target's server is none of the cluster's")?,
        reachability: text(&target["reachability"]),
        consistency: text(&target["consistency"]),
    })
}

fn number(value: &Value) -> anyhow::Result<u16> {
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok());
    number.context("a number of a target or group")
}

fn build() -> anyhow::Result<PathBuf> {
    let mut cargo = util::cargo();
    cargo.args(["build", "--release", "--package", "ntb"]);
    let status = cargo.status().context("cargo")?;
    ensure!(status.success(), "building ntb: cargo {status}");
    Ok(util::target_dir().join("release/ntb"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_target_is_found_on_its_host() {
        let nodes = json!({"storage": [{"number": 2, "addresses": ["10.77.0.3"]}]});
        let target = json!({"number": 201, "server": 2, "reachability": "online",
                            "consistency": "good"});
        let storage = read(&target, Role::Storage, &nodes).unwrap();
        assert_eq!((storage.number, storage.host), (201, Host::Storage2));
        assert_eq!(storage.reachability, "online");

        let server = json!({"number": 1, "addresses": ["10.77.0.4"], "reachability": "offline",
                            "consistency": "good"});
        let meta = read(&server, Role::Meta, &nodes).unwrap();
        assert_eq!((meta.number, meta.host), (1, Host::Meta));
    }
}
