//! Slow readers, many connections, storms, idle rooms and floods: each costs what it may and
//! disturbs nobody else.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hartslag_protocol::limits::{UPDATES_BURST, UPDATES_PER_SECOND};
use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use hartslag_tests::{eventually, within};
use reqwest::Method;
use tokio::net::TcpStream;

const MEBIBYTE: u64 = 1 << 20;
/// Who reads nothing for a minute is let go. Only a very busy machine takes as long here.
const LET_GO: Duration = Duration::from_secs(50);
/// Connections that send as fast as they can.
const FLOODING: u32 = 10;
/// Edits that are a flood: twice what they may send at once.
const FLOOD: u64 = 10_000;

/// Each may have 1 MiB waiting, and the server takes what its allocator keeps of the traffic too.
/// Were all that is unread kept, 40 MiB would be shared by all; were it kept for each, 800 MiB.
#[tokio::test]
async fn members_that_stop_reading_cost_little_and_catch_up_by_differences() {
    const SLOW: u32 = 20;
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut anna = coach(&server, &room).await;
    let mut bo = participant(&server, &room).await;
    anna.add_note("large", "Een idee").await;
    write_much(&mut anna, &mut bo, "before").await;
    let people = people(&server, &room, SLOW as usize).await;
    let mut slow = connect_often(&server, &people, 1).await;
    let before = server.process.resident_bytes();
    let stopped = Instant::now();

    write_much(&mut anna, &mut bo, "meanwhile").await;

    let held = metric(&server, "hartslag_under_way_bytes").await;
    let grown = server.process.resident_bytes().saturating_sub(before);
    let most = u64::from(SLOW) * MEBIBYTE;
    assert!(held <= most, "{held} of 40 MiB unread are kept");
    assert!(
        grown < most + 8 * MEBIBYTE,
        "40 MiB unread cost {grown} bytes"
    );
    let last = anna.board();
    let may_be_let_go = stopped.elapsed() > LET_GO;
    for slow in &mut slow {
        let caught_up = async {
            while slow.board() != last {
                if !slow.receive().await {
                    assert!(may_be_let_go, "closed with {:?}", slow.closed);
                    Box::pin(slow.reconnect()).await;
                }
            }
        };
        within("the newest board", caught_up).await;
    }
    // What the kernel takes counts as read, so that one may fall behind again: each time a MiB of
    // the 40 was let go.
    let resyncs = metric(&server, "hartslag_resyncs_total").await;
    let some = u64::from(SLOW)..=u64::from(40 * SLOW);
    assert!(
        may_be_let_go || some.contains(&resyncs),
        "{resyncs} differences"
    );
    slow[0].add_note("back", "Ik ben er weer").await;
    bo.see("a note of who was slow", |bo| {
        bo.notes().contains_key("back")
    })
    .await;
}

#[tokio::test]
async fn connections_that_say_nothing_keep_nobody_out() {
    const FILES: usize = 200;
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut anna = coach(&server, &room).await;
    server.limit_files(FILES as u64);

    // The kernel takes some in before the server does: who asks comes behind all of them.
    let mute = (0..FILES + 50).map(|_| TcpStream::connect(("127.0.0.1", server.port())));
    let mute = join_all(mute).await;
    let mut bo = participant(&server, &room).await;

    anna.add_note("heard", "Ik ben er nog").await;
    bo.see("the note", |bo| bo.notes().contains_key("heard"))
        .await;
    assert!(mute.iter().all(Result::is_ok));
}

#[tokio::test]
async fn an_idle_connection_costs_little() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let people = people(&server, &room, 20).await;
    let first = connect_often(&server, &people, 2).await;
    let before = server.process.resident_bytes();

    let others = connect_often(&server, &people, 15).await;

    let grown = server.process.resident_bytes().saturating_sub(before);
    let each = grown / others.len() as u64;
    assert_eq!(first.len() + others.len(), 340);
    // `make bench` holds a release build to 10 KiB; this build keeps larger frames.
    assert!(each < 48 << 10, "a connection costs {each} bytes");
}

#[tokio::test]
async fn a_storm_of_joins_encodes_the_board_once() {
    let server = TestServer::start().await;
    let room = server.create_room(None).await;
    let mut anna = coach(&server, &room).await;
    for note in 0..200 {
        anna.add_note(&format!("note{note}"), &"Wachten duurt lang. ".repeat(10))
            .await;
    }
    anna.all_stored().await;
    let people = people(&server, &room, 5).await;
    let before = metric(&server, "hartslag_document_encodings_total").await;

    let members = connect_often(&server, &people, 20).await;

    let encodings = metric(&server, "hartslag_document_encodings_total").await - before;
    assert!(members.iter().all(|member| member.notes().len() == 200));
    assert!(encodings <= 1, "100 joins encoded {encodings} times");
}

#[tokio::test]
async fn an_idle_room_leaves_memory_and_comes_back_as_it_was() {
    let mut server = TestServer::start().await;
    server.keep_rooms_briefly().await;
    let room = server.create_room(None).await;
    let mut anna = coach(&server, &room).await;
    anna.add_note("kept", "Blijft bestaan").await;
    anna.all_stored().await;
    let left = anna.board();
    assert_eq!(metric(&server, "hartslag_rooms").await, 1);

    anna.cut();
    eventually("the room to leave memory", || async {
        (metric(&server, "hartslag_rooms").await == 0).then_some(())
    })
    .await;
    let bo = participant(&server, &room).await;

    assert_eq!(bo.board(), left);
    assert_eq!(metric(&server, "hartslag_rooms").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_slows_neither_its_own_room_nor_another() {
    let server = TestServer::start().await;
    let mut flooded = Pair::join(&server).await;
    let mut elsewhere = Pair::join(&server).await;
    let dry = TestServer::start().await;
    // What this machine takes at the same time without a flood.
    let mut control = Pair::join(&dry).await;
    let mallory = server
        .join(&flooded.room.invitations.participant, "Mallory")
        .await;
    let began = Instant::now();
    let flood: Vec<_> = connect_often(&server, &[mallory], FLOODING as usize)
        .await
        .into_iter()
        .map(|member| tokio::spawn(send_at_full_speed(member)))
        .collect();

    let mut slowest = [Duration::ZERO; 3];
    let mut admitted = 0;
    while admitted < FLOOD {
        let (one, other, dry) = tokio::join!(
            flooded.slowest_edit(),
            elsewhere.slowest_edit(),
            control.slowest_edit()
        );
        slowest = [
            slowest[0].max(one),
            slowest[1].max(other),
            slowest[2].max(dry),
        ];
        let name = "hartslag_updates_total{reason=\"admitted\"}";
        admitted = counted(&server, name).await.unwrap_or_default();
    }
    let seconds = u32::try_from(began.elapsed().as_secs()).unwrap() + 1;

    assert!(flood.iter().all(|sending| !sending.is_finished()));
    for sending in flood {
        sending.abort();
    }
    let most = slowest[2] * 10 + Duration::from_secs(1);
    assert!(
        slowest[0] < most && slowest[1] < most,
        "in the flooded room, in another, on another server: {slowest:?}"
    );
    let paced = FLOODING * (UPDATES_BURST + UPDATES_PER_SECOND * seconds);
    let honest = flooded.notes + elsewhere.notes;
    assert!(
        admitted <= u64::from(paced) + honest as u64,
        "{admitted} edits in {seconds} s"
    );
}

/// Two who work together in a room of their own.
struct Pair {
    room: CreatedRoom,
    anna: Member,
    bo: Member,
    notes: usize,
}

impl Pair {
    async fn join(server: &TestServer) -> Self {
        let room = server.create_room(None).await;
        let anna = coach(server, &room).await;
        let bo = participant(server, &room).await;
        Self {
            room,
            anna,
            bo,
            notes: 0,
        }
    }

    /// The longest that one of thirty edits took from one to the other.
    async fn slowest_edit(&mut self) -> Duration {
        let mut slowest = Duration::ZERO;
        for _ in 0..30 {
            self.notes += 1;
            let note = format!("ours{}", self.notes);
            let start = Instant::now();
            self.anna.add_note(&note, "Gewoon een idee").await;
            let came = |bo: &Member| bo.notes().contains_key(&note);
            self.bo.see(&note, came).await;
            slowest = slowest.max(start.elapsed());
            self.anna.all_stored().await;
        }
        slowest
    }
}

async fn send_at_full_speed(mut member: Member) {
    member.add_note("flood", "").await;
    loop {
        // It never reads, and waits only where the server does not.
        member.extend_note("flood", "!").await;
        tokio::task::yield_now().await;
    }
}

/// 40 MiB of edits that leave a small board, read by another as they come.
async fn write_much(from: &mut Member, to: &mut Member, mark: &str) {
    for count in 0..50 {
        for part in ["a", "b", "c", "d"] {
            from.pad_note("large", &format!("{mark} {count}{part} "))
                .await;
        }
        from.all_stored().await;
        to.settle().await;
    }
    let last = from.board();
    to.see("all of it", |to| to.board() == last).await;
}

async fn coach(server: &TestServer, room: &CreatedRoom) -> Member {
    let person = server.join(&room.invitations.coach, "Anna").await;
    Member::connect(server, &person).await
}

async fn participant(server: &TestServer, room: &CreatedRoom) -> Member {
    let person = server.join(&room.invitations.participant, "Bo").await;
    Member::connect(server, &person).await
}

async fn people(server: &TestServer, room: &CreatedRoom, count: usize) -> Vec<Person> {
    let names: Vec<_> = (0..count).map(|person| format!("Noor {person}")).collect();
    let joining = names
        .iter()
        .map(|name| server.join(&room.invitations.participant, name));
    join_all(joining).await
}

/// So many connections of each person.
async fn connect_often(server: &TestServer, people: &[Person], times: usize) -> Vec<Member> {
    let connecting = people
        .iter()
        .flat_map(|person| (0..times).map(move |_| Member::connect(server, person)));
    join_all(connecting).await
}

/// What the server counts under that name.
pub(crate) async fn metric(server: &TestServer, name: &str) -> u64 {
    let count = counted(server, name).await;
    count.unwrap_or_else(|| panic!("{name} is not counted"))
}

/// The same where nothing may have been counted yet.
async fn counted(server: &TestServer, name: &str) -> Option<u64> {
    let response = server.request(Method::GET, "/metrics", None).send().await;
    let text = response.unwrap().text().await.unwrap();
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    Some(count.parse().unwrap())
}
