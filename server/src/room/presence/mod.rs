//! Who is here, and in which cell: the awareness of a room, shown and told. Whose an entry is,
//! [`owning`] says.
//!
//! Nothing of it is stored. Entries that are foreign or old are dropped without a word: honest
//! clients send those of others back as they got them.

mod owning;
mod untold;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use bytes::Bytes;
use hartslag_protocol::ids::{ConnectionId, ParticipantId};
use hartslag_protocol::limits::AWARENESS_LIFETIME;
use hartslag_protocol::wire::{awareness, frame};

use self::owning::Owner;
use self::untold::{Fits, Untold};
use super::told::{AWARENESS_BYTES, NodeId};
use crate::log::Milliseconds;

/// How long the room remembers that an entry is gone, so that an echo does not bring it back.
const REMEMBERED: Milliseconds = 60_000;
/// Least time between two frames: 20 a second show a pointer move smoothly.
pub(super) const PAUSE: Milliseconds = 50;
/// What one frame of presence holds at most, and so what anyone is told in a [`PAUSE`]: a hundred
/// moves of the web client.
pub(super) const PIECE_BYTES: usize = 16 << 10;

#[derive(Debug)]
struct Entry {
    /// Nobody once it is gone.
    owner: Owner,
    /// Whose connection brought it; nobody where another node told it.
    by: Option<ParticipantId>,
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
    /// What each participant's connections brought, also what is gone.
    brought: BTreeMap<ParticipantId, BTreeSet<u64>>,
    changed: Untold,
    /// Everyone who is here, as frames, while nothing changes.
    everyone: Option<Vec<Bytes>>,
    shown_at: Option<Milliseconds>,
    /// No entry lapses before this; renewals make it early, never late.
    lapses_at: Option<Milliseconds>,
    /// This node, where others serve the room too.
    node: Option<NodeId>,
    /// Entries of own connections that other nodes are to be told.
    news: Untold,
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

    fn mark_changed(&mut self, client: u64) {
        self.changed.insert(client);
        self.everyone = None;
    }

    /// A connection closed: what it owned is gone.
    pub(super) fn left(&mut self, connection: ConnectionId, now: Milliseconds) {
        let owner = Owner::Connection(connection);
        self.remove_where(|entry| entry.owner == owner && entry.state.is_some(), now);
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
        self.forget_where(|entry| entry.state.is_none() && entry.seen + REMEMBERED <= now);
        self.lapses_at = self.entries.values().map(Entry::lapses_at).min();
    }

    /// Takes the frame that shows what changed, when it is time for one. What does not fit comes
    /// with the next.
    pub(super) fn show(&mut self, now: Milliseconds) -> Option<Bytes> {
        let early = self.shown_at.is_some_and(|at| now < at + PAUSE);
        if self.changed.is_empty() || early {
            return None;
        }
        self.shown_at = Some(now);
        let next = self.changed.take(&self.entries, PIECE_BYTES);
        (!next.is_empty()).then(|| frame_of(next.iter().map(|it| shown(*it, &self.entries[it]))))
    }

    /// Everyone who is here, as frames.
    pub(super) fn everyone(&mut self) -> &[Bytes] {
        let entries = &self.entries;
        self.everyone.get_or_insert_with(|| {
            let mut pieces = vec![Vec::new()];
            let mut fits = Fits::within(PIECE_BYTES);
            for (client, entry) in entries.iter().filter(|(_, it)| it.state.is_some()) {
                if !fits.take(entry) {
                    fits = Fits::within(PIECE_BYTES);
                    fits.take(entry);
                    pieces.push(Vec::new());
                }
                if let Some(piece) = pieces.last_mut() {
                    piece.push(shown(*client, entry));
                }
            }
            let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
            pieces.map(|piece| frame_of(piece.into_iter())).collect()
        })
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
            self.mark_changed(client);
        }
    }

    fn forget_where(&mut self, matches: impl Fn(&Entry) -> bool) {
        let known = self.entries.iter();
        let gone: Vec<u64> = known
            .filter(|(_, entry)| matches(entry))
            .map(|(&client, _)| client)
            .collect();
        for client in gone {
            self.forget(client);
        }
    }

    /// Knows nothing of an entry any more.
    fn forget(&mut self, client: u64) {
        let Some(Entry { by: Some(by), .. }) = self.entries.remove(&client) else {
            return;
        };
        if let Some(brought) = self.brought.get_mut(&by) {
            brought.remove(&client);
            if brought.is_empty() {
                self.brought.remove(&by);
            }
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
        let news = self.news.take(&self.entries, AWARENESS_BYTES);
        let news = news
            .into_iter()
            .map(|client| (client, &self.entries[&client]));
        news.filter(|(_, entry)| !matches!(entry.owner, Owner::Node(_)))
            .map(|(client, entry)| shown(client, entry))
            .collect()
    }

    /// What own connections show from this client on, as much as fits a message, and the last
    /// client that it covers.
    pub(super) fn own_from(&self, from: u64) -> (Vec<awareness::Entry<'_>>, u64) {
        let mut fits = Fits::within(AWARENESS_BYTES);
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

fn lifetime() -> Milliseconds {
    u64::try_from(AWARENESS_LIFETIME.as_millis()).unwrap_or(Milliseconds::MAX)
}

fn frame_of<'a>(entries: impl ExactSizeIterator<Item = awareness::Entry<'a>>) -> Bytes {
    frame::write_awareness(&awareness::write(entries)).into()
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
    use hartslag_protocol::limits::ROOM_CONNECTIONS;

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
        let frame = presence.show(now);
        let entries = frame.iter().flat_map(entries_in);
        entries
            .map(|entry| (entry.client, entry.clock, entry.state.is_some()))
            .collect()
    }

    pub(super) fn entries_in(frame: &Bytes) -> Vec<awareness::Entry<'_>> {
        let messages = frame::read_frame(frame).unwrap();
        let [frame::Message::Awareness(payload)] = messages[..] else {
            panic!("{messages:?}");
        };
        awareness::read(payload).unwrap()
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
        assert!(presence.everyone().is_empty());
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
        assert!(!presence.everyone().is_empty());
        presence.expire(lifetime());
        assert_eq!(shown_at(&mut presence, lifetime()), [(1, 2, false)]);
        presence.expire(lifetime() + REMEMBERED);

        assert!(presence.entries.is_empty() && presence.due().is_none());
    }

    /// As long as the web client makes it: a lane, and the longest id that a board may have.
    fn longest_state(participant: ParticipantId) -> String {
        let column = "x".repeat(hartslag_protocol::limits::KEY_BYTES);
        format!(r#"{{"participant":"{participant}","cell":"experience/{column}"}}"#)
    }

    #[test]
    fn a_full_room_is_shown_in_pieces_and_all_of_it() {
        let mut presence = Presence::default();
        for client in 0..ROOM_CONNECTIONS as u64 {
            let by = ParticipantId::generate();
            let update = update(client, 1, Some(&longest_state(by)));
            let from = ConnectionId::generate();
            presence.receive(from, by, &update, 0).unwrap();
        }

        let pieces = presence.everyone().to_vec();

        let shown: usize = pieces.iter().map(|piece| entries_in(piece).len()).sum();
        assert_eq!(shown, ROOM_CONNECTIONS);
        assert!(pieces.iter().all(|piece| piece.len() < PIECE_BYTES + 16));
        let bytes: usize = pieces.iter().map(Bytes::len).sum();
        assert!(bytes < 128 << 10, "{bytes}");
    }

    #[test]
    fn who_shows_much_waits_for_who_shows_little() {
        let mut presence = Presence::default();
        let state = format!(r#"{{"a":"{}"}}"#, "x".repeat(4_000));
        for client in 0..120 {
            let by = ParticipantId::generate();
            let update = update(client, 1, Some(&state));
            let from = ConnectionId::generate();
            presence.receive(from, by, &update, 0).unwrap();
        }
        let update = update(999, 1, Some(HERE));
        let from = ConnectionId::generate();
        presence.receive(from, someone(), &update, 0).unwrap();

        let first = presence.show(0).unwrap();

        assert!(first.len() < PIECE_BYTES + 16);
        assert_eq!(entries_in(&first)[0].client, 999);
        let mut shown = entries_in(&first).len();
        for turn in 1..=40 {
            shown += shown_at(&mut presence, turn * PAUSE).len();
        }
        assert_eq!(shown, 121, "what waits comes later");
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
