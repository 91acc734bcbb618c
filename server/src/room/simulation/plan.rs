//! What goes wrong in a run, and how often: each seed has its own mixture.

use hartslag_protocol::workshop::Role;

use super::chance::Chance;

/// What a run is made of. A seed that found something is kept with what there was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// A store, a network and machines that fail. Everyone may do what they do.
    Faults,
    /// Besides: people without rights, and a coach who changes the rights of others.
    Everything,
}

/// Members of a run, at most.
const MEMBERS: usize = 4;

/// Once in how many times; 0 is never.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: usize,
    pub(super) members: usize,
    /// An append did not happen, and the node hears that it failed.
    pub(super) fail_append: usize,
    /// An append happened, and the node hears that it failed.
    pub(super) lose_answer: usize,
    /// An append happens after the node heard that it failed.
    pub(super) late_append: usize,
    pub(super) fail_read: usize,
    pub(super) drop_hint: usize,
    pub(super) double_hint: usize,
    pub(super) drop_told: usize,
    pub(super) double_told: usize,
    pub(super) fail_save: usize,
    /// From here on weights among all that can happen.
    pub(super) crash: usize,
    pub(super) freeze: usize,
    pub(super) cut: usize,
    pub(super) lose_device: usize,
    pub(super) overflow: usize,
    /// Someone sends what no honest client makes.
    pub(super) forge: usize,
    pub(super) save: usize,
    /// A coach opens more, or less, of the board.
    pub(super) steer: usize,
    /// Someone deletes a note and takes that back.
    pub(super) undo: usize,
    /// Someone scores, which is open to participants only at times.
    pub(super) score: usize,
    /// A node that lets the room go remembers how far that was.
    pub(super) leave: usize,
    /// The store comes back with less than it acknowledged.
    pub(super) go_back: usize,
    /// A node that doubts the log looks.
    pub(super) looks: bool,
    /// What each member is.
    pub(super) roles: [Role; MEMBERS],
}

impl Plan {
    /// `more` is the chance of what came after the first scope, so that this stays as it was.
    pub(super) fn of(chance: &mut Chance, scope: Scope, more: &mut Chance) -> Self {
        let plan = Self::with_faults(chance);
        match scope {
            Scope::Faults => plan,
            Scope::Everything => plan.with_everything(more),
        }
    }

    fn with_faults(chance: &mut Chance) -> Self {
        let nodes = 1 + chance.below(3);
        let mut rate = |usual: usize| [0, usual, usual * 4][chance.below(3)];
        Self {
            nodes,
            members: 0,
            fail_append: rate(4),
            lose_answer: rate(4),
            late_append: rate(6),
            fail_read: rate(3),
            drop_hint: rate(2),
            double_hint: rate(3),
            drop_told: rate(2),
            double_told: rate(3),
            fail_save: rate(3),
            crash: rate(1),
            freeze: rate(2),
            cut: rate(8),
            lose_device: rate(2),
            overflow: rate(2),
            forge: rate(6),
            save: rate(6),
            steer: 0,
            undo: 0,
            score: 0,
            leave: 0,
            go_back: 0,
            looks: false,
            roles: [
                Role::Coach,
                Role::Participant,
                Role::Coach,
                Role::Participant,
            ],
        }
        .with_members(2 + chance.below(MEMBERS - 1))
    }

    fn with_members(self, members: usize) -> Self {
        Self { members, ..self }
    }

    fn with_everything(mut self, chance: &mut Chance) -> Self {
        let mut rate = |usual: usize| [0, usual, usual * 4][chance.below(3)];
        self.steer = rate(4);
        self.undo = rate(10);
        self.score = rate(8);
        self.leave = rate(2);
        self.looks = true;
        if rate(1) == 0 {
            // Forged content can take the place of what was lost, and then keeps it away.
            self.forge = 0;
            self.go_back = rate(2);
        }
        let third = [Role::Coach, Role::Participant, Role::Observer, Role::Voter];
        self.roles[2] = third[chance.below(third.len())];
        self.roles[3] = [Role::Participant, Role::Observer][chance.below(2)];
        self
    }

    /// Nothing goes wrong any more.
    pub(super) fn healed(&self) -> Self {
        Self {
            nodes: self.nodes,
            members: self.members,
            fail_append: 0,
            lose_answer: 0,
            late_append: 0,
            fail_read: 0,
            drop_hint: 0,
            double_hint: 0,
            drop_told: 0,
            double_told: 0,
            fail_save: 0,
            crash: 0,
            freeze: 0,
            cut: 0,
            lose_device: 0,
            overflow: 0,
            forge: 0,
            save: 0,
            steer: 0,
            undo: 0,
            score: 0,
            leave: 0,
            go_back: 0,
            looks: self.looks,
            roles: self.roles,
        }
    }
}
