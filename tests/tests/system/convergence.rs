//! Replicas that edited at the same time, with and without a connection, end up equal.

use hartslag_tests::member::Member;
use hartslag_tests::random::Random;
use hartslag_tests::server::TestServer;

const MEMBERS: usize = 4;
const STEPS: usize = 200;

#[tokio::test]
async fn random_concurrent_edits_converge_on_sqlite() {
    converge(TestServer::start_on_sqlite().await, 7).await;
}

#[tokio::test]
async fn random_concurrent_edits_converge_on_redis() {
    converge(TestServer::start_on_redis().await, 8).await;
}

async fn converge(server: TestServer, seed: u64) {
    let mut random = Random::from_environment(seed);
    let room = server.create_room(None).await;
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        // Coaches: all write in each other's notes.
        let name = format!("Member {number}");
        let person = server.join(&room.invitations.coach, &name).await;
        members.push(Member::connect(&server, &person).await);
    }
    members[0].add_note("n0", "Het begin").await;

    for step in 0..STEPS {
        random_step(&mut members, step, &mut random).await;
    }

    for member in &mut members {
        member.cut();
        member.reconnect().await;
    }
    let newest = members
        .iter()
        .fold(members[0].state_vector(), |mut all, member| {
            all.merge(member.state_vector());
            all
        });
    for member in &mut members {
        member
            .see("all edits", |member| member.state_vector() == newest)
            .await;
    }
    let boards: Vec<_> = members.iter().map(Member::board).collect();
    assert!(
        boards.windows(2).all(|pair| pair[0] == pair[1]),
        "replicas differ"
    );
    assert!(members[0].notes().len() > 1, "the session did something");
}

/// One member does something: edits, looks at what came in, loses or finds the connection.
pub(crate) async fn random_step(members: &mut [Member], step: usize, random: &mut Random) {
    let member = random.below(members.len());
    let member = &mut members[member];
    let ids: Vec<String> = member.notes().into_keys().collect();
    let text = " … én meer";
    match random.below(12) {
        0..=2 => {
            let id = format!("n{step}x{}", random.below(1000));
            member.add_note(&id, "Nieuw idee").await;
        }
        3..=6 if !ids.is_empty() => {
            let id = random.pick::<String>(&ids);
            member.extend_note(id, text).await;
        }
        7 | 8 if !ids.is_empty() => {
            let id = random.pick::<String>(&ids);
            member.set_on_note(id, "order", format!("k{step}")).await;
        }
        9 if ids.len() > 3 => {
            let id = random.pick::<String>(&ids);
            member.delete_note(id).await;
        }
        10 => member.cut(),
        _ => member.reconnect().await,
    }
}
