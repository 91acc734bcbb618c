//! Child processes that end with the test.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts the program with its input closed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?} does not start: {error}")))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it as a power cut would: SIGKILL.
    pub fn kill(&mut self) {
        self.0.kill().expect("the process is ours");
        self.0.wait().expect("the process is ours");
    }

    /// Sends a signal by its name, such as `TERM` or `STOP`.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.expect("kill is everywhere").success());
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().expect("the process is ours").is_none()
    }

    /// Resident memory in bytes, as Linux tells it.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most memory that was ever resident, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))
            .expect("the process runs");
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .expect("Linux tells it");
        let kibibytes = line.split_whitespace().nth(1).expect("a number follows");
        kibibytes.parse::<u64>().expect("it is a number") * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill or to wait for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ports from those that Linux gives to nobody who does not ask for them.
const PORTS: Range<u16> = 12_000..32_000;
/// Ports that a test process takes at once.
const BLOCK: u16 = 100;

/// A loopback port that nobody listens on, and that stays free while its server is killed and
/// started again: whoever listens on the first port of a block has the others to itself.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<(Vec<TcpListener>, Range<u16>)> = Mutex::new((Vec::new(), 0..0));
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let (blocks, rest) = &mut *taken;
    loop {
        if let Some(port) = rest.find(is_free) {
            return port;
        }
        let mut firsts = PORTS.step_by(usize::from(BLOCK));
        let own = firsts.find_map(|first| TcpListener::bind((Ipv4Addr::LOCALHOST, first)).ok());
        let own = own.expect("a block of ports is free");
        let first = own.local_addr().expect("it is bound").port();
        *rest = first + 1..first + BLOCK;
        blocks.push(own);
    }
}
