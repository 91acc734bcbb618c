//! What rooms take in memory, and who makes room for whom.

use std::sync::Arc;
use std::time::Duration;

use futures_util::poll;
use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::round::RoundOption;
use hartslag_protocol::workshop::{Round, RoundStatus};
use tempfile::TempDir;
use yrs::{Text, TextPrelim};

use super::*;
use crate::clock::now;
use crate::log::RoomLog;
use crate::log::sqlite::SqliteStore;
use crate::metrics::Metrics;
use crate::room::{NewRound, OpenRoundError, Rooms, size};
use crate::until;
use crate::work::Work;

/// Deletions in the middle of a text, which cut it.
const CUTS: u32 = 60;
/// Two empty rooms and a half.
const MEMORY: usize = 160 << 10;

/// A server with little memory and three rooms.
pub(super) struct Small {
    pub(super) rooms: Rooms,
    metrics: Arc<Metrics>,
    pub(super) ids: [RoomId; 3],
    log: Arc<dyn RoomLog>,
    _directory: TempDir,
}

impl Small {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log: Arc<dyn RoomLog> = Arc::new(SqliteStore::open(directory.path()).unwrap());
        let ids = [(); 3].map(|()| RoomId::generate());
        for id in ids {
            log.create(id, 1, snapshot::initial(&[0, 0])).await.unwrap();
        }
        let metrics = Arc::new(Metrics::default());
        let work = Work::within(&metrics, MEMORY);
        Self {
            rooms: Rooms::of_build(
                log.clone(),
                metrics.clone(),
                work,
                "dev",
                Duration::from_mins(5),
            ),
            metrics,
            ids,
            log,
            _directory: directory,
        }
    }

    pub(super) fn log(&self) -> Arc<dyn RoomLog> {
        Arc::clone(&self.log)
    }
}

#[tokio::test]
async fn the_room_that_is_idle_longest_leaves_memory_for_another() {
    let small = Small::new().await;
    let first = small.rooms.open(small.ids[0]).await.unwrap().version();
    let opened = now();
    until(|| now() > opened).await;
    let second = small.rooms.open(small.ids[1]).await.unwrap().version();

    small.rooms.open(small.ids[2]).await.unwrap();

    assert_eq!(small.metrics.rooms.get(), 2);
    let again = small.rooms.open(small.ids[1]).await.unwrap().version();
    assert_eq!(again, second, "it stayed");
    let again = small.rooms.open(small.ids[0]).await.unwrap().version();
    assert_ne!(again, first, "it had left");
    small.rooms.close_all().await;
    assert_eq!(small.metrics.work_memory_bytes.get(), 0);
}

#[tokio::test]
async fn nobody_who_is_in_a_room_loses_it_for_another() {
    let small = Small::new().await;
    let mut members = Vec::new();
    for id in &small.ids[..2] {
        let handle = small.rooms.open(*id).await.unwrap();
        let participant = ParticipantId::generate();
        let member = handle.connect(participant, Role::Coach, Network::HERE, Dialect::Plain);
        members.push(member.await.unwrap());
    }
    let mut third = Box::pin(small.rooms.open(small.ids[2]));
    tokio::select! {
        _ = &mut third => panic!("there was no memory"),
        () = until(|| small.metrics.work_seats.get() == 1) => {}
    }
    assert_eq!(small.metrics.rooms.get(), 2);

    members.pop();

    assert!(third.await.is_ok());
    assert_eq!(small.metrics.connections.get(), 1);
    small.rooms.close_all().await;
}

#[tokio::test]
async fn a_load_goes_on_when_its_only_waiter_leaves_and_is_begun_once() {
    let small = Small::new().await;
    let full = small.rooms.work().memory.charge(MEMORY);
    let mut waiter = Box::pin(small.rooms.open(small.ids[0]));
    assert!(poll!(&mut waiter).is_pending());
    drop(waiter);

    drop(full);
    until(|| small.metrics.rooms.get() == 1).await;

    let handle = small.rooms.open(small.ids[0]).await.unwrap();
    assert!(handle.workshop().await.is_ok());
    assert_eq!(small.metrics.rooms.get(), 1);
    small.rooms.close_all().await;
}

#[tokio::test]
async fn a_room_that_is_larger_than_the_budget_opens_when_nothing_else_is_loaded() {
    let small = Small::new().await;
    let work = Work::within(&small.metrics, 1);
    let log = small.rooms.log();
    let rooms = Rooms::of_build(
        log,
        small.metrics.clone(),
        work,
        "dev",
        Duration::from_mins(5),
    );

    assert!(rooms.open(small.ids[0]).await.is_ok());
    assert!(rooms.open(small.ids[1]).await.is_ok());

    assert_eq!(small.metrics.rooms.get(), 1);
    rooms.close_all().await;
}

#[test]
fn a_room_takes_what_was_foreseen_of_it() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    for title in ["A", "B", "C"] {
        desk.update(author, &Replica::new().set_title(title));
        desk.store();
    }
    let (_, snapshot) = desk.state.snapshot().unwrap();
    let loaded = crate::log::LoadedRoom {
        epoch: 1,
        created_at: 0,
        snapshot,
        tail: Vec::new(),
    };

    let foreseen = size::foreseen(&loaded);

    let taken = size::of(&desk.state);
    assert!(foreseen >= taken, "{foreseen} for {taken}");
    assert!(foreseen < 2 * taken, "{foreseen} for {taken}");
}

#[test]
fn deletions_that_cut_a_text_take_what_was_foreseen_of_them_at_once() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let (_, snapshot) = desk.state.snapshot().unwrap();
    let replica = Replica::new();
    let mut transaction = replica.doc.transact_mut();
    let text = TextPrelim::new("x".repeat(CUTS as usize * 2 + 1));
    let text = replica.board.insert(&mut transaction, "summary", text);
    drop(transaction);
    desk.update(author, &replica.everything());
    desk.store();
    let whole = size::of(&desk.state);

    for at in 1..=CUTS {
        let before = replica.doc.transact().state_vector();
        text.remove_range(&mut replica.doc.transact_mut(), at, 1);
        let cut = replica.doc.transact().encode_state_as_update_v1(&before);
        desk.update(author, &cut);
        desk.store();
    }

    let taken = size::of(&desk.state);
    assert!(taken > whole + 900 * CUTS as usize, "{taken} after {whole}");
    let loaded = crate::log::LoadedRoom {
        epoch: 1,
        created_at: 0,
        snapshot,
        tail: desk.log.clone(),
    };
    let foreseen = size::foreseen(&loaded);
    assert!(foreseen >= taken, "{foreseen} for {taken}");
}

#[test]
fn rounds_count_for_what_their_room_takes_and_as_much_is_foreseen() {
    let mut desk = Desk::new();
    let empty = size::of(&desk.state);
    for _ in 0..10 {
        let event = WorkshopEvent::RoundOpened {
            round: large_round(),
        };
        desk.record(event);
    }
    let tail = desk.log.clone();
    let one = desk.state.workshop.rounds[0].clone();
    let result = one.result_of(&[]);
    desk.record(WorkshopEvent::RoundRevealed {
        round: one.id,
        result,
    });
    let taken = size::of(&desk.state);

    let (_, snapshot) = desk.state.snapshot().unwrap();
    let loaded = |snapshot, tail| crate::log::LoadedRoom {
        epoch: 1,
        created_at: 0,
        snapshot,
        tail,
    };
    let nothing = crate::log::Snapshot {
        upto: 0,
        bytes: snapshot::initial(&[0, 0]),
    };

    assert!(taken - empty > 10 * LARGE_ROUND_BYTES, "{taken}");
    assert_eq!(
        desk.state.rounds_bytes,
        size::of_rounds(&desk.state.workshop)
    );
    for loaded in [loaded(snapshot, Vec::new()), loaded(nothing, tail)] {
        assert!(size::foreseen(&loaded) >= taken);
    }
}

#[test]
fn a_round_that_closes_copies_no_other() {
    let mut desk = Desk::new();
    for _ in 0..2 {
        let round = large_round();
        desk.record(WorkshopEvent::RoundOpened { round });
    }
    let held = Arc::clone(&desk.state.workshop);
    let round = held.rounds[1].id;

    desk.record(WorkshopEvent::RoundClosed { round });

    let now = &desk.state.workshop.rounds;
    assert!(Arc::ptr_eq(&now[0], &held.rounds[0]));
    assert_eq!(now[1].status, RoundStatus::Closed);
    assert_eq!(held.rounds[1].status, RoundStatus::Open);
}

#[test]
fn a_room_full_of_long_rounds_opens_no_more() {
    let mut desk = Desk::new();
    let mut opened = 0;
    let refused = loop {
        let new = NewRound {
            title: String::new(),
            notes: Vec::new(),
            budget: 1,
            cap: 1,
            only_present: false,
        };
        match desk.state.capture_round(RoundId::generate(), new).unwrap() {
            Err(OpenRoundError::TooManyRounds) => break opened,
            _ => opened += 1,
        }
        let round = large_round();
        desk.record(WorkshopEvent::RoundOpened { round });
    };

    assert!((50..200).contains(&refused), "{refused}");
    assert!(desk.state.rounds_bytes < 9 << 20);
}

/// Text in a round of [`large_round`].
const LARGE_ROUND_BYTES: usize = 60 * 500;

fn large_round() -> Round {
    let option = |note: usize| RoundOption {
        note: note.to_string(),
        text: "x".repeat(500),
        place: "Fase".into(),
    };
    let options = (0..60).map(option).collect();
    Round::open(RoundId::generate(), "Kies".into(), options, 3, 2, false).unwrap()
}

#[test]
fn what_was_typed_letter_by_letter_takes_no_more_once_it_was_written_as_one() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let replica = Replica::new();
    for title in ["A", "AB", "ABC", "ABCD"] {
        desk.update(author, &replica.set_title(title));
        desk.store();
    }
    let (typed, blocks) = (size::of(&desk.state), desk.state.gate.blocks());

    desk.state.snapshot().unwrap();

    assert!(desk.state.gate.blocks() < blocks);
    assert!(size::of(&desk.state) < typed);
}

#[test]
fn what_waits_counts_though_the_board_was_written_without_it() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let replica = Replica::new();
    desk.update(author, &replica.set_title("A"));
    desk.store();
    desk.state.snapshot().unwrap();
    let stored = desk.state.gate.blocks();

    desk.update(author, &replica.set("summary", "B"));
    desk.state.snapshot().unwrap();

    assert!(desk.state.gate.blocks() > stored);
}
