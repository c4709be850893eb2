//! Where and when figures were taken: they mean little without it.
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;

/// The crates of benches/compare that are measured.
const CRATES: [&str; 9] = [
    "papaya",
    "dashmap",
    "scc",
    "heed",
    "redb",
    "subetha-cxc",
    "shared_memory",
    "raw_sync",
    "postcard",
];

/// A machine at an hour, with a version of Quipu.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors that this process may use.
    pub processors: usize,
    /// Whether the processors are virtual.
    pub virtual_machine: bool,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Bytes of a page.
    pub page_bytes: u64,
    /// How /dev/shm is mounted.
    pub shared_memory: String,
    /// The kernel.
    pub kernel: String,
    /// The compiler.
    pub compiler: String,
    /// The commit that was measured, with `+` if files were changed since.
    pub commit: String,
    /// The day, as in 2026-11-22, in UTC.
    pub date: String,
    /// Whether the heap of a program gets large pages: the choice in brackets.
    #[serde(default)]
    pub large_pages: String,
    /// The rivals and their versions.
    #[serde(default)]
    pub rivals: Vec<String>,
    /// What the kernel had to do when the run began: the load average of the last minute.
    pub load: String,
}

impl Machine {
    /// This one, now.
    #[must_use]
    pub fn now() -> Self {
        let processors = read("/proc/cpuinfo");
        Self {
            processor: field(&processors, "model name").unwrap_or_else(|| "unknown".to_owned()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            virtual_machine: processors.contains("hypervisor"),
            memory_bytes: memory_bytes(),
            page_bytes: output("getconf", &["PAGESIZE"]).parse().unwrap_or(0),
            shared_memory: shared_memory(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            compiler: output("rustc", &["--version"]),
            commit: commit(),
            date: output("date", &["-u", "+%Y-%m-%d"]),
            large_pages: read("/sys/kernel/mm/transparent_hugepage/enabled")
                .trim()
                .to_owned(),
            rivals: rivals(),
            load: read("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// A name for files: the day and the processor.
    #[must_use]
    pub fn file_name(&self) -> String {
        let name = self.processor.to_ascii_lowercase();
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        format!("{}-{}", self.date, words.join("-"))
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// What a command prints; nothing if it cannot be run.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let bytes = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// A field of /proc/cpuinfo or /proc/meminfo.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(field, _)| field.trim() == name)?;
    Some(value.trim().to_owned())
}

fn memory_bytes() -> u64 {
    let total = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
    let kibibytes: u64 = total.trim_end_matches(" kB").parse().unwrap_or(0);
    kibibytes * 1024
}

fn shared_memory() -> String {
    let mounts = read("/proc/mounts");
    let mount = mounts
        .lines()
        .find(|line| line.split(' ').nth(1) == Some("/dev/shm"));
    let words: Vec<&str> = mount.unwrap_or_default().split(' ').collect();
    match words[..] {
        [_, _, kind, options, ..] => format!("{kind}, {options}"),
        _ => "not mounted".to_owned(),
    }
}

/// The crates by the lock file of their program, the servers by their own word.
fn rivals() -> Vec<String> {
    let lock = read("benches/compare/Cargo.lock");
    let version = |name: &&str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        let (version, _) = rest.split_once('"')?;
        Some(format!("{name} {version}"))
    };
    let mut all: Vec<String> = CRATES.iter().filter_map(version).collect();
    let words = output("memcached", &["-V"]) + "\n" + &output("redis-server", &["--version"]);
    let servers = words.lines().filter(|line| !line.is_empty());
    all.extend(servers.map(|line| {
        let server = line.replace("Redis server v=", "redis ");
        server.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }));
    all
}

fn commit() -> String {
    let commit = output("git", &["rev-parse", "--short", "HEAD"]);
    let changed = output("git", &["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changed.is_empty() { "" } else { "+" };
    format!("{commit}{mark}")
}
