//! Many who come in or ask at once, beside those who edit.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::join_all;
use futures_util::poll;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::memory::Small;
use super::*;
use crate::room::effects::GREETING;
use crate::room::handle::{Order, QUESTIONS, RoomHandle};
use crate::room::outbox::{Kind, Outgoing, Wire};
use crate::room::under_way::UnderWay;
use crate::until;

/// A transport that counts how often it is written to, and the bytes.
#[derive(Clone, Default)]
struct Counting {
    writes: Arc<AtomicUsize>,
    frames: Arc<Mutex<Vec<Outgoing>>>,
}

impl Wire for Counting {
    fn try_send(&self, raw: &[u8], frames: &VecDeque<(Kind, Outgoing)>) -> Option<Vec<u8>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let frames = frames.iter().map(|(_, frame)| frame.clone());
        self.frames.lock().unwrap().extend(frames);
        Some(raw.to_vec())
    }
}

impl Counting {
    fn arrivals(&self) -> usize {
        let frames = self.frames.lock().unwrap();
        let tells = |frame: &&Outgoing| {
            let told = serde_json::from_slice(frame.payload());
            matches!(told, Ok(ServerMessage::ParticipantArrived { .. }))
        };
        frames.iter().filter(tells).count()
    }
}

#[tokio::test]
async fn a_hall_that_comes_in_is_told_to_everyone_in_few_writes() {
    let small = Small::new().await;
    let room = small.rooms.open(small.ids[0]).await.unwrap();
    let mut people = Vec::new();
    for _ in 0..=20 {
        let id = ParticipantId::generate();
        let (name, town) = ("Noor".to_owned(), "Duinrade".to_owned());
        room.admit_participant(id, name, town, Role::Participant)
            .await
            .unwrap();
        people.push(id);
    }
    let enter = |id| room.connect(id, Role::Participant, Network::HERE, Dialect::Hartslag);
    let host = enter(people[0]).await.unwrap();
    host.outbox().take().await;
    let wire = Counting::default();
    host.outbox().attach(Box::new(wire.clone()));
    // What the host took is written.
    assert!(poll!(Box::pin(host.outbox().take())).is_pending());
    let began = Instant::now();

    let guests = join_all(people[1..].iter().copied().map(enter)).await;
    until(|| wire.arrivals() == 20).await;

    let writes = wire.writes.load(Ordering::Relaxed) as u128;
    assert!(writes <= 1 + began.elapsed().as_millis() / GREETING.as_millis());
    drop((host, guests));
    small.rooms.close_all().await;
}

#[tokio::test]
async fn who_ask_how_a_room_is_wait_before_its_mailbox() {
    let small = Small::new().await;
    let (orders, mut mailbox) = mpsc::channel(100);
    let room = RoomHandle::new(
        (small.ids[0], 1),
        Arc::default(),
        orders,
        small.log(),
        Arc::default(),
        Arc::new(UnderWay::within(0, Arc::default())),
        TaskTracker::new(),
    );
    let mut asking = Box::pin(join_all((0..50).map(|_| room.workshop())));

    assert!(poll!(&mut asking).is_pending());

    let mut waiting = Vec::new();
    while let Ok(order) = mailbox.try_recv() {
        waiting.push(order);
    }
    assert_eq!(waiting.len(), QUESTIONS);
    assert!(matches!(waiting[0], Order::Workshop(_)));
}
