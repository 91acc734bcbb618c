//! Whose an entry is: taken only from the connection that first brought it, on whatever node that
//! is, and never in the name of another (W10).

use std::borrow::Cow;
use std::collections::BTreeSet;

use hartslag_protocol::ids::{ConnectionId, ParticipantId};
use hartslag_protocol::limits::{
    AWARENESS_CLIENTS_PER_CONNECTION, AWARENESS_MESSAGE_BYTES, AWARENESS_PARTICIPANT_BYTES,
    AWARENESS_PARTICIPANT_ENTRIES, ROOM_CONNECTIONS,
};
use hartslag_protocol::wire::awareness;
use hartslag_protocol::wire::reader::Malformed;

use super::{Entry, Presence, lifetime};
use crate::log::Milliseconds;
use crate::room::told::NodeId;

/// Entries of a room, those that are gone among them: what every connection may own, twice. As
/// many again may be told by other nodes.
const ENTRIES: usize = 2 * ROOM_CONNECTIONS * AWARENESS_CLIENTS_PER_CONNECTION;
/// Entries that one participant brought, those that are gone among them.
const BROUGHT: usize = 2 * AWARENESS_PARTICIPANT_ENTRIES;

/// Whose an entry is: it is taken from nobody else (W10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    /// The connection that brought it.
    Connection(ConnectionId),
    /// The node that told of it: one of its connections brought it there.
    Node(NodeId),
}

impl Presence {
    /// Takes what a connection of a participant says of itself, and not what it says of others.
    pub(in crate::room) fn receive(
        &mut self,
        from: ConnectionId,
        participant: ParticipantId,
        update: &[u8],
        now: Milliseconds,
    ) -> Result<(), Malformed> {
        if update.len() > AWARENESS_MESSAGE_BYTES {
            return Err(Malformed("an awareness message is too large"));
        }
        for entry in awareness::read(update)? {
            self.take(from, participant, &entry, now)?;
        }
        self.lapses_at.get_or_insert(now + lifetime());
        Ok(())
    }

    fn take(
        &mut self,
        from: ConnectionId,
        participant: ParticipantId,
        entry: &awareness::Entry<'_>,
        now: Milliseconds,
    ) -> Result<(), Malformed> {
        let owner = Owner::Connection(from);
        let known = self.entries.get(&entry.client);
        let is_news = known.is_none_or(|known| {
            let leaves = entry.clock == known.clock && entry.state.is_none();
            entry.clock > known.clock || leaves
        });
        let may_take = match known.map_or(Owner::Nobody, |known| known.owner) {
            Owner::Nobody => entry.state.is_some() && self.may_bring_another(from, participant),
            known => known == owner,
        };
        if !is_news || !may_take {
            return Ok(());
        }
        entry.check()?;
        if entry
            .state
            .is_some_and(|state| !may_say(state, participant))
        {
            return Ok(());
        }
        self.forget(entry.client);
        let is_gone = entry.state.is_none();
        let taken = Entry {
            owner: if is_gone { Owner::Nobody } else { owner },
            by: Some(participant),
            clock: entry.clock,
            state: entry.state.map(str::to_owned),
            seen: now,
        };
        self.entries.insert(entry.client, taken);
        let brought = self.brought.entry(participant).or_default();
        brought.insert(entry.client);
        self.mark_changed(entry.client);
        self.keep_news(entry.client);
        self.bound_of(participant, entry.client, now);
        Ok(())
    }

    fn may_bring_another(&mut self, from: ConnectionId, participant: ParticipantId) -> bool {
        let owner = Owner::Connection(from);
        let brought = self.brought.get(&participant);
        let known = brought.into_iter().flatten();
        let own = known.filter(|client| self.entries[client].owner == owner);
        if own.count() >= AWARENESS_CLIENTS_PER_CONNECTION {
            return false;
        }
        if self.is_full() {
            // Those that are gone have least to say: an echo may bring one back for a moment.
            self.forget_where(|entry| entry.owner == Owner::Nobody);
        }
        !self.is_full()
    }

    /// Keeps what a participant brought within bounds: what was renewed longest ago goes, and
    /// `newest` stays.
    fn bound_of(&mut self, participant: ParticipantId, newest: u64, now: Milliseconds) {
        let brought = self.brought.get(&participant);
        let mut row: Vec<_> = brought
            .into_iter()
            .flatten()
            .map(|&client| (client == newest, self.entries[&client].seen, client))
            .collect();
        row.sort_unstable();
        let (mut bytes, mut count) = (0, 0);
        let mut too_many = BTreeSet::new();
        for &(.., client) in row.iter().rev() {
            if let Some(state) = &self.entries[&client].state {
                (bytes, count) = (bytes + state.len(), count + 1);
                if bytes > AWARENESS_PARTICIPANT_BYTES || count > AWARENESS_PARTICIPANT_ENTRIES {
                    too_many.insert(client);
                }
            }
        }
        self.remove(too_many, now);
        let mut excess = row.len().saturating_sub(BROUGHT);
        for (.., client) in row {
            if excess > 0 && self.entries[&client].state.is_none() {
                self.forget(client);
                excess -= 1;
            }
        }
    }

    /// Whether own connections have brought as much as a room holds.
    fn is_full(&self) -> bool {
        let is_own = |entry: &&Entry| !matches!(entry.owner, Owner::Node(_));
        self.entries.len() >= ENTRIES && self.entries.values().filter(is_own).count() >= ENTRIES
    }

    /// Whether a client id is shown as that of someone else.
    pub(in crate::room) fn shows_another(&self, client: u64, participant: ParticipantId) -> bool {
        let shown = self.entries.get(&client).and_then(|it| it.state.as_deref());
        shown.is_some_and(|state| !may_say(state, participant))
    }

    /// The entry is nobody's from here on.
    pub(super) fn disown(&mut self, client: u64) {
        if let Some(entry) = self.entries.get_mut(&client) {
            entry.owner = Owner::Nobody;
        }
    }

    /// Takes an entry that another node tells, unless a connection or another node keeps it.
    pub(super) fn take_told(
        &mut self,
        by: NodeId,
        entry: &awareness::Entry<'_>,
        now: Milliseconds,
    ) {
        let teller = Owner::Node(by);
        let may_take = match self.entries.get(&entry.client).map(|known| known.owner) {
            Some(owner) if owner == teller => true,
            // Two nodes took it at one moment: everywhere the same one keeps it.
            Some(Owner::Connection(_)) => self.node.is_some_and(|own| by < own),
            Some(Owner::Node(other)) => by < other,
            Some(Owner::Nobody) | None => self.has_room_for_told(),
        };
        let is_gone = entry.state.is_none();
        let known = self.entries.get(&entry.client);
        if !may_take || (is_gone && known.is_none_or(|known| known.owner != teller)) {
            return;
        }
        let is_news = known.is_none_or(|known| {
            known.clock != entry.clock || known.state.as_deref() != entry.state
        });
        self.forget(entry.client);
        let taken = Entry {
            owner: if is_gone { Owner::Nobody } else { teller },
            by: None,
            clock: entry.clock,
            state: entry.state.map(str::to_owned),
            seen: now,
        };
        self.entries.insert(entry.client, taken);
        if is_news {
            self.mark_changed(entry.client);
        }
    }

    fn has_room_for_told(&self) -> bool {
        let is_told = |entry: &&Entry| matches!(entry.owner, Owner::Node(_));
        self.entries.len() < ENTRIES
            || (self.entries.len() < 2 * ENTRIES
                && self.entries.values().filter(is_told).count() < ENTRIES)
    }
}

/// Whether a state may be the participant's: whoever it names is the one who sends it (W10).
fn may_say(state: &str, participant: ParticipantId) -> bool {
    // A name that stands there twice is an error too: other readers would take another one.
    let said: Result<Said<'_>, _> = serde_json::from_str(state);
    said.is_ok_and(|said| match said.participant {
        None => true,
        Some(named) => named == participant.to_string(),
    })
}

/// What the server reads of a state.
#[derive(serde::Deserialize)]
struct Said<'a> {
    #[serde(default, borrow)]
    participant: Option<Cow<'a, str>>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HERE, shown_at, someone, update};
    use super::*;

    #[test]
    fn w10_an_entry_is_taken_only_from_who_brought_it() {
        let (anna, bo) = (ConnectionId::generate(), ConnectionId::generate());
        let mut presence = Presence::default();
        presence
            .receive(anna, someone(), &update(1, 1, Some(HERE)), 0)
            .unwrap();
        assert_eq!(shown_at(&mut presence, 0), [(1, 1, true)]);

        presence
            .receive(bo, someone(), &update(1, 2, Some("{}")), 100)
            .unwrap();
        presence
            .receive(bo, someone(), &update(1, 9, None), 100)
            .unwrap();

        assert_eq!(shown_at(&mut presence, 100), []);
    }

    #[test]
    fn old_and_echoed_entries_are_dropped() {
        let anna = ConnectionId::generate();
        let mut presence = Presence::default();
        presence
            .receive(anna, someone(), &update(1, 5, Some(HERE)), 0)
            .unwrap();
        shown_at(&mut presence, 0);

        presence
            .receive(anna, someone(), &update(1, 5, Some(HERE)), 100)
            .unwrap();
        presence
            .receive(anna, someone(), &update(1, 4, Some("{}")), 100)
            .unwrap();

        assert_eq!(shown_at(&mut presence, 100), []);
    }

    #[test]
    fn who_comes_back_on_another_connection_is_taken() {
        let (first, second) = (ConnectionId::generate(), ConnectionId::generate());
        let mut presence = Presence::default();
        presence
            .receive(first, someone(), &update(1, 5, Some(HERE)), 0)
            .unwrap();
        presence.left(first, 10);
        shown_at(&mut presence, 10);

        presence
            .receive(second, someone(), &update(1, 7, Some(HERE)), 100)
            .unwrap();

        assert_eq!(shown_at(&mut presence, 100), [(1, 7, true)]);
    }

    #[test]
    fn a_connection_owns_few_entries() {
        let anna = ConnectionId::generate();
        let mut presence = Presence::default();
        for client in 0..100 {
            presence
                .receive(anna, someone(), &update(client, 1, Some(HERE)), 0)
                .unwrap();
        }

        assert_eq!(presence.entries.len(), AWARENESS_CLIENTS_PER_CONNECTION);
    }

    #[test]
    fn entries_that_come_and_go_are_bounded_too() {
        let anna = ConnectionId::generate();
        let mut presence = Presence::default();
        for client in 0..2 * ENTRIES as u64 {
            for (clock, state) in [(1, Some(HERE)), (2, None)] {
                let update = update(client, clock, state);
                presence.receive(anna, someone(), &update, 0).unwrap();
            }
        }

        assert_eq!(presence.entries.len(), BROUGHT);
    }

    #[test]
    fn what_a_participant_shows_is_bounded_over_all_its_connections() {
        let state = format!(r#"{{"a":"{}"}}"#, "x".repeat(1_000));
        let mut presence = Presence::default();
        for (now, client) in (0..20).zip(0..) {
            let update = update(client, 1, Some(&state));
            let connection = ConnectionId::generate();
            presence
                .receive(connection, someone(), &update, now)
                .unwrap();
        }
        let other = ParticipantId::from_bytes([6; 16]);
        let update = update(99, 1, Some(HERE));
        presence
            .receive(ConnectionId::generate(), other, &update, 30)
            .unwrap();

        let here: Vec<u64> = presence.picture().into_keys().collect();
        assert_eq!(
            here,
            [16, 17, 18, 19, 99],
            "the newest stay, and the other's"
        );
    }

    #[test]
    fn who_comes_and_goes_often_leaves_the_room_open_for_others() {
        let mut presence = Presence::default();
        for client in 0..2 * ENTRIES as u64 {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&(client / 40).to_be_bytes());
            let by = ParticipantId::from_bytes(bytes);
            let from = ConnectionId::generate();
            let update = update(client, 1, Some(HERE));
            presence.receive(from, by, &update, 0).unwrap();
            presence.left(from, 0);
        }
        let update = update(u64::MAX >> 12, 1, Some(HERE));

        presence
            .receive(ConnectionId::generate(), someone(), &update, 0)
            .unwrap();

        assert!(presence.entries.len() <= ENTRIES);
        assert_eq!(presence.picture().len(), 1);
    }

    #[test]
    fn w10_nobody_shows_itself_as_another() {
        let (me, other) = (someone(), ParticipantId::generate());
        let states = [
            (format!(r#"{{"participant":"{me}","cell":"a"}}"#), true),
            (r#"{"cell":"a"}"#.to_owned(), true),
            (
                r#"{"participant":null,"user":{"name":"Noor"}}"#.to_owned(),
                true,
            ),
            (format!(r#"{{"participant":"{other}"}}"#), false),
            (format!(r#"{{"\u0070articipant":"{other}"}}"#), false),
            (
                format!(r#"{{"participant":"{me}","participant":"{other}"}}"#),
                false,
            ),
            (r#"{"participant":["x"]}"#.to_owned(), false),
        ];
        for (state, expected) in states {
            let mut presence = Presence::default();
            let update = update(1, 1, Some(&state));

            presence
                .receive(ConnectionId::generate(), me, &update, 0)
                .unwrap();

            assert_eq!(!presence.everyone().is_empty(), expected, "{state}");
        }
    }
}
