//! The gate's order of a text is that of yrs, and every replica's.

use super::chance::Chance;
use super::craft::{self, Id, Links};
use super::support::{Room, content};
use crate::gate::{Gate, ItemId};

const TEXT: Id = (0, 1);

#[test]
fn the_gate_orders_a_text_as_yrs_does() {
    for seed in 0..1_500 {
        let mut chance = Chance::new(seed);
        let mut room = room_with_a_text();
        let mut letters = Vec::new();

        for _ in 0..12 {
            let id = next_id(&room, &mut chance);
            let item = craft::item(odd_links(&letters, &mut chance), craft::text(&letter(id)));
            if room.hear(&craft::blocks(id, &[item])).is_ok() {
                letters.push(id);
            }
        }

        let order = order_of(&room.gate);
        assert_eq!(order.chars().count(), letters.len(), "seed {seed}");
        assert!(content(&room.doc).contains(&order), "seed {seed}");
        let reloaded = Gate::from_document(&room.snapshot()).unwrap();
        assert_eq!(order_of(&reloaded), order, "seed {seed}");
    }
}

/// A note with an empty text.
fn room_with_a_text() -> Room {
    let mut room = Room::new();
    let note = [
        craft::item(craft::in_root("notes", "n"), craft::map()),
        craft::item(craft::in_map((0, 0), "text"), craft::text_type()),
    ];
    room.hear(&craft::blocks((0, 0), &note)).unwrap();
    room
}

fn next_id(room: &Room, chance: &mut Chance) -> Id {
    let client = chance.pick(&[1, 2, 3, 4]);
    (*client, room.gate.state_vector().clock(*client))
}

/// Any two letters as neighbours, or one, or none.
fn odd_links(letters: &[Id], chance: &mut Chance) -> Links<'static> {
    let mut pick = |least| (chance.below(4) > least).then(|| *chance.pick(letters));
    let (origin, right_origin) = if letters.is_empty() {
        (None, None)
    } else {
        (pick(0), pick(1))
    };
    if origin.is_none() && right_origin.is_none() {
        return craft::in_sequence(TEXT);
    }
    Links {
        origin,
        right_origin,
        ..Links::default()
    }
}

/// A letter for every id, so that a text shows its order.
fn letter((client, clock): Id) -> String {
    let at = u32::try_from(client).unwrap() * 100 + clock;
    char::from_u32(u32::from('\u{4e00}') + at).unwrap().into()
}

fn order_of(gate: &Gate) -> String {
    let first = (1..5).find_map(|client| gate.index.entry(ItemId { client, clock: 0 }));
    let place = first.and_then(|entry| entry.place);
    let order = place.into_iter().flat_map(|it| gate.index.sequence(it));
    order
        .flat_map(|(id, length)| (0..length).map(move |at| letter((id.client, id.clock + at))))
        .collect()
}
