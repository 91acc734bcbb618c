//! Who may enter a room: invitations, join codes, devices that come back, tickets.
//!
//! Secrets are kept as their SHA-256; only the short-lived join code, which is shown on a
//! projector, and the secret of its link are kept as they are.

use async_trait::async_trait;
use hartslag_protocol::ids::{ParticipantId, RoomId};
use hartslag_protocol::workshop::Role;

use self::arrival::{Arrival, NetworkKey};
use self::secret::Secret;
use crate::log::{LogError, Milliseconds};

pub mod admission;
pub mod arrival;
pub mod guessing;
pub mod join_code;
mod known;
mod lot;
pub mod person;
pub mod quota;
pub mod secret;
mod tries;
pub mod typed_codes;

/// SHA-256 of a secret.
pub type SecretHash = [u8; 32];

/// A way into a room for whoever has its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The room.
    pub room: RoomId,
    /// What it makes of its holder.
    pub role: Role,
}

/// A short code for phones.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// Six characters, upper case.
    pub code: String,
    /// The room.
    pub room: RoomId,
    /// When it ends, and its link with it.
    pub expires_at: Milliseconds,
    /// What the link and the QR code hold in place of the code, which could be guessed.
    /// Codes of older versions have none until they are shown.
    pub secret: Option<Secret>,
}

impl std::fmt::Debug for JoinCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("JoinCode")
            .field("room", &self.room)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What a device is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The person.
    pub participant: ParticipantId,
    /// What they may.
    pub role: Role,
}

/// A way in for clients without cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The room.
    pub room: RoomId,
    /// The person.
    pub participant: ParticipantId,
    /// When it ends.
    pub expires_at: Milliseconds,
}

/// Keeps who may enter. Both stores implement it; the contract test is in `log`.
#[async_trait]
pub trait AccessStore: Send + Sync + 'static {
    /// Keeps an invitation.
    async fn put_invitation(
        &self,
        secret: SecretHash,
        invitation: Invitation,
    ) -> Result<(), LogError>;

    /// The invitation with this secret.
    async fn invitation(&self, secret: SecretHash) -> Result<Option<Invitation>, LogError>;

    /// Makes this the room's only join code. False where another room has the code and it has
    /// not expired at `now`: take another.
    async fn put_join_code(&self, code: JoinCode, now: Milliseconds) -> Result<bool, LogError>;

    /// The code, expired or not; expired ones are forgotten after a week.
    async fn join_code(&self, code: &str) -> Result<Option<JoinCode>, LogError>;

    /// The room's current code.
    async fn join_code_of(&self, room: RoomId) -> Result<Option<JoinCode>, LogError>;

    /// What the device is in the room.
    async fn membership(
        &self,
        device: SecretHash,
        room: RoomId,
    ) -> Result<Option<Membership>, LogError>;

    /// Keeps what the device is in the room, in place of what it was.
    async fn put_membership(
        &self,
        device: SecretHash,
        room: RoomId,
        membership: Membership,
    ) -> Result<(), LogError>;

    /// What the participant may, by any device.
    async fn role_of(
        &self,
        room: RoomId,
        participant: ParticipantId,
    ) -> Result<Option<Role>, LogError>;

    /// Keeps a ticket.
    async fn put_ticket(&self, secret: SecretHash, ticket: Ticket) -> Result<(), LogError>;

    /// The ticket with this secret, expired or not.
    async fn ticket(&self, secret: SecretHash) -> Result<Option<Ticket>, LogError>;

    /// Ends a ticket.
    async fn revoke_ticket(&self, secret: SecretHash) -> Result<(), LogError>;

    /// The key under which the room's networks are hashed: for a day, then there is another.
    async fn network_key(&self, room: RoomId, now: Milliseconds) -> Result<NetworkKey, LogError>;

    /// Keeps from which network someone came in, and forgets what is older than a day.
    async fn put_arrival(&self, room: RoomId, arrival: Arrival) -> Result<(), LogError>;

    /// Who came in since then, the newest first.
    async fn arrivals(&self, room: RoomId, since: Milliseconds) -> Result<Vec<Arrival>, LogError>;
}
