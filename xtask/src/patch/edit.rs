//! Edits as data: what one entry of `beegfs-ssock/edits/*.toml` says.

use anyhow::{Context, Result, ensure};
use semver::{Version, VersionReq};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};

/// One structural edit.
#[derive(Debug, Deserialize)]
pub struct Edit {
    /// Short unique name, used in every message about this edit.
    pub id: String,
    /// The files it changes, relative to the tree's root. Usually one.
    pub files: Vec<String>,
    /// Why the tree needs it.
    pub why: String,
    /// Releases it is for; all that the file of edits covers if absent.
    pub versions: Option<VersionReq>,
    /// Only for trees that contain this top-level folder: some releases, and small trees, lack
    /// whole daemons.
    pub component: Option<String>,
    /// The place.
    #[serde(flatten)]
    pub op: Op,
    /// What goes there. Each line is indented like the anchor.
    pub text: String,
}

/// Where an edit's text goes. Patterns are C++ tokens: white space and comments do not matter.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", content = "anchor", deny_unknown_fields)]
pub enum Op {
    /// After the last `#include` of the file's first run of includes.
    #[serde(rename = "include.add")]
    IncludeAdd {},
    /// A new last enumerator of an enum.
    #[serde(rename = "enum.append")]
    EnumAppend { r#enum: String },
    /// After the member `after` of a class or struct.
    #[serde(rename = "class.member")]
    ClassMember { class: String, after: String },
    /// At the start or the end of a function's body.
    #[serde(rename = "function.edge")]
    FunctionEdge { function: String, at: Edge },
    /// Before or after the statement of `function` that begins with `statement` and, if given,
    /// contains `containing`. The innermost such statement counts.
    #[serde(rename = "function.statement")]
    FunctionStatement {
        function: String,
        side: Side,
        statement: String,
        containing: Option<String>,
    },
    /// A new case before `case before:` in the switch over `switch`.
    #[serde(rename = "switch.case")]
    SwitchCase {
        function: String,
        switch: String,
        before: String,
    },
    /// A new first branch before the `if` with this condition, which becomes its `else if`.
    #[serde(rename = "branch.before")]
    BranchBefore { function: String, condition: String },
    /// After the statement that calls `call` with `argument` among its arguments.
    #[serde(rename = "call.after")]
    CallAfter {
        function: String,
        call: String,
        argument: String,
    },
    /// The text in place of an expression.
    #[serde(rename = "expr.replace")]
    ExprReplace { function: String, expr: String },
    /// One more operand, right after the operand `operand` of `operator`.
    #[serde(rename = "operand.append")]
    OperandAppend {
        function: String,
        operand: String,
        operator: String,
    },
    /// After the line that sets `key` in a configuration template.
    #[serde(rename = "conf.setting")]
    ConfSetting { key: String },
    /// After the paragraph that documents `key` in a configuration template.
    #[serde(rename = "conf.documentation")]
    ConfDocumentation { key: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    Start,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Before,
    After,
}

impl Op {
    /// Whether the edited file is a configuration template rather than C++.
    pub fn is_conf(&self) -> bool {
        matches!(self, Op::ConfSetting { .. } | Op::ConfDocumentation { .. })
    }
}

/// One `*.toml` file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EditFile {
    versions: VersionReq,
    edit: Vec<Edit>,
}

/// All edits, in file name order and then in the order of each file.
#[derive(Debug)]
pub struct EditSet {
    pub edits: Vec<Edit>,
    /// One requirement for each file of edits: a release is known if all accept it.
    versions: Vec<VersionReq>,
}

impl EditSet {
    /// Reads every `*.toml` in `folder`.
    ///
    /// # Errors
    /// Names the file if one cannot be read, or has an unknown field, a repeated id or an empty
    /// text.
    pub fn load(folder: &Path) -> Result<EditSet> {
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .with_context(|| format!("edits folder {}", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        });
        paths.sort();
        let mut set = EditSet {
            edits: Vec::new(),
            versions: Vec::new(),
        };
        for path in paths {
            let text = std::fs::read_to_string(&path)?;
            set.add(&text)
                .with_context(|| format!("edits file {}", path.display()))?;
        }
        Ok(set)
    }

    /// Adds the edits of one file's text.
    pub fn add(&mut self, text: &str) -> Result<()> {
        let file: EditFile = toml::from_str(text)?;
        let mut ids: BTreeSet<String> = self.edits.iter().map(|edit| edit.id.clone()).collect();
        for mut edit in file.edit {
            ensure!(
                ids.insert(edit.id.clone()),
                "edit {:?} stands there twice",
                edit.id
            );
            ensure!(
                !edit.text.trim().is_empty(),
                "edit {:?} has no text",
                edit.id
            );
            ensure!(!edit.files.is_empty(), "edit {:?} names no file", edit.id);
            edit.versions.get_or_insert_with(|| file.versions.clone());
            self.edits.push(edit);
        }
        self.versions.push(file.versions);
        Ok(())
    }

    /// An empty set, to which [`EditSet::add`] adds.
    #[cfg(test)]
    pub fn empty() -> EditSet {
        EditSet {
            edits: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// Whether the edits were written for this release.
    pub fn covers(&self, version: &Version) -> bool {
        self.versions
            .iter()
            .all(|requirement| requirement.matches(version))
    }

    /// The covered releases, for messages.
    pub fn range(&self) -> String {
        self.versions
            .first()
            .map_or_else(|| "none".into(), ToString::to_string)
    }
}
