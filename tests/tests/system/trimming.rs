//! The log is trimmed while a node cannot read it.

use futures_util::future::join_all;
use hartslag_tests::member::Member;
use hartslag_tests::nodes::Nodes;
use hartslag_tests::server::{CreatedRoom, TestServer};
use hartslag_tests::{eventually, only_on, within};

use crate::judging::{are_equal, sound};

/// More than the entries that a trim leaves (`TRIM_MARGIN` in the server).
const ENTRIES: usize = 1_050;

#[tokio::test]
async fn l5_a_node_that_the_log_was_trimmed_past_misses_nothing() {
    if only_on("redis") {
        let nodes = Nodes::start(2).await;
        let (here, there) = (&nodes.node(0), &nodes.node(1));
        let room = here.server.create_room(None).await;
        let anna = here.server.join(&room.invitations.coach, "Anna").await;
        let bo = here.server.join(&room.invitations.coach, "Bo").await;
        let mut anna = Member::connect(&here.server, &anna).await;
        let mut bo = Member::connect(&there.server, &bo).await;
        anna.add_note("first", "Nog samen").await;
        bo.see("the note", |bo| bo.notes().contains_key("first"))
            .await;
        let reached = here.server.stored_log(&room.id).await.last;

        there.to_redis.refuse();
        bo.add_note("apart", "Zonder Redis").await;
        write_much(&mut anna, &here.server, &room).await;
        eventually("the log to be trimmed", || async {
            let log = here.server.stored_log(&room.id).await;
            (log.trimmed > reached).then_some(())
        })
        .await;
        there.to_redis.heal();

        // Its room leaves memory, and is loaded anew.
        within("the last note", async {
            while !bo.notes().contains_key("last") {
                if !bo.receive_soon().await {
                    bo.try_reconnect().await;
                }
            }
        })
        .await;
        bo.reconnect().await;
        let mut members = [anna, bo];
        assert!(are_equal(&mut members, &mut []).await, "replicas differ");
        let notes = members[0].notes();
        assert!(notes.contains_key("apart") && notes.contains_key("last"));
        sound("the log", &here.server.stored_log(&room.id).await.check());
    }
}

/// Two of these make a snapshot due.
async fn add_large(member: &mut Member, note: &str) {
    member.add_note(note, "Veel").await;
    member.pad_note(note, "").await;
}

/// A snapshot, more entries than a trim leaves, and another snapshot.
async fn write_much(member: &mut Member, server: &TestServer, room: &CreatedRoom) {
    add_large(member, "large").await;
    add_large(member, "larger").await;
    member.all_stored().await;
    let names: Vec<_> = (0..ENTRIES)
        .map(|number| format!("Noor {number}"))
        .collect();
    for names in names.chunks(50) {
        let joining = names
            .iter()
            .map(|name| server.join(&room.invitations.participant, name));
        join_all(joining).await;
    }
    for note in ["much", "more", "still more", "most"] {
        add_large(member, note).await;
    }
    member.add_note("last", "En klaar").await;
    member.all_stored().await;
}
