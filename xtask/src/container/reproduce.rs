//! `reproduce`: the same build twice, under different circumstances, and every byte compared.

use super::{
    Inputs, Place,
    build::{self, Request},
    engine::Engine,
    variation::Variation,
};
use crate::{
    build::{
        Job,
        install::{MANIFEST, Manifest},
        source::Source,
    },
    pins::Pins,
    util::{self, Negative},
};
use anyhow::{Context, Result};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use walkdir::WalkDir;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    build: crate::build::Inputs,
    #[command(flatten)]
    place: Place,
}

pub fn run(args: Args) -> Result<()> {
    let source = Source::new(args.build.source.as_deref(), args.build.version.as_deref())?;
    let version = source.version()?.to_owned();
    let job = Job::for_container(args.build, source, super::work(&version))?;
    println!("BeeGFS {version}, twice");
    let folder = util::target_dir()
        .join("container/reproduce")
        .join(&job.version);
    twice(&job, &args.place, &folder).map(drop)
}

/// Builds twice and compares; both results stay in `folder`. Returns the first one's place.
///
/// # Errors
/// A build fails, or the results differ ([`Negative`]).
pub fn twice(job: &Job, place: &Place, folder: &Path) -> Result<PathBuf> {
    let pins = Pins::load()?;
    let (engine, base) = (Engine::find(place.engine)?, pins.base(&place.distribution)?);
    let outs = ["first", "second"].map(|name| folder.join(name));
    // The second one also unpacks and patches the sources elsewhere.
    let jobs = [job.clone(), job.in_folder(folder.join("another/work"))];
    let variations = [Variation::USUAL, Variation::OTHER];
    for ((out, job), variation) in outs.iter().zip(&jobs).zip(variations) {
        println!("reproduce: {variation}");
        build::run(&Request {
            job,
            base,
            engine,
            out: out.clone(),
            variation,
        })?;
    }
    compare(&outs[0], &outs[1])?;
    let [first, _] = outs;
    Ok(first)
}

/// What two builds have to have in common: the content of a file or the target of a link, and the rights.
fn entry(path: &Path) -> std::io::Result<(Vec<u8>, u32)> {
    let metadata = fs::symlink_metadata(path)?;
    let content = match metadata.is_symlink() {
        true => fs::read_link(path)?.into_os_string().into_encoded_bytes(),
        false => fs::read(path)?,
    };
    // With the file's type.
    Ok((content, metadata.permissions().mode()))
}

/// # Errors
/// A file differs or is in one only ([`Negative`]); says which.
fn compare(first: &Path, second: &Path) -> Result<()> {
    let (left, right) = (files(first)?, files(second)?);
    let mut differ = Vec::new();
    let mut pairs = Vec::new();
    let mut bytes = 0;
    for file in left.union(&right) {
        let read = |folder: &Path| entry(&folder.join(file));
        match (read(first), read(second)) {
            (Ok(one), Ok(other)) if one == other => bytes += one.0.len(),
            (Ok((one, mode)), Ok((other, other_mode))) if one == other => differ.push(format!(
                "{} has mode {mode:o} and {other_mode:o}",
                file.display()
            )),
            (Ok(_), Ok(_)) => {
                differ.push(format!("{} differs", file.display()));
                pairs.push(file);
            }
            (Ok(_), Err(_)) => differ.push(format!("{} is in the first only", file.display())),
            _ => differ.push(format!("{} is in the second only", file.display())),
        }
    }
    let all = left.union(&right).count();
    if differ.is_empty() {
        let size = bytesize::ByteSize(bytes as u64);
        println!("reproduce: {all} files, {size}, are identical");
        return Ok(());
    }
    if util::is_installed("diffoscope") {
        for file in pairs {
            let mut command = Command::new("diffoscope");
            command.args(["--max-text-report-size", "20000", "--no-progress"]);
            // Its exit code says again that they differ.
            let _ = command
                .arg(first.join(file))
                .arg(second.join(file))
                .status();
        }
    } else if !pairs.is_empty() {
        println!("reproduce: diffoscope would show what differs: apt-get install diffoscope");
    }
    let count = differ.len();
    if inputs(first).is_some() && inputs(first) != inputs(second) {
        differ.push("this repository or the image was changed between the two builds".to_owned());
    }
    let text = differ.join("\n  ");
    Err(Negative(format!(
        "{} of {all} files are not the same in {} and {}:\n  {text}",
        count,
        first.display(),
        second.display()
    ))
    .into())
}

/// What a result's manifest says that it was made of.
fn inputs(folder: &Path) -> Option<Inputs> {
    let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
    serde_json::from_str::<Manifest>(&text).ok()?.container
}

fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        if !entry.file_type().is_dir() {
            files.insert(entry.path().strip_prefix(folder)?.to_path_buf());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_difference_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("1"), folder.path().join("2"));
        for (out, name) in [(&first, "a"), (&second, "b")] {
            fs::create_dir_all(out.join("sub")).unwrap();
            fs::write(out.join("sub/same"), "x").unwrap();
            fs::write(out.join("other"), name).unwrap();
            fs::write(out.join(name), "").unwrap();
        }
        let message = compare(&first, &second).unwrap_err().to_string();
        assert!(message.starts_with("3 of 4 files"), "{message}");
        for line in [
            "a is in the first only",
            "b is in the second only",
            "other differs",
        ] {
            assert!(message.contains(line), "{message}");
        }
        compare(&first, &first).unwrap();
        fs::set_permissions(first.join("sub/same"), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("elsewhere", first.join("link")).unwrap();
        symlink("somewhere", second.join("link")).unwrap();
        let message = compare(&first, &second).unwrap_err().to_string();
        assert!(
            message.contains("sub/same has mode 100700 and "),
            "{message}"
        );
        assert!(message.contains("link differs"), "{message}");
    }
}
