//! Who writes as someone else: under a Yjs client id that is another's (P10).

use hartslag_protocol::wire::message::{RefusalReason, ServerMessage};
use hartslag_tests::faulty_frames::varint;
use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, TestServer};
use yrs::{Doc, Map, MapPrelim, OffsetKind, Options, ReadTxn, Transact, WriteTxn};

/// More client ids than a room has room for, in updates of as many as one may name.
const UPDATES: u64 = 80;
const CLIENTS: u64 = 256;

struct People {
    server: TestServer,
    room: CreatedRoom,
    anna: Member,
    bo: Member,
    mallory: Member,
    /// Who Mallory is.
    impostor: String,
}

impl People {
    async fn meet() -> Self {
        let server = TestServer::start().await;
        let room = server.create_room(None).await;
        let participant = &room.invitations.participant;
        let anna = server.join(participant, "Anna").await;
        let bo = server.join(participant, "Bo").await;
        let mallory = server.join(participant, "Mallory").await;
        Self {
            anna: Member::connect(&server, &anna).await,
            bo: Member::connect(&server, &bo).await,
            mallory: Member::connect(&server, &mallory).await,
            impostor: mallory.participant,
            server,
            room,
        }
    }

    /// Mallory sends an update, which must be refused.
    async fn refuse(&mut self, what: &str, update: &[u8], reason: RefusalReason) {
        self.mallory.send_update(update).await;
        let refused = self
            .mallory
            .hear(|message| matches!(message, ServerMessage::Refused { .. }))
            .await;
        assert!(
            matches!(refused, ServerMessage::Refused { reason: told, .. } if told == reason),
            "{what}: {refused:?}"
        );
    }

    /// What Anna and Bo write, the other sees.
    async fn work(&mut self, what: &str) {
        let of_anna = format!("anna after {what}");
        let of_bo = format!("bo after {what}");
        self.anna.add_note(&of_anna, "Een idee").await;
        self.bo.add_note(&of_bo, "Nog een idee").await;
        self.bo
            .see(&of_anna, |bo| bo.notes().contains_key(&of_anna))
            .await;
        self.anna
            .see(&of_bo, |anna| anna.notes().contains_key(&of_bo))
            .await;
    }
}

/// A stretch of a client's clock that holds nothing.
fn nothing(client: u64, clock: u32, length: u64) -> Vec<u8> {
    let mut section = [vec![1], varint(client), varint(clock.into())].concat();
    section.push(0);
    section.extend(varint(length));
    section
}

fn update_of(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut update = varint(sections.len() as u64);
    update.extend(sections.concat());
    // Nothing is deleted.
    update.push(0);
    update
}

/// A note of one's own, made by a replica that goes on where someone else's is.
fn note_as(member: &Member, author: &str) -> Vec<u8> {
    let doc = Doc::with_options(Options {
        client_id: member.doc.client_id(),
        offset_kind: OffsetKind::Utf16,
        ..Options::default()
    });
    let theirs = member
        .doc
        .transact()
        .encode_state_as_update_v1(&yrs::StateVector::default());
    let mut transaction = doc.transact_mut();
    let update = yrs::updates::decoder::Decode::decode_v1(&theirs).unwrap();
    transaction.apply_update(update).unwrap();
    drop(transaction);
    let mut transaction = doc.transact_mut();
    let notes = transaction.get_or_insert_map("notes");
    let note = notes.insert(&mut transaction, "forged", MapPrelim::default());
    note.insert(&mut transaction, "author", author);
    transaction.encode_update_v1()
}

#[tokio::test]
async fn p10_nobody_takes_the_places_of_what_another_writes_next() {
    let mut people = People::meet().await;
    people.work("nothing").await;
    people.anna.all_stored().await;
    // Ivo shows that he is there, and wrote nothing yet.
    let ivo = people.room.invitations.participant.clone();
    let ivo = people.server.join(&ivo, "Ivo").await;
    let mut shown = Member::connect(&people.server, &ivo).await;
    let state = format!(r#"{{"participant":"{}"}}"#, ivo.participant);
    shown.show(1, &state).await;
    shown.settle().await;

    for round in ["at once", "after a restart"] {
        let anna = people.anna.doc.client_id().get();
        let filler = update_of(&[nothing(anna, people.anna.clock(), 1_000)]);
        let note = note_as(&people.anna, &people.impostor);
        let reason = RefusalReason::NotYours;
        people.refuse("a filler", &filler, reason).await;
        people.refuse("a note", &note, reason).await;
        if round == "at once" {
            let fresh = shown.doc.client_id().get();
            let first = update_of(&[nothing(fresh, 0, 1_000)]);
            people.refuse("a first filler", &first, reason).await;
            people.work(round).await;
            people.server.crash_and_return().await;
            for member in [&mut people.anna, &mut people.bo, &mut people.mallory] {
                member.cut();
                member.reconnect().await;
            }
        }
    }
    people.work("all of it").await;
}

#[tokio::test]
async fn p10_nobody_uses_up_the_client_ids_of_a_room() {
    let mut people = People::meet().await;

    for number in 0..UPDATES {
        let clients = number * CLIENTS..(number + 1) * CLIENTS;
        let sections: Vec<_> = clients.map(|client| nothing(client, 0, 1)).collect();
        people.mallory.send_update(&update_of(&sections)).await;
    }
    people.mallory.settle().await;

    people.work("the flood").await;
    people.anna.all_stored().await;
    let ids = people.bo.state_vector().iter().count();
    assert!(ids < 100, "the flood left {ids} client ids");
}
