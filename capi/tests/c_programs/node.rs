//! Compiles programs and runs them as nodes of a fabric.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No program takes nearly as long on an idle machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A compiled program and where it finds its library.
pub struct Program {
    file: PathBuf,
    library: PathBuf,
    _work: TempDir,
}

impl Program {
    /// Compiles a file of this package; any warning is a failure.
    pub fn compile(compiler: &str, flags: &[&str], file: &str) -> Self {
        let work = tempfile::tempdir().unwrap();
        let (arguments, library) = place(work.path());
        let program = work.path().join("program");
        let mut command = Command::new(compiler);
        command
            .args(["-Wall", "-Wextra", "-pedantic", "-Werror"])
            .args(flags)
            .arg(package().join(file))
            .args(["-x", "none", "-o"])
            .arg(&program)
            .args(arguments);
        let compiled = command
            .output()
            .unwrap_or_else(|error| panic!("{compiler}: {error}"));
        let told = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{command:?}\n{told}");
        Self {
            file: program,
            library,
            _work: work,
        }
    }
}

/// What the compiler needs to hear, and the folder of the library.
fn place(work: &Path) -> (Vec<String>, PathBuf) {
    let Some(prefix) = std::env::var_os("NTB_TEST_PREFIX") else {
        // The loader asks for the soname, which only an installation has as a file.
        let library = built().join("libntb.so");
        std::os::unix::fs::symlink(&library, work.join("libntb.so.0")).unwrap();
        let include = package().join("include");
        let arguments = [
            format!("-I{}", include.display()),
            format!("-L{}", built().display()),
            "-lntb".to_owned(),
        ];
        return (arguments.into(), work.to_owned());
    };
    let prefix = PathBuf::from(prefix);
    let found = Command::new("pkg-config")
        .args(["--cflags", "--libs", "ntb"])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
        .output()
        .unwrap_or_else(|error| panic!("pkg-config: {error}"));
    let told = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{told}");
    let arguments = String::from_utf8(found.stdout).unwrap();
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    (arguments, prefix.join("lib"))
}

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of this program, where libsisci.so lies as well.
fn built() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned()
}

/// A fabric of its own.
pub struct Fabric(TempDir);

impl Fabric {
    pub fn new() -> Self {
        Self(tempfile::tempdir_in("/dev/shm").expect("a folder for the fabric"))
    }

    /// Starts a program as node `node`, on a host of its own.
    pub fn start(&self, node: u32, program: &Program, words: &[&str]) -> Node {
        let emulator = built().join("libsisci.so");
        assert!(emulator.exists(), "the emulator is built with the tests");
        self.spawn(node, program, words, &emulator)
    }

    /// The same, but there is no SISCI library.
    pub fn without_library(&self, node: u32, program: &Program, words: &[&str]) -> Node {
        self.spawn(node, program, words, &self.0.path().join("libsisci.so"))
    }

    fn spawn(&self, node: u32, program: &Program, words: &[&str], library: &Path) -> Node {
        let mut child = Command::new(&program.file)
            .args(words)
            .env("NTB_LIBRARY", library)
            .env("LD_LIBRARY_PATH", &program.library)
            .env("SISCI_EMU_DIR", self.0.path().join("fabric"))
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", format!("host-{node}"))
            .env("NTB_RUNTIME_DIR", self.0.path().join("run"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Node {
            child,
            output: RefCell::new(output),
            name: format!("node {node}: {}", words.join(" ")),
        }
    }
}

/// A program that runs as a node; killed when dropped.
pub struct Node {
    child: Child,
    output: RefCell<BufReader<ChildStdout>>,
    name: String,
}

/// What a program left.
pub struct Ended {
    /// Its exit code, `None` if it was killed.
    pub code: Option<i32>,
    /// What it said on both streams, from where reading stood.
    pub said: String,
}

impl Node {
    /// The next line that it prints, without its end.
    pub fn first_line(&self) -> String {
        let mut line = String::new();
        self.output.borrow_mut().read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Waits for its end; kills it when it takes too long.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + LIMIT;
        // What these programs print fits into a pipe.
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut said = String::new();
        self.output.borrow_mut().read_to_string(&mut said).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        Ended {
            code: status.code(),
            said,
        }
    }

    /// Waits for a good end and gives what it said.
    pub fn succeed(self) -> String {
        let name = self.name.clone();
        let Ended { code, said } = self.end();
        assert_eq!(code, Some(0), "{name}\n{said}");
        said
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
