//! A Redis that comes back with less than it acknowledged.

use super::*;
use crate::log::{Hint, Known, NewEntry, Sequence};

fn knows(sequence: Sequence, entry: &NewEntry) -> Known {
    Known {
        sequence,
        key: Some(entry.key),
    }
}

#[tokio::test]
async fn l7_an_append_on_a_log_that_went_back_is_refused() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let batch = entries(5);
    fixture
        .store()
        .append(room, 1, batch.clone())
        .await
        .unwrap();

    fixture.go_back(room, 3, &batch[3..]).await;
    let known = knows(5, &batch[4]);
    let shorter = fixture
        .store()
        .append_after(room, 1, known, entries(1))
        .await;
    fixture.store().append(room, 1, entries(4)).await.unwrap();
    let other = fixture
        .store()
        .append_after(room, 1, known, entries(1))
        .await;

    assert!(
        matches!(shorter, Err(LogError::Regressed { last: 3 })),
        "{shorter:?}"
    );
    assert!(
        matches!(other, Err(LogError::Regressed { last: 7 })),
        "{other:?}"
    );
    let held = knows(3, &batch[2]);
    let after = fixture
        .store()
        .append_after(room, 1, held, entries(1))
        .await;
    assert_eq!(after.unwrap(), [8]);
    fixture.crash().await;
    assert_eq!(fixture.store().load(room).await.unwrap().tail.len(), 8);
}

#[tokio::test]
async fn l2_who_is_behind_the_forgotten_keys_cannot_append_twice() {
    let fixture = RedisFixture::start().await;
    let store = fixture.store();
    let room = new_room(store).await;
    let frozen = entries(2);
    store.append(room, 1, frozen.clone()).await.unwrap();
    let known = knows(1, &frozen[0]);
    store
        .append(room, 1, entries(usize::try_from(TRIM_MARGIN).unwrap() + 10))
        .await
        .unwrap();
    let upto = TRIM_MARGIN + 10;
    // The log since the former snapshot stays, with the keys.
    for (expected, upto) in [(0, upto), (upto, upto + 1)] {
        let bytes = bytes::Bytes::from_static(b"later");
        let snapshot = Snapshot { upto, bytes };
        let saved = store.save_snapshot(room, 1, expected, snapshot).await;
        assert!(saved.unwrap());
    }

    // It wakes, and tries the append again whose answer it never got.
    let retried = store
        .append_after(room, 1, known, vec![frozen[1].clone()])
        .await;

    assert!(
        matches!(retried, Err(LogError::Trimmed { .. })),
        "{retried:?}"
    );
    let last = store
        .load(room)
        .await
        .unwrap()
        .tail
        .last()
        .unwrap()
        .sequence;
    assert_eq!(last, TRIM_MARGIN + 12);
}

#[tokio::test]
async fn l7_who_appended_what_is_lost_hears_that_the_log_went_back() {
    let fixture = RedisFixture::start().await;
    let other = RedisStore::connect(&fixture.server.url()).await.unwrap();
    let (room, batch) = (new_room(&other).await, entries(5));
    let mut follower = fixture.store().follow(room).await.unwrap();
    assert_eq!(follower.recv().await, Some(Hint::Reached(0)));
    fixture
        .store()
        .append(room, 1, batch.clone())
        .await
        .unwrap();

    fixture.go_back(room, 3, &batch[3..]).await;
    other.append(room, 1, entries(1)).await.unwrap();

    assert_eq!(follower.recv().await, Some(Hint::Reached(5)));
    assert_eq!(follower.recv().await, Some(Hint::Reached(4)));
}

impl RedisFixture {
    /// As if this entry were the last that the store had on its disk.
    async fn go_back(&self, room: RoomId, last: Sequence, lost: &[NewEntry]) {
        let mut forget = redis::cmd("HDEL");
        forget.arg(keys::entry_keys(room));
        for entry in lost {
            forget.arg(entry.key.as_slice());
        }
        let mut connection = self.store.connection.clone();
        let forgotten: u64 = forget.query_async(&mut connection).await.unwrap();
        assert_eq!(forgotten, lost.len() as u64);
        let log = keys::log(room);
        let gone: Vec<_> = (last + 1..=last + 10)
            .map(|number| format!("{number}-0"))
            .collect();
        let mut arguments = vec![log.as_str()];
        arguments.extend(gone.iter().map(String::as_str));
        self.run("XDEL", &arguments).await;
        let name = format!("{last}-0");
        self.run("XSETID", &[&log, &name]).await;
        let last = last.to_string();
        self.run("HSET", &[&keys::room(room), "last", &last]).await;
    }
}
