//! Reads rooms and their logs where the store keeps them, past the server.

use std::path::Path;

use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{AsyncCommands, AsyncConnectionConfig, Client};
use rusqlite::{Connection, OpenFlags, params};

use crate::PATIENCE;
use crate::history::{StoredEntry, StoredLog};
use crate::server::{Store, TestServer};

/// The file of the embedded store.
const FILE: &str = "hartslag.sqlite3";

/// A room as the store lists it.
#[derive(Clone, Debug)]
pub struct StoredRoom {
    /// Invitations into it.
    pub ways_in: u32,
    /// Whether it has a join code.
    pub has_code: bool,
    /// Size of its snapshot.
    pub snapshot_bytes: u32,
}

impl TestServer {
    /// Every room that the store has.
    pub async fn stored_rooms(&self) -> Vec<StoredRoom> {
        match &self.store {
            Store::Sqlite => rooms_in_sqlite(&self.data().join(FILE)),
            Store::Redis(redis) => rooms_in_redis(&redis.url()).await,
            Store::Shared(url) => rooms_in_redis(url).await,
        }
    }

    /// The room's log as the store keeps it.
    pub async fn stored_log(&self, room: &str) -> StoredLog {
        match &self.store {
            Store::Sqlite => in_sqlite(&self.data().join(FILE), room),
            Store::Redis(redis) => in_redis(&redis.url(), room).await,
            Store::Shared(url) => in_redis(url, room).await,
        }
    }

    /// Puts an update into the log of a room on SQLite, as a person's, while the server is down.
    pub fn append_past_the_server(&self, room: &str, writer: &str, update: &[u8]) {
        let file = self.data().join(FILE);
        let connection = Connection::open(file).expect("the file is there");
        connection
            .execute(
                "INSERT INTO entry (room, sequence, key, kind, writer, at, bytes)
                 SELECT ?1, max(sequence) + 1, randomblob(16), 'update', ?2, max(at), ?3
                 FROM entry WHERE room = ?1",
                params![bytes_of(room), bytes_of(writer), update],
            )
            .expect("the room has a log");
    }
}

fn open(file: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Connection::open_with_flags(file, flags).expect("the file is there")
}

fn rooms_in_sqlite(file: &Path) -> Vec<StoredRoom> {
    let connection = open(file);
    let mut rooms = connection
        .prepare(
            "SELECT (SELECT count(*) FROM invitation WHERE room = id),
                (SELECT count(*) FROM join_code WHERE room = id),
                (SELECT coalesce(max(length(bytes)), 0) FROM snapshot WHERE room = id)
             FROM room",
        )
        .expect("the tables are there");
    let rooms = rooms.query_map([], |row| {
        Ok(StoredRoom {
            ways_in: row.get(0)?,
            has_code: row.get::<_, u32>(1)? > 0,
            snapshot_bytes: row.get(2)?,
        })
    });
    let rooms: Result<_, _> = rooms.expect("they can be read").collect();
    rooms.expect("they can be read")
}

/// The client's default gives up after half a second, which a busy machine takes at times.
async fn connect(url: &str) -> MultiplexedConnection {
    let patient = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
    let client = Client::open(url).expect("an address");
    let connection = client
        .get_multiplexed_async_connection_with_config(&patient)
        .await;
    connection.expect("Redis answers")
}

async fn rooms_in_redis(url: &str) -> Vec<StoredRoom> {
    let mut connection = connect(url).await;
    let listed: Vec<String> = connection
        .zrange("hartslag:rooms", 0, -1)
        .await
        .expect("rooms are listed");
    let mut rooms = Vec::new();
    for room in listed {
        let key = |what: &str| format!("hartslag:{{{room}}}:{what}");
        let (is_made, ways_in, has_code, snapshot_bytes): (bool, _, _, _) = redis::pipe()
            .exists(key("room"))
            .hlen(key("invitations"))
            .exists(key("code"))
            .strlen(key("snapshot"))
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
        if is_made {
            rooms.push(StoredRoom {
                ways_in,
                has_code,
                snapshot_bytes,
            });
        }
    }
    rooms
}

fn in_sqlite(file: &Path, room: &str) -> StoredLog {
    let connection = open(file);
    let id = bytes_of(room);
    let count = |value: i64| u64::try_from(value).expect("numbers are not negative");
    let mut log = connection
        .query_row(
            "SELECT coalesce((SELECT max(sequence) FROM entry WHERE room = id), trimmed),
                trimmed, snapshot_upto FROM room WHERE id = ?1",
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
    let mut connection = connect(url).await;
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
