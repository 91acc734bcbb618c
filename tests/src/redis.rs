//! A real redis-server on a free port, with the promise that the product asks for.

use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::eventually;
use crate::process::{Process, free_port};

/// A Redis of one test: `appendonly yes`, `appendfsync always`.
#[derive(Debug)]
pub struct TestRedis {
    port: u16,
    directory: TempDir,
    process: Process,
}

impl TestRedis {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let process = launch(port, &directory);
        let redis = Self {
            port,
            directory,
            process,
        };
        redis.ready().await;
        redis
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same data and waits until it answers.
    pub async fn start_again(&mut self) {
        self.process = launch(self.port, &self.directory);
        self.ready().await;
    }

    /// What its disk holds at this moment.
    pub fn copy_of_disk(&self) -> TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        let copied = Command::new("cp")
            .arg("-R")
            .arg(self.directory.path().join("."))
            .arg(copy.path())
            .status();
        assert!(copied.expect("cp is everywhere").success());
        copy
    }

    /// Ends it as a power cut would and starts it again on another disk: an older copy, or an
    /// empty one.
    pub async fn return_with(&mut self, disk: TempDir) {
        self.kill();
        self.directory = disk;
        self.start_again().await;
    }

    async fn ready(&self) {
        eventually("redis-server to answer", || ping(self.port)).await;
    }
}

fn launch(port: u16, directory: &TempDir) -> Process {
    let mut command = Command::new("redis-server");
    command
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--dir", &directory.path().display().to_string()])
        .stdout(Stdio::null());
    Process::start(&mut command)
}

async fn ping(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(b"PING\r\n").await.ok()?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.ok()?;
    (&answer == b"+PONG").then_some(())
}
