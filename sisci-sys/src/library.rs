//! Finding, opening and checking a `libsisci.so`.

use crate::symbols::{MT_PREFIX, ST_PREFIX, constant_symbols};
use crate::{Constants, Functions};
use libloading::os::unix::Library as Handle;
use std::ffi::{CStr, OsStr, OsString, c_void};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

/// A SISCI library that is loaded and complete. It stays in the process for good.
#[derive(Debug)]
pub struct Library {
    path: PathBuf,
    functions: Functions,
    constants: Constants,
}

impl Library {
    /// Opens `name`: a path, or a bare file name that the system's loader looks up.
    ///
    /// Its symbols stay private to it, all of them are bound at once, and it is never unloaded,
    /// since its threads may run until the process ends. Opening it again is cheap.
    ///
    /// # Errors
    /// If the loader refuses it (absent, unreadable, wrong format), and if it lacks symbols.
    pub fn open(name: impl AsRef<OsStr>) -> Result<Self, LoadError> {
        let name = name.as_ref();
        let flags = libc::RTLD_NOW | libc::RTLD_LOCAL | libc::RTLD_NODELETE;
        // SAFETY: loading runs the constructors of the file; which file that is was the choice of
        // the caller, who wants to run its code anyway.
        let handle =
            unsafe { Handle::open(Some(name), flags) }.map_err(|error| LoadError::Refused {
                library: name.to_owned(),
                message: foreign(Path::new(name)).unwrap_or_else(|| error.to_string()),
            })?;
        let mut symbols = Symbols {
            handle: &handle,
            missing: Vec::new(),
        };
        let functions = Functions::resolve(&mut symbols);
        let constants = Constants::resolve(&mut symbols);
        let missing = symbols.missing;
        match (functions, constants) {
            (Some(functions), Some(constants)) => {
                let path = origin(functions.open as *const c_void).unwrap_or_else(|| name.into());
                Ok(Self {
                    path,
                    functions,
                    constants,
                })
            }
            _ => Err(LoadError::Incomplete {
                library: name.to_owned(),
                missing,
            }),
        }
    }

    /// The file that was loaded, as the system's loader knows it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The functions, in the flavour for programs with several threads where there is one.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The flags and numbers that this library wants.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }
}

/// Why there is no library. An ordinary outcome on a machine without NTB.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The system's loader did not take the file; `message` is its own, if that says what is wrong.
    #[error("cannot load the SISCI library {}: {message}", .library.display())]
    Refused {
        /// As it was asked for.
        library: OsString,
        /// `dlerror`'s text, or ours for a file that is made for another processor.
        message: String,
    },
    /// The file loads, but is no (complete) SISCI library.
    #[error("{} is no complete SISCI library, it lacks {}", .library.display(), some_of(.missing))]
    Incomplete {
        /// As it was asked for.
        library: OsString,
        /// Every symbol that was looked for in vain.
        missing: Vec<String>,
    },
}

/// Says that a file is made for another processor: the system's loader calls that "no such file".
fn foreign(path: &Path) -> Option<String> {
    let [theirs, ours] = [path, Path::new("/proc/self/exe")].map(machine);
    let (theirs, ours) = (theirs?, ours?);
    (theirs != ours).then(|| {
        format!("it is made for another processor (ELF machine {theirs}, this program's is {ours})")
    })
}

/// The number of the processor that an ELF file in this machine's byte order is made for.
fn machine(path: &Path) -> Option<u16> {
    /// Length of the header's part that ends with the number.
    const HEAD: usize = 20;
    let mut head = [0; HEAD];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    let number = [head[HEAD - 2], head[HEAD - 1]];
    head.starts_with(b"\x7fELF")
        .then(|| u16::from_ne_bytes(number))
}

/// The first few of a list, and how many more there are: the text lands in a log line.
fn some_of(missing: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = missing[..missing.len().min(SHOWN)].join(", ");
    match missing.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more symbols"),
    }
}

/// Looks symbols up and keeps a list of those that are missing.
pub(crate) struct Symbols<'a> {
    handle: &'a Handle,
    missing: Vec<String>,
}

impl Symbols<'_> {
    /// The function `name` in its multi-threaded flavour, else in the other one.
    pub(crate) fn function(&mut self, name: &str) -> Option<NonNull<c_void>> {
        let found = self.optional_function(name);
        if found.is_none() {
            self.missing.push(format!("{MT_PREFIX}{name}"));
        }
        found
    }

    /// As [`Symbols::function`]; its absence is no fault of the library.
    pub(crate) fn optional_function(&self, name: &str) -> Option<NonNull<c_void>> {
        let multi = self.find(&format!("{MT_PREFIX}{name}"));
        multi.or_else(|| self.find(&format!("{ST_PREFIX}{name}")))
    }

    /// What the constant `name` holds.
    pub(crate) fn constant(&mut self, name: &str) -> Option<u32> {
        let value = self.optional_constant(name);
        if value.is_none() {
            self.missing.extend(constant_symbols(name).next());
        }
        value
    }

    /// What the constant `name` holds; its absence is no fault of the library.
    pub(crate) fn optional_constant(&self, name: &str) -> Option<u32> {
        let address = constant_symbols(name).find_map(|symbol| self.find(&symbol))?;
        // SAFETY: symbols with this prefix are objects of type `const unsigned int`, which live as
        // long as the library, so for good.
        Some(unsafe { address.cast::<u32>().read() })
    }

    fn find(&self, symbol: &str) -> Option<NonNull<c_void>> {
        // SAFETY: the symbol is only taken as an address here.
        let found = unsafe { self.handle.get::<*mut c_void>(symbol.as_bytes()) }.ok()?;
        NonNull::new(found.into_raw())
    }
}

/// The file that `address` was loaded from.
fn origin(address: *const c_void) -> Option<PathBuf> {
    // SAFETY: an all-zero `Dl_info` (null pointers) is a valid value, and is only written to.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: `dladdr` takes any address; `info` is valid for writing.
    let known = unsafe { libc::dladdr(address, &mut info) } != 0;
    if !known || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: `dladdr` succeeded, so the name is a string that lives as long as the library.
    let name = unsafe { CStr::from_ptr(info.dli_fname) };
    Some(OsStr::from_bytes(name.to_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_library_is_an_error_that_names_it() {
        let error = Library::open("libsisci-that-nobody-has.so").unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, LoadError::Refused { .. }), "{error:?}");
        assert!(text.contains("libsisci-that-nobody-has.so"), "{text}");
        assert!(text.contains("No such file"), "{text}");
    }

    #[test]
    fn a_library_for_another_processor_is_called_that() {
        let mut program = std::fs::read("/proc/self/exe").unwrap();
        let ours = u16::from_ne_bytes([program[18], program[19]]);
        program.truncate(4096);
        program[18..20].copy_from_slice(&(ours ^ 1).to_ne_bytes());
        let path = std::env::temp_dir().join(format!("other-machine-{}.so", std::process::id()));
        std::fs::write(&path, program).unwrap();
        let error = Library::open(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(error.contains("another processor"), "{error}");
        assert!(error.contains(&format!("is {ours})")), "{error}");
    }

    #[test]
    fn a_foreign_library_is_refused_with_all_its_gaps() {
        let Err(LoadError::Incomplete { missing, .. }) = Library::open("libc.so.6") else {
            panic!("libc is no SISCI library");
        };
        assert!(
            missing.contains(&"_SISCI_PUBLIC_FUNC_MT_SCIOpen".to_owned()),
            "{missing:?}"
        );
        assert!(
            missing.contains(&"_SISCI_PUBLIC_CONST_SCI_Q_API".to_owned()),
            "{missing:?}"
        );
    }
}
