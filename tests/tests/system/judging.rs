//! Whether a room kept to what a crowd was told, as seen from everywhere.

use hartslag_protocol::workshop::{Round, RoundStatus};
use hartslag_tests::crowd::content;
use hartslag_tests::eventually;
use hartslag_tests::history::{Content, History};
use hartslag_tests::member::Member;
use hartslag_tests::server::{CreatedRoom, Person, TestServer};
use reqwest::{Method, StatusCode};

/// Fails with these faults, if there are any.
pub(crate) fn sound(when: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{when}:\n{}", faults.join("\n"));
}

/// Everything that is wrong with a room in which nobody works any more: with the replicas of its
/// members, with fresh ones on every node, with the journey, the rounds, and the log.
pub(crate) async fn judge(
    servers: &[&TestServer],
    room: &CreatedRoom,
    coach: &Person,
    members: &mut [Member],
    history: &History,
) -> Vec<String> {
    let mut faults = history.faults();
    let mut witnesses = Vec::new();
    for server in servers {
        let witness = server.join(&room.invitations.observer, "Getuige").await;
        witnesses.push(Member::connect(server, &witness).await);
    }
    if !are_equal(members, &mut witnesses).await {
        faults.push("replicas differ".to_owned());
    }
    let board = content(&witnesses[0]);
    faults.extend(history.check_board(&board));
    for server in servers {
        faults.extend(check_export(server, coach, &board).await);
    }
    faults.extend(check_rounds(servers, coach, history).await);
    faults.extend(servers[0].stored_log(&room.id).await.check());
    faults
}

/// Whether all replicas become equal; news may still be on its way.
pub(crate) async fn are_equal(members: &mut [Member], witnesses: &mut [Member]) -> bool {
    let mut pause = tokio::time::interval(std::time::Duration::from_millis(50));
    let started = std::time::Instant::now();
    while started.elapsed() < hartslag_tests::PATIENCE {
        pause.tick().await;
        let mut boards = Vec::new();
        for member in members.iter_mut().chain(witnesses.iter_mut()) {
            member.take_what_came().await;
            boards.push(member.board());
        }
        if boards.windows(2).all(|pair| pair[0] == pair[1]) {
            return true;
        }
    }
    false
}

/// The journey holds each token of the board, once.
async fn check_export(server: &TestServer, coach: &Person, board: &Content) -> Vec<String> {
    let (status, journey) = server.api(coach, Method::GET, "/journey", None).await;
    assert_eq!(status, StatusCode::OK, "{journey}");
    let journey = journey.to_string();
    board
        .tokens()
        .map(|token| (token, journey.matches(&format!("{token};")).count()))
        .filter(|(_, count)| *count != 1)
        .map(|(token, count)| format!("{token} is {count} times in the journey"))
        .collect()
}

/// Every round is revealed, alike on every node, and its result is of the ballots that were
/// promised.
async fn check_rounds(servers: &[&TestServer], coach: &Person, history: &History) -> Vec<String> {
    let (_, rounds) = servers[0].api(coach, Method::GET, "/rounds", None).await;
    let rounds: Vec<Round> = serde_json::from_value(rounds).unwrap();
    let mut faults = Vec::new();
    for round in rounds {
        let path = format!("/rounds/{}/reveal", round.id);
        let mut results = Vec::new();
        for server in servers {
            let revealed = eventually("the reveal", || async {
                let (status, revealed) = server.api(coach, Method::POST, &path, None).await;
                (status == StatusCode::OK).then_some(revealed)
            })
            .await;
            let revealed: Round = serde_json::from_value(revealed).unwrap();
            results.push(revealed.result.expect("it is revealed"));
        }
        let was_other =
            round.status == RoundStatus::Revealed && round.result.as_ref() != Some(&results[0]);
        if was_other || results.windows(2).any(|pair| pair[0] != pair[1]) {
            faults.push(format!("the result of {} changed: {results:?}", round.id));
        }
        faults.extend(history.check_result(&round.id.to_string(), &results[0]));
    }
    faults
}
