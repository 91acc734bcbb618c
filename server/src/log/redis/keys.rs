//! Names of keys. Braces keep all keys of a room in one hash slot.

use std::fmt::Write as _;

use hartslag_protocol::ids::{RoomId, RoundId};

use super::error::damaged;
use crate::access::SecretHash;
use crate::log::LogError;

/// Every room by the time it was made.
pub(super) const ROOMS: &str = "hartslag:rooms";

/// Written by the readiness check.
pub(super) const PROBE: &str = "hartslag:probe";

/// Hash: epoch, created, last and the key of that entry, trimmed, upto (of the snapshot), maker;
/// former, the snapshot that was replaced, and `former_upto`; run, of the server that it was last
/// appended to.
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

/// The channel on which nodes tell each other who is in the room.
pub(super) fn told(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:told")
}

/// The room of a channel, and what is told there: `appended` or `told`.
pub(super) fn room_of_channel(channel: &str) -> Option<(RoomId, &str)> {
    let (room, what) = channel.strip_prefix("hartslag:{")?.split_once("}:")?;
    Some((room.parse().ok()?, what))
}

/// Hash: round → open, closed.
pub(super) fn rounds(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:rounds")
}

/// Hash: participant → revision in twenty digits, then the body.
pub(super) fn responses(room: RoomId, round: RoundId) -> String {
    format!("{}{round}", responses_of(room))
}

/// What the keys of all responses in a room begin with.
pub(super) fn responses_of(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:responses:")
}

/// Hash: secret → role.
pub(super) fn invitations(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:invitations")
}

/// What makes up a room and is replaced as one, responses aside.
pub(super) fn whole(id: RoomId) -> [String; 6] {
    [
        room(id),
        log(id),
        entry_keys(id),
        snapshot(id),
        rounds(id),
        members(id),
    ]
}

/// Ends the keys under which a room is prepared.
pub(super) const STAGED: &str = ":staged";

/// Where what will stand under this key is prepared: a key of the same slot.
pub(super) fn staged(key: &str) -> String {
    format!("{key}{STAGED}")
}

/// Hash: device → participant and role.
pub(super) fn members(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:members")
}

/// The room's join code.
pub(super) fn code_of(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:code")
}

/// The key under which networks of the room are hashed; it ends by itself.
pub(super) fn network_key(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:network-key")
}

/// Sorted by time: participant and network.
pub(super) fn arrivals(room: RoomId) -> String {
    format!("hartslag:{{{room}}}:arrivals")
}

/// Hash: room, expires.
pub(super) fn code(code: &str) -> String {
    format!("hartslag:code:{code}")
}

/// Room and role.
pub(super) fn invitation(secret: &SecretHash) -> String {
    format!("{INVITATION}{}", hexadecimal(secret))
}

/// What the key of an invitation begins with.
pub(super) const INVITATION: &str = "hartslag:invitation:";

/// A pattern of all invitations.
pub(super) const INVITATIONS: &str = "hartslag:invitation:*";

/// Stands once every invitation is noted with its room.
pub(super) const NOTED: &str = "hartslag:invitations-noted";

/// Room, participant, end.
pub(super) fn ticket(secret: &SecretHash) -> String {
    format!("hartslag:ticket:{}", hexadecimal(secret))
}

/// A pattern of all tickets.
pub(super) const TICKETS: &str = "hartslag:ticket:*";

pub(super) fn hexadecimal(hash: &SecretHash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash that [`hexadecimal`] wrote.
pub(super) fn hash(text: &str) -> Result<SecretHash, LogError> {
    let mut hash = [0; 32];
    let is_read = text.len() == 64
        && text.is_ascii()
        && hash.iter_mut().enumerate().all(|(place, byte)| {
            u8::from_str_radix(&text[2 * place..2 * place + 2], 16)
                .map(|read| *byte = read)
                .is_ok()
        });
    is_read
        .then_some(hash)
        .ok_or_else(|| damaged("a secret is kept in an unknown form"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash slot of a key, as the cluster specification tells: CRC16 (XMODEM) of what stands
    /// in the first braces, modulo 16384.
    fn slot(key: &str) -> u16 {
        let tag = key
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once('}'));
        let hashed = tag.map_or(key, |(tag, _)| tag);
        let mut crc = 0_u16;
        for byte in hashed.bytes() {
            crc ^= u16::from(byte) << 8;
            for _ in 0..8 {
                let carries = crc & 0x8000 != 0;
                crc <<= 1;
                if carries {
                    crc ^= 0x1021;
                }
            }
        }
        crc % 16_384
    }

    #[test]
    fn the_slot_is_that_of_the_specification() {
        assert_eq!(slot("123456789"), 0x31c3);
        assert_eq!(slot("foo{bar}baz"), slot("bar"));
    }

    #[test]
    fn every_key_and_channel_of_a_room_is_in_one_slot() {
        let id = RoomId::generate();
        let round = RoundId::generate();
        let names = [
            room(id),
            log(id),
            entry_keys(id),
            snapshot(id),
            channel(id),
            told(id),
            rounds(id),
            responses(id, round),
            members(id),
            code_of(id),
            network_key(id),
            arrivals(id),
        ];
        let staged = whole(id).map(|key| staged(&key));

        let slots: Vec<_> = names
            .iter()
            .chain(&whole(id))
            .chain(&staged)
            .map(|key| slot(key))
            .collect();

        assert!(
            slots.iter().all(|it| *it == slot(&id.to_string())),
            "{slots:?}"
        );
    }
}
