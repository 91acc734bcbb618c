//! Rooms go into a backup and come back as they were, to this store or another.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ballots::{Vote, open_vote, put};

#[tokio::test]
async fn a_backup_brings_back_the_board_and_the_ballots_of_its_moment() {
    let mut server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hartslag.backup");
    let mut vote = open_vote(&server, 3).await;
    ballots(&server, &vote, 1).await;
    let before = journey(&server, &vote.coach).await;

    let told = back_up(&server, &file);
    assert!(told.starts_with("1 rooms"), "{told}");
    vote.at_coach.add_note("late", "Na de back-up").await;
    vote.at_coach.all_stored().await;
    ballots(&server, &vote, 2).await;
    assert_ne!(journey(&server, &vote.coach).await, before);
    server.process.kill();
    restore(&server, &file, &["--replace"]);
    server.start_again().await;

    assert_eq!(journey(&server, &vote.coach).await, before);
    for voter in &vote.voters {
        let path = format!("/rounds/{}/response", vote.round);
        let (_, own) = server.api(voter, Method::GET, &path, None).await;
        assert_eq!((&own["revision"], &own["used"]), (&json!(1), &json!(1)));
    }
    assert_eq!(epoch(&server, &vote.coach).await, 2);
    let path = format!("/rounds/{}/reveal", vote.round);
    let (status, revealed) = server.api(&vote.coach, Method::POST, &path, None).await;
    assert_eq!(
        (status, &revealed["result"]["votes"]),
        (StatusCode::OK, &json!(3))
    );
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A live room that was backed up with one note on its board, and someone in it.
struct Kept {
    server: TestServer,
    room: CreatedRoom,
    person: Person,
    member: Member,
    file: PathBuf,
    /// Holds the backup.
    _folder: TempDir,
}

impl Kept {
    async fn start() -> Self {
        let server = TestServer::start_on_redis().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hartslag.backup");
        let room = server.create_room(None).await;
        let person = server.join(&room.invitations.coach, "Fatima").await;
        let mut member = Member::connect(&server, &person).await;
        member.add_note("kept", "Voor de back-up").await;
        member.all_stored().await;
        back_up(&server, &file);
        Self {
            server,
            room,
            person,
            member,
            file,
            _folder: folder,
        }
    }
}

#[tokio::test]
async fn l3_members_of_a_live_room_start_from_the_restored_one() {
    let Kept {
        server,
        file,
        room,
        person,
        mut member,
        _folder,
    } = Kept::start().await;
    let before = member.board();
    member.add_note("late", "Na de back-up").await;
    member.all_stored().await;

    restore(&server, &file, &["--replace", "--room", &room.id]);
    member
        .add_note("later", "In een ruimte die er niet meer is")
        .await;

    assert_eq!(member.closing().await, Some(4409));
    let mut anew = Member::connect(&server, &person).await;
    assert_eq!(anew.board(), before, "no more, no less, and nothing twice");
    anew.add_note("next", "En verder").await;
    anew.all_stored().await;
    assert_eq!(epoch(&server, &person).await, 2);
}

#[tokio::test]
async fn l3_a_member_who_only_looks_is_sent_to_the_restored_room_at_once() {
    let Kept {
        server,
        file,
        room,
        person,
        mut member,
        _folder,
    } = Kept::start().await;
    let before = member.board();

    // The second restore finds a room that nobody wrote in since the first.
    for restores in 1..=2 {
        restore(&server, &file, &["--replace", "--room", &room.id]);

        assert_eq!(member.closing().await, Some(4409));
        // What a browser does with it: another epoch, another local document.
        member.forget();
        member.reconnect().await;
        assert_eq!(member.board(), before, "nothing twice");
        assert_eq!(epoch(&server, &person).await, 1 + restores);
    }
    member.add_note("next", "En verder").await;
    member.all_stored().await;
}

#[tokio::test]
async fn rooms_move_from_sqlite_to_redis_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let (there, back) = (folder.path().join("there"), folder.path().join("back"));
    let first = TestServer::start_on_sqlite().await;
    let vote = open_vote(&first, 2).await;
    ballots(&first, &vote, 1).await;
    let before = journey(&first, &vote.coach).await;

    back_up(&first, &there);
    let second = TestServer::start_on_redis().await;
    restore(&second, &there, &[]);
    assert_eq!(journey(&second, &vote.coach).await, before);
    ballots(&second, &vote, 2).await;
    back_up(&second, &back);
    let mut third = TestServer::start_on_sqlite().await;
    third.process.kill();
    restore(&third, &back, &[]);
    third.start_again().await;

    assert_eq!(journey(&third, &vote.coach).await, before);
    assert_eq!(epoch(&third, &vote.coach).await, 3);
    let path = format!("/rounds/{}/response", vote.round);
    let (_, own) = third.api(&vote.voters[0], Method::GET, &path, None).await;
    assert_eq!(own["revision"], json!(2));
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_each_room_old_or_new() {
    let mut server = TestServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hartslag.backup");
    let mut rooms = Vec::new();
    for _ in 0..24 {
        rooms.push(written(&server, "old").await);
    }
    back_up(&server, &file);
    for (_, person) in &rooms {
        let mut member = Member::connect(&server, person).await;
        member.add_note("new", "Na de back-up").await;
        member.all_stored().await;
    }
    server.process.kill();

    let mut command = server.command(&["restore", "--replace"]);
    let mut restoring = command.arg(&file).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(restoring.stdout.take().unwrap()).lines();
    for _ in 0..rooms.len() / 3 {
        told.next().unwrap().unwrap();
    }
    restoring.kill().unwrap();
    restoring.wait().unwrap();
    server.start_again().await;

    let mut restored = 0;
    for (_, person) in &rooms {
        let notes = Member::connect(&server, person).await.notes();
        let is_new = notes.contains_key("new");
        assert!(notes.contains_key("old"));
        assert_eq!(is_new, epoch(&server, person).await == 1);
        restored += usize::from(!is_new);
    }
    assert!(restored >= rooms.len() / 3, "{restored} were told or more");
}

#[tokio::test]
async fn a_store_that_is_served_is_neither_restored_nor_served_twice() {
    let server = TestServer::start_on_sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hartslag.backup");
    let (room, person) = written(&server, "kept").await;
    back_up(&server, &file);

    let restoring = refused(&server, &["restore", "--replace", &text(&file)]);
    let serving = refused(&server, &["serve", "--listen", "127.0.0.1:0"]);

    for told in [restoring, serving] {
        assert!(told.contains("another hartslag serves"), "{told}");
    }
    let notes = Member::connect(&server, &person).await.notes();
    assert!(notes.contains_key("kept"), "room {} goes on", room.id);
}

#[tokio::test]
async fn what_cannot_be_restored_is_told_and_changes_nothing() {
    let server = TestServer::start_on_redis().await;
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("good"), folder.path().join("other"));
    let (room, person) = written(&server, "kept").await;
    back_up(&server, &file);
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&other, &whole[..whole.len() / 2]).unwrap();

    let letter = folder.path().join("letter");
    std::fs::write(&letter, "Beste buren").unwrap();

    let unknown = "0199f2c0-0000-7000-8000-000000000001";
    let file = text(&file);
    for (arguments, told) in [
        (vec!["restore", &file], "already"),
        (vec!["restore", &file, "--room", unknown], "holds no room"),
        (vec!["restore", &text(&other)], "no backup of Hartslag"),
        (vec!["restore", "/nowhere/at-all"], "No such file"),
        (vec!["backup", &text(&letter)], "is no backup"),
        (vec!["backup", "/nowhere/at-all"], "No such file"),
    ] {
        let said = refused(&server, &arguments);
        assert!(said.contains(told), "{arguments:?}: {said}");
    }

    assert_eq!(std::fs::read(&letter).unwrap(), b"Beste buren");
    let mut member = Member::connect(&server, &person).await;
    member.add_note("more", "Gewoon verder").await;
    member.all_stored().await;
    assert_eq!(epoch(&server, &person).await, 1, "of room {}", room.id);
}

/// A room with one note in it.
async fn written(server: &TestServer, note: &str) -> (CreatedRoom, Person) {
    let room = server.create_room(None).await;
    let person = server.join(&room.invitations.coach, "Fatima").await;
    let mut member = Member::connect(server, &person).await;
    member.add_note(note, "Een idee").await;
    member.all_stored().await;
    (room, person)
}

/// Everyone votes once, at this revision.
async fn ballots(server: &TestServer, vote: &Vote, revision: u32) {
    for voter in &vote.voters {
        let ballot = json!({ "revision": revision, "votes": { "a": revision } });
        let (status, answer) = put(server, vote, voter, &ballot).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

async fn journey(server: &TestServer, person: &Person) -> String {
    let path = format!("/api/v1/rooms/{}/exports/json", person.room);
    let request = server.request(Method::GET, &path, Some(person));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

async fn epoch(server: &TestServer, person: &Person) -> u64 {
    let (_, room): (_, Value) = server.api(person, Method::GET, "", None).await;
    room["epoch"].as_u64().unwrap()
}

fn back_up(server: &TestServer, file: &Path) -> String {
    let done = server.command(&["backup"]).arg(file).output().unwrap();
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(
        done.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    told
}

fn restore(server: &TestServer, file: &Path, arguments: &[&str]) {
    let mut command = server.command(&["restore"]);
    let done = command.arg(file).args(arguments).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// What a command says that must fail.
fn refused(server: &TestServer, arguments: &[&str]) -> String {
    let done = server.command(arguments).output().unwrap();
    assert!(!done.status.success(), "{arguments:?} went through");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
