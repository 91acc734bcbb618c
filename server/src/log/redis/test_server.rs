//! A real redis-server for tests, on a free loopback port and in a directory of its own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

pub(super) struct TestRedis {
    directory: TempDir,
    port: u16,
    settings: Vec<String>,
    process: Option<Child>,
}

impl TestRedis {
    /// One that writes to disk before it answers.
    pub(super) fn start() -> Self {
        Self::with("--appendonly yes --appendfsync always")
    }

    pub(super) fn with(settings: &str) -> Self {
        let mut server = Self {
            directory: TempDir::new().unwrap(),
            port: 0,
            settings: settings.split_whitespace().map(str::to_owned).collect(),
            process: None,
        };
        // Another test may take the free port first; then the next one is tried.
        while server.process.is_none() {
            server.port = next_port();
            server.process = server.run();
        }
        server
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// kill -9.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Sends the server a signal by name.
    pub(super) fn signal(&self, name: &str) {
        let process = self.process.as_ref().unwrap().id();
        let sent = Command::new("kill")
            .args([format!("-{name}"), process.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The file that it writes to before it answers.
    pub(super) fn append_only_file(&self) -> PathBuf {
        let folder = self.directory.path().join("appendonlydir");
        folder.join("appendonly.aof.1.incr.aof")
    }

    /// Starts it again on what it left.
    pub(super) fn restart(&mut self) {
        self.kill();
        self.process = Some(self.run().expect("the port is still free"));
    }

    /// Returns once it takes connections; `None` where the port is taken.
    fn run(&self) -> Option<Child> {
        let mut process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", ""])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.directory.path())
            .args(&self.settings)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is not in PATH; `make test` installs it");
        let output = process.stdout.take().unwrap();
        let is_ready = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("Ready to accept connections"));
        if is_ready {
            return Some(process);
        }
        process.wait().unwrap();
        None
    }
}

/// A port from those that Linux gives to nobody who does not ask for them: such a one stays free
/// while its server is started again.
fn next_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 5_000;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    // Test runs side by side begin at different ports.
    let place = std::process::id() * 97 + ASKED.fetch_add(1, Ordering::Relaxed);
    u16::try_from(FIRST + place % COUNT).unwrap()
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
