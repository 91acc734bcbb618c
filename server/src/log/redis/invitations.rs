//! Invitations that were made before rooms noted theirs: noted once, so that backups hold them.

use redis::pipe;
use tracing::{info, warn};

use super::access::invitation;
use super::{RedisStore, keys};
use crate::log::LogError;

impl RedisStore {
    /// Looks through all invitations, unless that was done before.
    pub(super) async fn note_invitations(&self) -> Result<(), LogError> {
        let (noted,): (bool,) = self.query(pipe().exists(keys::NOTED)).await?;
        if noted {
            return Ok(());
        }
        let (mut count, mut cursor) = (0, 0);
        loop {
            let (next, found) = self.scan(keys::INVITATIONS, cursor).await?;
            count += self.note(&found).await?;
            if next == 0 {
                break;
            }
            cursor = next;
        }
        if count > 0 {
            info!(count, "{count} invitations are noted with their rooms");
        }
        self.query(pipe().set(keys::NOTED, 1)).await
    }

    /// Notes those under these keys, and returns how many there were.
    async fn note(&self, found: &[String]) -> Result<usize, LogError> {
        if found.is_empty() {
            return Ok(0);
        }
        let mut read = pipe();
        for key in found {
            read.get(key);
        }
        let kept: Vec<Option<String>> = self.query(&read).await?;
        let mut notes = pipe();
        for (key, text) in found.iter().zip(kept) {
            let secret = key.strip_prefix(keys::INVITATION).unwrap_or_default();
            let (Ok(_), Some(Ok(invitation))) =
                (keys::hash(secret), text.as_deref().map(invitation))
            else {
                warn!("an invitation in Redis cannot be read; it opens nothing");
                continue;
            };
            let role = invitation.role.as_str();
            notes
                .hset(keys::invitations(invitation.room), secret, role)
                .ignore();
        }
        let count = notes.len();
        if count > 0 {
            let () = self.query(&notes).await?;
        }
        Ok(count)
    }
}
