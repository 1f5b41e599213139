//! Which programs a cluster runs: checked before anything is made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

use super::plan::{ClusterName, Host, Role};
use crate::build::install::{MANIFEST, Manifest};
use crate::patch::version;
use crate::stock;

/// A configuration key that only patched daemons know.
const KEY_OF_PATCHED: &str = "connNTBLibrary";

/// What patched daemons load, below their prefix.
const LIBRARIES: [&str; 2] = ["lib/libbeegfs_ntb.so", "lib/sisci-emu/libsisci.so"];

/// The programs of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Software {
    prefix: PathBuf,
    /// Whether the daemons in `prefix` have the transport.
    patched: bool,
    /// The separate management daemon of BeeGFS 8.
    mgmtd: Option<PathBuf>,
    /// Hosts that run unpatched daemons of another prefix.
    stock: BTreeMap<Host, PathBuf>,
    /// Hosts whose adapter is on another fabric, and its name.
    #[serde(default)]
    fabrics: BTreeMap<Host, ClusterName>,
}

/// `HOST=PREFIX`.
#[derive(Clone, Debug)]
pub struct StockHost {
    host: Host,
    prefix: PathBuf,
}

/// `HOST=NAME`: the fabric of a host.
#[derive(Clone, Debug)]
pub struct OtherFabric {
    host: Host,
    fabric: ClusterName,
}

/// `[HOST:]KEY=VALUE`: a configuration key for one or all daemons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    host: Option<Host>,
    key: String,
    value: String,
}

impl Software {
    /// Finds all programs.
    ///
    /// # Errors
    /// Names the file or folder that is missing or not what it should be.
    pub fn find(prefix: &Path, mgmtd: Option<&Path>, stock: &[StockHost]) -> anyhow::Result<Self> {
        let prefix = folder(prefix)?;
        let mgmtd = mgmtd.map(program).transpose()?;
        let mut roles = vec![Role::Storage, Role::Meta];
        if mgmtd.is_none() {
            if !in_prefix(&prefix, Role::Management).exists() {
                bail!(
                    "no {} (a build of BeeGFS 8 has none: name a management daemon with --mgmtd)",
                    in_prefix(&prefix, Role::Management).display()
                );
            }
            roles.extend([Role::Management, Role::Client]);
        }
        for role in roles {
            program(&in_prefix(&prefix, role))?;
        }
        let patched = is_patched(&in_prefix(&prefix, Role::Storage))?;
        if patched {
            for library in LIBRARIES {
                let file = prefix.join(library);
                ensure!(
                    file.is_file(),
                    "no {}, which patched daemons need here",
                    file.display()
                );
            }
        }
        let mut stock_prefixes = BTreeMap::new();
        for StockHost { host, prefix } in stock {
            stock_prefixes.insert(*host, stock_prefix(*host, prefix, mgmtd.is_some())?);
        }
        Ok(Self {
            prefix,
            patched,
            mgmtd,
            stock: stock_prefixes,
            fabrics: BTreeMap::new(),
        })
    }

    /// The same programs with some adapters on other fabrics.
    pub fn with_fabrics(mut self, others: &[OtherFabric]) -> Self {
        let pairs = others.iter().cloned();
        self.fabrics = pairs.map(|other| (other.host, other.fabric)).collect();
        self
    }

    /// Folder of the emulated fabric that a host's adapter is on.
    pub fn fabric_dir(&self, name: &ClusterName, host: Host) -> PathBuf {
        match self.fabrics.get(&host) {
            Some(other) => name.run_dir().join(format!("fabric-{other}")),
            None => name.fabric_dir(),
        }
    }

    /// The file that is run on `host`: its daemon, or the control tool on the client.
    pub fn program(&self, host: Host) -> PathBuf {
        match (&self.mgmtd, host.role()) {
            (Some(mgmtd), Role::Management) => mgmtd.clone(),
            (_, role) => in_prefix(self.stock.get(&host).unwrap_or(&self.prefix), role),
        }
    }

    /// What the build says about itself; none if it was made by other means.
    ///
    /// # Errors
    /// It can't be read.
    pub fn manifest(&self) -> anyhow::Result<Option<Manifest>> {
        let path = self.prefix.join(MANIFEST);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            text => {
                let read = || Ok::<_, anyhow::Error>(serde_json::from_slice(&text?)?);
                read().with_context(|| path.display().to_string()).map(Some)
            }
        }
    }

    /// Whether metadata servers take orders to move chunks. Of a build that does not say what it is, it is
    /// assumed.
    ///
    /// # Errors
    /// As [`Self::manifest`].
    pub fn balances_chunks(&self) -> anyhow::Result<bool> {
        let Some(manifest) = self.manifest()? else {
            return Ok(self.is_version_8());
        };
        let release = version::parse(&manifest.version)?;
        Ok((release.major, release.minor) >= (8, 2))
    }

    /// Whether the management daemon is the separate program of BeeGFS 8.
    pub fn is_version_8(&self) -> bool {
        self.mgmtd.is_some()
    }

    /// Whether the program on `host` has the transport.
    pub fn has_ntb(&self, host: Host) -> bool {
        let separate = self.is_version_8() && host.role() == Role::Management;
        self.patched && !separate && !self.stock.contains_key(&host)
    }

    pub fn is_patched(&self) -> bool {
        self.patched
    }

    /// Whether the unpatched program on `host` finds the plugin that gives it the transport.
    pub fn has_plugin(&self, host: Host) -> bool {
        let prefix = self.stock.get(&host).unwrap_or(&self.prefix);
        let separate = self.is_version_8() && host.role() == Role::Management;
        let unpatched = !self.patched || self.stock.contains_key(&host);
        unpatched && !separate && stock::is_plugin(&prefix.join("lib").join(stock::LIBRARY))
    }

    pub fn prefix(&self) -> &Path {
        &self.prefix
    }
}

impl Setting {
    /// Whether this is for the program on `host`: an NTB key never is for an unpatched one,
    /// which would refuse to start.
    pub fn is_for(&self, host: Host, has_ntb: bool) -> bool {
        let is_ntb = self.key.starts_with("connNTB") || self.key == "connUseNTB";
        self.host.is_none_or(|only| only == host) && (has_ntb || !is_ntb)
    }

    /// As a daemon's argument.
    pub fn argument(&self) -> String {
        format!("{}={}", self.key, self.value)
    }
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("KEY=VALUE or HOST:KEY=VALUE")?;
        let (host, key) = match key.split_once(':') {
            Some((host, key)) => (Some(host_named(host)?), key),
            None => (None, key),
        };
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("{key:?} is no configuration key"));
        }
        Ok(Self {
            host,
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

impl FromStr for StockHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, prefix) = text.split_once('=').ok_or("HOST=PREFIX")?;
        Ok(Self {
            host: host_named(host)?,
            prefix: PathBuf::from(prefix),
        })
    }
}

impl FromStr for OtherFabric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, fabric) = text.split_once('=').ok_or("HOST=NAME")?;
        Ok(Self {
            host: host_named(host)?,
            fabric: fabric.parse()?,
        })
    }
}

fn host_named(name: &str) -> Result<Host, String> {
    Host::named(name).ok_or_else(|| {
        let names: Vec<_> = Host::ALL.iter().map(|host| host.name()).collect();
        format!("no host {name:?}; there are {}", names.join(", "))
    })
}

fn stock_prefix(host: Host, prefix: &Path, version_8: bool) -> anyhow::Result<PathBuf> {
    if version_8 && host.role() == Role::Management {
        bail!(
            "--stock {}: with --mgmtd the management daemon is stock anyway",
            host.name()
        );
    }
    let prefix = folder(prefix)?;
    let program = program(&in_prefix(&prefix, host.role()))?;
    ensure!(
        !is_patched(&program)?,
        "{} is patched, --stock is for others",
        program.display()
    );
    Ok(prefix)
}

fn in_prefix(prefix: &Path, role: Role) -> PathBuf {
    prefix.join("sbin").join(role.program())
}

fn folder(path: &Path) -> anyhow::Result<PathBuf> {
    let path = path
        .canonicalize()
        .with_context(|| format!("prefix {}", path.display()))?;
    ensure!(path.is_dir(), "prefix {} is no folder", path.display());
    Ok(path)
}

fn program(path: &Path) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = path
        .canonicalize()
        .with_context(|| format!("program {}", path.display()))?;
    let metadata = path.metadata()?;
    let runs = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
    ensure!(runs, "{} is no program", path.display());
    Ok(path)
}

/// Whether a program knows the transport's keys: their names stand in it as text.
fn is_patched(program: &Path) -> anyhow::Result<bool> {
    let status = Command::new("grep")
        .args(["--quiet", "--text", "--fixed-strings", KEY_OF_PATCHED])
        .arg(program)
        .stdin(Stdio::null())
        .status()
        .context("grep")?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!("cannot search {}: grep {status}", program.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_a_host_or_none() {
        let all: Setting = "connUseNTB=false".parse().expect("setting");
        assert_eq!(all.argument(), "connUseNTB=false");
        assert!(all.is_for(Host::Meta, true));
        assert!(
            !all.is_for(Host::Meta, false),
            "unpatched daemons do not know the key"
        );

        let one: Setting = "storage2:sysMgmtdHost=a:b=c".parse().expect("setting");
        assert_eq!(one.argument(), "sysMgmtdHost=a:b=c");
        assert!(one.is_for(Host::Storage2, false));
        assert!(!one.is_for(Host::Storage1, true));

        for bad in ["connUseNTB", "=1", "nohost:key=1", "two words=1"] {
            assert!(bad.parse::<Setting>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn says_which_file_is_missing() {
        let error = Software::find(Path::new("/nonexistent"), None, &[]).expect_err("missing");
        assert!(format!("{error:#}").contains("/nonexistent"), "{error:#}");
    }
}
