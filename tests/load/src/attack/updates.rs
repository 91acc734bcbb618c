//! Updates that cost far more to take in than to send.

use super::craft::{self, NOTE_LENGTH, NOTE_TEXT, client};
use super::line::{Line, STEP1, summary};
use super::scene::{Scene, pause};

/// Items that later ones are compared with. Who is refused tries with half as many …
const LONG: u32 = 90_000;
/// … down to this.
const SHORT: u32 = 500;
/// Of a known update.
const KNOWN: u32 = 4_900;
/// Items of the first dear update that are compared with all of them: 22 times 90,000 visits. Who
/// is refused tries with half as many.
const COMPARED: u32 = 22;
/// Letters that an item of [`COMPARED`] stands for where they are deleted.
const RANGES: u32 = 20;
/// Connections of who has one device.
const LINES: usize = 20;

/// What is dear.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Items of a text that name no neighbour.
    Text,
    /// Values under one key that replace none.
    Key,
    /// Deletions of single letters.
    Deletions,
}

impl Shape {
    /// What the dear updates need to be there.
    fn ground(self, device: usize, author: &str, length: u32) -> Vec<u8> {
        let by = client(device, 0);
        let mut blocks = craft::note(by, author);
        let (key, text) = (
            craft::in_map((by, 0), "order"),
            craft::in_sequence((by, NOTE_TEXT)),
        );
        match self {
            Self::Text => blocks.push(craft::item(text, craft::embed())),
            Self::Key => blocks.push(craft::item(key, craft::one())),
            Self::Deletions => {
                let letters = "ab".repeat(length as usize / 2);
                blocks.push(craft::item(text, craft::text(&letters)));
                return craft::blocks((by, 0), &blocks);
            }
        }
        let content = || match self {
            Self::Key => craft::one(),
            _ => craft::embed(),
        };
        let rest = NOTE_LENGTH..NOTE_LENGTH + length - 1;
        blocks.extend(rest.map(|clock| craft::item(craft::after((by, clock)), content())));
        craft::blocks((by, 0), &blocks)
    }

    /// A dear update of so many items by a client id that has come to this clock.
    fn update(self, device: usize, (by, clock): (u64, u32), items: u32) -> Vec<u8> {
        let ground = client(device, 0);
        let item = match self {
            Self::Text => craft::item(craft::in_sequence((ground, NOTE_TEXT)), craft::embed()),
            Self::Key => craft::item(craft::in_map((ground, 0), "order"), craft::one()),
            Self::Deletions => {
                let first = NOTE_LENGTH + 2 * RANGES * (clock % (LONG / 2 / RANGES));
                let ranges = (0..items * RANGES).map(|range| (first + 2 * range, 1));
                return craft::deletion(ground, ranges);
            }
        };
        craft::blocks((by, clock), &vec![item; items as usize])
    }
}

/// A line that sends dear updates, one after the other, as large as they are taken.
struct Attempt {
    line: Line,
    device: usize,
    client: u64,
    clock: u32,
    items: u32,
    /// Of the update that is under way.
    sent: u32,
}

impl Attempt {
    fn of(line: Line, place: usize, each: usize) -> Self {
        let device = place / each;
        Self {
            line,
            device,
            client: client(device, 1 + (place % each) as u64),
            clock: 0,
            items: COMPARED,
            sent: 0,
        }
    }

    fn is_due(&self) -> bool {
        self.line.is_open() && self.line.is_answered()
    }

    fn go_on(&mut self, shape: Shape) {
        if self.line.is_refused() {
            self.items = (self.items / 2).max(1);
        } else {
            self.clock += self.sent;
        }
        let update = shape.update(self.device, (self.client, self.clock), self.items);
        self.line.update(&update);
        self.sent = self.items;
    }
}

/// From so many devices, at once; a single one has many connections.
pub(super) async fn dear(scene: &Scene, shape: Shape, devices: usize) -> Result<String, String> {
    let (mut length, each) = if devices == 1 {
        (LONG, LINES)
    } else {
        (LONG / 10, 1)
    };
    let lines = scene.lines_each(devices, each).await?;
    for (device, line) in lines.iter().step_by(each).enumerate() {
        while !line
            .takes(&shape.ground(device, &line.participant, length), scene)
            .await
        {
            length /= 2;
            if length < SHORT || !line.is_open() || !scene.goes_on() {
                return Ok(format!("its ground is not taken: {}", summary(&lines)));
            }
        }
    }
    let attempts = lines.into_iter().enumerate();
    let mut attempts: Vec<_> = attempts
        .map(|(place, line)| Attempt::of(line, place, each))
        .collect();
    let mut sent = 0_u32;
    while scene.goes_on() {
        for attempt in attempts.iter_mut().filter(|attempt| attempt.is_due()) {
            attempt.go_on(shape);
            sent += 1;
        }
        pause().await;
    }
    let items = attempts.iter().map(|attempt| attempt.clock).sum::<u32>();
    let lines: Vec<_> = attempts.into_iter().map(|attempt| attempt.line).collect();
    Ok(format!(
        "{sent} sent beside {length}, {items} items taken, {}",
        summary(&lines)
    ))
}

/// The same update of some hundred KiB, which the room has, again and again.
pub(super) async fn known(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(20).await?;
    let frames: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(device, line)| {
            let update = Shape::Text.ground(device, &line.participant, KNOWN);
            craft::update_frame(&update)
        })
        .collect();
    say_again_and_again(scene, &lines, |device, _| frames[device].clone()).await
}

/// What a client has, told anew each time, so that the answer has to be made anew.
pub(super) async fn questions(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(20).await?;
    say_again_and_again(scene, &lines, |device, number| {
        craft::question(client(device, 0), number)
    })
    .await
}

/// Frames of 64 messages each, all of which ask or say next to nothing.
pub(super) async fn tiny(scene: &Scene) -> Result<String, String> {
    const MESSAGES: usize = 64;
    let lines = scene.lines(20).await?;
    let frames = [
        [0, 2, 2, 0, 0].repeat(MESSAGES),
        [3].repeat(MESSAGES),
        STEP1.repeat(MESSAGES),
    ];
    say_again_and_again(scene, &lines, |_, number| {
        frames[number as usize % frames.len()].clone()
    })
    .await
}

/// Text frames that are to be answered, as fast as they are taken.
pub(super) async fn barriers(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(20).await?;
    let mut sent = 0_u32;
    while scene.goes_on() && lines.iter().any(Line::is_open) {
        for line in lines.iter().filter(|line| line.is_said_already()) {
            for _ in 0..64 {
                line.say_text(&format!(r#"{{"type":"barrier","id":{sent}}}"#));
            }
        }
        sent += 1;
        pause().await;
    }
    Ok(format!("{sent} rounds, {}", summary(&lines)))
}

/// Sends frame after frame over each line, as fast as the server takes them.
async fn say_again_and_again(
    scene: &Scene,
    lines: &[Line],
    frame: impl Fn(usize, u32) -> Vec<u8>,
) -> Result<String, String> {
    let mut sent = vec![0; lines.len()];
    while scene.goes_on() && lines.iter().any(Line::is_open) {
        for (device, line) in lines.iter().enumerate() {
            if line.is_open() && line.is_said_already() {
                line.say(&frame(device, sent[device]));
                sent[device] += 1;
            }
        }
        pause().await;
    }
    let sent: u32 = sent.iter().sum();
    Ok(format!("{sent} sent, {}", summary(lines)))
}
