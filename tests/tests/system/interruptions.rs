//! Killed in the middle of making a room or of saving a snapshot: all of it is there, or nothing.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use hartslag_tests::crowd::content;
use hartslag_tests::member::Member;
use hartslag_tests::random::Random;
use hartslag_tests::server::TestServer;
use hartslag_tests::stored_log::StoredRoom;
use hartslag_tests::{eventually, within};
use reqwest::Method;
use serde_json::{Value, json};
use yrs::{Map, MapPrelim, TextPrelim, WriteTxn};

use crate::judging::sound;

/// Coach, participant, observer.
const WAYS_IN: u32 = 3;
const KILLS: usize = 8;

fn sample(slug: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../samples/{slug}.json"))
}

/// A journey with far more ideas than any of the samples: a full board, exported.
async fn large_journey(server: &TestServer) -> Value {
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(server, &coach).await;
    let text = "Zo zou het ook kunnen gaan. ".repeat(10);
    member
        .edit(|transaction| {
            let notes = transaction.get_or_insert_map("notes");
            for number in 0..1_500 {
                let id = format!("n{number}");
                let note = notes.insert(transaction, id, MapPrelim::default());
                note.insert(transaction, "kind", "idea");
                note.insert(transaction, "order", "V");
                note.insert(transaction, "text", TextPrelim::new(text.as_str()));
            }
        })
        .await;
    member.all_stored().await;
    server.api(&coach, Method::GET, "/journey", None).await.1
}

fn whole(rooms: &[StoredRoom]) -> Vec<String> {
    let faulty =
        |room: &&StoredRoom| room.ways_in < WAYS_IN || !room.has_code || room.snapshot_bytes == 0;
    let half = rooms.iter().filter(faulty);
    half.map(|room| format!("half a room is there: {room:?}"))
        .collect()
}

#[tokio::test]
async fn an_import_that_is_killed_leaves_whole_rooms_only() {
    let mut random = Random::from_environment(61);
    let server = TestServer::start().await;
    let slugs = ["trouwen", "verhuizen"];
    let files: Vec<PathBuf> = (0..12).map(|number| sample(slugs[number % 2])).collect();

    for kill in 0..KILLS {
        let before = server.stored_rooms().await.len();
        let mut import = server.import(&files);
        let goal = before + random.below(files.len());
        eventually("some rooms to be made", || async {
            (server.stored_rooms().await.len() >= goal).then_some(())
        })
        .await;
        import.kill();
        let rooms = server.stored_rooms().await;
        sound(&format!("kill {kill}"), &whole(&rooms));
    }

    let before = server.stored_rooms().await.len();
    let mut import = server.import(&files);
    within("the import", async {
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(20));
        while import.is_running() {
            pause.tick().await;
        }
    })
    .await;
    assert_eq!(server.stored_rooms().await.len(), before + files.len());
}

/// The link of a room is printed when it is made, not with the last one.
#[tokio::test]
async fn an_import_that_is_killed_has_told_the_links_of_its_rooms() {
    let server = TestServer::start().await;
    let mut command = server.command(&["import"]);
    command.args(vec![sample("trouwen"); 12]);
    let mut import = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(import.stdout.take().unwrap()).lines();
    let links = |lines: &mut dyn Iterator<Item = std::io::Result<String>>, count| {
        let links = lines.filter_map(|line| Some(line.unwrap().split_once("/join#")?.1.to_owned()));
        links.take(count).collect::<Vec<_>>()
    };

    let mut told = links(&mut lines, 3);
    import.kill().unwrap();
    import.wait().unwrap();
    told.extend(links(&mut lines, 12));

    let made = server.stored_rooms().await.len();
    assert!(
        told.len() >= 3 && (told.len()..=told.len() + 1).contains(&made),
        "{made} rooms, {} links",
        told.len()
    );
    let mut rooms = BTreeSet::new();
    for secret in &told {
        rooms.insert(server.join(secret, "Fatima").await.room);
    }
    assert_eq!(rooms.len(), told.len());
}

#[tokio::test]
async fn a_room_that_is_killed_while_it_is_made_is_there_whole_or_not_at_all() {
    let mut random = Random::from_environment(62);
    let mut server = TestServer::start().await;
    let journey = large_journey(&server).await;
    let body = json!({ "journey": journey });

    for kill in 0..KILLS {
        let request = server.request(Method::POST, "/api/v1/rooms", None);
        let making = tokio::spawn(request.json(&body).send());
        let moment = std::time::Duration::from_millis(random.number() % 400);
        // The moment of the kill is chance; an answer that comes before it is fine too.
        let _ = tokio::time::timeout(moment, std::future::pending::<()>()).await;
        server.crash_and_return().await;
        let told = making.await.unwrap().is_ok();
        let rooms = server.stored_rooms().await;
        sound(&format!("kill {kill}, told {told}"), &whole(&rooms));
    }
    server.create_room(Some(&journey)).await;
}

/// The farewell tells the members first and saves the snapshot then.
#[tokio::test]
async fn a_kill_while_a_snapshot_is_saved_loses_nothing() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let coach = server.join(&room.invitations.coach, "Fatima").await;
    let text = "Bewaard is bewaard. ".repeat(200);

    for kill in 0..KILLS {
        let mut member = Member::connect(&server, &coach).await;
        for note in 0..20 {
            member.add_note(&format!("k{kill}n{note}"), &text).await;
        }
        member.all_stored().await;
        if kill % 2 == 0 {
            server.process.signal("TERM");
            assert_eq!(member.closing().await, Some(1012));
        }
        server.crash_and_return().await;

        let witness = server.join(&room.invitations.observer, "Getuige").await;
        let witness = Member::connect(&server, &witness).await;
        assert_eq!(content(&witness).notes.len(), 20 * (kill + 1));
        assert_eq!(witness.board(), member.board());
        sound("the log", &server.stored_log(&room.id).await.check());
    }
}

#[tokio::test]
async fn two_first_joiners_at_once_find_one_room() {
    let mut server = TestServer::start().await;
    let room = server.create_room(None).await;
    let anna = server.join(&room.invitations.coach, "Anna").await;
    let bo = server.join(&room.invitations.coach, "Bo").await;

    for turn in 0..4 {
        server.crash_and_return().await;
        let (mut anna, mut bo) = tokio::join!(
            Member::connect(&server, &anna),
            Member::connect(&server, &bo)
        );
        let (first, second) = (format!("a{turn}"), format!("b{turn}"));
        tokio::join!(anna.add_note(&first, "Eerst"), bo.add_note(&second, "Ook"));
        tokio::join!(anna.all_stored(), bo.all_stored());
        let both = |member: &Member| member.notes().len() == 2 * (turn + 1);
        tokio::join!(anna.see("both notes", both), bo.see("both notes", both));

        assert_eq!(anna.board(), bo.board());
        sound("the log", &server.stored_log(&room.id).await.check());
    }
}
