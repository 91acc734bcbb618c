//! What mutations start from: sessions of real Yjs clients, and inputs that once met a new answer.

use std::fs;
use std::path::{Path, PathBuf};

use hartslag_protocol::testing::{SESSIONS, updates_of};

/// The updates of each session of honest clients, without the whole state that stands behind them.
pub(crate) fn sessions() -> Vec<Vec<&'static [u8]>> {
    let edits = |(_, session)| {
        let mut updates = updates_of(session);
        updates.pop();
        updates
    };
    SESSIONS.map(edits).into()
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
