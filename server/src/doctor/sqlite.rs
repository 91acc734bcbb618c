//! The embedded store: its folder, its disk, its file.

use std::fs::{File, Metadata};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Finding;
use crate::log::sqlite::SqliteStore;
use crate::log::sqlite::inspect::{inspect, version};
use crate::log::{LogError, RoomLog as _};

const FOLDER: &str = "data directory";
const SPACE: &str = "disk space";
const FSYNC: &str = "fsync";
const STORE: &str = "store";

/// Writes of which the middle one counts.
const WRITES: usize = 21;
/// No disk, and no battery-backed cache, is faster.
const TOO_FAST: Duration = Duration::from_micros(15);
/// Everyone in a room waits so long for each edit.
const SLOW: Duration = Duration::from_millis(50);
/// Room for a workshop, its snapshots and a backup beside it.
const LITTLE_SPACE: u64 = 2 << 30;
/// The store stops taking edits soon.
const NO_SPACE: u64 = 128 << 20;
/// The server copies it into the file long before.
const LARGE_WAL: u64 = 128 << 20;

/// Looks at the store in this directory, or at where it will be made.
pub(super) async fn examine(directory: &Path) -> Vec<Finding> {
    let Ok(folder) = std::fs::metadata(directory) else {
        let path = directory.display();
        return vec![Finding::warning(
            FOLDER,
            format!("{path} does not exist"),
            "the server makes it at its first start; check that this is the right directory",
        )];
    };
    let mut findings = vec![whose(directory, &folder)];
    findings.extend(space(directory));
    findings.push(fsync(directory));
    findings.push(file(directory));
    findings.push(writing(directory).await);
    findings
}

fn whose(directory: &Path, folder: &Metadata) -> Finding {
    let path = directory.display();
    let mode = folder.permissions().mode() & 0o777;
    if !folder.is_dir() {
        return Finding::error(FOLDER, format!("{path} is no directory"), "name another");
    }
    if folder.uid() != rustix::process::geteuid().as_raw() {
        return Finding::warning(
            FOLDER,
            format!("{path} belongs to another user"),
            "run this check and the server as the same user, the owner of the directory",
        );
    }
    if mode & 0o077 != 0 {
        return Finding::warning(
            FOLDER,
            format!("{path} is open to others on this machine (mode {mode:o})"),
            "private responses and hashes of secrets are in it: chmod 700",
        );
    }
    Finding::ok(FOLDER, format!("{path}, mode {mode:o}"))
}

fn space(directory: &Path) -> Option<Finding> {
    let free = crate::disk::free_bytes(directory)?;
    let seen = format!("{} MiB free", free >> 20);
    Some(if free < NO_SPACE {
        Finding::error(
            SPACE,
            seen,
            "edits are refused when the disk is full: make room",
        )
    } else if free < LITTLE_SPACE {
        Finding::warning(SPACE, seen, "make room: 2 GiB is a comfortable minimum")
    } else {
        Finding::ok(SPACE, seen)
    })
}

/// The promise is "on disk before it is acknowledged"; a disk that only says so breaks it.
fn fsync(directory: &Path) -> Finding {
    match sync_time(directory) {
        Err(error) => Finding::error(
            FSYNC,
            error.to_string(),
            "the server must be able to make and write files here",
        ),
        Ok(taken) => judged_fsync(taken),
    }
}

pub(super) fn judged_fsync(taken: Duration) -> Finding {
    let seen = format!("{:.2} ms", taken.as_secs_f64() * 1_000.0);
    if taken < TOO_FAST {
        Finding::warning(
            FSYNC,
            format!("{seen}: too fast to be true"),
            "this is memory, or a disk that does not write when told to: acknowledged edits may \
             not survive a power cut; keep the data on a real disk",
        )
    } else if taken > SLOW {
        Finding::warning(
            FSYNC,
            format!("{seen}: slow"),
            "each edit waits for it; a faster disk makes the board livelier",
        )
    } else {
        Finding::ok(FSYNC, seen)
    }
}

fn sync_time(directory: &Path) -> std::io::Result<Duration> {
    let path = directory.join(format!("doctor.{}.tmp", std::process::id()));
    let measured = File::create_new(&path).and_then(|mut probe| {
        let mut taken = Vec::with_capacity(WRITES);
        for _ in 0..WRITES {
            let started = Instant::now();
            probe.write_all(&[7; 4_096])?;
            probe.sync_data()?;
            taken.push(started.elapsed());
        }
        taken.sort_unstable();
        Ok(taken[WRITES / 2])
    });
    // Where it cannot be removed it could not be made, which is told.
    let _ = std::fs::remove_file(&path);
    measured
}

fn file(directory: &Path) -> Finding {
    let sqlite = version();
    match inspect(directory) {
        Ok(None) => Finding::ok(STORE, format!("none yet; SQLite {sqlite}")),
        Ok(Some(facts)) if facts.journal_mode != "wal" => Finding::error(
            STORE,
            format!("its journal mode is {}", facts.journal_mode),
            "something else opened the file and changed it: start the server once, which sets wal",
        ),
        Ok(Some(facts)) if facts.wal_bytes > LARGE_WAL => Finding::warning(
            STORE,
            format!(
                "whole; {} MiB wait in its write-ahead log",
                facts.wal_bytes >> 20
            ),
            "another program keeps the file open for reading: end it",
        ),
        Ok(Some(facts)) => {
            let size = facts.bytes >> 10;
            Finding::ok(STORE, format!("whole, {size} KiB; SQLite {sqlite}"))
        }
        Err(error) => Finding::error(
            STORE,
            told(&error),
            "stop the server, keep a copy of the directory, and restore the newest backup",
        ),
    }
}

/// Writes as the readiness check does, where there is a store.
async fn writing(directory: &Path) -> Finding {
    let check = "writing";
    if !matches!(inspect(directory), Ok(Some(_))) {
        return Finding::ok(check, "there is no store to write in yet");
    }
    let written = match SqliteStore::open(directory) {
        Ok(store) => {
            let written = store.check().await;
            store.close().await;
            written
        }
        Err(error) => Err(error),
    };
    match written {
        Ok(_) => Finding::ok(check, "an entry went to disk"),
        Err(error) => Finding::error(
            check,
            told(&error),
            "check who owns the files, and the space on the disk",
        ),
    }
}

/// The error with its cause.
pub(super) fn told(error: &LogError) -> String {
    match error {
        LogError::Unavailable(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
