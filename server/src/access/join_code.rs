//! Join codes: six characters that can be read from a wall and typed on a phone; and their
//! links, which hold what nobody guesses.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hartslag_protocol::ids::RoomId;

use super::secret::Secret;
use super::{AccessStore, JoinCode};
use crate::log::{LogError, Milliseconds};

/// What a code is made of: no 0 and O, no 1, I and L, which look alike (H2).
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Characters in a code.
pub const LENGTH: usize = 6;
/// How long a code is valid (H2).
pub const LIFETIME: Duration = Duration::from_hours(24);
/// Characters of a link that tell the room; its secret follows.
const ROOM_LENGTH: usize = 22;
/// Codes tried before the store is taken to be wrong: a clash of two is one in millions.
const ATTEMPTS: usize = 16;

/// The code as it is kept, however it was typed; nothing where it cannot be a code.
pub fn normalise(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '-')
        .map(|character| character.to_ascii_uppercase())
        .take(LENGTH + 1)
        .collect();
    let known = code.bytes().all(|byte| ALPHABET.contains(&byte));
    (code.len() == LENGTH && known).then_some(code)
}

/// Gives the room a new code; the old one ends.
pub async fn renew(
    store: &dyn AccessStore,
    room: RoomId,
    now: Milliseconds,
) -> Result<JoinCode, LogError> {
    renew_with(store, room, now, random).await
}

async fn renew_with(
    store: &dyn AccessStore,
    room: RoomId,
    now: Milliseconds,
    mut choose: impl FnMut() -> String + Send,
) -> Result<JoinCode, LogError> {
    let lifetime = u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX);
    for _ in 0..ATTEMPTS {
        let code = JoinCode {
            code: choose(),
            room,
            expires_at: now + lifetime,
            secret: Some(Secret::generate()),
        };
        if store.put_join_code(code.clone(), now).await? {
            return Ok(code);
        }
    }
    Err(LogError::Unavailable("no join code is free".into()))
}

/// The room's code, with a secret for its link; a new one where it has expired.
pub async fn current(
    store: &dyn AccessStore,
    room: RoomId,
    now: Milliseconds,
) -> Result<JoinCode, LogError> {
    let kept = store.join_code_of(room).await?;
    let Some(code) = kept.filter(|code| code.expires_at > now) else {
        return renew(store, room, now).await;
    };
    if code.secret.is_some() {
        return Ok(code);
    }
    let code = JoinCode {
        secret: Some(Secret::generate()),
        ..code
    };
    store.put_join_code(code.clone(), now).await?;
    Ok(code)
}

/// What stands after `/join#` in the link of the code.
pub fn link(code: &JoinCode) -> Option<String> {
    let room = URL_SAFE_NO_PAD.encode(code.room.as_bytes());
    let secret = code.secret.as_ref()?;
    Some(format!("{room}{}", secret.reveal()))
}

/// The room that a link names, and the secret it brings; nothing where it is no link of a code.
///
/// A room is named, not a code, as whether a code exists must not show in an answer or its time.
pub fn read_link(text: &str) -> Option<(RoomId, Secret)> {
    let (room, secret) = text.split_at_checked(ROOM_LENGTH)?;
    let room = URL_SAFE_NO_PAD.decode(room).ok()?.try_into().ok()?;
    Some((RoomId::from_bytes(room), Secret::read(secret)?))
}

fn random() -> String {
    (0..LENGTH)
        .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_a_code_is_six_characters_that_do_not_look_alike() {
        let code = random();

        assert_eq!(normalise(&code), Some(code));
        assert!("01OIL".bytes().all(|byte| !ALPHABET.contains(&byte)));
    }

    #[test]
    fn h2_case_blanks_and_dashes_do_not_matter() {
        assert_eq!(normalise(" k7m-2px "), Some("K7M2PX".into()));
    }

    #[test]
    fn h2_a_link_is_read_as_it_was_written() {
        let code = JoinCode {
            code: random(),
            room: RoomId::generate(),
            expires_at: 0,
            secret: Some(Secret::generate()),
        };
        let link = link(&code).unwrap();

        let (room, secret) = read_link(&link).unwrap();

        assert!(room == code.room && Some(secret) == code.secret);
        for other in ["", "K7M2PX", &link[1..], &format!("é{link}")] {
            assert!(read_link(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for typed in ["", "K7M2P", "K7M2PXX", "K7M2P0", "K7M2Pé", "      "] {
            assert_eq!(normalise(typed), None, "{typed:?}");
        }
    }
}
