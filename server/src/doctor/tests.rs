//! Verdicts on made-up facts, and whole examinations of real stores.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::config::StoreConfig;
use crate::log::redis::inspect::RedisFacts;
use crate::log::sqlite::{FILE_NAME, SqliteStore};

#[tokio::test]
async fn a_sound_store_passes() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    SqliteStore::open(&data).unwrap().close().await;

    let examination = examine(&of_store(data)).await;

    let bad: Vec<_> = errors(&examination);
    assert!(bad.is_empty(), "{examination}");
    for check in [
        "data directory",
        "disk space",
        "fsync",
        "store",
        "writing",
        "clock",
    ] {
        assert!(
            examination.to_string().contains(check),
            "{check}: {examination}"
        );
    }
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_not_made() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");

    let examination = examine(&of_store(data.clone())).await;

    assert_eq!(verdict(&examination, "data directory"), Verdict::Warning);
    assert!(!data.exists());
}

#[tokio::test]
async fn an_open_directory_and_a_damaged_store_are_told() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    SqliteStore::open(&data).unwrap().close().await;
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let file = data.join(FILE_NAME);
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::write(&file, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();

    let examination = examine(&of_store(data)).await;

    assert_eq!(verdict(&examination, "data directory"), Verdict::Warning);
    assert_eq!(verdict(&examination, "store"), Verdict::Error);
    assert_eq!(examination.verdict, Verdict::Error);
    let json = serde_json::to_value(&examination).unwrap();
    assert_eq!(json["verdict"], "error");
    assert!(json["findings"][0]["advice"].is_string());
}

#[test]
fn a_disk_may_be_too_fast_or_too_slow() {
    let verdict = |micros| sqlite::judged_fsync(Duration::from_micros(micros)).verdict;

    assert_eq!(verdict(3), Verdict::Warning);
    assert_eq!(verdict(160), Verdict::Ok);
    assert_eq!(verdict(7_900), Verdict::Ok);
    assert_eq!(verdict(80_000), Verdict::Warning);
}

#[test]
fn a_clock_and_a_limit_on_files_are_judged() {
    assert_eq!(machine::judged_clock(0).verdict, Verdict::Error);
    assert_eq!(
        machine::judged_clock(1_795_000_000_000).verdict,
        Verdict::Ok
    );
    assert_eq!(machine::judged_files(Some(1_024)).verdict, Verdict::Warning);
    assert_eq!(machine::judged_files(Some(65_536)).verdict, Verdict::Ok);
    assert_eq!(machine::judged_files(None).verdict, Verdict::Ok);
}

#[test]
fn a_good_redis_passes_and_each_fault_is_told() {
    let good = facts(&[]);
    let worst = |facts: &RedisFacts| Examination::from(redis::judged(facts)).verdict;
    assert_eq!(worst(&good), Verdict::Ok);

    for (change, expected) in [
        (("redis_version", "5.0.7"), Verdict::Error),
        (("aof_last_write_status", "err"), Verdict::Error),
        (("appendonly", "no"), Verdict::Error),
        (("appendfsync", "everysec"), Verdict::Warning),
        (("no-appendfsync-on-rewrite", "yes"), Verdict::Warning),
        (("maxmemory-policy", "allkeys-lru"), Verdict::Error),
        (("used_memory", "900000000"), Verdict::Warning),
    ] {
        assert_eq!(worst(&facts(&[change])), expected, "{change:?}");
    }
    let mut silent = good.clone();
    silent.settings = None;
    assert_eq!(worst(&silent), Verdict::Warning);
    let mut far = good.clone();
    far.round_trip = Duration::from_millis(20);
    assert_eq!(worst(&far), Verdict::Warning);
    let mut apart = good;
    apart.ahead = -5_000;
    assert_eq!(worst(&apart), Verdict::Warning);
}

fn facts(changes: &[(&str, &str)]) -> RedisFacts {
    let mut settings = map(&[
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("maxmemory-policy", "noeviction"),
        ("no-appendfsync-on-rewrite", "no"),
    ]);
    let mut information = map(&[
        ("redis_version", "7.0.15"),
        ("aof_last_write_status", "ok"),
        ("used_memory", "1000000"),
        ("maxmemory", "1000000000"),
    ]);
    for (name, value) in changes {
        let known = if settings.contains_key(*name) {
            &mut settings
        } else {
            &mut information
        };
        known.insert((*name).to_owned(), (*value).to_owned());
    }
    RedisFacts {
        settings: Some(settings),
        information,
        round_trip: Duration::from_micros(80),
        write: Duration::from_micros(300),
        ahead: 3,
    }
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn of_store(data: PathBuf) -> DoctorConfig {
    DoctorConfig {
        public_url: None,
        json: false,
        store: StoreConfig {
            data,
            redis_url: None,
        },
    }
}

fn errors(examination: &Examination) -> Vec<&Finding> {
    let all = examination.findings.iter();
    all.filter(|finding| finding.verdict == Verdict::Error)
        .collect()
}

fn verdict(examination: &Examination, check: &str) -> Verdict {
    let mut all = examination.findings.iter();
    let found = all.find(|finding| finding.check == check);
    found
        .unwrap_or_else(|| panic!("{check} was not looked at"))
        .verdict
}
