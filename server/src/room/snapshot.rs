//! The stored form of a whole room: a header, the board as one update, what is
//! beside it as JSON: the workshop, whose each client id is, and the key of the last entry.
//!
//! ```text
//! "HSNP" · form u8 · SHA-256 of what follows [32] · length of the board u32 LE · board · JSON
//! ```

use bytes::Bytes;
use hartslag_protocol::workshop::Workshop;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::signatures::Signers;

const MAGIC: &[u8; 4] = b"HSNP";
const FORM: u8 = 1;
const CHECKSUM_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;

/// Why a snapshot cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamagedSnapshot {
    /// Other bytes, or of a later version of the server.
    #[error("this is no snapshot that this version reads")]
    UnknownForm,
    /// The checksum does not fit.
    #[error("the snapshot has changed since it was written")]
    Checksum,
    /// It was written so.
    #[error("the snapshot holds no room")]
    Content,
}

/// A room as of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) board: Bytes,
    pub(super) workshop: Workshop,
    pub(super) signers: Signers,
    /// Key of the last entry that it includes: by that a log is known again that went back and
    /// grew anew (L7). A room without entries has none.
    pub(super) last_key: Option<[u8; 16]>,
}

/// What a snapshot holds besides the board.
#[derive(Serialize, Deserialize)]
struct Beside<W> {
    #[serde(flatten)]
    workshop: W,
    /// Snapshots of earlier versions have none.
    #[serde(default, skip_serializing_if = "Signers::is_empty")]
    signers: Signers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_key: Option<[u8; 16]>,
}

/// The snapshot of a room that holds this board (one Yjs update, v1) and nobody yet.
pub fn initial(board: &[u8]) -> Bytes {
    encode(board, &Workshop::default(), Signers::new(), None)
}

pub(super) fn encode(
    board: &[u8],
    workshop: &Workshop,
    signers: Signers,
    last_key: Option<[u8; 16]>,
) -> Bytes {
    let beside = Beside {
        workshop,
        signers,
        last_key,
    };
    // Plain data with text keys always has a JSON form.
    let beside = serde_json::to_vec(&beside).unwrap_or_default();
    let length = u32::try_from(board.len()).unwrap_or(u32::MAX);
    let mut body = Vec::with_capacity(LENGTH_BYTES + board.len() + beside.len());
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(board);
    body.extend_from_slice(&beside);

    let mut bytes = Vec::with_capacity(MAGIC.len() + 1 + CHECKSUM_BYTES + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORM);
    bytes.extend_from_slice(&Sha256::digest(&body));
    bytes.extend_from_slice(&body);
    bytes.into()
}

/// The board in a snapshot, unchecked: to know what it will take before it is loaded.
pub(super) fn board(snapshot: &Bytes) -> Option<Bytes> {
    let head = MAGIC.len() + 1 + CHECKSUM_BYTES;
    let (length, rest) = snapshot.get(head..)?.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let start = head + LENGTH_BYTES;
    (length <= rest.len()).then(|| snapshot.slice(start..start + length))
}

pub(super) fn decode(snapshot: &Bytes) -> Result<Content, DamagedSnapshot> {
    use DamagedSnapshot::{Checksum, Content as Unreadable, UnknownForm};

    let head = MAGIC.len() + 1;
    if snapshot.len() < head + CHECKSUM_BYTES + LENGTH_BYTES
        || &snapshot[..MAGIC.len()] != MAGIC
        || snapshot[MAGIC.len()] != FORM
    {
        return Err(UnknownForm);
    }
    let body = snapshot.slice(head + CHECKSUM_BYTES..);
    if Sha256::digest(&body).as_slice() != &snapshot[head..head + CHECKSUM_BYTES] {
        return Err(Checksum);
    }
    let (length, rest) = body.split_first_chunk().ok_or(Unreadable)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_large| Unreadable)?;
    if length > rest.len() {
        return Err(Unreadable);
    }
    let board = body.slice(LENGTH_BYTES..LENGTH_BYTES + length);
    let beside = serde_json::from_slice(&rest[length..]);
    let Beside {
        workshop,
        signers,
        last_key,
    } = beside.map_err(|_invalid| Unreadable)?;
    Ok(Content {
        board,
        workshop,
        signers,
        last_key,
    })
}

#[cfg(test)]
mod tests {
    use hartslag_protocol::ids::ParticipantId;

    use super::*;

    #[test]
    fn a_snapshot_comes_back_as_it_was() {
        let someone = ParticipantId::generate();
        let content = Content {
            board: Bytes::from_static(&[0, 0]),
            workshop: Workshop::default(),
            signers: [(someone, vec![7, (1 << 53) - 1])].into(),
            last_key: Some([7; 16]),
        };

        let signers = content.signers.clone();
        let snapshot = encode(&content.board, &content.workshop, signers, content.last_key);

        assert_eq!(decode(&snapshot), Ok(content));
    }

    #[test]
    fn a_changed_snapshot_is_told_from_a_foreign_one() {
        let mut changed = initial(&[0, 0]).to_vec();
        *changed.last_mut().unwrap() ^= 1;

        assert_eq!(decode(&changed.into()), Err(DamagedSnapshot::Checksum));
        for foreign in [
            &b""[..],
            b"HSNP",
            b"PK\x03\x04 something else, and long enough for a header",
        ] {
            let foreign = Bytes::copy_from_slice(foreign);
            assert_eq!(decode(&foreign), Err(DamagedSnapshot::UnknownForm));
        }
    }
}
