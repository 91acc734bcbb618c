//! Who is here, and in which cell: the awareness of a room, shown and told. Whose an entry is,
//! [`owning`] says.
//!
//! Nothing of it is stored. Entries that are foreign or old are dropped without a word: honest
//! clients send those of others back as they got them.

mod owning;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::limits::{AWARENESS_ENTRIES, AWARENESS_LIFETIME};
use hartslag_protocol::wire::awareness;

use self::owning::Owner;
use super::told::{AWARENESS_BYTES, NodeId};
use crate::log::Milliseconds;

/// How long the room remembers that an entry is gone, so that an echo does not bring it back.
const REMEMBERED: Milliseconds = 60_000;
/// Least time between two frames: 20 a second show a pointer move smoothly.
pub(super) const PAUSE: Milliseconds = 50;

/// What an entry takes in a message, besides its state.
const ENTRY_BYTES: usize = 16;

#[derive(Debug)]
struct Entry {
    /// Nobody once it is gone.
    owner: Owner,
    clock: u32,
    state: Option<String>,
    seen: Milliseconds,
}

impl Entry {
    fn lapses_at(&self) -> Milliseconds {
        let span = if self.state.is_some() {
            lifetime()
        } else {
            REMEMBERED
        };
        self.seen + span
    }
}

/// The awareness of a room.
#[derive(Debug, Default)]
pub(super) struct Presence {
    entries: BTreeMap<u64, Entry>,
    owned: BTreeMap<ConnectionId, usize>,
    changed: BTreeSet<u64>,
    shown_at: Option<Milliseconds>,
    /// No entry lapses before this; renewals make it early, never late.
    lapses_at: Option<Milliseconds>,
    /// This node, where others serve the room too.
    node: Option<NodeId>,
    /// Entries of own connections that other nodes are to be told.
    news: BTreeSet<u64>,
}

impl Presence {
    /// From here on, what changes is kept for other nodes too.
    pub(super) fn share(&mut self, node: NodeId) {
        self.node = Some(node);
    }

    fn keep_news(&mut self, client: u64) {
        if self.node.is_some() {
            self.news.insert(client);
        }
    }

    /// A connection closed: what it owned is gone.
    pub(super) fn left(&mut self, connection: ConnectionId, now: Milliseconds) {
        let owner = Owner::Connection(connection);
        self.remove_where(|entry| entry.owner == owner && entry.state.is_some(), now);
        self.owned.remove(&connection);
    }

    /// Lets entries that nobody renewed go, and forgets those long gone.
    pub(super) fn expire(&mut self, now: Milliseconds) {
        if self.lapses_at.is_none_or(|at| now < at) {
            return;
        }
        let lifetime = lifetime();
        self.remove_where(
            |entry| entry.state.is_some() && entry.seen + lifetime <= now,
            now,
        );
        self.entries
            .retain(|_, entry| entry.state.is_some() || entry.seen + REMEMBERED > now);
        self.lapses_at = self.entries.values().map(Entry::lapses_at).min();
    }

    /// Takes the frame's payload that shows what changed, when it is time for one.
    pub(super) fn show(&mut self, now: Milliseconds) -> Option<Vec<u8>> {
        let early = self.shown_at.is_some_and(|at| now < at + PAUSE);
        if self.changed.is_empty() || early {
            return None;
        }
        self.shown_at = Some(now);
        let changed = std::mem::take(&mut self.changed);
        let entries: Vec<_> = changed
            .iter()
            .filter_map(|client| Some(shown(*client, self.entries.get(client)?)))
            .collect();
        Some(awareness::write(entries.into_iter()))
    }

    /// Everyone who is here, as a frame's payload; nothing when nobody is.
    pub(super) fn everyone(&self) -> Option<Vec<u8>> {
        let here: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.state.is_some())
            .map(|(&client, entry)| shown(client, entry))
            .collect();
        (!here.is_empty()).then(|| awareness::write(here.into_iter()))
    }

    /// When there is something to do next.
    pub(super) fn due(&self) -> Option<Milliseconds> {
        let show = (!self.changed.is_empty()).then(|| self.shown_at.map_or(0, |at| at + PAUSE));
        show.into_iter().chain(self.lapses_at).min()
    }

    fn remove_where(&mut self, matches: impl Fn(&Entry) -> bool, now: Milliseconds) {
        let gone = self
            .entries
            .iter()
            .filter(|(_, entry)| matches(entry))
            .map(|(&client, _)| client)
            .collect();
        self.remove(gone, now);
    }

    fn remove(&mut self, gone: BTreeSet<u64>, now: Milliseconds) {
        for client in gone {
            if let Some(entry) = self.entries.get_mut(&client) {
                // What another node told may be told again as it is.
                let is_own = !matches!(entry.owner, Owner::Node(_));
                entry.clock += u32::from(is_own);
                entry.state = None;
                entry.seen = now;
                if is_own {
                    self.keep_news(client);
                }
            }
            self.disown(client);
            self.changed.insert(client);
        }
    }
}

/// What nodes tell each other.
impl Presence {
    /// Takes what another node says of its connections. In the range it names, what it does not
    /// list is gone.
    pub(super) fn told(
        &mut self,
        by: NodeId,
        entries: &[awareness::Entry<'_>],
        range: Option<RangeInclusive<u64>>,
        now: Milliseconds,
    ) {
        for entry in entries {
            self.take_told(by, entry, now);
        }
        if let Some(range) = range.filter(|range| !range.is_empty()) {
            let listed: BTreeSet<u64> = entries.iter().map(|entry| entry.client).collect();
            let known = self.entries.range(range);
            let gone: BTreeSet<u64> = known
                .filter(|(client, entry)| {
                    entry.owner == Owner::Node(by) && !listed.contains(client)
                })
                .map(|(&client, _)| client)
                .collect();
            self.remove(gone, now);
        }
        self.lapses_at.get_or_insert(now + lifetime());
    }

    /// A node is gone, and what it told.
    pub(super) fn node_left(&mut self, node: NodeId, now: Milliseconds) {
        self.remove_where(|entry| entry.owner == Owner::Node(node), now);
    }

    /// Whether own connections brought something that other nodes were not told.
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// What other nodes are to be told next, as much as fits a message.
    pub(super) fn take_news(&mut self) -> Vec<awareness::Entry<'_>> {
        let mut fits = Fits::default();
        let news = std::mem::take(&mut self.news);
        let mut taken = Vec::new();
        for client in news {
            match self.entries.get(&client) {
                Some(Entry {
                    owner: Owner::Node(_),
                    ..
                })
                | None => {}
                Some(entry) if fits.take(entry) => taken.push(shown(client, entry)),
                Some(_) => {
                    self.news.insert(client);
                }
            }
        }
        taken
    }

    /// What own connections show from this client on, as much as fits a message, and the last
    /// client that it covers.
    pub(super) fn own_from(&self, from: u64) -> (Vec<awareness::Entry<'_>>, u64) {
        let mut fits = Fits::default();
        let mut own = Vec::new();
        for (&client, entry) in self.entries.range(from..) {
            if !matches!(entry.owner, Owner::Connection(_)) {
                continue;
            }
            if !fits.take(entry) {
                return (own, client - 1);
            }
            own.push(shown(client, entry));
        }
        (own, u64::MAX)
    }

    /// Who shows what, to be compared with another node's.
    #[cfg(test)]
    pub(super) fn picture(&self) -> BTreeMap<u64, (u32, String)> {
        let here = self.entries.iter();
        here.filter_map(|(&client, entry)| Some((client, (entry.clock, entry.state.clone()?))))
            .collect()
    }
}

/// How much of a message is taken.
#[derive(Debug, Default)]
struct Fits {
    bytes: usize,
    entries: usize,
}

impl Fits {
    /// Takes an entry's space, if there is that much.
    fn take(&mut self, entry: &Entry) -> bool {
        let bytes = self.bytes + ENTRY_BYTES + entry.state.as_ref().map_or(4, String::len);
        let fits = bytes <= AWARENESS_BYTES && self.entries < AWARENESS_ENTRIES;
        if fits {
            self.bytes = bytes;
            self.entries += 1;
        }
        fits
    }
}

fn lifetime() -> Milliseconds {
    u64::try_from(AWARENESS_LIFETIME.as_millis()).unwrap_or(Milliseconds::MAX)
}

fn shown(client: u64, entry: &Entry) -> awareness::Entry<'_> {
    awareness::Entry {
        client,
        clock: entry.clock,
        state: entry.state.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use hartslag_protocol::ids::ParticipantId;

    use super::*;

    pub(super) fn someone() -> ParticipantId {
        ParticipantId::from_bytes([5; 16])
    }

    pub(super) const HERE: &str = r#"{"cell":"a"}"#;

    pub(super) fn update(client: u64, clock: u32, state: Option<&str>) -> Vec<u8> {
        let entry = awareness::Entry {
            client,
            clock,
            state,
        };
        awareness::write([entry].into_iter())
    }

    pub(super) fn shown_at(presence: &mut Presence, now: Milliseconds) -> Vec<(u64, u32, bool)> {
        let payload = presence.show(now).unwrap_or_else(|| vec![0]);
        awareness::read(&payload)
            .unwrap()
            .iter()
            .map(|entry| (entry.client, entry.clock, entry.state.is_some()))
            .collect()
    }

    #[test]
    fn who_leaves_is_gone_for_the_others_and_an_echo_does_not_bring_it_back() {
        let (anna, bo) = (ConnectionId::generate(), ConnectionId::generate());
        let mut presence = Presence::default();
        presence
            .receive(anna, someone(), &update(1, 5, Some(HERE)), 0)
            .unwrap();
        shown_at(&mut presence, 0);

        presence.left(anna, 100);
        assert_eq!(shown_at(&mut presence, 100), [(1, 6, false)]);
        presence
            .receive(bo, someone(), &update(1, 5, Some(HERE)), 200)
            .unwrap();

        assert_eq!(shown_at(&mut presence, 200), []);
        assert_eq!(presence.everyone(), None);
    }

    #[test]
    fn w10_entries_expire_and_are_forgotten_later() {
        let anna = ConnectionId::generate();
        let mut presence = Presence::default();
        presence
            .receive(anna, someone(), &update(1, 1, Some(HERE)), 0)
            .unwrap();
        shown_at(&mut presence, 0);

        presence.expire(lifetime() - 1);
        assert!(presence.everyone().is_some());
        presence.expire(lifetime());
        assert_eq!(shown_at(&mut presence, lifetime()), [(1, 2, false)]);
        presence.expire(lifetime() + REMEMBERED);

        assert!(presence.entries.is_empty() && presence.due().is_none());
    }

    #[test]
    fn changes_within_a_moment_are_shown_together() {
        let anna = ConnectionId::generate();
        let mut presence = Presence::default();
        presence
            .receive(anna, someone(), &update(1, 1, Some(HERE)), 0)
            .unwrap();
        assert_eq!(shown_at(&mut presence, 0).len(), 1);

        presence
            .receive(anna, someone(), &update(1, 2, Some(HERE)), 10)
            .unwrap();
        presence
            .receive(anna, someone(), &update(1, 3, Some(HERE)), 20)
            .unwrap();

        assert_eq!(presence.show(PAUSE - 1), None);
        assert_eq!(shown_at(&mut presence, PAUSE), [(1, 3, true)]);
    }
}
