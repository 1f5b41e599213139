//! Plugins and daemons as small as checks of them allow, for tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::abi::STAMP;
use crate::util;

/// A class with BeeGFS's functions, or nearly.
fn class(name: &str, extra: &str) -> String {
    let functions = [
        "int getFD() const",
        "void connect(const char*, unsigned short)",
        "void connect(const void*, unsigned)",
        "void bindToAddr(unsigned, unsigned short)",
        "void listen()",
        "void* accept(void*, unsigned*)",
        "void shutdown()",
        "void shutdownAndRecvDisconnect(int)",
        extra,
        "long send(const void*, unsigned long, int)",
        "long sendto(const void*, unsigned long, int, const void*, unsigned)",
        "long recv(void*, unsigned long, int)",
        "long recvT(void*, unsigned long, int, int)",
    ];
    let given = functions.iter().filter(|function| !function.is_empty());
    let declared: String = given
        .clone()
        .map(|text| format!("virtual {text};"))
        .collect();
    let defined: String = given
        .map(|text| {
            let (kind, rest) = text.split_once(' ').expect("a type and a name");
            let value = if kind == "void" { "" } else { "return 0;" };
            format!("{kind} {name}::{rest} {{ {value} }}\n")
        })
        .collect();
    format!("struct {name} {{ virtual ~{name}(); {declared} }};\n{name}::~{name}() {{}}\n{defined}")
}

/// Compiles one file, whose name without its ending is that of the result.
pub fn compile(folder: &Path, name: &str, code: &str, flags: &[&str]) -> PathBuf {
    let (source, out) = (folder.join(format!("{name}.cpp")), folder.join(name));
    std::fs::write(&source, code).expect("write");
    let mut command = Command::new("g++");
    command
        .args(["-fno-ipa-icf", "-rdynamic"])
        .arg(&source)
        .arg("-o")
        .arg(&out)
        .args(flags);
    util::output(&mut command).expect("compiled");
    out
}

/// A library with a plugin's stamp and functions; `extra` is one function more, `more` is code.
pub fn plugin(folder: &Path, name: &str, stamp: &str, extra: &str, more: &str) -> PathBuf {
    let stamp = format!("extern \"C\" const char {STAMP}[] = \"{stamp}\";\n");
    let stamp = format!("extern \"C\" {{ extern const char {STAMP}[]; }}\n{stamp}");
    let code = stamp + &class("MultiSocket", extra) + more;
    compile(folder, name, &code, &["-shared", "-fPIC"])
}

/// A program with a daemon's functions; `extra` as above.
pub fn daemon(folder: &Path, name: &str, release: &str, extra: &str, flags: &[&str]) -> PathBuf {
    let main = format!(
        "extern \"C\" const char* volatile text = \"{release}\";\nint main() {{ return 0; }}\n"
    );
    compile(
        folder,
        name,
        &(class("StandardSocket", extra) + &main),
        flags,
    )
}
