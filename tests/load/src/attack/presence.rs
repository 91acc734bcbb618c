//! Signs of where somebody is: many, large, and of many people.

use super::craft;
use super::line::{Line, summary};
use super::scene::{Scene, pause};

/// Signs that one connection shows.
const EACH: u64 = 8;
/// Letters of a state, just below what one may hold.
const LETTERS: usize = 4_000;
/// People in a full room, beside those who are there already.
pub(super) const FULL: usize = 480;

/// Five connections show all that they may, and renew it.
pub(super) async fn large(scene: &Scene) -> Result<String, String> {
    show(scene, 5, LETTERS).await
}

/// Twenty do.
pub(super) async fn flood(scene: &Scene) -> Result<String, String> {
    show(scene, 20, LETTERS).await
}

/// One line shows itself under new client ids all the time, and takes the old ones back.
pub(super) async fn churn(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(20).await?;
    let mut round = 0;
    while scene.goes_on() && lines.iter().any(Line::is_open) {
        for (device, line) in lines.iter().enumerate() {
            if line.is_said_already() {
                let named = |round: u64, clock, state| {
                    let client = (1 << 40) + craft::client(device, 0) + (round << 20);
                    entry_of(client, clock, state)
                };
                let gone = named(round, 2, "null");
                line.say(&awareness(&[gone, named(round + 1, 1, "{}")]));
            }
        }
        round += 1;
        pause().await;
    }
    Ok(format!("{round} rounds, {}", summary(&lines)))
}

async fn show(scene: &Scene, connections: usize, letters: usize) -> Result<String, String> {
    let lines = scene.lines(connections).await?;
    let mut clock = 0;
    while scene.goes_on() && lines.iter().any(Line::is_open) {
        clock += 1;
        for (device, line) in lines.iter().enumerate() {
            if line.is_said_already() {
                let state = format!(r#"{{"user":{{"name":"{}"}}}}"#, "n".repeat(letters));
                let entries = (0..EACH).map(|which| entry(device, which, clock, &state));
                line.say(&awareness(&entries.collect::<Vec<_>>()));
            }
        }
        pause().await;
    }
    Ok(format!("{clock} rounds, {}", summary(&lines)))
}

/// A full room of people with the longest names that they may have: no attack, but as much. They
/// all come in and stay.
pub(super) async fn full_room(scene: &Scene) -> Result<String, String> {
    let lines = scene.lines(FULL).await?;
    let long = "é".repeat(60);
    for (device, line) in lines.iter().enumerate() {
        let state = format!(
            concat!(
                r##"{{"participant":"{}","user":{{"name":"{}","municipality":"{}","##,
                r##""color":"#30bced"}},"cell":{{"phase":"{}","touchpoint":"{}"}}}}"##
            ),
            line.participant, long, long, line.participant, line.participant
        );
        line.say(&awareness(&[entry(device, 0, 1, &state)]));
    }
    scene.is_over().await;
    let told = summary(&lines);
    if lines.iter().all(Line::is_open) {
        Ok(told)
    } else {
        Err(format!("not all honest people are in: {told}"))
    }
}

fn entry(device: usize, which: u64, clock: u32, state: &str) -> Vec<u8> {
    entry_of(craft::client(device, which), clock, state)
}

fn entry_of(client: u64, clock: u32, state: &str) -> Vec<u8> {
    [
        craft::number(client),
        craft::number(clock.into()),
        craft::block(state.as_bytes()),
    ]
    .concat()
}

fn awareness(entries: &[Vec<u8>]) -> Vec<u8> {
    let body = [craft::number(entries.len() as u64), entries.concat()].concat();
    [vec![1], craft::block(&body)].concat()
}
