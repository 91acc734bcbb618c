//! Names of keys. Braces keep all keys of a room in one hash slot.

use std::fmt::Write as _;

use hartslag_protocol::ids::{RoomId, RoundId};

use crate::access::SecretHash;

/// Every room by the time it was made.
pub(super) const ROOMS: &str = "hartslag:rooms";

/// Written by the readiness check.
pub(super) const PROBE: &str = "hartslag:probe";

/// Hash: epoch, created, last, trimmed, upto (of the snapshot), maker.
pub(super) fn room(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:room")
}

/// Stream of entries under `<number>-0`: k key, t kind, w writer, a time, b bytes.
pub(super) fn log(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:log")
}

/// Hash: key of an entry in the log → its number.
pub(super) fn entry_keys(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:keys")
}

pub(super) fn snapshot(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:snapshot")
}

/// The channel on which numbers of new entries are told.
pub(super) fn channel(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:appended")
}

/// The room of a channel.
pub(super) fn room_of_channel(channel: &str) -> Option<RoomId> {
    channel
        .strip_prefix("hartslag:{")?
        .strip_suffix("}:appended")?
        .parse()
        .ok()
}

/// Hash: round → open, closed.
pub(super) fn rounds(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:rounds")
}

/// Hash: participant → revision in twenty digits, then the body.
pub(super) fn responses(room: RoomId, round: RoundId) -> String {
    format!("hartslag:{{{room}}}:responses:{round}")
}

/// Hash: device → participant and role.
pub(super) fn members(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:members")
}

/// The room's join code.
pub(super) fn code_of(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:code")
}

/// Hash: room, expires.
pub(super) fn code(code: &str) -> String {
    format!("hartslag:code:{code}")
}

/// Room and role.
pub(super) fn invitation(secret: &SecretHash) -> String {
    format!("hartslag:invitation:{}", hexadecimal(secret))
}

/// Room, participant, end.
pub(super) fn ticket(secret: &SecretHash) -> String {
    format!("hartslag:ticket:{}", hexadecimal(secret))
}

pub(super) fn hexadecimal(hash: &SecretHash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
