//! A round from its opening to its reveal, over a real store.

use hartslag_protocol::board::journey::Journey;
use hartslag_protocol::board::reading::Board;
use hartslag_protocol::board::writing::{fresh_document, whole_update, write_journey};
use hartslag_protocol::ids::{ItemId, RoundId};
use hartslag_protocol::workshop::{Ballot, RoundStatus};

use super::opening::House;
use super::*;
use crate::PATIENCE;
use crate::room::{NewRound, OpenRoundError, OwnBallot, PutBallotError, RoomHandle};

struct Election {
    house: House,
    room: RoomHandle,
    notes: Vec<String>,
    round: RoundId,
}

impl Election {
    async fn open() -> Self {
        let journey = include_bytes!("../../../../samples/trouwen.json");
        let journey = Journey::parse(journey).unwrap();
        let doc = fresh_document();
        write_journey(&doc, &journey, 0, &mut ItemId::generate);
        let notes: Vec<_> = Board::read(&doc).notes.into_iter().take(3).collect();
        let notes: Vec<_> = notes.into_iter().map(|note| note.id).collect();
        let house = House::with(&whole_update(&doc)).await;
        let room = house.open().await;
        let opened = room.open_round(new_round(&notes)).await.unwrap();
        Self {
            house,
            room,
            notes,
            round: opened.id,
        }
    }

    fn ballot(&self, votes: [u32; 3]) -> Ballot {
        let votes = self.notes.iter().cloned().zip(votes);
        let votes = votes.filter(|(_, votes)| *votes > 0).collect();
        Ballot { votes, done: false }
    }

    async fn put(
        &self,
        by: ParticipantId,
        revision: u64,
        votes: [u32; 3],
    ) -> Result<OwnBallot, PutBallotError> {
        let ballot = self.ballot(votes);
        self.room.put_ballot(by, self.round, revision, ballot).await
    }

    async fn close(self) {
        self.house.rooms.close_all().await;
    }
}

fn new_round(notes: &[String]) -> NewRound {
    NewRound {
        title: "Kies".into(),
        notes: notes.to_vec(),
        budget: 3,
        cap: 2,
        only_present: false,
    }
}

#[tokio::test]
async fn r2_r3_a_ballot_counts_once_however_often_it_is_put() {
    let election = Election::open().await;
    let voter = election.house.admit(Role::Participant).await;

    election.put(voter, 1, [2, 1, 0]).await.unwrap();
    let again = election.put(voter, 1, [2, 1, 0]).await.unwrap();
    let other = election.put(voter, 1, [0, 0, 1]).await;
    election.put(voter, 2, [1, 0, 2]).await.unwrap();
    let result = election.room.reveal_round(election.round).await.unwrap();

    assert_eq!(again.revision, 1);
    let Err(PutBallotError::Conflict(stored)) = other else {
        panic!("{other:?}");
    };
    assert_eq!(stored.ballot, election.ballot([2, 1, 0]));
    let result = result.result.unwrap();
    assert_eq!((result.voters, result.votes), (1, 3));
    assert_eq!(result.ranking[0].note, election.notes[2]);
    election.close().await;
}

#[tokio::test]
async fn r4_r9_what_breaks_the_rules_is_not_taken() {
    let election = Election::open().await;
    let voter = election.house.admit(Role::Participant).await;
    let observer = election.house.admit(Role::Observer).await;

    let over_budget = election.put(voter, 1, [2, 2, 0]).await;
    let not_allowed = election.put(observer, 1, [1, 0, 0]).await;
    let stranger = election.put(ParticipantId::generate(), 1, [1, 0, 0]).await;

    assert!(matches!(over_budget, Err(PutBallotError::Invalid(_))));
    assert!(matches!(not_allowed, Err(PutBallotError::NotAllowed)));
    assert!(matches!(stranger, Err(PutBallotError::NotAllowed)));
    let own = election.room.own_ballot(voter, election.round).await;
    assert_eq!(own.unwrap(), OwnBallot::default());
    election.close().await;
}

#[tokio::test]
async fn r1_r6_r8_a_round_closes_reveals_and_forgets_who_voted_what() {
    let election = Election::open().await;
    let voter = election.house.admit(Role::Participant).await;
    election.put(voter, 1, [1, 0, 0]).await.unwrap();

    let closed = election.room.close_round(election.round).await.unwrap();
    let late = election.put(voter, 2, [0, 1, 0]).await;
    let hidden = election.room.rounds().await.unwrap();
    let revealed = election.room.reveal_round(election.round).await.unwrap();
    let again = election.room.reveal_round(election.round).await.unwrap();

    assert_eq!((closed.status, closed.result), (RoundStatus::Closed, None));
    assert!(matches!(late, Err(PutBallotError::NotOpen)));
    assert_eq!(hidden[0].result, None);
    assert_eq!(revealed.result.as_ref().unwrap().votes, 1);
    assert_eq!(revealed, again);
    let own = election.room.own_ballot(voter, election.round).await;
    assert_eq!(own.unwrap(), OwnBallot::default());
    election.close().await;
}

#[tokio::test]
async fn a_round_opens_only_on_notes_that_are_on_the_board() {
    let election = Election::open().await;
    let mut notes = election.notes.clone();
    notes.push("none".into());

    let unknown = election.room.open_round(new_round(&notes)).await;
    let twice = [election.notes[0].clone(), election.notes[0].clone()];
    let invalid = election.room.open_round(new_round(&twice)).await;

    assert!(matches!(unknown, Err(OpenRoundError::NoSuchNote(note)) if note == "none"));
    assert!(matches!(invalid, Err(OpenRoundError::Invalid(_))));
    let options = &election.room.rounds().await.unwrap()[0].options;
    assert!(
        options
            .iter()
            .all(|it| !it.text.is_empty() && !it.place.is_empty())
    );
    election.close().await;
}

#[tokio::test]
async fn a_round_that_only_the_store_closed_heals_when_a_ballot_comes() {
    let election = Election::open().await;
    let voter = election.house.admit(Role::Participant).await;
    let log = &election.house.log;
    log.close_round(election.house.room, election.round)
        .await
        .unwrap();
    let mut events = election.room.subscribe(voter).await.unwrap();

    let late = election.put(voter, 1, [1, 0, 0]).await;

    assert!(matches!(late, Err(PutBallotError::NotOpen)));
    let heard = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap();
    let heard = heard.as_ref().map(|told| told.message());
    let Some(ServerMessage::RoundChanged { round }) = heard else {
        panic!("{heard:?}");
    };
    assert_eq!(round.status, RoundStatus::Closed);
    election.close().await;
}

#[tokio::test]
async fn r5_a_round_that_only_the_store_closed_heals_when_the_room_is_loaded() {
    let election = Election::open().await;
    let (log, room) = (election.house.log.clone(), election.house.room);
    log.close_round(room, election.round).await.unwrap();
    let status = async |handle: &RoomHandle| handle.workshop().await.unwrap().rounds[0].status;
    assert_eq!(status(&election.room).await, RoundStatus::Open);
    let round = election.round;
    election.close().await;

    // The second load finds it healed.
    for _ in 0..2 {
        let rooms = crate::room::Rooms::new(log.clone(), std::sync::Arc::default());
        let loaded = rooms.open(room).await.unwrap();
        let heals = async {
            while status(&loaded).await == RoundStatus::Open {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, heals).await.unwrap();
        rooms.close_all().await;
    }

    let closings = WorkshopEvent::RoundClosed { round };
    let entries = log.read(room, 0, 100).await.unwrap();
    let read = |entry: &Entry| serde_json::from_slice::<WorkshopEvent>(&entry.bytes).ok();
    let told = entries.iter().filter_map(read);
    assert_eq!(told.filter(|event| *event == closings).count(), 1);
}

/// SQLite tells nobody of new entries: the other node knows only what it reads.
#[tokio::test]
async fn r2_a_ballot_counts_at_a_node_that_has_not_heard_of_its_round_and_voter() {
    let election = Election::open().await;
    let log = election.house.log.clone();
    let elsewhere = crate::room::Rooms::new(log, std::sync::Arc::default());
    let other = elsewhere.open(election.house.room).await.unwrap();
    let voter = election.house.admit(Role::Participant).await;
    let round = election.room.open_round(new_round(&election.notes)).await;
    let round = round.unwrap().id;

    let ballot = election.ballot([1, 0, 0]);
    let put = other.put_ballot(voter, round, 1, ballot.clone()).await;
    let never = RoundId::generate();
    let unknown = other.put_ballot(voter, never, 1, ballot).await;

    assert_eq!(put.unwrap().revision, 1);
    assert!(matches!(unknown, Err(PutBallotError::NoSuchRound)));
    let own = election.room.own_ballot(voter, round).await.unwrap();
    assert_eq!(own.revision, 1);
    elsewhere.close_all().await;
    election.close().await;
}

#[tokio::test]
async fn r8_an_erasure_that_a_crash_kept_away_is_made_up_for() {
    let election = Election::open().await;
    let voter = election.house.admit(Role::Participant).await;
    election.put(voter, 1, [1, 0, 0]).await.unwrap();
    let closed = election.room.close_round(election.round).await.unwrap();
    let event = WorkshopEvent::RoundRevealed {
        round: election.round,
        result: closed.result_of(&[]),
    };
    election.room.record(event, None).await.unwrap();
    election.house.rooms.close_all().await;

    let rooms = crate::room::Rooms::new(election.house.log.clone(), std::sync::Arc::default());
    let room = rooms.open(election.house.room).await.unwrap();

    let own = room.own_ballot(voter, election.round).await.unwrap();
    assert_eq!(own, OwnBallot::default());
    rooms.close_all().await;
}
