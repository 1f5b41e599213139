//! How each program is told about the cluster: arguments only, no configuration files.

use super::plan::{ClusterName, Host, Role};
use super::software::{Setting, Software};

/// Arguments of the daemon on `host`.
pub fn arguments(
    name: &ClusterName,
    software: &Software,
    settings: &[Setting],
    host: Host,
) -> Vec<String> {
    if software.is_version_8() && host.role() == Role::Management {
        return management_8(name);
    }
    let mut arguments = common(name);
    arguments.extend(["runDaemonized=false", "logStdFile="].map(str::to_owned));
    let data = name.data_dir(host);
    arguments.extend(match host.role() {
        Role::Management => vec![format!("storeMgmtdDirectory={}", data.display())],
        Role::Storage => vec![
            management_host(),
            format!("storeStorageDirectory={}", data.display()),
        ],
        // The folder may lie on a file system without user attributes, as tmpfs.
        Role::Meta => vec![
            management_host(),
            format!("storeMetaDirectory={}", data.display()),
            "storeUseExtendedAttribs=false".to_owned(),
        ],
        Role::Client => unreachable!("the client host runs no daemon"),
    });
    arguments.extend(ntb_and_settings(software, settings, host));
    arguments
}

/// Arguments of the control tool on the client host: `mode`, and how to reach the cluster.
pub fn control_arguments(
    name: &ClusterName,
    software: &Software,
    settings: &[Setting],
    mode: &[&str],
) -> Vec<String> {
    let mut keys = common(name);
    keys.push(management_host());
    keys.extend(ntb_and_settings(software, settings, Host::Client));
    let keys = keys.into_iter().map(|key| format!("--{key}"));
    mode.iter()
        .map(|&word| word.to_owned())
        .chain(keys)
        .collect()
}

/// Arguments with which the management daemon of BeeGFS 8 makes its database.
pub fn management_8_init(name: &ClusterName) -> Vec<String> {
    let mut arguments = management_8(name);
    arguments.push("--init".to_owned());
    arguments
}

fn management_8(name: &ClusterName) -> Vec<String> {
    let database = name.data_dir(Host::Mgmtd).join("mgmtd.sqlite");
    vec![
        // Without it a configuration of this machine would be taken.
        "--config-file=/dev/null".to_owned(),
        format!("--db-file={}", database.display()),
        format!("--auth-file={}", name.auth_file().display()),
        "--tls-disable".to_owned(),
        "--license-disable".to_owned(),
        // The default target needs a journal, which not every machine has.
        "--log-target=stderr".to_owned(),
        "--log-level=info".to_owned(),
    ]
}

fn common(name: &ClusterName) -> Vec<String> {
    vec![
        "cfgFile=".to_owned(),
        format!("connAuthFile={}", name.auth_file().display()),
    ]
}

fn management_host() -> String {
    format!("sysMgmtdHost={}", Host::Mgmtd.address())
}

/// The user's settings stand last, so that they win.
fn ntb_and_settings(software: &Software, settings: &[Setting], host: Host) -> Vec<String> {
    let has_ntb = software.has_ntb(host);
    let library = has_ntb.then(|| "connNTBLibrary=emulator".to_owned());
    let settings = settings
        .iter()
        .filter(|setting| setting.is_for(host, has_ntb));
    library
        .into_iter()
        .chain(settings.map(Setting::argument))
        .collect()
}
