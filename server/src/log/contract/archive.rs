//! Rooms out of a store and into one, whole.

use hartslag_protocol::ids::RoundId;
use hartslag_protocol::workshop::Role;

use super::*;
use crate::access::secret::Secret;
use crate::access::{Invitation, JoinCode, Membership, SecretHash, Ticket};
use crate::log::archive::{KeptRoom, Standing};
use crate::log::{PutResponse, Snapshot, StoredResponse, TRIM_MARGIN};

const DAY: Milliseconds = 24 * 60 * 60 * 1_000;

pub(in crate::log) async fn a_room_goes_out_and_in_whole<F: Fixture>() {
    let (fixture, other) = (F::start().await, F::start().await);
    let full = Full::make(fixture.store()).await;

    let kept = fixture.store().take_out(full.room).await.unwrap();
    assert_eq!(kept.content.tail.len(), 5);
    assert_eq!((kept.rounds.len(), kept.members.len()), (2, 2));
    assert_eq!(
        (kept.invitations.len(), kept.join_code.is_some()),
        (2, true)
    );
    let epoch = put_in(other.store(), &kept).await;

    let mut expected = kept.clone();
    expected.content.epoch = epoch;
    assert_eq!(other.store().take_out(full.room).await.unwrap(), expected);
    assert_eq!(other.store().rooms().await.unwrap(), [full.room]);
    full.is_open_to_its_people(other.store()).await;
    let unknown = other.store().take_out(RoomId::generate()).await;
    assert!(is_no_such_room(&unknown));
}

pub(in crate::log) async fn a_standing_room_stays_unless_it_gives_way<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let full = Full::make(store).await;
    let kept = store.take_out(full.room).await.unwrap();
    store.append(full.room, 1, entries(3)).await.unwrap();
    let before = store.take_out(full.room).await.unwrap();

    let refused = store.put_in(kept.clone(), Standing::Stays, NOW).await;

    assert!(matches!(refused, Err(LogError::RoomExists)));
    assert_eq!(store.take_out(full.room).await.unwrap(), before);
    put_in(store, &kept).await;
    let after = store.take_out(full.room).await.unwrap();
    assert_eq!(after.content.tail, kept.content.tail);
}

pub(in crate::log) async fn l3_a_room_that_was_put_in_has_a_higher_epoch<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = new_room(store).await;
    let first = store.take_out(room).await.unwrap();

    assert_eq!(put_in(store, &first).await, 2);
    assert_eq!(put_in(store, &first).await, 3);
    let mut later = first.clone();
    later.content.epoch = 9;
    assert_eq!(put_in(store, &later).await, 10);

    let fenced = store.append(room, 3, entries(1)).await;
    assert!(matches!(fenced, Err(LogError::Fenced { current: 10 })));
    let snapshot = Snapshot {
        upto: 0,
        bytes: Bytes::from_static(b"late"),
    };
    let fenced = store.save_snapshot(room, 1, 0, snapshot).await;
    assert!(matches!(fenced, Err(LogError::Fenced { current: 10 })));
    assert_eq!(store.append(room, 10, entries(1)).await.unwrap(), [1]);
}

pub(in crate::log) async fn l1_numbers_go_on_where_the_room_that_came_in_ends<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let full = Full::make(store).await;
    let kept = store.take_out(full.room).await.unwrap();
    let last = kept.content.tail.last().unwrap().clone();
    store.append(full.room, 1, entries(9)).await.unwrap();

    let epoch = put_in(store, &kept).await;
    let known = NewEntry {
        key: last.key,
        kind: last.kind,
        writer: last.writer,
        at: last.at,
        bytes: last.bytes,
    };
    let numbers = store
        .append(full.room, epoch, vec![known, entry("new")])
        .await;

    assert_eq!(numbers.unwrap(), [last.sequence, last.sequence + 1]);
    let upto = kept.content.snapshot.upto;
    let trimmed = store.read(full.room, upto - 1, 10).await;
    assert!(matches!(trimmed, Err(LogError::Trimmed { upto: told }) if told == upto));
    let tail = store.read(full.room, upto, 10).await.unwrap();
    assert_eq!(tail[..5], kept.content.tail[..]);
}

pub(in crate::log) async fn r5_open_rounds_go_on_and_closed_ones_stay_closed<F: Fixture>() {
    let (fixture, other) = (F::start().await, F::start().await);
    let full = Full::make(fixture.store()).await;
    let kept = fixture.store().take_out(full.room).await.unwrap();

    put_in(other.store(), &kept).await;
    let store = other.store();
    let late = store
        .put_response(full.room, full.closed, response(full.noor, 9))
        .await;
    let stale = store
        .put_response(full.room, full.open, response(full.noor, 3))
        .await;
    let newer = store
        .put_response(full.room, full.open, response(full.noor, 4))
        .await;

    assert_eq!(late.unwrap(), PutResponse::NotOpen);
    assert_eq!(stale.unwrap(), PutResponse::Stale(response(full.noor, 3)));
    assert_eq!(newer.unwrap(), PutResponse::Stored);
    let answers = store.close_round(full.room, full.open).await.unwrap();
    assert_eq!(answers, [response(full.noor, 4)]);
}

pub(in crate::log) async fn what_came_since_is_gone_but_ways_in_stay<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let full = Full::make(store).await;
    let kept = store.take_out(full.room).await.unwrap();
    let (device, secret, round) = (secret(), secret(), RoundId::generate());
    let invitation = Invitation {
        room: full.room,
        role: Role::Observer,
    };
    let code = code("NEWERR", full.room, NOW + 2 * DAY);
    store
        .put_membership(device, full.room, member(Role::Coach))
        .await
        .unwrap();
    store.put_invitation(secret, invitation).await.unwrap();
    assert!(store.put_join_code(code.clone(), NOW).await.unwrap());
    store.open_round(full.room, round).await.unwrap();
    store
        .put_response(full.room, round, response(full.noor, 1))
        .await
        .unwrap();

    put_in(store, &kept).await;

    assert_eq!(store.membership(device, full.room).await.unwrap(), None);
    assert_eq!(store.responders(full.room, round).await.unwrap(), []);
    let put = store
        .put_response(full.room, round, response(full.noor, 2))
        .await;
    assert_eq!(put.unwrap(), PutResponse::NotOpen);
    assert_eq!(store.invitation(secret).await.unwrap(), Some(invitation));
    assert_eq!(store.join_code_of(full.room).await.unwrap(), Some(code));
    assert_eq!(store.join_code("OLDERR").await.unwrap(), None);
}

pub(in crate::log) async fn h2_a_code_that_another_room_has_is_not_taken_back<F: Fixture>() {
    let (fixture, other) = (F::start().await, F::start().await);
    let full = Full::make(fixture.store()).await;
    let kept = fixture.store().take_out(full.room).await.unwrap();
    let holder = code("OLDERR", new_room(other.store()).await, NOW + DAY);
    other
        .store()
        .put_join_code(holder.clone(), NOW)
        .await
        .unwrap();

    put_in(other.store(), &kept).await;

    let store = other.store();
    assert_eq!(store.join_code("OLDERR").await.unwrap(), Some(holder));
    assert_eq!(store.join_code_of(full.room).await.unwrap(), None);
}

pub(in crate::log) async fn tickets_end_with_the_room_they_were_for<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let full = Full::make(store).await;
    let kept = store.take_out(full.room).await.unwrap();
    let (ended, stays) = (secret(), secret());
    let ticket = |room| Ticket {
        room,
        participant: full.noor,
        expires_at: NOW + DAY,
    };
    let elsewhere = ticket(RoomId::generate());
    store.put_ticket(ended, ticket(full.room)).await.unwrap();
    store.put_ticket(stays, elsewhere).await.unwrap();

    put_in(store, &kept).await;

    assert_eq!(store.ticket(ended).await.unwrap(), None);
    assert_eq!(store.ticket(stays).await.unwrap(), Some(elsewhere));
}

pub(in crate::log) async fn a_room_is_taken_out_while_others_write<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = new_room(store).await;

    let writing = async {
        for batch in 1..=40_u64 {
            let numbers = store.append(room, 1, entries(50)).await.unwrap();
            store.open_round(room, RoundId::generate()).await.unwrap();
            let snapshot = Snapshot {
                upto: batch * 50 - 10,
                bytes: Bytes::from(format!("{batch}")),
            };
            let expected = if batch == 1 { 0 } else { (batch - 1) * 50 - 10 };
            assert_eq!(numbers.len(), 50);
            assert!(
                store
                    .save_snapshot(room, 1, expected, snapshot)
                    .await
                    .unwrap()
            );
        }
    };
    let reading = async {
        let mut seen = Vec::new();
        for _ in 0..20 {
            seen.push(store.take_out(room).await.unwrap());
        }
        seen
    };
    let ((), seen) = tokio::join!(writing, reading);

    const { assert!(TRIM_MARGIN < 40 * 50, "the log is trimmed meanwhile") };
    for kept in seen {
        let upto = kept.content.snapshot.upto;
        let numbers: Vec<_> = kept.content.tail.iter().map(|kept| kept.sequence).collect();
        let contiguous: Vec<_> = (upto + 1..).take(numbers.len()).collect();
        assert_eq!(numbers, contiguous);
    }
}

pub(in crate::log) async fn a_crash_keeps_the_room_that_was_put_in<F: Fixture>() {
    let mut fixture = F::start().await;
    let full = Full::make(fixture.store()).await;
    let kept = fixture.store().take_out(full.room).await.unwrap();
    put_in(fixture.store(), &kept).await;
    let before = fixture.store().take_out(full.room).await.unwrap();

    fixture.crash().await;

    let after = fixture.store().take_out(full.room).await.unwrap();
    assert_eq!(after, before);
    full.is_open_to_its_people(fixture.store()).await;
}

/// A room with something of everything.
struct Full {
    room: RoomId,
    open: RoundId,
    closed: RoundId,
    noor: ParticipantId,
    device: SecretHash,
    invitation: SecretHash,
}

impl Full {
    async fn make(store: &(impl RoomLog + AccessStore)) -> Self {
        let full = Self {
            room: new_room(store).await,
            open: RoundId::generate(),
            closed: RoundId::generate(),
            noor: ParticipantId::generate(),
            device: secret(),
            invitation: secret(),
        };
        full.fill_log(store).await;
        full.let_people_in(store).await;
        full
    }

    async fn fill_log(&self, store: &impl RoomLog) {
        let room = self.room;
        store.append(room, 1, entries(12)).await.unwrap();
        let mut event = entry("event");
        event.kind = EntryKind::Event;
        event.writer = None;
        store.append(room, 1, vec![event]).await.unwrap();
        let snapshot = Snapshot {
            upto: 8,
            bytes: Bytes::from_static(b"up to eight"),
        };
        assert!(store.save_snapshot(room, 1, 0, snapshot).await.unwrap());
        for round in [self.open, self.closed] {
            store.open_round(room, round).await.unwrap();
            let put = store.put_response(room, round, response(self.noor, 3));
            assert_eq!(put.await.unwrap(), PutResponse::Stored);
        }
        store.close_round(room, self.closed).await.unwrap();
    }

    async fn let_people_in(&self, store: &impl AccessStore) {
        let room = self.room;
        let noor = Membership {
            participant: self.noor,
            role: Role::Participant,
        };
        store.put_membership(self.device, room, noor).await.unwrap();
        store
            .put_membership(secret(), room, member(Role::Coach))
            .await
            .unwrap();
        for (secret, role) in [(self.invitation, Role::Coach), (secret(), Role::Observer)] {
            let invitation = Invitation { room, role };
            store.put_invitation(secret, invitation).await.unwrap();
        }
        let code = code("OLDERR", room, NOW + DAY);
        assert!(store.put_join_code(code, NOW).await.unwrap());
    }

    async fn is_open_to_its_people(&self, store: &impl AccessStore) {
        let noor = store.membership(self.device, self.room).await.unwrap();
        assert_eq!(noor.map(|noor| noor.participant), Some(self.noor));
        let invitation = store.invitation(self.invitation).await.unwrap();
        assert_eq!(invitation.map(|found| found.room), Some(self.room));
        let code = store.join_code("OLDERR").await.unwrap();
        assert_eq!(code.map(|found| found.room), Some(self.room));
    }
}

async fn put_in(store: &impl Archive, kept: &KeptRoom) -> u64 {
    let standing = Standing::GivesWay;
    store.put_in(kept.clone(), standing, NOW).await.unwrap()
}

fn response(participant: ParticipantId, revision: u64) -> StoredResponse {
    StoredResponse {
        participant,
        revision,
        body: Bytes::from(format!("{{\"revision\":{revision}}}")),
    }
}

fn secret() -> SecretHash {
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(RoomId::generate().as_bytes());
    hash
}

fn member(role: Role) -> Membership {
    Membership {
        participant: ParticipantId::generate(),
        role,
    }
}

fn code(code: &str, room: RoomId, expires_at: Milliseconds) -> JoinCode {
    JoinCode {
        code: code.to_owned(),
        room,
        expires_at,
        secret: Some(Secret::generate()),
    }
}
