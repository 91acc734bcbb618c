//! Lines that ask for a large board and never read what they get.

use std::rc::Rc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use hartslag_protocol::wire::bundle::Bundled;
use hartslag_tests::event_stream::EventStream;

use super::craft;
use super::line::STEP1;
use super::scene::{AT_ONCE, Scene, pause};
use crate::socket::Socket;

const DEVICES: usize = 6;
const LINES_EACH: usize = 10;
/// What a slow reader takes at a time.
const SOME: usize = 2 << 10;
/// Between two questions on a line.
const QUESTION: std::time::Duration = std::time::Duration::from_millis(250);

/// Sixty sockets, each of which asks for something else each time.
pub(super) async fn sockets(scene: &Scene) -> Result<String, String> {
    let lines = open(scene).await?;
    let mut questions = 0;
    while scene.goes_on() {
        for line in lines.iter().filter(|line| line.unsent() == 0) {
            questions += 1;
            line.send(&[&craft::question(1, questions)]);
        }
        tokio::time::sleep(QUESTION).await;
    }
    Ok(format!("{questions} questions on {} lines", lines.len()))
}

/// Sixty sockets that ask once, and read some bytes now and then.
pub(super) async fn slow(scene: &Scene) -> Result<String, String> {
    let lines = open(scene).await?;
    let mut some = [0; SOME];
    let mut read = 0;
    for line in &lines {
        line.send(&[STEP1]);
    }
    while scene.goes_on() {
        read += lines.iter().map(|line| line.sip(&mut some)).sum::<usize>();
        tokio::time::sleep(QUESTION).await;
    }
    Ok(format!("{} KiB read on {} lines", read >> 10, lines.len()))
}

async fn open(scene: &Scene) -> Result<Vec<Rc<Socket>>, String> {
    let devices = scene.devices(&scene.room.participant, DEVICES).await?;
    let api = scene.api();
    let seats = devices.iter().map(|device| api.seat(&scene.room, device));
    let seats: Vec<_> = seats
        .flat_map(|seat| std::iter::repeat_n(seat, LINES_EACH))
        .collect();
    let opening = seats.iter().map(|seat| Socket::open(&seat.opening));
    let lines = stream::iter(opening).buffered(AT_ONCE).try_collect().await;
    lines.map_err(|error| error.to_string())
}

/// Sixty streams of events.
pub(super) async fn event_streams(scene: &Scene) -> Result<String, String> {
    let devices = scene.devices(&scene.room.participant, DEVICES).await?;
    let path = format!("/sync/{}", scene.room.id);
    let mut streams = Vec::new();
    for device in &devices {
        for _ in 0..LINES_EACH {
            let stream = EventStream::open(&scene.address, &path, &device.cookie).await;
            streams.push(stream.ok_or("an event stream is not opened")?);
        }
    }
    let mut questions = 0;
    while scene.goes_on() {
        for stream in &mut streams {
            stream.send(Bundled::Binary(STEP1)).await;
            questions += 1;
            if !scene.goes_on() {
                break;
            }
        }
        pause().await;
    }
    Ok(format!(
        "{questions} questions on {} streams",
        streams.len()
    ))
}
