//! Every limit of the protocol, with its name and its value.
//!
//! They follow from what a large workshop needs (300 people, 5,000 notes) with room to spare,
//! and from what yrs can take without stalling a room.

use std::time::Duration;

/// Largest binary frame from a client, in bytes.
pub const FRAME_BYTES: usize = 1 << 20;
/// Largest first answer to the server's sync step 1, in bytes: work done offline by a client that
/// does not send it in parts.
pub const FIRST_STEP2_BYTES: usize = 4 << 20;
/// Largest text frame from a client, in bytes.
pub const TEXT_FRAME_BYTES: usize = 16 << 10;
/// Protocol messages in one inbound frame.
pub const MESSAGES_PER_FRAME: usize = 64;
/// Frames in one POST of a connection without a WebSocket.
pub const FRAMES_PER_POST: usize = 64;

/// Blocks (items, garbage-collected ranges) in one update.
pub const UPDATE_BLOCKS: usize = 100_000;
/// Client ids in one update or state vector of a client.
pub const UPDATE_CLIENTS: usize = 256;
/// Client ids in a state vector: one that knows the whole room.
pub const STATE_VECTOR_CLIENTS: usize = 60_000;
/// Ranges in the delete set of one update.
pub const DELETE_RANGES: usize = 200_000;
/// Depth of a plain value (arrays and maps in each other).
pub const ANY_DEPTH: usize = 16;
/// Plain values in one update, nested ones counted.
pub const ANY_NODES: usize = 100_000;
/// A text or string in an update, in bytes.
pub const STRING_BYTES: usize = 256 << 10;
/// A key in a map, in bytes.
pub const KEY_BYTES: usize = 128;
/// Depth of shared types in each other.
pub const TYPE_DEPTH: usize = 16;
/// What one update may cost for each begun 64 KiB of it, in visits to a block (some 200 ns each).
///
/// yrs looks through everything in a text, or under a key, to find the place of an item that was
/// made beside others. A forged update could take minutes.
pub const UPDATE_WORK: u64 = 400_000;
/// What one update may cost at most, whatever its size.
pub const UPDATE_WORK_MOST: u64 = 2_000_000;
/// Blocks in one text, or under one key: what is made beside others is compared with each.
pub const TEXT_BLOCKS: u32 = 5_000;
/// Blocks in one thing on the board with all that is in it: it is deleted in one step.
pub const THING_BLOCKS: u32 = 20_000;

/// State of one room as one update, in bytes.
pub const ROOM_BYTES: usize = 8 << 20;
/// Client ids in one room. A state vector of as many fits a frame.
pub const ROOM_CLIENTS: usize = 60_000;
/// Blocks in one room, with those that deletions and insertions cut from others.
pub const ROOM_BLOCKS: usize = 250_000;
/// What loading one room may cost, in visits to a block: some seconds.
pub const ROOM_WORK: u64 = 20_000_000;
/// Connections to one room.
pub const ROOM_CONNECTIONS: usize = 500;
/// Connections of one participant.
pub const PARTICIPANT_CONNECTIONS: usize = 20;
/// People in one room, those aside who were sent away.
pub const ROOM_PARTICIPANTS: usize = 10_000;
/// Acts of sending people away that a room remembers.
pub const ROOM_DISMISSALS: usize = 200;
/// People that it remembers as sent away.
pub const ROOM_DISMISSED: usize = 20_000;
/// How long nobody new comes in from a network whose newcomers were sent away.
pub const NETWORK_SHUT: Duration = Duration::from_mins(10);

/// Updates of one connection, per second, sustained.
pub const UPDATES_PER_SECOND: u32 = 100;
/// Updates of one connection in a burst.
pub const UPDATES_BURST: u32 = 500;
/// Awareness messages of one connection, per second.
pub const AWARENESS_PER_SECOND: u32 = 20;
/// Awareness state of one client, in bytes of JSON.
pub const AWARENESS_STATE_BYTES: usize = 4 << 10;
/// An awareness message, in bytes: an echo of the largest that the server sends, four times.
pub const AWARENESS_MESSAGE_BYTES: usize = 64 << 10;
/// Awareness entries in one message.
pub const AWARENESS_ENTRIES: usize = 1_024;
/// Awareness clients that one connection may own: its own and those of other tabs.
pub const AWARENESS_CLIENTS_PER_CONNECTION: usize = 8;
/// Awareness clients of one participant, over all connections: one for each, and some more.
pub const AWARENESS_PARTICIPANT_ENTRIES: usize = 24;
/// Awareness states of one participant together, in bytes of JSON: the web client's longest, 250
/// bytes, in sixteen tabs.
pub const AWARENESS_PARTICIPANT_BYTES: usize = 4 << 10;
/// Depth of awareness JSON.
pub const AWARENESS_DEPTH: usize = 8;
/// How long an awareness entry lives without renewal.
pub const AWARENESS_LIFETIME: Duration = Duration::from_secs(30);

/// Sync step 1 sent again for what is missing, in a row, before the connection closes.
pub const GAP_RETRIES: u32 = 3;

/// Name of a participant, in characters.
pub const NAME_CHARACTERS: usize = 60;
/// Title of a room, a round or a phase, in characters.
pub const TITLE_CHARACTERS: usize = 120;
/// Text of a note, in characters.
pub const NOTE_CHARACTERS: usize = 500;
/// Notes in one round: more than a person weighs.
pub const ROUND_NOTES: usize = 60;
/// Votes that one person may have in a round.
pub const ROUND_BUDGET: u32 = 20;
/// Rounds in one room.
pub const ROOM_ROUNDS: usize = 200;
/// A journey in the exchange format, in bytes.
pub const JOURNEY_BYTES: usize = 4 << 20;
/// Values in a journey in the exchange format, nested ones counted.
pub const JOURNEY_VALUES: usize = 400_000;
/// Phases, touchpoints, notes, scores and other things on a board, as an import or a writer may
/// make them; one that has more already is read as ever.
pub const BOARD_ITEMS: usize = 10_000;
/// Personas on a board: each has a line through every touchpoint, and a column in a table.
pub const BOARD_PERSONAS: usize = 100;

/// An order key, in bytes: every comparison walks along it.
pub const ORDER_KEY_BYTES: usize = 64;
/// An id, or the name of a field, in bytes; that of a score is made of two, up to [`KEY_BYTES`].
pub const ID_BYTES: usize = 64;
/// A word of a list, in bytes.
pub const WORD_BYTES: usize = 32;
/// A short text, such as a title, as Yjs counts: four times what the web client makes.
pub const SHORT_TEXT_UNITS: u32 = 500;
/// A longer text, such as a summary or a description, as Yjs counts.
pub const LONG_TEXT_UNITS: u32 = 2_000;
/// A text that people write together, as Yjs counts: many may add to one at the same moment.
pub const SHARED_TEXT_UNITS: u32 = 10_000;
/// Items in a list that stands in a field.
pub const LIST_ITEMS: u32 = 200;
/// Plain values in one field that is no list, nested ones counted.
pub const FIELD_VALUES: u32 = 256;
/// Plain values in one field, in each other.
pub const FIELD_DEPTH: u32 = 4;
/// Fields of one thing on a board, unknown ones counted.
pub const THING_FIELDS: u32 = 64;

/// A timer runs at least this long.
pub const TIMER_SHORTEST: Duration = Duration::from_secs(1);
/// A timer runs at most this long: a working day.
pub const TIMER_LONGEST: Duration = Duration::from_hours(8);
/// How long a timer whose time is over is still told.
pub const TIMER_OVER: Duration = Duration::from_hours(1);
