//! What is known of the machine: without it no figure means anything.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Facts about machine and kernel. Empty where the kernel doesn't tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub cpu: String,
    /// Processors that the system has and that this process may use.
    pub processors: usize,
    pub usable: usize,
    pub threads_per_core: String,
    /// As `L2 unified 2048K, shared by 0`, of the first processor.
    pub caches: Vec<String>,
    /// Name and release.
    pub kernel: String,
    pub hypervisor: bool,
    pub clock_source: String,
    /// Frequency policy, where the guest may see one.
    pub governor: String,
    pub shared_memory_huge_pages: String,
    /// The system's congestion control for TCP, and what there is.
    pub congestion_control: String,
    pub congestion_available: Vec<String>,
    /// Runnable processes averaged over the last minute, at the begin and at the end.
    pub load_before: String,
    pub load_after: String,
    /// Version of this program.
    pub ntb: String,
}

impl Machine {
    /// Looks around.
    pub fn look() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let field = |name: &str| {
            let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(key, _)| key.trim() == name);
            found
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let system = rustix::system::uname();
        let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        let processors = cpuinfo.lines().filter(|line| line.starts_with("processor"));
        Self {
            cpu: cpu_name(&field),
            processors: processors.count(),
            usable: std::thread::available_parallelism().map_or(0, Into::into),
            threads_per_core: threads(&read(
                "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
            )),
            caches: caches(Path::new("/sys/devices/system/cpu/cpu0/cache")),
            kernel: format!("{} {}", text(system.sysname()), text(system.release())),
            hypervisor: field("flags").split(' ').any(|flag| flag == "hypervisor"),
            clock_source: read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            shared_memory_huge_pages: chosen(&read(
                "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
            )),
            congestion_control: read("/proc/sys/net/ipv4/tcp_congestion_control"),
            congestion_available: read("/proc/sys/net/ipv4/tcp_available_congestion_control")
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            load_before: load(),
            load_after: String::new(),
            ntb: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// One fact a line, for people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            (
                "CPU",
                format!(
                    "{}{}",
                    self.cpu,
                    if self.hypervisor { ", virtual" } else { "" }
                ),
            ),
            (
                "processors",
                format!(
                    "{}, {} usable, {} thread(s) per core",
                    self.processors, self.usable, self.threads_per_core
                ),
            ),
            ("caches", self.caches.join("; ")),
            ("kernel", self.kernel.clone()),
            ("clock", self.clock_source.clone()),
            ("governor", self.governor.clone()),
            (
                "huge pages for shared memory",
                self.shared_memory_huge_pages.clone(),
            ),
            (
                "congestion control",
                format!(
                    "{} (available: {})",
                    self.congestion_control,
                    self.congestion_available.join(", ")
                ),
            ),
            (
                "load",
                format!("{} before, {} after", self.load_before, self.load_after),
            ),
            ("ntb", self.ntb.clone()),
        ];
        lines.retain(|(_, value)| !value.is_empty());
        lines
    }
}

/// Average of runnable processes over the last minute.
pub fn load() -> String {
    let text = read("/proc/loadavg");
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The name, with the numbers that mean something where a hypervisor makes the name up.
fn cpu_name(field: &dyn Fn(&str) -> String) -> String {
    let (name, family, model) = (field("model name"), field("cpu family"), field("model"));
    if family.is_empty() {
        return name;
    }
    format!(
        "{name}, family {family} model {model} stepping {}",
        field("stepping")
    )
}

fn caches(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let folders: BTreeSet<_> = entries.flatten().map(|entry| entry.path()).collect();
    let describe = |folder: &std::path::PathBuf| {
        let of = |name: &str| read(folder.join(name));
        let (level, size) = (of("level"), of("size"));
        let text = format!(
            "L{level} {} {size}, shared by {}",
            of("type").to_lowercase(),
            of("shared_cpu_list")
        );
        (!level.is_empty()).then_some(text)
    };
    folders.iter().filter_map(describe).collect()
}

/// How many processors a list as `0,4` or `0-1` names.
fn threads(list: &str) -> String {
    let count = list.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<usize>().unwrap_or(0);
        number(last).saturating_sub(number(first)) + 1
    });
    match count.sum::<usize>() {
        0 => "unknown".to_owned(),
        count => count.to_string(),
    }
}

/// The word in brackets of `always [never] advise`.
fn chosen(text: &str) -> String {
    let inner = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    inner.map_or_else(|| text.to_owned(), |(word, _)| word.to_owned())
}

fn read(file: impl AsRef<Path>) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_choices_are_read() {
        assert_eq!(threads("0"), "1");
        assert_eq!(threads("0,4"), "2");
        assert_eq!(threads("0-3,8"), "5");
        assert_eq!(threads(""), "unknown");
        assert_eq!(chosen("always within_size [never] deny"), "never");
        assert_eq!(chosen(""), "");
    }

    #[test]
    fn this_machine_has_a_kernel_and_processors() {
        let machine = Machine::look();
        assert!(machine.kernel.starts_with("Linux "), "{machine:?}");
        assert!(machine.processors > 0 && machine.usable > 0);
        assert!(machine.lines().iter().all(|(_, value)| !value.is_empty()));
    }

    #[test]
    fn a_made_up_cpu_is_named_with_its_numbers() {
        let field = |name: &str| match name {
            "model name" => "Some CPU".to_owned(),
            "cpu family" => "26".to_owned(),
            _ => "1".to_owned(),
        };
        assert_eq!(cpu_name(&field), "Some CPU, family 26 model 1 stepping 1");
    }
}
