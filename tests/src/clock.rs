//! A wall clock that a test sets, for a program that takes it for the machine's.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/support/shifted_clock.c");

/// How far a program's wall clock is from the machine's.
#[derive(Debug)]
pub struct TestClock {
    directory: TempDir,
}

impl TestClock {
    /// A clock that is so many seconds ahead of the machine's, or behind it.
    ///
    /// # Panics
    /// Where there is no C compiler; the server cannot be built without one either.
    pub fn ahead(seconds: i64) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Self { directory };
        let compiling = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(clock.library())
            .arg(SOURCE)
            .status();
        assert!(compiling.expect("there is a C compiler").success());
        fs::write(clock.shift(), seconds.to_ne_bytes()).expect("a file of ours");
        clock
    }

    /// Lets it jump.
    pub fn set(&self, seconds_ahead: i64) {
        let file = fs::OpenOptions::new().write(true).open(self.shift());
        file.and_then(|file| file.write_all_at(&seconds_ahead.to_ne_bytes(), 0))
            .expect("a file of ours");
    }

    /// Makes a program see it.
    pub fn give(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", self.library())
            .env("CLOCK_SHIFT", self.shift());
    }

    fn library(&self) -> PathBuf {
        self.directory.path().join("shifted_clock.so")
    }

    fn shift(&self) -> PathBuf {
        self.directory.path().join("shift")
    }
}
