//! Who comes in by what they bring, and as what (H1, H2, H3).

use std::time::Duration;

use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;

use super::guessing::Origin;
use super::secret::{Secret, hash};
use super::typed_codes::TypedCodes;
use super::{AccessStore, Invitation, JoinCode, Membership, Ticket, join_code};
use crate::log::{LogError, Milliseconds};
use crate::network::Network;

/// How long a ticket is valid.
pub const TICKET_LIFETIME: Duration = Duration::from_hours(24);

/// Why what someone brought does not let them in.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// No invitation has this secret.
    #[error("the invitation is not known: ask the coach for a new link")]
    InvitationUnknown,
    /// No room has this code.
    #[error("no room has this code: check the letters, O and 0 do not occur")]
    CodeUnknown,
    /// The code was valid once.
    #[error("the code has expired: ask the coach for the new one")]
    CodeExpired,
    /// Too many wrong codes came from this network.
    #[error("too many wrong codes came from this network: try again later")]
    TooManyGuesses {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] LogError),
}

/// Makes an invitation.
pub async fn invite(store: &dyn AccessStore, room: RoomId, role: Role) -> Result<Secret, LogError> {
    let secret = Secret::generate();
    store
        .put_invitation(secret.hash(), Invitation { room, role })
        .await?;
    Ok(secret)
}

/// What the holder of this secret is invited to.
pub async fn by_invitation(
    store: &dyn AccessStore,
    codes: &TypedCodes,
    network: Network,
    secret: &str,
    now: Milliseconds,
) -> Result<Invitation, AdmissionError> {
    if let Some((room, secret)) = join_code::read_link(secret) {
        let code = by_link(store, room, &secret).await?;
        let invitation = invitation_of(&code, now)?;
        codes.know(network, &code);
        return Ok(invitation);
    }
    store
        .invitation(hash(secret))
        .await?
        .ok_or(AdmissionError::InvitationUnknown)
}

/// The join code that has this link (H2). Nobody guesses it, so it meets no limit.
async fn by_link(
    store: &dyn AccessStore,
    room: RoomId,
    secret: &Secret,
) -> Result<JoinCode, AdmissionError> {
    let code = store.join_code_of(room).await?;
    // Hashes are compared, so that the time it takes tells nothing of the secret.
    code.filter(|code| code.secret.as_ref().map(Secret::hash) == Some(secret.hash()))
        .ok_or(AdmissionError::InvitationUnknown)
}

fn invitation_of(code: &JoinCode, now: Milliseconds) -> Result<Invitation, AdmissionError> {
    if code.expires_at <= now {
        return Err(AdmissionError::CodeExpired);
    }
    Ok(Invitation {
        room: code.room,
        role: Role::Participant,
    })
}

/// What whoever knows this code is invited to (H3).
pub async fn by_code(
    store: &dyn AccessStore,
    codes: &TypedCodes,
    from: Origin,
    typed: &str,
    now: Milliseconds,
) -> Result<Invitation, AdmissionError> {
    // What cannot be a code is a typing error and guesses nothing.
    let code = join_code::normalise(typed).ok_or(AdmissionError::CodeUnknown)?;
    let pass = codes
        .turn(from, &code, now)
        .await
        .map_err(|retry_after| AdmissionError::TooManyGuesses { retry_after })?;
    match store.join_code(&code).await {
        Ok(Some(known)) => {
            codes.right(from.network, &known, pass, now);
            invitation_of(&known, now)
        }
        Ok(None) => {
            codes.wrong(from, &code);
            Err(AdmissionError::CodeUnknown)
        }
        Err(error) => {
            codes.unanswered(from.network, pass, now);
            Err(error.into())
        }
    }
}

impl Invitation {
    /// What a device becomes by it: who it was already, and the better of both roles (H1).
    pub fn membership(self, known: Option<Membership>) -> Membership {
        let fresh = Membership {
            participant: ParticipantId::generate(),
            role: self.role,
        };
        known.map_or(fresh, |known| Membership {
            participant: known.participant,
            role: known.role.max(self.role),
        })
    }
}

/// Makes a ticket for a client that cannot keep cookies.
pub async fn issue_ticket(
    store: &dyn AccessStore,
    room: RoomId,
    participant: ParticipantId,
    now: Milliseconds,
) -> Result<(Secret, Milliseconds), LogError> {
    let secret = Secret::generate();
    let lifetime = u64::try_from(TICKET_LIFETIME.as_millis()).unwrap_or(u64::MAX);
    let ticket = Ticket {
        room,
        participant,
        expires_at: now + lifetime,
    };
    store.put_ticket(secret.hash(), ticket).await?;
    Ok((secret, ticket.expires_at))
}

/// Who holds this ticket in the room; nobody where it is unknown, expired, revoked or of another
/// room.
pub async fn by_ticket(
    store: &dyn AccessStore,
    room: RoomId,
    ticket: &Secret,
    now: Milliseconds,
) -> Result<Option<Membership>, LogError> {
    let Some(ticket) = store.ticket(ticket.hash()).await? else {
        return Ok(None);
    };
    if ticket.room != room || ticket.expires_at <= now {
        return Ok(None);
    }
    let role = store.role_of(room, ticket.participant).await?;
    Ok(role.map(|role| Membership {
        participant: ticket.participant,
        role,
    }))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tempfile::TempDir;

    use super::super::guessing::BURST;
    use super::*;
    use crate::log::sqlite::SqliteStore;

    const NOW: Milliseconds = 1_700_000_000_000;
    const DAY: Milliseconds = 24 * 60 * 60 * 1_000;

    #[test]
    fn h1_a_device_comes_back_as_the_same_participant_and_only_rises() {
        let room = RoomId::generate();
        let invited = |role| Invitation { room, role };

        let first = invited(Role::Participant).membership(None);
        let raised = invited(Role::Coach).membership(Some(first));
        let again = invited(Role::Observer).membership(Some(raised));

        assert_eq!(
            (raised.participant, raised.role),
            (first.participant, Role::Coach)
        );
        assert_eq!(again, raised);
    }

    #[tokio::test]
    async fn h2_an_invitation_is_known_by_its_secret_alone() {
        let (store, _directory) = store();
        let room = RoomId::generate();

        let secret = invite(&store, room, Role::Observer).await.unwrap();
        let codes = TypedCodes::default();

        let invitation = by_invitation(&store, &codes, Network::HERE, secret.reveal(), NOW)
            .await
            .unwrap();
        assert_eq!(
            invitation,
            Invitation {
                room,
                role: Role::Observer
            }
        );
        assert!(matches!(
            by_invitation(&store, &codes, Network::HERE, "guessed", NOW).await,
            Err(AdmissionError::InvitationUnknown)
        ));
    }

    #[tokio::test]
    async fn h2_the_link_of_a_code_lives_as_long_as_the_code() {
        let (store, _directory) = store();
        let room = RoomId::generate();
        let code = join_code::current(&store, room, NOW).await.unwrap();
        let link = join_code::link(&code).unwrap();
        let codes = TypedCodes::default();
        let by_link = async |at| by_invitation(&store, &codes, Network::HERE, &link, at).await;

        let invitation = by_link(NOW + DAY - 1).await.unwrap();
        let expired = by_link(NOW + DAY).await;
        join_code::renew(&store, room, NOW).await.unwrap();
        let replaced = by_link(NOW).await;

        assert_eq!(
            (invitation.room, invitation.role),
            (room, Role::Participant)
        );
        assert!(matches!(expired, Err(AdmissionError::CodeExpired)));
        assert!(matches!(replaced, Err(AdmissionError::InvitationUnknown)));
    }

    #[tokio::test]
    async fn h2_a_code_without_a_link_gets_one_when_it_is_shown() {
        let (store, _directory) = store();
        let room = RoomId::generate();
        let older = JoinCode {
            secret: None,
            ..join_code::renew(&store, room, NOW).await.unwrap()
        };
        store.put_join_code(older.clone(), NOW).await.unwrap();

        let shown = join_code::current(&store, room, NOW).await.unwrap();
        let again = join_code::current(&store, room, NOW).await.unwrap();

        assert_eq!(
            (&shown.code, shown.expires_at),
            (&older.code, older.expires_at)
        );
        assert!(shown.secret.is_some() && shown == again);
    }

    #[tokio::test]
    async fn h3_unknown_and_expired_codes_are_told_apart() {
        let (store, _directory) = store();
        let codes = TypedCodes::patient(Duration::ZERO);
        let room = RoomId::generate();
        let code = join_code::renew(&store, room, NOW).await.unwrap().code;
        let typed = code.to_lowercase();

        let right = by_code(&store, &codes, here(), &typed, NOW).await;
        let expired = by_code(&store, &codes, here(), &typed, NOW + DAY).await;
        let unknown = by_code(&store, &codes, here(), "O0O0O0", NOW).await;

        assert_eq!(right.unwrap().role, Role::Participant);
        assert!(matches!(expired, Err(AdmissionError::CodeExpired)));
        assert!(matches!(unknown, Err(AdmissionError::CodeUnknown)));
    }

    #[tokio::test]
    async fn h3_wrong_guesses_run_out_and_right_ones_do_not_count() {
        let (store, _directory) = store();
        let codes = TypedCodes::patient(Duration::ZERO);
        let right = join_code::renew(&store, RoomId::generate(), NOW)
            .await
            .unwrap()
            .code;
        let wrong = another_than(&right);

        for _ in 0..BURST {
            by_code(&store, &codes, here(), &right, NOW).await.unwrap();
            let guess = by_code(&store, &codes, here(), wrong, NOW).await;
            assert!(matches!(guess, Err(AdmissionError::CodeUnknown)));
        }

        let guess = by_code(&store, &codes, here(), wrong, NOW).await;
        assert!(matches!(guess, Err(AdmissionError::TooManyGuesses { .. })));
    }

    #[tokio::test]
    async fn h3_who_came_in_by_the_link_lets_typed_codes_of_their_network_go_on() {
        let (store, _directory) = store();
        let codes = TypedCodes::patient(Duration::ZERO);
        let room = RoomId::generate();
        let code = join_code::renew(&store, room, NOW).await.unwrap();
        let wrong = another_than(&code.code);
        for _ in 0..2 * BURST {
            let guess = by_code(&store, &codes, here(), wrong, NOW).await;
            assert!(guess.is_err());
        }
        let typed = async || by_code(&store, &codes, here(), &code.code, NOW).await;
        let held_up = typed().await;
        let link = join_code::link(&code).unwrap();

        by_invitation(&store, &codes, Network::HERE, &link, NOW)
            .await
            .unwrap();

        assert!(matches!(
            held_up,
            Err(AdmissionError::TooManyGuesses { .. })
        ));
        assert_eq!(typed().await.unwrap().room, room);
    }

    #[tokio::test]
    async fn h3_who_waits_is_drawn_and_who_waits_with_the_same_code_follows() {
        let (store, _directory) = store();
        let codes = TypedCodes::default();
        let code = join_code::renew(&store, RoomId::generate(), NOW)
            .await
            .unwrap()
            .code;
        let wrong = another_than(&code);
        for _ in 0..BURST {
            let guess = by_code(&store, &codes, here(), wrong, NOW).await;
            assert!(matches!(guess, Err(AdmissionError::CodeUnknown)));
        }

        let hall = (0..20).map(|_| by_code(&store, &codes, here(), &code, NOW));
        let answers = futures_util::future::join_all(hall).await;

        assert!(answers.iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn h2_a_hall_that_types_the_right_code_at_once_is_not_held_up() {
        let (store, _directory) = store();
        let codes = TypedCodes::default();
        let room = RoomId::generate();
        let code = join_code::renew(&store, room, NOW).await.unwrap().code;

        let phones = (0..8 * BURST).map(|_| by_code(&store, &codes, here(), &code, NOW));
        let answers = futures_util::future::join_all(phones).await;

        let let_in = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(let_in, 8 * BURST as usize);
    }

    #[tokio::test]
    async fn h2_a_new_code_ends_the_old_one() {
        let (store, _directory) = store();
        let codes = TypedCodes::patient(Duration::ZERO);
        let room = RoomId::generate();
        let old = join_code::current(&store, room, NOW).await.unwrap();
        assert_eq!(join_code::current(&store, room, NOW).await.unwrap(), old);

        let new = join_code::renew(&store, room, NOW).await.unwrap();

        assert_eq!(join_code::current(&store, room, NOW).await.unwrap(), new);
        assert!(
            by_code(&store, &codes, here(), &old.code, NOW)
                .await
                .is_err()
        );
        let renewed = join_code::current(&store, room, NOW + DAY).await.unwrap();
        assert_eq!(renewed.expires_at, NOW + 2 * DAY);
    }

    #[tokio::test]
    async fn a_ticket_is_good_for_its_room_for_a_day_unless_revoked() {
        let (store, _directory) = store();
        let room = RoomId::generate();
        let noor = Membership {
            participant: ParticipantId::generate(),
            role: Role::Participant,
        };
        let device = Secret::generate().hash();
        store.put_membership(device, room, noor).await.unwrap();

        let (ticket, _) = issue_ticket(&store, room, noor.participant, NOW)
            .await
            .unwrap();

        let holder = async |room, at| by_ticket(&store, room, &ticket, at).await.unwrap();
        assert_eq!(holder(room, NOW).await, Some(noor));
        assert_eq!(holder(room, NOW + DAY - 1).await, Some(noor));
        assert_eq!(holder(room, NOW + DAY).await, None);
        assert_eq!(holder(RoomId::generate(), NOW).await, None);
        store.revoke_ticket(ticket.hash()).await.unwrap();
        assert_eq!(holder(room, NOW).await, None);
    }

    fn store() -> (SqliteStore, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (SqliteStore::open(directory.path()).unwrap(), directory)
    }

    fn another_than(code: &str) -> &'static str {
        if code == "222222" { "333333" } else { "222222" }
    }

    fn here() -> Origin {
        Origin {
            network: Network::HERE,
            address: Ipv4Addr::LOCALHOST.into(),
            device: None,
        }
    }
}
