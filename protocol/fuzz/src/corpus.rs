//! What mutations start from: sessions of real Yjs clients, and inputs that once met a new answer.

use std::fs;
use std::path::{Path, PathBuf};

use hartslag_protocol::wire::reader::Reader;

/// Sessions of honest clients, in the order in which a server heard them
/// (`tests/interop/make-gate-fixtures.mjs`).
const SESSIONS: [&[u8]; 4] = [
    include_bytes!("../../fixtures/gate/online.bin"),
    include_bytes!("../../fixtures/gate/offline.bin"),
    include_bytes!("../../fixtures/gate/keeping.bin"),
    include_bytes!("../../fixtures/gate/alone.bin"),
];

/// The updates of each session, without the whole state that stands behind them.
pub(crate) fn sessions() -> Vec<Vec<&'static [u8]>> {
    let split = |bytes| {
        let mut reader = Reader::new(bytes);
        let mut updates = Vec::new();
        while let Ok(update) = reader.block() {
            updates.push(update);
        }
        updates.pop();
        updates
    };
    SESSIONS.map(split).into()
}

/// Where inputs are kept that met an answer for the first time.
pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The inputs that are kept, by the name of their file.
pub(crate) fn kept() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut kept = Vec::new();
    for file in fs::read_dir(directory())? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        kept.push((name, fs::read(file.path())?));
    }
    kept.sort();
    Ok(kept)
}
