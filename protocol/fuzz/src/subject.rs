//! A room under attack, with what it admitted so far.

use hartslag_protocol::gate::{Admission, Refusal};
use hartslag_protocol::testing::{Room, content};

use crate::structure::Id;

/// A room and what went into it. What must never happen panics.
pub(crate) struct Subject {
    room: Room,
    /// What was admitted, in order.
    pub(crate) admitted: Vec<Vec<u8>>,
}

/// What became of an update.
pub(crate) struct Answer {
    /// A word for it, the same for the same reason.
    pub(crate) word: String,
    pub(crate) is_admitted: bool,
    /// What the gate said it would cost.
    pub(crate) work: u64,
}

impl Subject {
    /// An empty room.
    pub(crate) fn new() -> Self {
        Self {
            room: Room::new(),
            admitted: Vec::new(),
        }
    }

    /// The room after these updates, which it admitted before.
    pub(crate) fn after(admitted: &[Vec<u8>]) -> Self {
        let mut subject = Self::new();
        for update in admitted {
            subject.hear(update);
        }
        subject
    }

    /// Lets the room hear an update from someone who may do everything.
    pub(crate) fn hear(&mut self, update: &[u8]) -> Answer {
        match self.room.hear(update) {
            Ok(Admission::Admitted { update, work }) => {
                self.admitted.push(update);
                Answer {
                    word: "admitted".to_owned(),
                    is_admitted: true,
                    work,
                }
            }
            Ok(Admission::Known) => answer("known"),
            // Whose a note is changes for nobody (P3).
            Err(Refusal::Forbidden { path, .. })
                if path.first().is_some_and(|it| it == "notes") =>
            {
                answer("the author of a note")
            }
            Err(Refusal::Forbidden { .. }) => panic!("everything else is allowed here"),
            Err(refusal) => answer(&refusal.to_string()),
        }
    }

    /// How far each client has come.
    pub(crate) fn clocks(&self) -> Vec<Id> {
        self.room.gate.state_vector().iter().collect()
    }

    /// The document as one update.
    pub(crate) fn state(&self) -> Vec<u8> {
        self.room.snapshot()
    }

    /// Everything that can be read, in a form that JavaScript can make too.
    pub(crate) fn content(&self) -> String {
        content(&self.room.doc)
    }

    /// Fails unless gate and document agree and come back from their encoded form. Tells whether
    /// texts came back in another order: forged neighbours do that.
    pub(crate) fn check(&self) -> bool {
        self.room.check_but_for_order()
    }
}

fn answer(word: &str) -> Answer {
    Answer {
        word: word.to_owned(),
        is_admitted: false,
        work: 0,
    }
}
