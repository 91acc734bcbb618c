//! What Linux tells of processes, and where they may run.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// The core of the load.
pub const LOAD_CORE: &str = "0";
/// The core of the servers.
pub const SERVER_CORE: &str = "1";

/// Linux counts a process' time in hundredths of a second for every reader.
const TICK: Duration = Duration::from_millis(10);

/// A command that runs on that core.
pub fn on_core(core: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}

/// Keeps this process on a core. Only threads that are made later follow.
pub fn stay_on_core(core: &str) {
    let id = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-pc", core, &id])
        .stdout(std::process::Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "taskset is in util-linux"
    );
}

/// Counts the processor time of a process from a moment on.
#[derive(Debug)]
pub struct CpuClock {
    process: u32,
    ticks: Duration,
    threads: BTreeMap<String, Duration>,
}

impl CpuClock {
    /// Begins to count.
    pub fn start(process: u32) -> Self {
        Self {
            process,
            ticks: whole_ticks(process),
            threads: by_thread(process),
        }
    }

    /// User and system time since then.
    ///
    /// Threads are counted to the nanosecond, but only those that still run; the whole process to
    /// the hundredth, ended threads included. The larger is nearer.
    pub fn passed(&self) -> Duration {
        let threads = by_thread(self.process);
        let fine = threads.iter().map(|(thread, time)| {
            time.saturating_sub(self.threads.get(thread).copied().unwrap_or_default())
        });
        let coarse = whole_ticks(self.process)
            .saturating_sub(self.ticks)
            .saturating_sub(TICK);
        fine.sum::<Duration>().max(coarse)
    }
}

fn by_thread(process: u32) -> BTreeMap<String, Duration> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return BTreeMap::new();
    };
    let time = |thread: fs::DirEntry| {
        let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let nanos = stat.split_whitespace().next()?.parse().ok()?;
        let name = thread.file_name().to_string_lossy().into_owned();
        Some((name, Duration::from_nanos(nanos)))
    };
    threads.flatten().filter_map(time).collect()
}

fn whole_ticks(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold spaces; it ends with the last bracket. Time is in fields 14 and 15.
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = behind_name.split_whitespace().skip(11).take(2);
    TICK * fields.filter_map(|field| field.parse::<u32>().ok()).sum()
}

/// Lets everything else go first: of this thread alone.
pub fn stand_back() {
    let thread = fs::read_link("/proc/thread-self").expect("Linux has threads");
    let thread = thread.file_name().expect("it is named by its number");
    let status = Command::new("renice")
        .args(["-n", "19", "-p"])
        .arg(thread)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "renice is in util-linux or bsdutils"
    );
}

/// Ends a process that this one started, at once.
pub fn end(process: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args(["-s", "KILL", &process.to_string()])
        .status();
}

/// Resident memory in bytes.
pub fn resident_bytes(process: u32) -> u64 {
    memory(process, "VmRSS:").expect("the process runs")
}

/// The most memory that was resident so far, in bytes; nothing of a process that has ended.
pub fn peak_bytes(process: u32) -> Option<u64> {
    memory(process, "VmHWM:")
}

fn memory(process: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
    let kibibytes = kibibytes.and_then(|number| number.parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024)
}

/// Cores, model and kernel, in one line.
pub fn description() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |model| {
        model.trim_start_matches([' ', '\t', ':'])
    });
    let cores = cpu
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, {model}, Linux {}", kernel.trim())
}

/// The date, as the machine has it.
pub fn today() -> String {
    let date = Command::new("date").arg("+%Y-%m-%d %H:%M").output();
    date.map(|date| String::from_utf8_lossy(&date.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// What was measured, and what it runs on.
pub fn versions() -> Vec<String> {
    let ours = concat!("hartslag ", env!("CARGO_PKG_VERSION"));
    let commit = word("git", &["rev-parse", "--short", "HEAD"], 0);
    let mut versions = vec![commit.map_or(ours.to_owned(), |commit| format!("{ours} ({commit})"))];
    let peers = [
        ("@y/websocket-server", "y-websocket"),
        ("@hocuspocus/server", "hocuspocus"),
    ];
    let peer = |(name, folder)| Some(format!("{name} {}", pinned(name, folder)?));
    versions.extend(peers.into_iter().filter_map(peer));
    let programs = [("node", 0), ("redis-server", 2), ("rustc", 1)];
    let program = |(name, place)| {
        let version = word(name, &["--version"], place)?;
        Some(format!(
            "{name} {}",
            version.trim_start_matches("v=").trim_start_matches('v')
        ))
    };
    versions.extend(programs.into_iter().filter_map(program));
    versions
}

/// The version of a package that a peer's lock file names.
fn pinned(name: &str, folder: &str) -> Option<String> {
    let path = format!(
        "{}/peers/{folder}/package-lock.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let lock: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let version = &lock["packages"][format!("node_modules/{name}")]["version"];
    version.as_str().map(ToOwned::to_owned)
}

/// A word of the first line that a program writes.
fn word(program: &str, arguments: &[&str], place: usize) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .next()?
        .split_whitespace()
        .nth(place)
        .map(ToOwned::to_owned)
}
