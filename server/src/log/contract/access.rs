//! Invitations, join codes, devices, tickets.

use hartslag_protocol::ids::NetworkMark;
use hartslag_protocol::workshop::Role;

use super::*;
use crate::access::arrival::Arrival;
use crate::access::secret::Secret;
use crate::access::{Invitation, JoinCode, Membership, SecretHash, Ticket};

const DAY: Milliseconds = 24 * 60 * 60 * 1_000;

pub(in crate::log) async fn h1_a_device_comes_back_as_the_same_participant<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, other) = (RoomId::generate(), RoomId::generate());
    let device = secret();
    let noor = member(Role::Observer);
    let raised = Membership {
        role: Role::Coach,
        ..noor
    };

    store.put_membership(device, room, noor).await.unwrap();
    assert_eq!(store.membership(device, room).await.unwrap(), Some(noor));
    store.put_membership(device, room, raised).await.unwrap();

    assert_eq!(store.membership(device, room).await.unwrap(), Some(raised));
    assert_eq!(store.membership(device, other).await.unwrap(), None);
    assert_eq!(store.membership(secret(), room).await.unwrap(), None);
}

pub(in crate::log) async fn h1_a_participants_role_is_the_highest_of_their_devices<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();
    let noor = member(Role::Participant);
    let as_coach = Membership {
        role: Role::Coach,
        ..noor
    };
    for membership in [as_coach, noor, member(Role::Observer)] {
        store
            .put_membership(secret(), room, membership)
            .await
            .unwrap();
    }

    let role = store.role_of(room, noor.participant).await.unwrap();
    let nobody = store
        .role_of(room, ParticipantId::generate())
        .await
        .unwrap();
    let elsewhere = store
        .role_of(RoomId::generate(), noor.participant)
        .await
        .unwrap();

    assert_eq!((role, nobody, elsewhere), (Some(Role::Coach), None, None));
}

pub(in crate::log) async fn h2_an_invitation_is_found_by_its_hash_alone<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();

    for role in [Role::Coach, Role::Participant, Role::Observer] {
        let (hash, invitation) = (secret(), Invitation { room, role });
        store.put_invitation(hash, invitation).await.unwrap();
        assert_eq!(store.invitation(hash).await.unwrap(), Some(invitation));
    }

    assert_eq!(store.invitation(secret()).await.unwrap(), None);
}

pub(in crate::log) async fn h2_a_room_has_one_join_code<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();
    assert_eq!(store.join_code_of(room).await.unwrap(), None);

    let first = code("AAAAAA", room, NOW + DAY);
    assert!(store.put_join_code(first.clone(), NOW).await.unwrap());
    assert_eq!(store.join_code("AAAAAA").await.unwrap(), Some(first));
    let second = code("BBBBBB", room, NOW + DAY);
    assert!(store.put_join_code(second.clone(), NOW).await.unwrap());

    assert_eq!(store.join_code("AAAAAA").await.unwrap(), None);
    assert_eq!(
        store.join_code("BBBBBB").await.unwrap(),
        Some(second.clone())
    );
    assert_eq!(store.join_code_of(room).await.unwrap(), Some(second));
    let longer = code("BBBBBB", room, NOW + 2 * DAY);
    assert!(store.put_join_code(longer.clone(), NOW).await.unwrap());
    assert_eq!(store.join_code_of(room).await.unwrap(), Some(longer));
}

pub(in crate::log) async fn h2_a_join_code_is_of_one_room_until_it_expires<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (room, other) = (RoomId::generate(), RoomId::generate());
    let first = code("AAAAAA", room, NOW + DAY);
    let taken = code("AAAAAA", other, NOW + 3 * DAY);
    store.put_join_code(first.clone(), NOW).await.unwrap();

    let early = store.put_join_code(taken.clone(), NOW + DAY - 1).await;
    assert!(!early.unwrap());
    assert_eq!(store.join_code("AAAAAA").await.unwrap(), Some(first));
    assert_eq!(store.join_code_of(other).await.unwrap(), None);
    let later = store.put_join_code(taken.clone(), NOW + DAY).await;

    assert!(later.unwrap());
    assert_eq!(store.join_code("AAAAAA").await.unwrap(), Some(taken));
    assert_eq!(store.join_code_of(room).await.unwrap(), None);
}

pub(in crate::log) async fn h3_an_expired_code_is_still_known<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let expired = code("AAAAAA", RoomId::generate(), NOW - DAY);

    assert!(store.put_join_code(expired.clone(), NOW).await.unwrap());

    assert_eq!(store.join_code("AAAAAA").await.unwrap(), Some(expired));
    assert_eq!(store.join_code("CCCCCC").await.unwrap(), None);
}

pub(in crate::log) async fn h2_a_code_of_an_older_version_gets_a_link<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let shown = code("AAAAAA", RoomId::generate(), NOW + DAY);
    let older = JoinCode {
        secret: None,
        ..shown.clone()
    };
    assert!(store.put_join_code(older.clone(), NOW).await.unwrap());
    assert_eq!(store.join_code("AAAAAA").await.unwrap(), Some(older));

    assert!(store.put_join_code(shown.clone(), NOW).await.unwrap());

    assert_eq!(store.join_code_of(shown.room).await.unwrap(), Some(shown));
}

pub(in crate::log) async fn h2_of_two_rooms_one_gets_the_code<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let (one, other) = (RoomId::generate(), RoomId::generate());

    let (first, second) = tokio::join!(
        store.put_join_code(code("AAAAAA", one, NOW + DAY), NOW),
        store.put_join_code(code("AAAAAA", other, NOW + DAY), NOW),
    );

    let (first, second) = (first.unwrap(), second.unwrap());
    assert_ne!(first, second);
    let holder = store.join_code("AAAAAA").await.unwrap().unwrap().room;
    assert_eq!(holder, if first { one } else { other });
}

pub(in crate::log) async fn tickets_end_when_revoked<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let hash = secret();
    let ticket = ticket();

    store.put_ticket(hash, ticket).await.unwrap();
    assert_eq!(store.ticket(hash).await.unwrap(), Some(ticket));
    assert_eq!(store.ticket(secret()).await.unwrap(), None);
    store.revoke_ticket(hash).await.unwrap();
    store.revoke_ticket(hash).await.unwrap();

    assert_eq!(store.ticket(hash).await.unwrap(), None);
}

pub(in crate::log) async fn h15_networks_of_a_room_have_a_key_of_their_own<F: Fixture>() {
    let mut fixture = F::start().await;
    let (room, other) = (RoomId::generate(), RoomId::generate());

    let first = fixture.store().network_key(room, NOW).await.unwrap();
    fixture.crash().await;
    let again = fixture.store().network_key(room, NOW + 1).await.unwrap();
    let elsewhere = fixture.store().network_key(other, NOW).await.unwrap();

    assert_eq!(again, first);
    assert_ne!(elsewhere, first);
}

pub(in crate::log) async fn h15_who_came_in_is_told_newest_first_for_a_day<F: Fixture>() {
    let fixture = F::start().await;
    let store = fixture.store();
    let room = RoomId::generate();
    let arrived = |at| Arrival {
        participant: ParticipantId::generate(),
        network: NetworkMark::generate(),
        at,
    };
    let [old, first, second] = [NOW - DAY, NOW, NOW + 1].map(arrived);

    for arrival in [old, first, second] {
        store.put_arrival(room, arrival).await.unwrap();
    }

    assert_eq!(store.arrivals(room, 0).await.unwrap(), [second, first]);
    assert_eq!(store.arrivals(room, NOW + 1).await.unwrap(), [second]);
    assert_eq!(store.arrivals(RoomId::generate(), 0).await.unwrap(), []);
}

pub(in crate::log) async fn a_crash_keeps_who_may_enter<F: Fixture>() {
    let mut fixture = F::start().await;
    let (room, hash, noor, ticket) = (RoomId::generate(), secret(), member(Role::Coach), ticket());
    let invitation = Invitation {
        room,
        role: Role::Coach,
    };
    let code = code("AAAAAA", room, NOW + DAY);
    let store = fixture.store();
    store.put_invitation(hash, invitation).await.unwrap();
    store.put_join_code(code.clone(), NOW).await.unwrap();
    store.put_membership(hash, room, noor).await.unwrap();
    store.put_ticket(hash, ticket).await.unwrap();

    fixture.crash().await;

    let store = fixture.store();
    assert_eq!(store.invitation(hash).await.unwrap(), Some(invitation));
    assert_eq!(store.join_code_of(room).await.unwrap(), Some(code));
    assert_eq!(store.membership(hash, room).await.unwrap(), Some(noor));
    assert_eq!(store.ticket(hash).await.unwrap(), Some(ticket));
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

fn ticket() -> Ticket {
    Ticket {
        room: RoomId::generate(),
        participant: ParticipantId::generate(),
        expires_at: NOW + DAY,
    }
}
