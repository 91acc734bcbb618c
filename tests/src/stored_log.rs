//! Reads a room's log where the store keeps it, past the server.

use redis::streams::StreamRangeReply;
use redis::{AsyncCommands, Client};
use rusqlite::{Connection, OpenFlags, params};

use crate::history::{StoredEntry, StoredLog};
use crate::server::{Store, TestServer};

impl TestServer {
    /// The room's log as the store keeps it.
    pub async fn stored_log(&self, room: &str) -> StoredLog {
        match &self.store {
            Store::Sqlite => in_sqlite(&self.data().join("hartslag.sqlite3"), room),
            Store::Redis(redis) => in_redis(&redis.url(), room).await,
            Store::Shared(url) => in_redis(url, room).await,
        }
    }
}

fn in_sqlite(file: &std::path::Path, room: &str) -> StoredLog {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(file, flags).expect("the file is there");
    let id = bytes_of(room);
    let count = |value: i64| u64::try_from(value).expect("numbers are not negative");
    let mut log = connection
        .query_row(
            "SELECT last, trimmed, snapshot_upto FROM room WHERE id = ?1",
            params![id],
            |row| {
                Ok(StoredLog {
                    last: count(row.get(0)?),
                    trimmed: count(row.get(1)?),
                    snapshot_upto: count(row.get(2)?),
                    entries: Vec::new(),
                })
            },
        )
        .expect("the room is there");
    let mut entries = connection
        .prepare("SELECT sequence, key FROM entry WHERE room = ?1 ORDER BY sequence")
        .expect("the table is there");
    let entries = entries.query_map(params![id], |row| {
        Ok(StoredEntry {
            sequence: count(row.get(0)?),
            key: row.get(1)?,
        })
    });
    let entries: Result<_, _> = entries.expect("it can be read").collect();
    log.entries = entries.expect("it can be read");
    log
}

/// The sixteen bytes of a UUID as text.
fn bytes_of(room: &str) -> Vec<u8> {
    let digits: Vec<char> = room.chars().filter(char::is_ascii_hexdigit).collect();
    let byte = |pair: &[char]| {
        let text: String = pair.iter().collect();
        u8::from_str_radix(&text, 16).expect("two digits")
    };
    digits.chunks(2).map(byte).collect()
}

/// Reads a room's log from the Redis at this address.
async fn in_redis(url: &str, room: &str) -> StoredLog {
    let client = Client::open(url).expect("an address");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("Redis answers");
    let key = |what: &str| format!("hartslag:{{{room}}}:{what}");
    let numbers: (u64, u64, u64) = connection
        .hmget(key("room"), &["last", "trimmed", "upto"])
        .await
        .expect("the room is there");
    let entries: StreamRangeReply = connection
        .xrange_all(key("log"))
        .await
        .expect("the log can be read");
    let entry = |entry: redis::streams::StreamId| StoredEntry {
        sequence: entry
            .id
            .strip_suffix("-0")
            .and_then(|number| number.parse().ok())
            .expect("a number"),
        key: entry.get("k").expect("a key"),
    };
    StoredLog {
        last: numbers.0,
        trimmed: numbers.1,
        snapshot_upto: numbers.2,
        entries: entries.ids.into_iter().map(entry).collect(),
    }
}
