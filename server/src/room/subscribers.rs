//! Who hears of rounds without a connection for edits: phones that are to wake up.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hartslag_protocol::ids::ParticipantId;
use hartslag_protocol::limits::{PARTICIPANT_CONNECTIONS, ROOM_PARTICIPANTS};
use hartslag_protocol::wire::message::ServerMessage;
use tokio::sync::mpsc;

/// The receiving end of a subscription.
pub type Subscription = mpsc::Receiver<Arc<Told>>;
pub(super) type Subscriber = mpsc::Sender<Arc<Told>>;

/// Something that all subscribers of a room are told. The form in which they are sent it is made
/// once: thousands that do not read hold one and the same.
#[derive(Debug)]
pub struct Told {
    message: ServerMessage,
    form: OnceLock<Option<Bytes>>,
}

impl Told {
    /// What it is.
    pub fn message(&self) -> &ServerMessage {
        &self.message
    }

    /// The form in which it is sent; nothing where it is not.
    pub fn form(&self, write: impl FnOnce(&ServerMessage) -> Option<Bytes>) -> Option<Bytes> {
        self.form.get_or_init(|| write(&self.message)).clone()
    }
}

/// Everyone who subscribed to a room.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    known: Vec<(ParticipantId, Subscriber)>,
}

impl Subscribers {
    /// Adds one. Whoever has too many already is not added, and its channel ends. In a full room
    /// who has most gives one up to who has fewer.
    pub(super) fn add(&mut self, participant: ParticipantId, subscriber: Subscriber) {
        self.forget_closed();
        let own = self.known.iter().filter(|(by, _)| *by == participant);
        let own = own.count();
        if own < PARTICIPANT_CONNECTIONS && self.has_place(own) {
            self.known.push((participant, subscriber));
        }
    }

    fn has_place(&mut self, own: usize) -> bool {
        if self.known.len() < ROOM_PARTICIPANTS {
            return true;
        }
        let mut counts = BTreeMap::new();
        for (by, _) in &self.known {
            *counts.entry(*by).or_insert(0) += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let most = most.filter(|(_, count)| *count > own + 1);
        let gives = most.and_then(|(most, _)| self.known.iter().position(|(by, _)| *by == most));
        if let Some(gives) = gives {
            self.known.swap_remove(gives);
        }
        gives.is_some()
    }

    /// Tells everyone. The channel of who does not keep up ends.
    pub(super) fn tell(&mut self, message: &ServerMessage) {
        let told = Arc::new(Told {
            message: message.clone(),
            form: OnceLock::new(),
        });
        self.known
            .retain(|(_, known)| known.try_send(Arc::clone(&told)).is_ok());
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
    fn devices_that_take_all_places_give_one_up_to_who_has_fewer() {
        let mut subscribers = Subscribers::default();
        let mut greedy = Vec::new();
        for _ in 0..ROOM_PARTICIPANTS / PARTICIPANT_CONNECTIONS {
            let device = ParticipantId::generate();
            for _ in 0..PARTICIPANT_CONNECTIONS {
                let (sender, receiver) = mpsc::channel(1);
                subscribers.add(device, sender);
                greedy.push(receiver);
            }
        }

        let (sender, phone) = mpsc::channel(1);
        subscribers.add(ParticipantId::generate(), sender);

        let ended = greedy.iter().filter(|receiver| receiver.is_closed());
        assert_eq!((ended.count(), phone.is_closed()), (1, false));
    }

    #[test]
    fn all_are_sent_one_form() {
        let mut subscribers = Subscribers::default();
        let mut receivers = Vec::new();
        for _ in 0..2 {
            let (sender, receiver) = mpsc::channel(1);
            subscribers.add(ParticipantId::generate(), sender);
            receivers.push(receiver);
        }

        subscribers.tell(&ServerMessage::Saving { available: true });

        let mut forms = receivers.iter_mut().map(|receiver| {
            let told = receiver.try_recv().unwrap();
            told.form(|_| Some(Bytes::from(vec![1; 100]))).unwrap()
        });
        let (one, other) = (forms.next().unwrap(), forms.next().unwrap());
        assert_eq!(one.as_ptr(), other.as_ptr());
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
