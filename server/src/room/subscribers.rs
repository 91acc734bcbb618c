//! Who hears of rounds without a connection for edits: phones that are to wake up.

use std::sync::Arc;

use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::{PARTICIPANT_CONNECTIONS, ROOM_PARTICIPANTS};
use hartslag_protocol::wire::message::ServerMessage;
use tokio::sync::mpsc;

/// The receiving end of a subscription.
pub type Subscription = mpsc::Receiver<Arc<ServerMessage>>;
pub(super) type Subscriber = mpsc::Sender<Arc<ServerMessage>>;

/// Everyone who subscribed to a room.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    known: Vec<(ParticipantId, Subscriber)>,
}

impl Subscribers {
    /// Adds one. Whoever has too many already is not added, and its channel ends.
    pub(super) fn add(&mut self, participant: ParticipantId, subscriber: Subscriber) {
        self.forget_closed();
        let own = self.known.iter().filter(|(by, _)| *by == participant);
        if own.count() < PARTICIPANT_CONNECTIONS && self.known.len() < ROOM_PARTICIPANTS {
            self.known.push((participant, subscriber));
        }
    }

    /// Tells everyone. The channel of who does not keep up ends.
    pub(super) fn tell(&mut self, message: &ServerMessage) {
        let message = Arc::new(message.clone());
        self.known
            .retain(|(_, known)| known.try_send(Arc::clone(&message)).is_ok());
    }

    /// Ends the channels of one person.
    pub(super) fn remove(&mut self, participant: ParticipantId) {
        self.known.retain(|(by, _)| *by != participant);
    }

    /// Whether nobody listens.
    pub(super) fn is_empty(&mut self) -> bool {
        self.forget_closed();
        self.known.is_empty()
    }

    fn forget_closed(&mut self) {
        self.known.retain(|(_, known)| !known.is_closed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_takes_the_place_of_nobody_else() {
        let mut subscribers = Subscribers::default();
        let mut subscribe = |participant| {
            let (sender, receiver) = mpsc::channel(1);
            subscribers.add(participant, sender);
            receiver
        };
        let greedy = ParticipantId::generate();

        let many: Vec<_> = (0..=PARTICIPANT_CONNECTIONS)
            .map(|_| subscribe(greedy))
            .collect();
        let other = subscribe(ParticipantId::generate());

        let ended = many.iter().filter(|receiver| receiver.is_closed()).count();
        assert_eq!((ended, other.is_closed()), (1, false));
    }

    #[test]
    fn who_does_not_keep_up_is_let_go() {
        let mut subscribers = Subscribers::default();
        let (sender, mut receiver) = mpsc::channel(1);
        subscribers.add(ParticipantId::generate(), sender);

        subscribers.tell(&ServerMessage::Saving { available: true });
        subscribers.tell(&ServerMessage::Saving { available: false });

        assert!(receiver.try_recv().is_ok() && receiver.is_closed());
        assert!(subscribers.is_empty());
    }
}
