//! What is told to the guest for one run: its command, address and client configuration.

use std::ffi::{OsStr, OsString};
use std::net::Ipv4Addr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::super::plan::{ADDRESS_BITS, Host};

/// What the guest runs when the cluster is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// A shell on this terminal; its rows and columns, and its kind.
    Shell { size: (u16, u16), term: String },
    /// A shell script.
    Script(Vec<u8>),
}

impl Work {
    /// A program with its arguments, given through unchanged.
    pub fn program(words: &[OsString]) -> Self {
        let mut script = b"exec".to_vec();
        for word in words {
            script.push(b' ');
            script.extend(quoted(word).as_bytes());
        }
        script.push(b'\n');
        Self::Script(script)
    }
}

/// One word of a shell, whatever it holds.
fn quoted(word: &OsStr) -> OsString {
    let mut quoted = vec![b'\''];
    for &byte in word.as_bytes() {
        match byte {
            b'\'' => quoted.extend(br"'\''"),
            other => quoted.push(other),
        }
    }
    quoted.push(b'\'');
    OsString::from_vec(quoted)
}

/// The `number`th machine of a cluster, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    pub number: u8,
}

impl Guest {
    /// Machines that a cluster may have at a time.
    pub const MOST: u8 = 50;

    pub fn name(self) -> String {
        format!("vm{}", self.number)
    }

    /// Above the addresses of the hosts.
    fn address(self) -> Ipv4Addr {
        let [a, b, c, _] = Host::Client.address().octets();
        Ipv4Addr::new(a, b, c, 100 + self.number)
    }

    pub fn mac(self) -> String {
        format!("52:54:00:4e:54:{:02x}", self.number)
    }

    /// Id of the machine, which BeeGFS 8 asks for.
    pub fn uuid(self) -> String {
        format!("6e746263-0000-4000-8000-0001{:08}", self.number)
    }

    /// Variables for the guest's first process.
    pub fn variables(self, work: &Work) -> String {
        let mut text = format!(
            "NAME={}\nADDRESS={}/{ADDRESS_BITS}\n",
            self.name(),
            self.address()
        );
        if let Work::Shell { size, term } = work {
            let term: String = term
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c))
                .collect();
            text += &format!("SHELL_SIZE='{} {}'\nSHELL_TERM={term}\n", size.0, size.1);
        }
        text
    }
}

/// Configuration of the kernel client. It knows no NTB; what it writes to mirrored files crosses
/// between the servers.
pub fn configuration(major: u64) -> String {
    let mut keys = vec![
        format!("sysMgmtdHost={}", Host::Mgmtd.address()),
        "connAuthFile=/etc/beegfs/conn.auth".to_owned(),
        "connUseRDMA=false".to_owned(),
    ];
    if major < 8 {
        // Messages go to the kernel's log instead of a daemon of their own. The check at mount time
        // asks for that daemon all the same.
        keys.extend(["logType=syslog", "sysMountSanityCheckMS=0"].map(str::to_owned));
    }
    keys.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn words_reach_the_program_as_they_are() {
        let words: Vec<OsString> = ["printf", "%s|", "a b", "it's", "$HOME", "", "\\", "-x\ny"]
            .map(OsString::from)
            .into();
        let Work::Script(script) = Work::program(&words) else {
            panic!("a program is a script")
        };
        let script = String::from_utf8(script).expect("text");
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .output()
            .expect("sh");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(text, "a b|it's|$HOME||\\|-x\ny|");
    }

    #[test]
    fn machines_meet_no_host_and_no_other_machine() {
        let last = Guest {
            number: Guest::MOST,
        };
        assert!(Host::at(last.address().into()).is_none());
        assert_eq!(last.address().octets()[3], 150);
        assert_ne!(last.mac(), Guest { number: 1 }.mac());
        assert_eq!(last.uuid().len(), 36);
    }

    #[test]
    fn a_terminals_name_is_no_code() {
        let work = Work::Shell {
            size: (24, 80),
            term: "x'; reboot".to_owned(),
        };
        assert!(
            Guest { number: 1 }
                .variables(&work)
                .contains("SHELL_TERM=xreboot\n")
        );
    }

    #[test]
    fn only_release_7_knows_of_a_daemon_for_messages() {
        assert!(configuration(7).contains("logType"));
        assert!(!configuration(8).contains("logType"));
    }
}
