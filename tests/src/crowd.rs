//! A room full of clients that edit and vote through failures, and remember what they were told.
//!
//! Each does what a good client does: it keeps its replica when the connection is lost, comes
//! back, perhaps at another node, and puts a ballot again whose answer it missed. Some forget
//! their replica at times, as a lost device does, so that an edit that the server lost is not
//! mended by its author.

mod api;
mod forging;
mod stage;
mod steering;
mod voting;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::history::{Content, History};
use crate::member::{Dialect, Member};
use crate::random::Random;
use crate::server::{CreatedRoom, Person, TestServer};
use crate::within;
use api::Api;
use stage::{Gate, Stage};
use writer::{Kind, Writer};

/// Notes that every round is about.
const VOTED_NOTES: [&str; 4] = ["a", "b", "c", "d"];
/// Votes that a person has, and that a note takes.
const BUDGET: u32 = 5;
const CAP: u32 = 2;
/// A note that all coaches write in at once.
const SHARED_NOTE: &str = "shared";

/// Who is in the crowd.
const MEMBERS: [Kind; 20] = {
    let mut members = [Kind::Participant; 20];
    members[0] = Kind::Steering;
    members[1] = Kind::Coach;
    members[2] = Kind::Coach;
    members[19] = Kind::Observer;
    members
};

/// Twenty clients at work in one room.
#[derive(Debug)]
pub struct Crowd {
    /// The room.
    pub room: CreatedRoom,
    /// Who steers it.
    pub coach: Person,
    stage: Arc<Stage>,
    writers: JoinSet<Member>,
}

impl Crowd {
    /// Makes a room and lets twenty clients in, who connect to any of these addresses. With a
    /// pace each does one thing in so much time, without as much as it can.
    pub async fn gather(
        server: &TestServer,
        addresses: Vec<String>,
        pace: Option<Duration>,
        random: &mut Random,
    ) -> Self {
        let room = server.create_room(None).await;
        let coach = server.join(&room.invitations.coach, "Fatima").await;
        let stage = Arc::new(Stage::new(addresses, pace));
        prepare(server, &coach, &stage).await;
        let mut writers = JoinSet::new();
        for (number, kind) in MEMBERS.into_iter().enumerate() {
            let invitation = match kind {
                Kind::Steering | Kind::Coach => &room.invitations.coach,
                Kind::Participant => &room.invitations.participant,
                Kind::Observer => &room.invitations.observer,
            };
            let name = format!("w{number}");
            let person = match kind {
                Kind::Steering => coach.clone(),
                _ => server.join(invitation, &name).await,
            };
            let dialect = if number % 3 == 2 {
                Dialect::Plain
            } else {
                Dialect::Hartslag
            };
            let chance = Random::new(random.number());
            let writer = Writer::new(name, kind, &person, dialect, Arc::clone(&stage), chance);
            writers.spawn(writer.run());
        }
        Self {
            room,
            coach,
            stage,
            writers,
        }
    }

    /// Waits until so many more changes and ballots were acknowledged.
    pub async fn achieves(&self, more: usize) {
        let mut count = self.stage.acknowledged.subscribe();
        let goal = *count.borrow() + more;
        let reached = within("acknowledgements", count.wait_for(|count| *count >= goal)).await;
        assert!(reached.is_ok());
    }

    /// Lets nobody connect from now on. Who is connected reads on until the connection ends.
    pub fn hold(&self) {
        self.stage.gate.send_replace(Gate::Held);
    }

    /// Waits until all have read what had reached them, and have no connection.
    pub async fn is_at_rest(&self) {
        let mut resting = self.stage.resting.subscribe();
        let everyone = MEMBERS.len();
        let rest = within("all to rest", resting.wait_for(|count| *count == everyone)).await;
        assert!(rest.is_ok());
    }

    /// Lets them work again.
    pub fn go_on(&self) {
        self.stage.gate.send_replace(Gate::Working);
    }

    /// What was asked and told so far.
    pub fn history(&self) -> History {
        self.stage.history(|history| history.clone())
    }

    /// The longest that any client was without a connection since it last had one.
    pub fn longest_absence(&self) -> Duration {
        self.stage.longest_absence()
    }

    /// Lets everyone come in, finish what they are at, and stop; the members, connected and in
    /// step, and all that they did.
    pub async fn finish(mut self) -> (Vec<Member>, History) {
        self.stage.gate.send_replace(Gate::Finishing);
        let mut members = Vec::new();
        while let Some(done) = within("all to finish", self.writers.join_next()).await {
            members.push(done.expect("a client does not panic"));
        }
        (members, self.stage.history(|history| history.clone()))
    }
}

/// The notes that are voted on, and the one that all coaches write in.
async fn prepare(server: &TestServer, coach: &Person, stage: &Stage) {
    let mut member = Member::connect(server, coach).await;
    for note in VOTED_NOTES.into_iter().chain([SHARED_NOTE]) {
        let token = format!("begin.{note}");
        let place = stage.invoke_write(note, &token);
        member.add_note(note, &format!("{token};")).await;
        member.all_stored().await;
        stage.acknowledge(place);
    }
}

/// What a member's replica holds.
pub fn content(member: &Member) -> Content {
    Content::of(&member.board())
}
