//! The settings of a fabric: the file `fabric.toml` in its folder.
//!
//! All processes of a fabric read it at `SCIInitialize`. Without the file everything has its
//! default. What the file says wrong is refused with the key, its value and what it may be.

use crate::runtime::limits::{Adapter, LIMITS, Limits};
use crate::runtime::model::Model;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// Name of the file in the fabric's folder.
pub const FILE: &str = "fabric.toml";
/// Overrides `model` for one process.
pub const MODEL_VARIABLE: &str = "SISCI_EMU_MODEL";

/// Who may use a fabric: how its folder, its files and its sockets are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Processes of one user.
    #[default]
    User,
    /// Processes of the folder's group.
    Group,
    /// Everybody on the machine.
    All,
}

impl Access {
    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::All => "all",
        }
    }

    /// The access of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::User, Self::Group, Self::All];
        all.into_iter().find(|access| access.name() == name)
    }

    /// Permissions of folders.
    pub fn folder_mode(self) -> u32 {
        match self {
            Self::User => 0o700,
            Self::Group => 0o770,
            Self::All => 0o777,
        }
    }

    /// Permissions of files and sockets.
    pub fn file_mode(self) -> u32 {
        self.folder_mode() & 0o666
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The preset of the adapter.
    Preset,
    /// `fabric.toml`.
    File,
    /// A variable of the environment.
    Environment,
}

impl Source {
    /// A word for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Preset => "adapter",
            Self::File => FILE,
            Self::Environment => "environment",
        }
    }
}

/// What holds in a fabric.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may use it.
    pub access: Access,
    /// The adapter whose limits hold.
    pub adapter: Adapter,
    /// What a node can have.
    pub limits: Limits,
    /// The word for the timing model: `none`, a name, or a path.
    pub model_name: String,
    /// The timing model, if there is one.
    pub model: Option<Arc<Model>>,
    sources: BTreeMap<&'static str, Source>,
}

impl Settings {
    /// Reads the settings of the fabric in `dir`, and the environment.
    ///
    /// # Errors
    /// A text that names the file, the key, its value and what it may be.
    pub fn load(dir: &Path) -> Result<Self, String> {
        let variable = std::env::var(MODEL_VARIABLE).ok();
        Self::load_with(dir, variable.filter(|text| !text.is_empty()))
    }

    /// As [`Settings::load`], with what the environment says about the model.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_with(dir: &Path, model: Option<String>) -> Result<Self, String> {
        let path = dir.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        Self::parse(&text, dir, model).map_err(|error| match error {
            Refused::File(error) => format!("{}: {error}", path.display()),
            Refused::Environment(error) => error,
        })
    }

    /// What the text of a settings file says, for a fabric in `dir`.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn check(text: &str, dir: &Path) -> Result<Self, String> {
        Self::parse(text, dir, None).map_err(|error| match error {
            Refused::File(error) | Refused::Environment(error) => format!("{FILE}: {error}"),
        })
    }

    fn parse(text: &str, dir: &Path, variable: Option<String>) -> Result<Self, Refused> {
        let table: toml::Table = text
            .parse()
            .map_err(|error| Refused::File(format!("{error}")))?;
        let mut file = File {
            table,
            sources: BTreeMap::new(),
        };
        let access = file.word("access", "\"user\", \"group\" or \"all\"", Access::parse)?;
        let adapter = file.word(
            "adapter",
            "\"none\", \"pxh810\" or \"mxh930\"",
            Adapter::parse,
        )?;
        let adapter = adapter.unwrap_or_default();
        let mut model_name = file.word("model", MODELS, |name| Some(name.to_owned()))?;
        // A path in the file starts at the file, one in the environment where the program does.
        let (mut base, from_environment) = (dir, variable.is_some());
        if from_environment {
            (model_name, base) = (variable, Path::new(""));
            file.sources.insert("model", Source::Environment);
        }
        let model_name = model_name.unwrap_or_else(|| "none".to_owned());
        let model = Model::named(&model_name, base).map_err(|error| match from_environment {
            true => Refused::Environment(format!("{MODEL_VARIABLE}={model_name}: {error}")),
            false => Refused::File(format!("model = {model_name:?}: {error}")),
        })?;
        let limits = file.limits(adapter)?;
        file.refuse_others()?;
        Ok(Self {
            access: access.unwrap_or_default(),
            adapter,
            limits,
            model_name,
            model: model.map(Arc::new),
            sources: file.sources,
        })
    }

    /// Where the value of a key comes from; those of limits begin with `limits.`.
    pub fn source(&self, key: &str) -> Source {
        let limit = key.starts_with("limits.") && self.adapter != Adapter::None;
        let otherwise = if limit {
            Source::Preset
        } else {
            Source::Default
        };
        self.sources.get(key).copied().unwrap_or(otherwise)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access: Access::default(),
            adapter: Adapter::None,
            limits: Adapter::None.limits(),
            model_name: "none".to_owned(),
            model: None,
            sources: BTreeMap::new(),
        }
    }
}

const MODELS: &str = "\"none\", \"pxh810\", \"mxh930\" or the path of a TOML file";

enum Refused {
    File(String),
    Environment(String),
}

/// The file while it is taken apart: what is left at the end is unknown.
struct File {
    table: toml::Table,
    sources: BTreeMap<&'static str, Source>,
}

impl File {
    fn word<T>(
        &mut self,
        key: &'static str,
        range: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refused> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let parsed = value.as_str().and_then(parse);
        let parsed = parsed.ok_or_else(|| Refused::bad(key, &value, range))?;
        self.sources.insert(key, Source::File);
        Ok(Some(parsed))
    }

    fn limits(&mut self, adapter: Adapter) -> Result<Limits, Refused> {
        let mut limits = adapter.limits();
        let mut given = match self.table.remove("limits") {
            None => return Ok(limits),
            Some(toml::Value::Table(given)) => given,
            Some(other) => return Err(Refused::bad("limits", &other, "a table")),
        };
        for limit in LIMITS {
            let Some(value) = given.remove(limit.name()) else {
                continue;
            };
            let accepted = limit.accept(&value);
            *(limit.place)(&mut limits) =
                accepted.ok_or_else(|| Refused::bad(limit.key, &value, &limit.range_text()))?;
            self.sources.insert(limit.key, Source::File);
        }
        match given.iter().next() {
            None => Ok(limits),
            Some((key, value)) => {
                let known: Vec<_> = LIMITS.iter().map(|limit| limit.name()).collect();
                let known = format!("no such limit; there are {}", known.join(", "));
                Err(Refused::bad(&format!("limits.{key}"), value, &known))
            }
        }
    }

    fn refuse_others(&self) -> Result<(), Refused> {
        match self.table.iter().next() {
            None => Ok(()),
            Some((key, value)) => {
                let known = "no such setting; there are access, adapter, model, limits";
                Err(Refused::bad(key, value, known))
            }
        }
    }
}

impl Refused {
    fn bad(key: &str, value: &toml::Value, range: &str) -> Self {
        let range = if range.starts_with("no such") {
            range.to_owned()
        } else {
            format!("must be {range}")
        };
        Self::File(format!("{key} = {value}: {range}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        read_with(text, None)
    }

    fn read_with(text: &str, model: Option<&str>) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), text).unwrap();
        Settings::load_with(dir.path(), model.map(str::to_owned))
    }

    #[test]
    fn no_file_is_all_defaults() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::load_with(dir.path(), None).unwrap();
        assert_eq!(
            (settings.access, settings.adapter),
            (Access::User, Adapter::None)
        );
        assert!(settings.model.is_none());
        assert_eq!(settings.limits.segments, u64::MAX);
        assert_eq!(settings.source("limits.segments"), Source::Default);
    }

    #[test]
    fn presets_give_way_to_explicit_limits() {
        let text = "access = \"group\"\nadapter = \"pxh810\"\nmodel = \"mxh930\"\n\
                    [limits]\nsegments = 7\nmaps = \"unlimited\"\n";
        let settings = read(text).unwrap();
        assert_eq!(settings.access.file_mode(), 0o660);
        assert_eq!(
            (settings.limits.segments, settings.limits.maps),
            (7, u64::MAX)
        );
        assert_eq!(settings.limits.window_mib, 256);
        assert_eq!(settings.model.as_ref().unwrap().name, "MXH930");
        assert_eq!(settings.source("limits.segments"), Source::File);
        assert_eq!(settings.source("limits.window_mib"), Source::Preset);
        let settings = read_with(text, Some("none")).unwrap();
        assert!(settings.model.is_none());
        assert_eq!(settings.source("model"), Source::Environment);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_range() {
        for (text, parts) in [
            (
                "acess = \"all\"",
                ["acess = \"all\"", "access, adapter, model"],
            ),
            ("access = \"world\"", ["access = \"world\"", "\"group\""]),
            ("access = 3", ["access = 3", "\"group\""]),
            ("adapter = \"ix\"", ["adapter = \"ix\"", "pxh810"]),
            ("model = \"fast\"", ["model = \"fast\"", "TOML"]),
            (
                "[limits]\nsegments = 0",
                ["limits.segments = 0", "from 1 to"],
            ),
            (
                "[limits]\nsegments = \"many\"",
                ["limits.segments = \"many\"", "unlimited"],
            ),
            (
                "[limits]\nqueue_depth = \"unlimited\"",
                ["limits.queue_depth", "from 1 to"],
            ),
            (
                "[limits]\ndma_alignment = 3",
                ["limits.dma_alignment = 3", "power of two"],
            ),
            (
                "[limits]\nsegmentz = 1",
                ["limits.segmentz = 1", "segments, maps"],
            ),
            ("limits = 3", ["limits = 3", "a table"]),
            ("access =", ["fabric.toml", "TOML parse error"]),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains("fabric.toml"), "{error}");
            parts
                .iter()
                .for_each(|part| assert!(error.contains(part), "{error} has no {part}"));
        }
        let error = read_with("", Some("fast")).unwrap_err();
        assert!(error.starts_with("SISCI_EMU_MODEL=fast:"), "{error}");
    }
}
