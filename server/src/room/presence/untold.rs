//! What is still to be told of presence: in pieces, and fairly. Who shows much waits for those who
//! show little, so that nobody's signs crowd out everyone else's.

use std::collections::BTreeMap;

use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::AWARENESS_ENTRIES;

use super::Entry;

/// What an entry takes in a message, besides its state.
const ENTRY_BYTES: usize = 16;

/// Clients whose entries changed, each with its place in the row.
#[derive(Debug, Default)]
pub(super) struct Untold {
    since: BTreeMap<u64, u64>,
    next: u64,
}

/// Who shares a turn: a participant, or a client that another node tells of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Participant(ParticipantId),
    Client(u64),
}

impl Untold {
    pub(super) fn insert(&mut self, client: u64) {
        let next = self.next;
        self.since.entry(client).or_insert(next);
        self.next += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.since.is_empty()
    }

    /// Takes what is told next, as much as fits a message of so many bytes: of those first who
    /// have least to tell. What nobody knows any more is left out.
    pub(super) fn take(&mut self, entries: &BTreeMap<u64, Entry>, most: usize) -> Vec<u64> {
        self.since.retain(|client, _| entries.contains_key(client));
        let mut shares = BTreeMap::<Whose, usize>::new();
        for client in self.since.keys() {
            let entry = &entries[client];
            *shares.entry(whose(*client, entry)).or_default() += bytes_of(entry);
        }
        let share = |client: u64| shares[&whose(client, &entries[&client])];
        let since = self.since.iter();
        let mut row: Vec<_> = since
            .map(|(&client, &since)| (share(client), since, client))
            .collect();
        row.sort_unstable();
        let mut fits = Fits::within(most);
        let taken = row.into_iter().map(|(_, _, client)| client);
        let taken: Vec<_> = taken.filter(|client| fits.take(&entries[client])).collect();
        for client in &taken {
            self.since.remove(client);
        }
        taken
    }
}

fn whose(client: u64, entry: &Entry) -> Whose {
    entry.by.map_or(Whose::Client(client), Whose::Participant)
}

fn bytes_of(entry: &Entry) -> usize {
    ENTRY_BYTES + entry.state.as_ref().map_or(4, String::len)
}

/// How much of a message is taken.
#[derive(Debug)]
pub(super) struct Fits {
    bytes: usize,
    entries: usize,
}

impl Fits {
    pub(super) fn within(bytes: usize) -> Self {
        let entries = AWARENESS_ENTRIES;
        Self { bytes, entries }
    }

    /// Takes an entry's space, if there is that much.
    pub(super) fn take(&mut self, entry: &Entry) -> bool {
        let (bytes, entries) = (
            self.bytes.checked_sub(bytes_of(entry)),
            self.entries.checked_sub(1),
        );
        let (Some(bytes), Some(entries)) = (bytes, entries) else {
            return false;
        };
        (self.bytes, self.entries) = (bytes, entries);
        true
    }
}
