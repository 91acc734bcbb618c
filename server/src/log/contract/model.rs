//! Random interleavings of appends, retries, snapshots and reads, against a plain model.

use proptest::prelude::*;

use super::*;
use crate::log::{Sequence, Snapshot, TRIM_MARGIN};

/// One call on the store.
#[derive(Clone, Debug)]
pub(in crate::log) enum Step {
    /// So many new entries, after earlier ones that are tried again.
    Append { retried: Vec<usize>, new: usize },
    /// Enough at once for the log to be trimmed by a later snapshot.
    AppendMany,
    /// A snapshot, in permille of the log, by someone who knows the kept one or does not.
    Save { permille: u64, knows: bool },
    /// A read, from a place in permille of the log.
    Read { permille: u64, limit: usize },
    /// The store ends and starts again.
    Crash,
}

pub(in crate::log) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let append = (prop::collection::vec(0..3_000_usize, 0..4), 0..5_usize)
        .prop_map(|(retried, new)| Step::Append { retried, new });
    let save =
        (0..=1_000_u64, any::<bool>()).prop_map(|(permille, knows)| Step::Save { permille, knows });
    let read =
        (0..=1_100_u64, 1..50_usize).prop_map(|(permille, limit)| Step::Read { permille, limit });
    let step = prop_oneof![
        6 => append,
        1 => Just(Step::AppendMany),
        3 => save,
        4 => read,
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..30)
}

/// What the store should hold.
#[derive(Default)]
struct Model {
    entries: Vec<NewEntry>,
    trimmed: Sequence,
    snapshot: Sequence,
}

/// L1, L2, L4, L5: whatever the order of calls, the store answers as the model does.
pub(in crate::log) async fn l2_the_store_follows_the_model<F: Fixture>(steps: Vec<Step>) {
    let mut fixture = F::start().await;
    let room = new_room(fixture.store()).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Append { retried, new } => {
                model.append(fixture.store(), room, &retried, new).await;
            }
            Step::AppendMany => {
                let many = usize::try_from(TRIM_MARGIN).unwrap();
                model.append(fixture.store(), room, &[], many).await;
            }
            Step::Save { permille, knows } => {
                model.save(fixture.store(), room, permille, knows).await;
            }
            Step::Read { permille, limit } => {
                let after = model.last() * permille / 1_000;
                model.read(fixture.store(), room, after, limit).await;
            }
            Step::Crash => fixture.crash().await,
        }
    }
    let loaded = fixture.store().load(room).await.unwrap();
    assert_eq!(loaded.snapshot.upto, model.snapshot);
    let upto = usize::try_from(model.snapshot).unwrap();
    let kept: Vec<_> = loaded.tail.iter().map(|entry| entry.key).collect();
    let expected = model.entries[upto..].iter().map(|entry| entry.key);
    assert_eq!(kept, expected.collect::<Vec<_>>());
}

impl Model {
    fn last(&self) -> Sequence {
        self.entries.len() as Sequence
    }

    async fn append(&mut self, store: &impl RoomLog, room: RoomId, retried: &[usize], new: usize) {
        // A key is forgotten with its entry, so only what is still there is tried again.
        let first = usize::try_from(self.trimmed).unwrap();
        let kept = self.entries.len() - first;
        let places = retried
            .iter()
            .filter(|_| kept > 0)
            .map(|n| first + n % kept);
        let mut batch = Vec::new();
        let mut expected = Vec::new();
        for place in places {
            batch.push(self.entries[place].clone());
            expected.push(place as Sequence + 1);
        }
        let fresh = entries(new);
        expected.extend((self.last() + 1..).take(new));
        self.entries.extend(fresh.iter().cloned());
        batch.extend(fresh);

        assert_eq!(store.append(room, 1, batch).await.unwrap(), expected);
    }

    async fn save(&mut self, store: &impl RoomLog, room: RoomId, permille: u64, knows: bool) {
        let upto = self.last() * permille / 1_000;
        let expected = if knows {
            self.snapshot
        } else {
            self.snapshot + 1
        };
        let snapshot = Snapshot {
            upto,
            bytes: Bytes::from(format!("upto {upto} after {expected}")),
        };
        let done = store.save_snapshot(room, 1, expected, snapshot).await;

        let may = knows && upto >= self.snapshot;
        assert_eq!(done.unwrap(), may);
        if may {
            if upto > self.snapshot {
                let kept = upto.saturating_sub(TRIM_MARGIN).min(self.snapshot);
                self.trimmed = self.trimmed.max(kept);
            }
            self.snapshot = upto;
        }
    }

    async fn read(&self, store: &impl RoomLog, room: RoomId, after: Sequence, limit: usize) {
        let answer = store.read(room, after, limit).await;
        if after < self.trimmed {
            let upto = self.trimmed;
            assert!(matches!(answer, Err(LogError::Trimmed { upto: told }) if told == upto));
            return;
        }
        let read = answer.unwrap();
        let kept: Vec<_> = read
            .iter()
            .map(|entry| (entry.sequence, entry.key))
            .collect();
        let expected: Vec<_> = (1..)
            .zip(self.entries.iter().map(|entry| entry.key))
            .skip(usize::try_from(after).unwrap())
            .take(limit)
            .collect();
        assert_eq!(kept, expected);
    }
}
