//! Exports: what costs more than its request.

use futures_util::future::join_all;

use super::*;
use crate::until;
use crate::work::queue::Seat;
use crate::work::seats::{Asker, PERSON_WAITING, SEATS};

#[tokio::test]
async fn h16_a_hundred_exports_at_once_read_the_board_once() {
    let app = TestApp::start();
    let room = app.room().await;
    let observer = app.join_as(&room, "observer").await;

    let answers = join_all((0..100).map(|_| app.export(&room, &observer, "csv"))).await;

    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert!(answers.windows(2).all(|pair| pair[0].body == pair[1].body));
    assert_eq!(app.state.metrics.boards_read.get(), 1);
}

#[tokio::test]
async fn h16_each_form_of_a_board_is_made_once() {
    let app = TestApp::start();
    let room = app.room().await;
    let observer = app.join_as(&room, "observer").await;
    for form in ["csv", "svg", "json", "csv", "svg", "json"] {
        let made = app.export(&room, &observer, form).await;
        assert_eq!(made.status, StatusCode::OK);
    }

    let journey = format!("/api/v1/rooms/{}/journey", room.id);
    let journey = app.call("GET", &journey, Some(&observer), None).await;

    assert_eq!(journey.status, StatusCode::OK);
    assert_eq!(app.state.metrics.boards_read.get(), 3);
}

#[tokio::test]
async fn h16_who_has_enough_waiting_is_told_so_and_a_coach_is_served_meanwhile() {
    let app = TestApp::start();
    let room = app.room().await;
    let observer = app.join_as(&room, "observer").await;
    let coach = app.join_as(&room, "coach").await;
    let seats = app.take_all_seats().await;
    let asked = (0..PERSON_WAITING).map(|_| app.export(&room, &observer, "csv"));
    let mut asked = Box::pin(join_all(asked));
    tokio::select! {
        _ = &mut asked => panic!("there was no seat"),
        () = until(|| app.waiting() == 4) => {}
    }

    let refused = app.export(&room, &observer, "csv").await;
    let served = app.export(&room, &coach, "svg").await;
    drop(seats);

    assert_eq!(refused.problem(), ("too-much-at-once".into(), 429));
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(served.status, StatusCode::OK);
    for answer in asked.await {
        assert_eq!(answer.status, StatusCode::OK);
    }
}

impl TestApp {
    async fn export(&self, room: &Created, person: &Person, form: &str) -> Answer {
        let address = format!("/api/v1/rooms/{}/exports/{form}", room.id);
        self.call("GET", &address, Some(person), None).await
    }

    /// All seats but those of coaches.
    pub(super) async fn take_all_seats(&self) -> Vec<Seat> {
        let making = &self.state.rooms.work().making;
        let seats = (0..SEATS).map(|_| making.seat(Asker::default(), 1));
        let seats = join_all(seats).await;
        seats.into_iter().map(Result::unwrap).collect()
    }

    pub(super) fn waiting(&self) -> i64 {
        self.state.metrics.work_waiting.get()
    }
}
