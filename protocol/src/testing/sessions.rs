//! Sessions of real Yjs clients, in the order in which a server heard them
//! (`tests/interop/make-gate-fixtures.mjs`).

use crate::wire::reader::Reader;

/// Each with its name.
pub const SESSIONS: [(&str, &[u8]); 4] = [
    ("online", include_bytes!("../../fixtures/gate/online.bin")),
    ("offline", include_bytes!("../../fixtures/gate/offline.bin")),
    ("keeping", include_bytes!("../../fixtures/gate/keeping.bin")),
    ("alone", include_bytes!("../../fixtures/gate/alone.bin")),
];

/// The updates of a session; the last one is the whole state.
pub fn updates_of(session: &'static [u8]) -> Vec<&'static [u8]> {
    let mut reader = Reader::new(session);
    let mut updates = Vec::new();
    while !reader.is_at_end() {
        updates.push(reader.block().expect("a session is a row of updates"));
    }
    updates
}
