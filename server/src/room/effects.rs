//! What the rules of a room want done, done.

use std::time::Duration;

use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::message::ServerMessage;
use tokio::time::Instant;
use tracing::warn;

use super::event::{Audience, Effect, Tally};
use super::handle::Dialect;
use super::orders::answer;
use super::outbox::Outgoing;
use super::task::{Listener, RoomTask};
use crate::metrics::reason;

/// How long it may take until everyone hears who came or went. When a hall comes in together, a
/// write to everyone for each who comes would take the time of those who work.
pub(super) const GREETING: Duration = Duration::from_millis(50);

/// For whom something was queued.
#[derive(Debug, Default)]
pub(super) struct News {
    for_all: bool,
    for_some: Vec<ConnectionId>,
    /// When everyone is sent what could wait.
    pub(super) due: Option<Instant>,
}

impl RoomTask {
    pub(super) async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.send(to, &message),
            Effect::SendAll { message, audience } => self.send_all(&message, audience),
            Effect::Answer { .. }
            | Effect::Opening { .. }
            | Effect::Show { .. }
            | Effect::Document { .. }
            | Effect::Difference { .. }
            | Effect::Presence { .. } => self.queue(effect),
            Effect::Tell { bytes } => self.log.tell(self.room, bytes),
            Effect::Close { connection, code } => {
                self.metrics
                    .closes
                    .get_or_create(&reason(code.reason()))
                    .inc();
                self.with(connection, |listener| listener.outbox.close(code));
            }
            Effect::Append { known, entries } => self.append(known, entries),
            Effect::Verify => self.verify(),
            Effect::Recover => self.recover().await,
            Effect::Read { after } => self.read(after),
            Effect::Recorded { ticket } | Effect::ReadUp { ticket } => {
                if let Some(reply) = self.waiting.remove(&ticket) {
                    answer(reply, Some(()));
                }
            }
            Effect::CountResponses { round } => self.count_responses(round),
            Effect::Snapshot => {
                // It takes a while.
                self.deliver();
                self.snapshot().await;
            }
            Effect::Rest => self.rest(),
            Effect::Unsubscribe { participant } => self.subscribers.remove(participant),
            Effect::Abandon { code } => self.abandon(code),
            Effect::Count(tally) => self.tally(tally),
        }
    }

    /// Queues binary frames for who is to be sent them.
    fn queue(&mut self, effect: Effect) {
        match effect {
            Effect::Answer { to, frame } => {
                let frame = self.frames.hold(frame);
                self.with(to, |listener| listener.outbox.push_answer(frame));
            }
            Effect::Opening { to, frames } => {
                let frames: Vec<_> = frames.into_iter().map(|it| self.frames.hold(it)).collect();
                self.with(to, |listener| {
                    listener.follows = true;
                    let frames = frames.into_iter().map(Outgoing::Binary);
                    listener.outbox.push_opening(frames);
                });
            }
            Effect::Show { to, frames } => self.with(to, |listener| {
                for frame in frames {
                    listener.outbox.push_presence(frame);
                }
            }),
            Effect::Document {
                frame,
                base,
                except,
            } => {
                self.news.for_all = true;
                let frame = self.frames.hold(frame);
                for (connection, listener) in &self.listeners {
                    if listener.follows && Some(*connection) != except {
                        listener.outbox.push_document(frame.clone(), base);
                    }
                }
            }
            Effect::Difference { to, frame } => {
                let frame = self.frames.hold(frame);
                self.with(to, |listener| listener.outbox.push_difference(frame));
            }
            Effect::Presence { frame } => {
                self.news.for_all = true;
                let frame = self.frames.hold(frame);
                for listener in self.listeners.values() {
                    listener.outbox.push_presence(frame.clone());
                }
            }
            _ => {}
        }
    }

    fn with(&mut self, connection: ConnectionId, act: impl FnOnce(&mut Listener)) {
        if let Some(listener) = self.listeners.get_mut(&connection) {
            act(listener);
            self.news.for_some.push(connection);
        }
    }

    /// Sends members what was queued for them since the last time: one write each.
    pub(super) fn deliver(&mut self) {
        let News {
            for_all,
            for_some,
            due,
        } = std::mem::take(&mut self.news);
        if for_all || due.is_some_and(|due| due <= Instant::now()) {
            for listener in self.listeners.values() {
                listener.outbox.send();
            }
        } else {
            self.news.due = due;
            for listener in for_some.iter().filter_map(|to| self.listeners.get(to)) {
                listener.outbox.send();
            }
        }
        self.under_way.relieve();
    }

    fn send(&mut self, to: ConnectionId, message: &ServerMessage) {
        if let Some(text) = self.encode(message) {
            self.with(to, |listener| match message {
                ServerMessage::Welcome { .. } => listener.outbox.push_opening([text]),
                _ => listener.outbox.push(text),
            });
        }
    }

    fn send_all(&mut self, message: &ServerMessage, audience: Audience) {
        let Some(text) = self.encode(message) else {
            return;
        };
        let hears = |listener: &&Listener| {
            listener.dialect == Dialect::Hartslag
                && match audience {
                    Audience::Everyone => true,
                    Audience::EveryoneBut(participant) => listener.participant != participant,
                }
        };
        match message {
            ServerMessage::ParticipantArrived { .. } | ServerMessage::ParticipantLeft { .. } => {
                self.news
                    .due
                    .get_or_insert_with(|| Instant::now() + GREETING);
            }
            _ => self.news.for_all = true,
        }
        for listener in self.listeners.values().filter(hears) {
            listener.outbox.push(text.clone());
        }
        if matches!(message, ServerMessage::RoundChanged { .. }) {
            self.subscribers.tell(message);
        }
    }

    fn encode(&mut self, message: &ServerMessage) -> Option<Outgoing> {
        let text = serde_json::to_vec(message).ok()?;
        Some(Outgoing::Text(self.frames.hold(text.into())))
    }

    fn tally(&self, tally: Tally) {
        let word = match tally {
            Tally::Admitted => "admitted",
            Tally::Known => "known",
            Tally::Missing => "missing",
            Tally::Malformed => "malformed",
            Tally::TooLarge => "too-large",
            Tally::Forbidden => "forbidden",
            Tally::RefusedInLog => {
                warn!(room.id = %self.room, "room {}: an entry of the log was refused", self.room);
                "refused-in-log"
            }
            Tally::Poisoned => {
                self.metrics.poisoned.inc();
                return;
            }
            Tally::Behind => {
                self.metrics.resyncs.inc();
                return;
            }
        };
        self.metrics.updates.get_or_create(&reason(word)).inc();
    }
}
