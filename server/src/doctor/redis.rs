//! Redis: whether it keeps what it is given, and how fast.

use std::time::Duration;

use super::Finding;
use super::sqlite::told;
use crate::log::redis::inspect::{RedisFacts, inspect};

const REDIS: &str = "redis";
const MEMORY: &str = "redis memory";
const CLOCK: &str = "clock against redis";

/// The first with everything that the scripts use.
const OLDEST: (u32, u32) = (6, 2);
/// A network within one building.
const FAR: Duration = Duration::from_millis(5);
/// Everyone in a room waits so long for each edit.
const SLOW: Duration = Duration::from_millis(50);
/// Timers would differ visibly between nodes if they did not correct for it.
const APART: u64 = 1_000;

pub(super) async fn examine(url: &str) -> Vec<Finding> {
    match inspect(url).await {
        Ok(facts) => judged(&facts),
        Err(error) => vec![Finding::error(
            REDIS,
            told(&error),
            "check HARTSLAG_REDIS_URL, and that Redis runs and lets this machine in",
        )],
    }
}

pub(super) fn judged(facts: &RedisFacts) -> Vec<Finding> {
    vec![
        version(facts),
        durability(facts),
        eviction(facts),
        memory(facts),
        speed(facts),
        clock(facts),
    ]
}

fn version(facts: &RedisFacts) -> Finding {
    let version = text(facts, "redis_version");
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    let known = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if known < OLDEST {
        return Finding::error(
            REDIS,
            format!("version {version}"),
            "6.2 or newer is needed, 7 or newer advised",
        );
    }
    Finding::ok(REDIS, format!("version {version}"))
}

fn durability(facts: &RedisFacts) -> Finding {
    let check = "redis durability";
    let Some(settings) = &facts.settings else {
        return Finding::warning(
            check,
            "it does not tell its settings",
            "ask its operator for appendonly yes and appendfsync always; until then an \
             acknowledged edit is in memory only",
        );
    };
    let setting = |name: &str| settings.get(name).map_or("", String::as_str);
    let (appendonly, appendfsync) = (setting("appendonly"), setting("appendfsync"));
    let seen = format!("appendonly {appendonly}, appendfsync {appendfsync}");
    if text(facts, "aof_last_write_status") == "err" {
        return Finding::error(
            check,
            "its last write to disk failed",
            "look at Redis's log and at the space on its disk",
        );
    }
    match (
        appendonly,
        appendfsync,
        setting("no-appendfsync-on-rewrite"),
    ) {
        ("yes", "always", "yes") => Finding::warning(
            check,
            format!("{seen}, no-appendfsync-on-rewrite yes"),
            "while its file is rewritten nothing is synced: set no-appendfsync-on-rewrite no",
        ),
        ("yes", "always", _) => Finding::ok(check, seen),
        ("yes", ..) => Finding::warning(
            check,
            seen,
            "a power cut may take the last second of acknowledged edits: set appendfsync always",
        ),
        _ => Finding::error(
            check,
            seen,
            "a restart of Redis takes rooms with it: set appendonly yes and appendfsync always",
        ),
    }
}

fn eviction(facts: &RedisFacts) -> Finding {
    let check = "redis eviction";
    let told = facts.settings.as_ref();
    let policy = told.and_then(|settings| settings.get("maxmemory-policy"));
    match policy.map(String::as_str) {
        Some("noeviction") => Finding::ok(check, "noeviction"),
        Some(other) => Finding::error(
            check,
            other,
            "it may throw rooms away, and the server refuses it: set maxmemory-policy noeviction",
        ),
        None => Finding::warning(
            check,
            "it does not tell its settings",
            "make sure that maxmemory-policy is noeviction",
        ),
    }
}

fn memory(facts: &RedisFacts) -> Finding {
    let number = |name| text(facts, name).parse::<u64>().unwrap_or(0);
    let (used, most) = (number("used_memory"), number("maxmemory"));
    let seen = format!("{} MiB used", used >> 20);
    if most == 0 {
        return Finding::ok(MEMORY, format!("{seen}, no limit set"));
    }
    let seen = format!("{seen} of {} MiB", most >> 20);
    // In parts of a hundred, rounded down.
    if used / (most / 100).max(1) >= 80 {
        Finding::warning(
            MEMORY,
            seen,
            "when it is full edits are refused: raise maxmemory",
        )
    } else {
        Finding::ok(MEMORY, seen)
    }
}

fn speed(facts: &RedisFacts) -> Finding {
    let check = "redis speed";
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    let (trip, write) = (milliseconds(facts.round_trip), milliseconds(facts.write));
    let seen = format!("{trip:.2} ms for a call, {write:.2} ms for a write");
    if facts.round_trip > FAR {
        Finding::warning(
            check,
            seen,
            "Redis is far away; each edit takes at least one such trip: put it near the nodes",
        )
    } else if facts.write > SLOW {
        Finding::warning(check, seen, "its disk is slow; each edit waits for it")
    } else {
        Finding::ok(check, seen)
    }
}

fn clock(facts: &RedisFacts) -> Finding {
    let seen = format!("{} ms apart", facts.ahead.unsigned_abs());
    if facts.ahead.unsigned_abs() > APART {
        Finding::warning(
            CLOCK,
            seen,
            "timers are right all the same, times in logs are not: let NTP set both clocks",
        )
    } else {
        Finding::ok(CLOCK, seen)
    }
}

fn text<'a>(facts: &'a RedisFacts, name: &str) -> &'a str {
    facts.information.get(name).map_or("", String::as_str)
}
