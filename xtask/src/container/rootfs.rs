//! How mmdebstrap is asked for a root file system.

use crate::pins::Base;
use std::process::Command;

/// Packages that ours depend on are fetched and left where apt looks first, with the lists: so
/// `apt-get install ./package.deb` works there without a network, and shows what is missing.
pub fn clean_options(base: &Base) -> Vec<String> {
    let packages = base.runtime.join(" ");
    vec![
        "--skip=cleanup/apt/lists,cleanup/apt/cache".into(),
        format!(
            "--customize-hook=chroot \"$1\" apt-get install -qq --download-only \
             --no-install-recommends {packages}"
        ),
    ]
}

/// All but the archive to be made and the list of sources, which follow as arguments. `epoch` is the newest time
/// that a file gets, in seconds since 1970.
pub fn mmdebstrap(base: &Base, epoch: u64, options: &[String]) -> Command {
    let mut command = Command::new("mmdebstrap");
    command
        .env("SOURCE_DATE_EPOCH", epoch.to_string())
        .args(["--variant=apt", "--format=tar"])
        // Configuration of this machine's apt is none of the image's business, what the system's sources need is.
        .args([
            "--aptopt=Acquire::Check-Valid-Until false",
            "--aptopt=Acquire::Check-Date false",
        ])
        .args(options)
        .arg(&base.suite);
    command
}
