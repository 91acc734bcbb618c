//! A room of which a part cannot be read: the rest is served, and nothing else is lost.

use std::sync::Arc;

use hartslag_protocol::wire::message::RefusalReason;

use super::opening::House;
use super::*;
use crate::log::LoadedRoom;
use crate::metrics::Metrics;
use crate::room::document::POISON;
use crate::room::outbox::Outgoing;
use crate::room::{Member, RoomHandle, Rooms, loading};

/// A coach's connection that says to have nothing.
async fn join(handle: &RoomHandle, coach: ParticipantId) -> Member {
    let member = handle
        .connect(coach, Role::Coach, Network::HERE, Dialect::Hartslag)
        .await;
    let member = member.unwrap();
    let hello = frame::write_step1(&[0]);
    member.frame(hello.into()).await.unwrap();
    member
}

async fn closed_with(member: &Member) -> CloseCode {
    loop {
        if let Some(code) = member.outbox().take().await.close {
            return code;
        }
    }
}

/// Waits until the member is told something.
async fn hear(member: &Member, matches: impl Fn(&ServerMessage) -> bool) {
    loop {
        let told = member.outbox().take().await.frames;
        let is_it = |outgoing| match outgoing {
            Outgoing::Text(text) => serde_json::from_slice(&text).is_ok_and(|told| matches(&told)),
            Outgoing::Binary(_) => false,
        };
        if told.into_iter().any(is_it) {
            return;
        }
    }
}

#[tokio::test]
async fn an_entry_that_no_document_takes_is_left_out_and_the_room_goes_on() {
    let house = House::with(&[0, 0]).await;
    let coach = house.admit(Role::Coach).await;
    let (replica, handle) = (Replica::new(), house.open().await);
    let member = join(&handle, coach).await;
    for title in ["A", POISON] {
        let update = frame::write_update(&replica.set_title(title));
        member.frame(update.into()).await.unwrap();
    }

    let closed = closed_with(&member).await;
    let handle = house.open().await;

    assert_eq!(closed, CloseCode::Unavailable);
    assert_eq!(handle.overview().await.unwrap().title, "A");
    assert_eq!(house.metrics.quarantined.get(), 1);
    let kept = house.log.load(house.room).await.unwrap().tail;
    assert_eq!(kept.len(), 3);

    // Who still has it hears that it is refused, and the others go on.
    let member = join(&handle, coach).await;
    let all = frame::write_step2(&replica.everything());
    member.frame(all.into()).await.unwrap();
    let malformed = RefusalReason::Malformed;
    let is_refused =
        |told: &_| matches!(told, ServerMessage::Refused { reason, .. } if *reason == malformed);
    hear(&member, is_refused).await;
    let fresh = Replica::new();
    fresh.apply(&handle.document().await.unwrap());
    let update = frame::write_update(&fresh.set_title("B"));
    member.frame(update.into()).await.unwrap();
    hear(&member, |told| *told == ServerMessage::Stored { up_to: 2 }).await;
    house.rooms.close_all().await;
    assert_eq!(title_after_a_restart(&house).await, "B");
}

#[test]
fn every_node_leaves_out_the_same_entry() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let (one, other) = (Replica::new(), Replica::new());
    desk.update(author, &one.set_title("A"));
    desk.store();
    desk.update(author, &one.set_title(POISON));
    desk.update(author, &other.set_title("B"));
    desk.store();
    desk.store();
    let loaded = LoadedRoom {
        epoch: 1,
        created_at: 0,
        snapshot: Snapshot {
            upto: 0,
            bytes: snapshot::initial(&[0, 0]),
        },
        tail: desk.log,
    };

    let load = |node| loading::load(RoomId::from_bytes([7; 16]), &loaded, [node; 8], 0).unwrap();
    let (mut here, mut there) = (load(1), load(2));

    assert_eq!(
        (&here.quarantined, &there.quarantined),
        (&vec![3], &vec![3])
    );
    assert_eq!(here.applied, there.applied);
    assert_eq!(
        here.document.encoded().unwrap(),
        there.document.encoded().unwrap()
    );
}

#[tokio::test]
async fn l6_a_torn_snapshot_opens_from_the_former_one_and_the_log() {
    for torn in [&b""[..], b"HSNP", &[0xff; 200]] {
        let house = House::with(&[0, 0]).await;
        let coach = house.admit(Role::Coach).await;
        house.rooms.close_all().await;
        let damaged = Snapshot {
            upto: house.log.load(house.room).await.unwrap().snapshot.upto,
            bytes: Bytes::copy_from_slice(torn),
        };
        let (log, upto) = (&house.log, damaged.upto);
        assert!(
            log.save_snapshot(house.room, 1, upto, damaged)
                .await
                .unwrap()
        );

        let metrics = Arc::new(Metrics::default());
        let rooms = Rooms::new(log.clone(), metrics.clone());
        let handle = rooms.open(house.room).await.unwrap();
        let workshop = handle.workshop().await.unwrap();
        rooms.close_all().await;

        assert!(workshop.participants.contains_key(&coach));
        assert_eq!(metrics.damaged_snapshots.get(), 1);
        // It was replaced by one that can be read.
        let kept = log.load(house.room).await.unwrap().snapshot;
        assert!(snapshot::decode(&kept.bytes).is_ok());
    }
}

#[test]
fn a_snapshot_is_loaded_again_before_it_is_saved() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    desk.update(author, &Replica::new().set_title("A"));
    desk.store();
    let (_, snapshot) = desk.state.snapshot().unwrap();
    let vector = desk.state.document.vector().unwrap();
    let mut torn = snapshot.clone();
    torn.bytes.truncate(60);

    let verify = |snapshot, vector| loading::verify(snapshot, vector);

    assert!(verify(&snapshot, &vector).is_ok());
    assert!(verify(&torn, &vector).is_err());
    assert!(verify(&snapshot, &Bytes::from_static(&[0])).is_err());
}

/// A document names its clients in an order that depends on which it met first.
#[test]
fn a_snapshot_is_good_in_whatever_order_its_clients_came() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    for client in [64, 128, 192] {
        let field = format!("field{client}");
        desk.update(author, &Replica::of_client(client).set(&field, "A"));
        desk.store();
    }
    let (_, snapshot) = desk.state.snapshot().unwrap();
    let vector = desk.state.document.vector().unwrap();
    let mut again = RoomState::restore(desk.state.room, 1, &snapshot, [2; 8], 0).unwrap();
    assert_ne!(
        again.document.vector().unwrap(),
        vector,
        "the same order tests nothing"
    );

    assert!(loading::verify(&snapshot, &vector).is_ok());
}

async fn title_after_a_restart(house: &House) -> String {
    let rooms = Rooms::new(house.log.clone(), Arc::default());
    let handle = rooms.open(house.room).await.unwrap();
    let title = handle.overview().await.unwrap().title;
    rooms.close_all().await;
    title
}
