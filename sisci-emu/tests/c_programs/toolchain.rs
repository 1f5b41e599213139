//! Compiles C programs as somebody does who has nothing but the headers and the library.
//!
//! `SISCI_TEST_PREFIX` names a prefix that `cargo xtask sisci install` laid out: then `pkg-config` says
//! where things are. Without it the headers of the source tree are used, and the library that was built
//! with this program.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where headers and library are.
pub struct Toolchain {
    /// What the compiler needs to hear.
    arguments: Vec<String>,
    /// Folder of the library.
    pub library: PathBuf,
}

impl Toolchain {
    /// What the environment names.
    pub fn find() -> Self {
        std::env::var_os("SISCI_TEST_PREFIX").map_or_else(Self::of_tree, |prefix| {
            Self::of_prefix(&PathBuf::from(prefix))
        })
    }

    fn of_tree() -> Self {
        let library = built_library();
        let include = source("../sisci-sys/include");
        Self {
            arguments: vec![
                format!("-I{}", include.display()),
                format!("-L{}", library.display()),
                "-lsisci".to_owned(),
            ],
            library,
        }
    }

    fn of_prefix(prefix: &Path) -> Self {
        let found = Command::new("pkg-config")
            .args(["--cflags", "--libs", "sisci"])
            .env("PKG_CONFIG_PATH", prefix.join("lib64/pkgconfig"))
            .output()
            .unwrap_or_else(|error| panic!("pkg-config: {error}"));
        let told = String::from_utf8_lossy(&found.stderr);
        assert!(found.status.success(), "{told}");
        let arguments = String::from_utf8(found.stdout).unwrap();
        Self {
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            library: prefix.join("lib64"),
        }
    }

    /// Compiles a file of this package; any warning is a failure.
    pub fn compile(&self, compiler: &str, flags: &[&str], file: &str, program: &Path) {
        let mut command = Command::new(compiler);
        command
            .args(flags)
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .arg(source(file))
            .args(["-x", "none", "-o"])
            .arg(program)
            .args(&self.arguments);
        let compiled = command
            .output()
            .unwrap_or_else(|error| panic!("{compiler}: {error}"));
        let told = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{command:?}\n{told}");
    }
}

/// A file of this package.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The folder of the shared object that was built with this program.
fn built_library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap().to_owned();
    assert!(folder.join("libsisci.so").exists());
    folder
}
