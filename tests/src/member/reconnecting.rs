//! Coming back after a loss, as a good client does.

use std::time::Duration;

use hartslag_protocol::wire::frame;
use hartslag_protocol::wire::message::{ClientMessage, ServerMessage};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use yrs::updates::encoder::Encode;
use yrs::{ReadTxn, Transact};

use super::{Dialect, Member, empty, open};
use crate::within;

/// How long an attempt to connect may take, and a connection may be silent: the server says
/// something at least every 15 seconds (W9).
pub(super) const SILENCE: Duration = Duration::from_secs(20);

impl Member {
    /// Opens a new connection with the replica as it is, and brings both sides in step.
    pub async fn reconnect(&mut self) {
        let in_step = within("a connection in step", self.try_reconnect()).await;
        assert!(in_step, "the connection closed ({:?})", self.closed);
    }

    /// The same where it may fail; whether both sides are in step.
    pub async fn try_reconnect(&mut self) -> bool {
        self.socket = None;
        let opening = open(&self.address, &self.person, self.dialect);
        let Ok(Ok(socket)) = timeout(SILENCE, opening).await else {
            return false;
        };
        self.socket = Some(socket);
        self.closed = None;
        (self.sent, self.stored, self.answers) = (0, 0, 0);
        let is_welcome = |message: &_| matches!(message, ServerMessage::Welcome { .. });
        if self.dialect == Dialect::Hartslag && self.next_heard(is_welcome).await.is_none() {
            return false;
        }
        let step1 = frame::write_step1(&self.doc.transact().state_vector().encode_v1());
        self.send(Message::Binary(step1.into())).await;
        match self.dialect {
            Dialect::Hartslag => self.try_settle().await && self.try_all_stored().await,
            Dialect::Plain => {
                while self.answers == 0 || self.confirmed < self.clock() {
                    if !self.receive_soon().await {
                        return false;
                    }
                }
                true
            }
        }
    }

    /// Goes to another address with the next connection.
    pub fn move_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// Drops connection and replica, as a device does that is lost or was refused.
    pub fn forget(&mut self) {
        self.socket = None;
        self.doc = empty();
        self.confirmed = 0;
    }

    /// Takes in one frame; false where the connection has ended, or is silent for too long.
    pub async fn receive_soon(&mut self) -> bool {
        match timeout(SILENCE, self.receive()).await {
            Ok(is_connected) => is_connected,
            Err(_silent) => {
                self.socket = None;
                false
            }
        }
    }

    /// Waits for a text message and takes it; nothing where the connection ends before.
    pub(super) async fn next_heard(
        &mut self,
        wanted: impl Fn(&ServerMessage) -> bool,
    ) -> Option<ServerMessage> {
        loop {
            if let Some(place) = self.heard.iter().position(&wanted) {
                return Some(self.heard.remove(place));
            }
            if !self.receive_soon().await {
                return None;
            }
        }
    }

    /// Waits until everything sent so far was handled; false where the connection ends before.
    pub async fn try_settle(&mut self) -> bool {
        self.barrier += 1;
        let id = self.barrier;
        let barrier = serde_json::to_string(&ClientMessage::Barrier { id }).expect("it is plain");
        self.send(Message::Text(barrier.into())).await;
        let reached = ServerMessage::BarrierReached { id };
        self.next_heard(|message| *message == reached)
            .await
            .is_some()
    }

    async fn try_all_stored(&mut self) -> bool {
        while self.stored < self.sent {
            if !self.receive_soon().await {
                return false;
            }
        }
        true
    }
}
