//! Values that no honest client writes: each is refused, so that nobody else has to bear it.

use super::craft::{self, NOTE_LENGTH};
use super::scene::Scene;

/// Where a value is put, and what it is.
struct Odd {
    name: &'static str,
    field: &'static str,
    value: Vec<u8>,
}

fn odd(name: &'static str, field: &'static str, value: Vec<u8>) -> Odd {
    Odd { name, field, value }
}

/// Of a note that is the writer's own.
fn odd_values() -> Vec<Odd> {
    let long = |letter: &str, times: usize| craft::string(&letter.repeat(times));
    let number = |number: f64| [&[123][..], &number.to_be_bytes()].concat();
    let deep = [[117, 1].repeat(15), vec![126]].concat();
    vec![
        odd("an order key of 60,000 z", "order", long("z", 60_000)),
        odd("an order key of 200 letters", "order", long("V", 200)),
        odd(
            "an order key that is no key",
            "order",
            craft::string("\u{0}\u{7f}"),
        ),
        odd("a kind of 10,000 letters", "kind", long("k", 10_000)),
        odd("a place of 10,000 letters", "touchpoint", long("t", 10_000)),
        odd("a theme of 200 KiB", "theme", long("t", 200 << 10)),
        odd("an effort of 1e300", "effort", number(1e300)),
        odd("an impact that is no number", "impact", number(f64::NAN)),
        odd("a moment of 1e300", "createdAt", number(1e300)),
        odd("an order that is a list in lists", "order", deep),
        odd(
            "an unknown field of 200 KiB",
            "unheardOf",
            long("u", 200 << 10),
        ),
    ]
}

/// Sends each by a line of its own.
pub(super) async fn odd_fields(scene: &Scene) -> Result<String, String> {
    let values = odd_values();
    let lines = scene.lines(values.len() + 1).await?;
    let mut admitted = Vec::new();
    for (device, (line, odd)) in lines.iter().zip(&values).enumerate() {
        let client = craft::client(device, 0);
        let mut blocks = craft::note(client, &line.participant);
        let value = craft::values(&[&odd.value]);
        blocks.push(craft::item(craft::in_map((client, 0), odd.field), value));
        if line
            .takes(&craft::blocks((client, 0), &blocks), scene)
            .await
        {
            admitted.push(odd.name);
        }
    }
    let device = values.len();
    let client = craft::client(device, 0);
    let mut blocks = craft::note(client, &lines[device].participant);
    let text = craft::text(&"woord ".repeat(40_000));
    blocks.push(craft::item(
        craft::in_sequence((client, NOTE_LENGTH - 1)),
        text,
    ));
    let line = &lines[device];
    if line
        .takes(&craft::blocks((client, 0), &blocks), scene)
        .await
    {
        admitted.push("a note of 240,000 letters");
    }
    if admitted.is_empty() {
        Ok(format!("{} values refused", lines.len()))
    } else {
        Err(format!("admitted: {}", admitted.join(", ")))
    }
}
