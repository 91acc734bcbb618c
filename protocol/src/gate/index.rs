//! Which item lives where: for every id of the room the place in the document.
//!
//! An item that is typed after another names only that other one, and a deletion names only ids,
//! so without this index nobody could tell what an update touches before it is applied. Items
//! of one client that follow each other in one place share a run, which keeps it small.
//!
//! What came in since [`Index::begin`] can be taken back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::content::Kind;
use super::ranges::Ranges;
use super::{ItemId, ROOTS};
use crate::ids::ParticipantId;

/// Position of a shared type in [`Index::nodes`].
pub(super) type NodeId = u32;
/// Position of a place in [`Index::places`].
pub(super) type PlaceId = u32;
type KeyId = u32;

/// A shared type of the document, a root or one that stands under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// 1 for a root.
    pub(super) depth: u8,
    /// Whether it was deleted; it will not come back.
    pub(super) is_gone: bool,
    /// Where the type stands; the roots stand nowhere.
    pub(super) place: Option<PlaceId>,
    /// Its name in the path.
    key: KeyId,
    /// Who wrote it, when it is a note.
    pub(super) author: Option<ParticipantId>,
}

/// The key under which a note says who wrote it.
const AUTHOR: &str = "author";

/// What the id of a note led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    /// Nothing, ever.
    Nothing,
    /// Something deleted and collected, of which nobody knows any more whose it was.
    Forgotten,
    /// Something of this author's, deleted or not.
    Of(Option<ParticipantId>),
}

/// Where items live together: under one key of a map, or in the sequence of a text or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) node: NodeId,
    key: Option<KeyId>,
    /// How much there is: bytes, and [`BLOCK_BULK`] for each block.
    bulk: usize,
    /// The item that came here last: nothing has it as its origin yet.
    pub(super) latest: Option<ItemId>,
}

/// Visiting a block costs about as much as walking over, and copying, this much text.
pub(super) const BLOCK_BULK: usize = 32;

impl Place {
    /// What an integration that has to look at everything here would cost, in units of
    /// [`crate::limits::UPDATE_WORK`].
    pub(super) fn work(&self) -> u64 {
        1 + (self.bulk / BLOCK_BULK) as u64
    }
}

/// What an item is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `None` for what belongs to something deleted and collected: it will never be seen.
    pub(super) place: Option<PlaceId>,
    pub(super) role: EntryRole,
}

/// Whether an item can be the parent of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryRole {
    /// A value or text.
    Leaf,
    /// This shared type.
    Parent(NodeId),
    /// Deleted and collected; it may have been a shared type once.
    Collected,
}

#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
struct Run {
    start: u32,
    entry: Entry,
}

/// What the room knows of one client.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
struct Client {
    /// The clock of its next item.
    clock: u32,
    runs: Vec<Run>,
    deleted: Ranges,
}

/// How to take back what was done since [`Index::begin`].
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
struct Journal {
    nodes: usize,
    places: usize,
    keys: usize,
    /// Clock and number of runs of a client before it first grew.
    clients: BTreeMap<u64, (u32, usize)>,
    /// Places that were there before, as they were.
    touched: Vec<(PlaceId, Place)>,
    /// Notes that were there before, with the author they had.
    authors: Vec<(NodeId, Option<ParticipantId>)>,
}

/// The index of one room.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Index {
    clients: BTreeMap<u64, Client>,
    nodes: Vec<Node>,
    places: Vec<Place>,
    place_ids: HashMap<(NodeId, Option<KeyId>), PlaceId>,
    keys: Vec<Arc<str>>,
    key_ids: HashMap<Arc<str>, KeyId>,
    /// The root that holds the notes.
    notes: NodeId,
    /// [`AUTHOR`].
    author: KeyId,
    journal: Journal,
}

impl Index {
    pub(super) fn new() -> Self {
        let mut index = Self {
            clients: BTreeMap::new(),
            nodes: Vec::new(),
            places: Vec::new(),
            place_ids: HashMap::new(),
            keys: Vec::new(),
            key_ids: HashMap::new(),
            notes: Self::root("notes").expect("a board has notes"),
            author: 0,
            journal: Journal::default(),
        };
        index.author = index.intern(AUTHOR);
        for name in ROOTS {
            let key = index.intern(name);
            index.nodes.push(Node {
                kind: Kind::Map,
                depth: 1,
                is_gone: false,
                place: None,
                key,
                author: None,
            });
        }
        index
    }

    /// Starts changes that can be taken back.
    pub(super) fn begin(&mut self) {
        self.journal.nodes = self.nodes.len();
        self.journal.places = self.places.len();
        self.journal.keys = self.keys.len();
        self.journal.clients.clear();
        self.journal.touched.clear();
        self.journal.authors.clear();
    }

    /// Takes back everything since [`Index::begin`].
    pub(super) fn roll_back(&mut self) {
        for (client, (clock, runs)) in std::mem::take(&mut self.journal.clients) {
            if clock == 0 {
                self.clients.remove(&client);
            } else if let Some(client) = self.clients.get_mut(&client) {
                client.clock = clock;
                client.runs.truncate(runs);
            }
        }
        // Backwards, so that the oldest record of a place is the last one written.
        for (place, before) in std::mem::take(&mut self.journal.touched).into_iter().rev() {
            self.places[place as usize] = before;
        }
        for place in self.places.drain(self.journal.places..) {
            self.place_ids.remove(&(place.node, place.key));
        }
        for key in self.keys.drain(self.journal.keys..) {
            self.key_ids.remove(&key);
        }
        for (note, before) in std::mem::take(&mut self.journal.authors).into_iter().rev() {
            self.nodes[note as usize].author = before;
        }
        self.nodes.truncate(self.journal.nodes);
    }

    /// The clock of the client's next item: 0 for an unknown client.
    pub(super) fn clock(&self, client: u64) -> u32 {
        self.clients.get(&client).map_or(0, |known| known.clock)
    }

    /// Every client with the clock of its next item.
    pub(super) fn clocks(&self) -> impl Iterator<Item = (u64, u32)> {
        self.clients.iter().map(|(&id, client)| (id, client.clock))
    }

    pub(super) fn client_count(&self) -> usize {
        self.clients.len()
    }

    pub(super) fn knows(&self, id: ItemId) -> bool {
        id.clock < self.clock(id.client)
    }

    /// What the room knows of the item; `None` when it does not have it.
    pub(super) fn entry(&self, id: ItemId) -> Option<Entry> {
        let client = self.clients.get(&id.client)?;
        if id.clock >= client.clock {
            return None;
        }
        let after = client.runs.partition_point(|run| run.start <= id.clock);
        client.runs.get(after.checked_sub(1)?).map(|run| run.entry)
    }

    /// Everything that the client has between two clocks, as parts of one entry each.
    pub(super) fn parts(
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
    pub(super) fn undeleted(&self, client: u64, start: u32, end: u32) -> Vec<(u32, u32)> {
        match self.clients.get(&client) {
            Some(client) => client.deleted.missing(start, end),
            None => vec![(start, end)],
        }
    }

    /// Remembers that a range is deleted. Not part of what can be taken back.
    pub(super) fn delete(&mut self, client: u64, start: u32, end: u32) {
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
                self.nodes[node as usize].is_gone = true;
            }
        }
    }

    /// Whether the room knows that the item was deleted.
    pub(super) fn is_deleted(&self, id: ItemId) -> bool {
        let client = self.clients.get(&id.client);
        client.is_some_and(|it| it.deleted.missing(id.clock, id.clock + 1).is_empty())
    }

    /// Adds the client's next item, `length` ticks long.
    pub(super) fn push(&mut self, client_id: u64, length: u32, entry: Entry) {
        let client = self.clients.entry(client_id).or_default();
        self.journal
            .clients
            .entry(client_id)
            .or_insert((client.clock, client.runs.len()));
        let shares_run = client.runs.last().is_some_and(|run| run.entry == entry)
            && !matches!(entry.role, EntryRole::Parent(_));
        if !shares_run {
            let start = client.clock;
            client.runs.push(Run { start, entry });
        }
        client.clock += length;
    }

    /// The root of that name.
    pub(super) fn root(name: &str) -> Option<NodeId> {
        let at = ROOTS.iter().position(|&root| root == name)?;
        NodeId::try_from(at).ok()
    }

    pub(super) fn node(&self, node: NodeId) -> Node {
        self.nodes[node as usize]
    }

    /// Adds a shared type that stands in a place.
    pub(super) fn add_node(&mut self, place: PlaceId, kind: Kind) -> NodeId {
        let Place { node, key, .. } = self.places[place as usize];
        let parent = self.node(node);
        self.nodes.push(Node {
            kind,
            depth: parent.depth.saturating_add(1),
            is_gone: false,
            place: Some(place),
            key: key.unwrap_or(parent.key),
            author: None,
        });
        position(self.nodes.len() - 1)
    }

    pub(super) fn place(&self, place: PlaceId) -> Place {
        self.places[place as usize]
    }

    /// Whether items in the place stand under a key.
    pub(super) fn is_keyed(&self, place: PlaceId) -> bool {
        self.place(place).key.is_some()
    }

    /// The place under a key of a map, or the sequence of a text or array.
    pub(super) fn place_in(&mut self, node: NodeId, key: Option<&str>) -> PlaceId {
        let key = key.map(|key| self.intern(key));
        if let Some(&place) = self.place_ids.get(&(node, key)) {
            return place;
        }
        let place = position(self.places.len());
        self.places.push(Place {
            node,
            key,
            bulk: 0,
            latest: None,
        });
        self.place_ids.insert((node, key), place);
        place
    }

    /// Whether the type was added since [`Index::begin`].
    pub(super) fn is_new(&self, node: NodeId) -> bool {
        node as usize >= self.journal.nodes
    }

    /// Whether a note stands in the place, under its id.
    pub(super) fn holds_note(&self, place: PlaceId) -> bool {
        self.place(place).node == self.notes
    }

    /// Whether the type is a note.
    pub(super) fn is_note(&self, node: NodeId) -> bool {
        let place = self.node(node).place;
        place.is_some_and(|place| self.holds_note(place))
    }

    /// The note that says in this place who wrote it.
    pub(super) fn note_by_author(&self, place: PlaceId) -> Option<NodeId> {
        let Place { node, key, .. } = self.place(place);
        (key == Some(self.author) && self.is_note(node)).then_some(node)
    }

    /// The note that the place is in; not the one that stands in it.
    pub(super) fn note_around(&self, place: PlaceId) -> Option<NodeId> {
        let mut node = self.place(place).node;
        while let Some(place) = self.node(node).place {
            if self.holds_note(place) {
                return Some(node);
            }
            node = self.place(place).node;
        }
        None
    }

    /// What the id of a note led to so far.
    pub(super) fn holding(&self, place: PlaceId) -> Holding {
        let Some(latest) = self.place(place).latest else {
            return Holding::Nothing;
        };
        match self.entry(latest).map(|entry| entry.role) {
            Some(EntryRole::Parent(node)) => Holding::Of(self.node(node).author),
            Some(EntryRole::Leaf) => Holding::Of(None),
            Some(EntryRole::Collected) | None => Holding::Forgotten,
        }
    }

    /// Remembers who wrote a note.
    pub(super) fn set_author(&mut self, note: NodeId, author: Option<ParticipantId>) {
        let known = &mut self.nodes[note as usize].author;
        if (note as usize) < self.journal.nodes {
            self.journal.authors.push((note, *known));
        }
        *known = author;
    }

    /// Notes that something came into a place.
    pub(super) fn grow_place(&mut self, place: PlaceId, bulk: usize, latest: Option<ItemId>) {
        let known = &mut self.places[place as usize];
        if (place as usize) < self.journal.places {
            self.journal.touched.push((place, *known));
        }
        known.bulk += bulk;
        known.latest = latest.or(known.latest);
    }

    /// The name of the root and the keys below it.
    pub(super) fn path(&self, place: PlaceId) -> Vec<&str> {
        let mut path = Vec::new();
        let Place { mut node, key, .. } = self.place(place);
        if let Some(key) = key {
            path.push(&*self.keys[key as usize]);
        }
        loop {
            let Node { place, key, .. } = self.node(node);
            path.push(&*self.keys[key as usize]);
            match place {
                Some(place) => node = self.place(place).node,
                None => break,
            }
        }
        path.reverse();
        path
    }

    fn intern(&mut self, key: &str) -> KeyId {
        if let Some(&known) = self.key_ids.get(key) {
            return known;
        }
        let id = position(self.keys.len());
        let key: Arc<str> = Arc::from(key);
        self.keys.push(Arc::clone(&key));
        self.key_ids.insert(key, id);
        id
    }
}

/// A position in one of the index's lists.
fn position(at: usize) -> u32 {
    u32::try_from(at).expect("the limits of a room keep its index below 2^32 entries")
}
