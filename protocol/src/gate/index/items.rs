//! Items by their ids: runs of items of one client that live in one place.

use std::collections::BTreeMap;

use super::{Before, Brought, Cut, Entry, EntryRole, Index, Journal, Newest, PlaceId};
use crate::gate::ItemId;
use crate::gate::ranges::Ranges;

#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Run {
    start: u32,
    entry: Entry,
}

/// Why a block begins inside a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// They were made apart. Deleted both, yrs joins them.
    Apart,
    /// Something stands between.
    Between,
    /// Something came in between that may have gone elsewhere, and then yrs joins them.
    Doubtful,
}

/// What the room knows of one client.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Client {
    /// The clock of its next item.
    pub(super) clock: u32,
    pub(super) runs: Vec<Run>,
    /// Where blocks begin inside a run, whatever is deleted on one side. Where only one side is
    /// deleted one begins as well, until both are.
    pub(super) edges: BTreeMap<u32, Edge>,
    /// Blocks that yrs keeps of it, at most.
    pub(super) blocks: u32,
    pub(super) newest: Newest,
    deleted: Ranges,
}

impl Client {
    fn is_deleted(&self, clock: u32) -> bool {
        self.deleted.meets(clock, clock + 1)
    }

    /// Whether a tick is deleted, or came so: of an update that is on its way in, too.
    fn is_gone(&self, clock: u32) -> bool {
        let after = self.runs.partition_point(|run| run.start <= clock);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        run.is_some_and(|run| run.entry.role == EntryRole::Collected) || self.is_deleted(clock)
    }

    /// Why a block begins there, or would if it were the client's next.
    fn edge(&self, clock: u32) -> Option<Edge> {
        let runs = || self.runs.binary_search_by_key(&clock, |run| run.start);
        let is_run = clock >= self.clock || runs().is_ok();
        let edge = self.edges.get(&clock).copied();
        edge.or(is_run.then_some(Edge::Apart))
    }
}

impl Index {
    /// The clock of the client's next item: 0 for an unknown client.
    pub(in crate::gate) fn clock(&self, client: u64) -> u32 {
        self.clients.get(&client).map_or(0, |known| known.clock)
    }

    /// Every client with the clock of its next item.
    pub(in crate::gate) fn clocks(&self) -> impl Iterator<Item = (u64, u32)> {
        self.clients.iter().map(|(&id, client)| (id, client.clock))
    }

    /// Blocks that yrs keeps of a client, at most.
    pub(in crate::gate) fn blocks_of(&self, client: u64) -> u64 {
        self.clients.get(&client).map_or(0, |it| it.blocks.into())
    }

    /// Whether yrs joins the client's next item, made behind this one, to the one before.
    pub(in crate::gate) fn types_on(
        &self,
        client_id: u64,
        origin: Option<ItemId>,
        item: Newest,
    ) -> bool {
        let Some(client) = self.clients.get(&client_id) else {
            return false;
        };
        let is_next =
            origin.is_some_and(|it| it.client == client_id && it.clock + 1 == client.clock);
        is_next
            && item != Newest::Other
            && client.newest == item
            && !client.is_deleted(client.clock - 1)
    }

    /// Notes that yrs may keep so many more blocks of a client, or fewer, in this place.
    pub(in crate::gate) fn add_blocks(
        &mut self,
        client_id: u64,
        place: Option<PlaceId>,
        change: i32,
    ) {
        let client = self.clients.entry(client_id).or_default();
        self.journal.remember(client_id, client);
        client.blocks = client.blocks.saturating_add_signed(change);
        if let Some(place) = place {
            self.add_blocks_in(place, change);
        }
    }

    /// Cuts what stands where an item of `by` comes in, at this place behind its origin or before
    /// its right origin; tells whether yrs has a block more for it.
    pub(in crate::gate) fn cut(&mut self, by: u64, at: ItemId, how: Cut) -> bool {
        let Some(client) = self.clients.get_mut(&at.client) else {
            return false;
        };
        if at.clock == client.clock {
            // Of two items behind the same one, that of the lower client mostly comes first.
            if by < at.client {
                self.journal.remember(at.client, client);
                client.newest = Newest::Crossed;
            }
            return false;
        }
        let (left, right) = (at.clock - 1, at.clock);
        let (left, right) = (client.is_gone(left), client.is_gone(right));
        let edge = client.edge(at.clock);
        let is_apart = how.is_keyed || edge == Some(Edge::Apart);
        // Of what was made apart and is deleted yrs may have made one block since.
        if edge == Some(Edge::Between) || (is_apart && !(left && right)) {
            return false;
        }
        let edge = if how.is_between {
            Edge::Between
        } else {
            Edge::Doubtful
        };
        let before = client.edges.insert(at.clock, edge);
        self.journal.edges.push((at.client, at.clock, before));
        left == right
    }

    /// How many more blocks yrs has, or fewer, once a part of a sequence is deleted. It cuts at
    /// both ends, and joins what is deleted to what was cut from it and deleted before.
    pub(in crate::gate) fn cuts_of_deletion(&self, client: u64, start: u32, end: u32) -> i32 {
        let Some(client) = self.clients.get(&client) else {
            return 0;
        };
        let cut = |at, beside| match (client.edge(at), client.is_deleted(beside)) {
            (Some(Edge::Apart | Edge::Between), _) | (Some(Edge::Doubtful), true) => 0,
            (None, true) => -1,
            (None | Some(Edge::Doubtful), false) => 1,
        };
        cut(start, start.saturating_sub(1)) + cut(end, end)
    }

    pub(in crate::gate) fn client_count(&self) -> usize {
        self.clients.len()
    }

    pub(in crate::gate) fn knows(&self, id: ItemId) -> bool {
        id.clock < self.clock(id.client)
    }

    /// What the room knows of the item; `None` when it does not have it.
    pub(in crate::gate) fn entry(&self, id: ItemId) -> Option<Entry> {
        let client = self.clients.get(&id.client)?;
        if id.clock >= client.clock {
            return None;
        }
        let after = client.runs.partition_point(|run| run.start <= id.clock);
        client.runs.get(after.checked_sub(1)?).map(|run| run.entry)
    }

    /// Everything that the client has between two clocks, as parts of one entry each.
    pub(in crate::gate) fn parts(
        &self,
        client: u64,
        start: u32,
        end: u32,
    ) -> impl Iterator<Item = (u32, u32, Entry)> {
        let runs = self.clients.get(&client).map_or(&[][..], |it| &it.runs);
        let first = runs.partition_point(|run| run.start <= start);
        let runs = &runs[first.saturating_sub(1)..];
        runs.iter()
            .enumerate()
            .take_while(move |(_, run)| run.start < end)
            .map(move |(at, run)| {
                let until = runs.get(at + 1).map_or(end, |next| next.start.min(end));
                (run.start.max(start), until, run.entry)
            })
    }

    /// The parts of a range that nobody deleted yet.
    pub(in crate::gate) fn undeleted(&self, client: u64, start: u32, end: u32) -> Vec<(u32, u32)> {
        match self.clients.get(&client) {
            Some(client) => client.deleted.missing(start, end),
            None => vec![(start, end)],
        }
    }

    /// Remembers that a range is deleted. Not part of what can be taken back.
    pub(in crate::gate) fn delete(&mut self, client: u64, start: u32, end: u32) {
        let Some(client) = self.clients.get_mut(&client) else {
            return;
        };
        client.deleted.insert(start, end.min(client.clock));
        let first = client.runs.partition_point(|run| run.start <= start);
        let runs = &client.runs[first.saturating_sub(1)..];
        for run in runs.iter().take_while(|run| run.start < end) {
            // A shared type is a run of its own, one tick long.
            if let EntryRole::Parent(node) = run.entry.role
                && run.start >= start
            {
                let node = &mut self.nodes[node as usize];
                if let Some(root) = node.thing_in.filter(|_| !node.is_gone) {
                    self.things[usize::from(root)] -= 1;
                }
                node.is_gone = true;
            }
        }
    }

    /// Whether the room knows that the item was deleted.
    pub(in crate::gate) fn is_deleted(&self, id: ItemId) -> bool {
        let client = self.clients.get(&id.client);
        client.is_some_and(|it| it.deleted.missing(id.clock, id.clock + 1).is_empty())
    }

    /// Adds the client's next item, `length` ticks long.
    pub(in crate::gate) fn push(
        &mut self,
        client_id: u64,
        length: u32,
        entry: Entry,
        brought: Brought,
    ) {
        let in_sequence = entry.place.is_some_and(|place| !self.is_keyed(place));
        let client = self.clients.entry(client_id).or_default();
        self.journal.remember(client_id, client);
        let shares_run = client.runs.last().is_some_and(|run| run.entry == entry)
            && !matches!(entry.role, EntryRole::Parent(_));
        if !shares_run {
            let start = client.clock;
            client.runs.push(Run { start, entry });
        } else if in_sequence && !brought.joins {
            let edge = match client.newest {
                Newest::Crossed => Edge::Doubtful,
                _ => Edge::Apart,
            };
            client.edges.insert(client.clock, edge);
            self.journal.edges.push((client_id, client.clock, None));
        }
        client.clock += length;
        client.newest = brought.newest;
    }
}

impl Journal {
    /// Remembers a client as it is before it first grows.
    fn remember(&mut self, id: u64, client: &Client) {
        self.clients.entry(id).or_insert_with(|| Before {
            clock: client.clock,
            runs: client.runs.len(),
            blocks: client.blocks,
            newest: client.newest,
        });
    }
}
