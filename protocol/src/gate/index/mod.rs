//! Which item lives where: for every id of the room the place in the document.
//!
//! An item that is typed after another names only that other one, and a deletion names only ids,
//! so without this index nobody could tell what an update touches before it is applied. Items
//! of one client that follow each other in one place share a run, which keeps it small.
//!
//! What came in since [`Index::begin`] can be taken back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::items::{Client, Edge};
use super::content::Kind;
use super::{ItemId, ROOTS};
use crate::fields::Field;
use crate::ids::ParticipantId;

mod items;
mod notes;
mod places;

/// Position of a shared type in [`Index::nodes`].
pub(in crate::gate) type NodeId = u32;
/// Position of a place in [`Index::places`].
pub(in crate::gate) type PlaceId = u32;
type KeyId = u32;

/// A shared type of the document, a root or one that stands under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) struct Node {
    pub(in crate::gate) kind: Kind,
    /// 1 for a root.
    pub(in crate::gate) depth: u8,
    /// Whether it was deleted; it will not come back.
    pub(in crate::gate) is_gone: bool,
    /// Where the type stands; the roots stand nowhere.
    pub(in crate::gate) place: Option<PlaceId>,
    /// Its name in the path.
    key: KeyId,
    /// The root in which it is a thing with an id.
    thing_in: Option<u8>,
    /// Keys under which something stands, or stood.
    pub(in crate::gate) keys: u32,
    /// Who wrote it, when it is a note.
    pub(in crate::gate) author: Option<ParticipantId>,
}

/// The key under which a note says who wrote it.
const AUTHOR: &str = "author";

/// What the id of a note led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) enum Holding {
    /// Nothing, ever.
    Nothing,
    /// Something deleted and collected, of which nobody knows any more whose it was.
    Forgotten,
    /// Something of this author's, deleted or not.
    Of(Option<ParticipantId>),
}

/// Where items live together: under one key of a map, or in the sequence of a text or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) struct Place {
    pub(in crate::gate) node: NodeId,
    key: Option<KeyId>,
    /// What may stand here.
    pub(in crate::gate) field: Field,
    /// Ticks of a sequence that nobody deleted.
    pub(in crate::gate) length: u32,
    pub(in crate::gate) size: Size,
    /// The item that came here last: nothing has it as its origin yet.
    pub(in crate::gate) latest: Option<ItemId>,
}

/// How much there is in a place, deleted or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::gate) struct Size {
    /// Blocks that yrs cannot join.
    pub(in crate::gate) blocks: u32,
    /// Those, and all in the shared types that stand here.
    pub(in crate::gate) blocks_within: u32,
    /// Of the blocks, those that were compared with what stood there.
    pub(in crate::gate) compared: u32,
    /// Bytes of text and values.
    pub(in crate::gate) bytes: usize,
}

/// What an item brings to the place where it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::gate) struct Growth {
    pub(in crate::gate) compared: u32,
    pub(in crate::gate) bytes: usize,
    /// Its last tick, where it becomes the latest.
    pub(in crate::gate) latest: Option<ItemId>,
}

/// What an item is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) struct Entry {
    /// `None` for what belongs to something deleted and collected: it will never be seen.
    pub(in crate::gate) place: Option<PlaceId>,
    pub(in crate::gate) role: EntryRole,
}

/// Whether an item can be the parent of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) enum EntryRole {
    /// A value or text.
    Leaf,
    /// This shared type.
    Parent(NodeId),
    /// Deleted and collected; it may have been a shared type once.
    Collected,
}

/// What a client's newest item is: yrs joins to it what goes on in the same gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::gate) enum Newest {
    Text {
        right_origin: Option<ItemId>,
    },
    Values {
        right_origin: Option<ItemId>,
    },
    /// Behind it came an item of another client, which may come to stand before the next.
    Crossed,
    #[default]
    Other,
}

/// How an item comes in between.
#[derive(Clone, Copy, Debug)]
pub(in crate::gate) struct Cut {
    /// Under a key each value is a block until it is deleted.
    pub(in crate::gate) is_keyed: bool,
    /// Whether it names both sides, and so stands there for good.
    pub(in crate::gate) is_between: bool,
}

/// What an item brings to the list of its client.
#[derive(Clone, Copy, Debug)]
pub(in crate::gate) struct Brought {
    /// Whether yrs joins it to the one before.
    pub(in crate::gate) joins: bool,
    pub(in crate::gate) newest: Newest,
}

impl Brought {
    /// By what was deleted and collected.
    pub(in crate::gate) fn of_collected() -> Self {
        Self {
            joins: false,
            newest: Newest::Other,
        }
    }
}

/// A client before it first grew.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(PartialEq))]
struct Before {
    clock: u32,
    runs: usize,
    blocks: u32,
    newest: Newest,
}

/// How to take back what was done since [`Index::begin`].
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
struct Journal {
    nodes: usize,
    places: usize,
    keys: usize,
    clients: BTreeMap<u64, Before>,
    /// Edges that were added or changed, as they were.
    edges: Vec<(u64, u32, Option<Edge>)>,
    /// Places that were there before, as they were.
    touched: Vec<(PlaceId, Place)>,
    /// Notes that were there before, with the author they had.
    authors: Vec<(NodeId, Option<ParticipantId>)>,
}

/// The index of one room.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(in crate::gate) struct Index {
    clients: BTreeMap<u64, Client>,
    nodes: Vec<Node>,
    places: Vec<Place>,
    place_ids: HashMap<(NodeId, Option<KeyId>), PlaceId>,
    keys: Vec<Arc<str>>,
    key_ids: HashMap<Arc<str>, KeyId>,
    /// Per root the things in it that nobody deleted.
    things: [usize; ROOTS.len()],
    /// The root that holds the notes.
    notes: NodeId,
    /// [`AUTHOR`].
    author: KeyId,
    journal: Journal,
}

impl Index {
    pub(in crate::gate) fn new() -> Self {
        let mut index = Self {
            clients: BTreeMap::new(),
            nodes: Vec::new(),
            places: Vec::new(),
            place_ids: HashMap::new(),
            keys: Vec::new(),
            key_ids: HashMap::new(),
            things: [0; ROOTS.len()],
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
                thing_in: None,
                keys: 0,
                author: None,
            });
        }
        index
    }

    /// Starts changes that can be taken back.
    pub(in crate::gate) fn begin(&mut self) {
        self.journal.nodes = self.nodes.len();
        self.journal.places = self.places.len();
        self.journal.keys = self.keys.len();
        self.journal.clients.clear();
        self.journal.edges.clear();
        self.journal.touched.clear();
        self.journal.authors.clear();
    }

    /// Takes back everything since [`Index::begin`].
    pub(in crate::gate) fn roll_back(&mut self) {
        for (client, before) in std::mem::take(&mut self.journal.clients) {
            if before.clock == 0 {
                self.clients.remove(&client);
            } else if let Some(client) = self.clients.get_mut(&client) {
                client.clock = before.clock;
                client.runs.truncate(before.runs);
                client.blocks = before.blocks;
                client.newest = before.newest;
            }
        }
        for (client, clock, before) in std::mem::take(&mut self.journal.edges).into_iter().rev() {
            if let Some(client) = self.clients.get_mut(&client) {
                match before {
                    Some(edge) => client.edges.insert(clock, edge),
                    None => client.edges.remove(&clock),
                };
            }
        }
        // Backwards, so that the oldest record of a place is the last one written.
        for (place, before) in std::mem::take(&mut self.journal.touched).into_iter().rev() {
            self.places[place as usize] = before;
        }
        for place in self.places.drain(self.journal.places..) {
            self.place_ids.remove(&(place.node, place.key));
            if place.key.is_some() {
                self.nodes[place.node as usize].keys -= 1;
            }
        }
        for key in self.keys.drain(self.journal.keys..) {
            self.key_ids.remove(&key);
        }
        for (note, before) in std::mem::take(&mut self.journal.authors).into_iter().rev() {
            self.nodes[note as usize].author = before;
        }
        for node in self.nodes.drain(self.journal.nodes..) {
            if let Some(root) = node.thing_in {
                self.things[usize::from(root)] -= 1;
            }
        }
    }

    /// Per root the things in it that nobody deleted.
    pub(in crate::gate) fn things(&self) -> &[usize] {
        &self.things
    }

    /// Whether the place was added since [`Index::begin`].
    pub(in crate::gate) fn is_new_place(&self, place: PlaceId) -> bool {
        place as usize >= self.journal.places
    }

    /// Whether the type was added since [`Index::begin`].
    pub(in crate::gate) fn is_new(&self, node: NodeId) -> bool {
        node as usize >= self.journal.nodes
    }
}
