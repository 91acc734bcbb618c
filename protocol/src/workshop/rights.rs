//! Who may do what.

use serde::{Deserialize, Serialize};

/// What a participant is in a room. Later ones may more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Reads along, and changes nothing.
    Observer,
    /// Answers rounds, and writes nothing on the board.
    Voter,
    /// Works on the board and answers rounds.
    Participant,
    /// Steers: structure, rounds, invitations.
    Coach,
}

impl Role {
    /// Every role, who may least first.
    pub const ALL: [Self; 4] = [Self::Observer, Self::Voter, Self::Participant, Self::Coach];

    /// Whether the role may change the board at all.
    pub fn may_write(self) -> bool {
        self >= Self::Participant
    }

    /// Whether the role answers rounds (R9).
    pub fn may_respond(self) -> bool {
        self >= Self::Voter
    }

    /// Whether the role opens and closes rounds, and invites.
    pub fn may_steer(self) -> bool {
        self == Self::Coach
    }

    /// The word for the role in addresses and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Voter => "voter",
            Self::Participant => "participant",
            Self::Coach => "coach",
        }
    }

    /// The role with that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_observers_write_and_answer_nothing() {
        assert!(!Role::Observer.may_write() && !Role::Observer.may_respond());
        assert!(Role::Participant.may_write() && Role::Participant.may_respond());
    }

    #[test]
    fn r9_voters_answer_and_write_nothing() {
        assert!(Role::Voter.may_respond() && !Role::Voter.may_write());
    }

    #[test]
    fn only_a_coach_steers() {
        assert!(Role::Coach.may_steer());
        assert!(!Role::Participant.may_steer() && !Role::Voter.may_steer());
        assert!(!Role::Observer.may_steer());
    }

    #[test]
    fn a_role_comes_back_from_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_word("owner"), None);
    }
}
