//! One client: edits, loses its connection, comes back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hartslag_protocol::wire::message::ServerMessage;
use tokio::time::{Interval, interval};

use super::stage::{Gate, Stage};
use super::steering::Steering;
use super::voting::Voting;
use super::{Api, SHARED_NOTE, content};
use crate::history::{Change, Place};
use crate::member::{Dialect, Member};
use crate::random::Random;
use crate::server::Person;

/// Changes under way before a client waits for word of them.
const UNDER_WAY: usize = 8;
/// Between attempts to connect, and up to as much again by chance, so that not all come at once.
const PAUSE_MILLISECONDS: u64 = 50;
/// Close codes that a good client meets: the server restarts, is unavailable, or resets.
const EXPECTED_CLOSES: [u16; 3] = [1012, 4409, 4503];

/// What a client is in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Opens and reveals rounds, and all that a coach does.
    Steering,
    /// Writes in the note that all coaches share, and in its own.
    Coach,
    /// Writes in its own notes, and votes.
    Participant,
    /// May write nothing and tries to.
    Observer,
}

/// A change that waits for its acknowledgement.
#[derive(Debug)]
struct Pending {
    change: Place,
    /// Messages sent up to and with it.
    sent: u64,
    /// Own clock with it.
    clock: u32,
    /// Whether the clock tells of it: a deletion does not move it.
    moves_clock: bool,
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) stage: Arc<Stage>,
    pub(super) random: Random,
    pub(super) member: Member,
    pub(super) api: Api,
    pub(super) address: String,
    pub(super) voting: Voting,
    pub(super) steering: Steering,
    made: u32,
    /// Own notes of this replica's life: what it moves or deletes it knows the last state of.
    notes: Vec<String>,
    pending: VecDeque<Pending>,
    lost_at: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        name: String,
        kind: Kind,
        person: &Person,
        dialect: Dialect,
        stage: Arc<Stage>,
        mut random: Random,
    ) -> Self {
        let address = random.pick(&stage.addresses).clone();
        Self {
            name,
            kind,
            member: Member::apart(&address, person, dialect),
            api: Api::of(person),
            address,
            stage,
            random,
            voting: Voting::default(),
            steering: Steering::default(),
            made: 0,
            notes: Vec::new(),
            pending: VecDeque::new(),
            lost_at: None,
        }
    }

    /// Works until the crowd finishes; the member, connected and in step.
    pub(super) async fn run(mut self) -> Member {
        let mut pace = self.stage.pace.map(interval);
        while self.may_work().await {
            if self.come_in().await {
                self.work(pace.as_mut()).await;
            }
        }
        self.finish().await;
        self.member
    }

    /// Waits at the gate; false once the crowd finishes.
    async fn may_work(&mut self) -> bool {
        let mut gate = self.stage.gate.subscribe();
        if *gate.borrow() == Gate::Held {
            while self.member.receive_soon().await {
                self.look_at_news();
            }
            self.look_at_news();
            self.lose();
            self.stage.resting.send_modify(|count| *count += 1);
            // The stage lives as long as its clients.
            let _ = gate.wait_for(|gate| *gate != Gate::Held).await;
            self.stage.resting.send_modify(|count| *count -= 1);
        }
        let gate = *gate.borrow();
        gate != Gate::Finishing
    }

    /// Connects if there is no connection.
    async fn come_in(&mut self) -> bool {
        if self.member.is_connected() {
            return true;
        }
        self.address
            .clone_from(self.random.pick(&self.stage.addresses));
        self.member.move_to(&self.address);
        if !self.member.try_reconnect().await {
            self.look_at_news();
            let pause = self.random.number() % PAUSE_MILLISECONDS + PAUSE_MILLISECONDS;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            return false;
        }
        // Both sides are in step: the server has all that the replica has. A plain client hears
        // nothing of its deletions.
        let heard = |pending: &Pending| match self.member.dialect() {
            Dialect::Hartslag => true,
            Dialect::Plain => pending.moves_clock,
        };
        for pending in self.pending.drain(..).filter(heard) {
            self.stage.acknowledge(pending.change);
        }
        if let Some(lost_at) = self.lost_at.take() {
            self.stage.came_back(lost_at);
        }
        true
    }

    async fn work(&mut self, mut pace: Option<&mut Interval>) {
        let gate = self.stage.gate.subscribe();
        while self.member.is_connected() && *gate.borrow() == Gate::Working {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            match self.random.below(200) {
                0..100 => self.edit().await,
                100..130 => self.vote().await,
                130..133 if self.kind == Kind::Steering => self.steer().await,
                133 => self.member.cut(),
                134 => self.forget(),
                _ => self.listen(UNDER_WAY / 2).await,
            }
            self.member.take_what_came().await;
            self.look_at_news();
            if self.pending.len() > UNDER_WAY {
                self.listen(UNDER_WAY / 2).await;
            }
        }
        if !self.member.is_connected() {
            self.lose();
        }
    }

    async fn edit(&mut self) {
        match (self.kind, self.random.below(20)) {
            (Kind::Observer, chance) => {
                // Each refusal costs it the connection.
                if chance == 0 {
                    self.forge().await;
                }
            }
            (Kind::Coach | Kind::Steering, 0..10) => self.write(SHARED_NOTE.to_owned()).await,
            (_, 0..8) if self.notes.is_empty() || self.notes.len() < 6 => {
                let note = format!("{}.n{}", self.name, self.made);
                self.notes.push(note.clone());
                self.write(note).await;
            }
            (_, 0..14) => {
                if let Some(note) = self.own_note() {
                    self.write(note).await;
                }
            }
            (_, 14..18) => self.put_elsewhere().await,
            _ => self.delete().await,
        }
    }

    /// A token of its own: unlike any other, and telling whose it is.
    pub(super) fn token(&mut self) -> String {
        self.made += 1;
        format!("{}.{}", self.name, self.made)
    }

    fn own_note(&mut self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.random.pick(&self.notes).clone())
    }

    /// Writes a token into the note, and makes the note when it is not there.
    async fn write(&mut self, note: String) {
        let token = self.token();
        let text = format!("{token};");
        let is_there = self.member.notes().contains_key(&note);
        let change = self.stage.invoke_write(&note, &token);
        if is_there {
            self.member.extend_note(&note, &text).await;
        } else {
            self.member.add_note(&note, &text).await;
        }
        self.is_under_way(change, true);
    }

    async fn put_elsewhere(&mut self) {
        let Some(note) = self.own_note() else {
            return;
        };
        self.made += 1;
        let order = format!("k{}x", self.made);
        let change = Change::Move {
            note: note.clone(),
            order: order.clone(),
        };
        let change = self.stage.history(|history| history.invoke(change));
        self.member.set_on_note(&note, "order", order).await;
        self.is_under_way(change, true);
    }

    async fn delete(&mut self) {
        let Some(note) = self.own_note() else {
            return;
        };
        self.notes.retain(|own| *own != note);
        let change = Change::Delete { note: note.clone() };
        let change = self.stage.history(|history| history.invoke(change));
        self.member.delete_note(&note).await;
        self.is_under_way(change, false);
    }

    fn is_under_way(&mut self, change: Place, moves_clock: bool) {
        let (_, sent) = self.member.acknowledged();
        self.pending.push_back(Pending {
            change,
            sent,
            clock: self.member.clock(),
            moves_clock,
        });
    }

    /// Waits until at most so many changes are under way.
    async fn listen(&mut self, most: usize) {
        while self.pending.len() > most && self.member.receive_soon().await {
            self.look_at_news();
        }
    }

    /// Notes what was acknowledged, and what should not have been said.
    pub(super) fn look_at_news(&mut self) {
        let (stored, _) = self.member.acknowledged();
        let confirmed = self.member.confirmed();
        while let Some(first) = self.pending.front() {
            let is_kept = match self.member.dialect() {
                Dialect::Hartslag => first.sent <= stored,
                Dialect::Plain => first.clock <= confirmed,
            };
            if !is_kept {
                break;
            }
            let is_heard = first.moves_clock || self.member.dialect() == Dialect::Hartslag;
            if is_heard {
                self.stage.acknowledge(first.change);
            }
            self.pending.pop_front();
        }
        let refused = |message: &ServerMessage| matches!(message, ServerMessage::Refused { .. });
        let was_refused = self.member.heard.drain(..).any(|message| refused(&message));
        let closed = self.member.closed.take();
        let is_put_out = closed.is_some_and(|code| !EXPECTED_CLOSES.contains(&code));
        if self.kind != Kind::Observer && (was_refused || is_put_out) {
            let name = &self.name;
            let fault = format!("{name}, who is honest: refused {was_refused}, closed {closed:?}");
            self.stage.history(|history| history.fault(fault));
        }
    }

    /// The connection is gone: what others wrote and it saw was promised too.
    fn lose(&mut self) {
        self.lost_at.get_or_insert_with(Instant::now);
        let own = format!("{}.", self.name);
        let content = content(&self.member);
        self.stage.history(|history| {
            for token in content.tokens().filter(|token| !token.starts_with(&own)) {
                history.see(token);
            }
        });
        if self.random.below(3) == 0 {
            self.forget();
        }
    }

    /// Begins anew with nothing. What was not acknowledged stays unknown for ever.
    pub(super) fn forget(&mut self) {
        self.member.forget();
        self.pending.clear();
        self.notes.clear();
    }

    /// Comes in for the last time, and gets word of everything.
    async fn finish(&mut self) {
        loop {
            if self.come_in().await {
                self.listen(0).await;
                self.finish_ballot().await;
                if self.member.is_connected() && self.pending.is_empty() && self.voting.is_done() {
                    return;
                }
            }
        }
    }
}
