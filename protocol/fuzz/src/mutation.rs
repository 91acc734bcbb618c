//! Turns honest updates into dishonest ones.

use crate::structure::{Block, Content, Id, Item, Parent, Update, write_number, write_text};
use hartslag_protocol::testing::Chance;

/// Names of roots, one of which no board has.
const ROOTS: [&str; 5] = ["notes", "board", "touchpoints", "scores", "strange"];
const KEYS: [&str; 6] = ["text", "author", "order", "phase", "", "__proto__"];
const CLIENTS: [u64; 4] = [3, 1_000, 1 << 31, (1 << 53) - 1];

/// Copies of one block that are made at most.
const MULTIPLIED: usize = 400;

/// Changes an update here and there. `known` tells how far each client has come.
pub(crate) fn mutate(update: &mut Update, known: &[Id], chance: &mut Chance) {
    if !chance.one_in(4) {
        continue_clocks(update, known, chance);
    }
    for _ in 0..=chance.below(3) {
        match chance.below(6) {
            0 => change_deletions(update, known, chance),
            5 if chance.one_in(4) => multiply(update, known, chance),
            1 => change_blocks(update, chance),
            _ => change_item(update, known, chance),
        }
    }
}

/// Makes an update dear: one block again and again, or everything deleted piece by piece.
fn multiply(update: &mut Update, known: &[Id], chance: &mut Chance) {
    let times = 1 + chance.below(MULTIPLIED);
    if chance.one_in(2)
        && let Some(&(client, clock)) = chance.pick(known)
    {
        let ranges = (0..clock).step_by(2).take(times).map(|at| (at, 1));
        update.deletions.push((client, ranges.collect()));
        return;
    }
    let count = update.sections.len();
    if count == 0 {
        return;
    }
    let section = &mut update.sections[chance.below(count)];
    let Some(last) = section.blocks.last().cloned() else {
        return;
    };
    let lengths = section.blocks.iter().map(Block::length);
    let mut clock = lengths.fold(section.clock, u32::wrapping_add);
    for _ in 0..times {
        let mut block = last.clone();
        let follows = chance.one_in(2);
        if let Block::Item(item) = &mut block
            && follows
            && clock > 0
        {
            item.origin = Some((section.client, clock - 1));
        }
        clock = clock.wrapping_add(block.length());
        section.blocks.push(block);
    }
}

/// Changes bytes here and there.
pub(crate) fn mutate_bytes(bytes: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..=chance.below(3) {
        if bytes.is_empty() {
            bytes.push(chance.byte());
        }
        let at = chance.below(bytes.len());
        match chance.below(7) {
            0 => bytes[at] = chance.byte(),
            1 => bytes[at] ^= 1 << chance.below(8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.insert(at, chance.byte()),
            4 => drop(bytes.remove(at)),
            5 => bytes.truncate(at),
            _ => {
                let end = (at + chance.below(8)).min(bytes.len());
                let copied = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, copied);
            }
        }
    }
}

/// Lets sections go on where the room is, so that what they say is not refused as a gap; ids
/// within the update move along.
fn continue_clocks(update: &mut Update, known: &[Id], chance: &mut Chance) {
    let mut moved = Vec::new();
    for section in &mut update.sections {
        let from = (section.client, section.clock);
        if chance.one_in(6) {
            section.client = *chance.pick(&CLIENTS).unwrap_or(&1);
        }
        section.clock = clock_of(known, section.client);
        moved.push((from, (section.client, section.clock)));
    }
    let follow = |id: &mut Id| {
        let target = moved
            .iter()
            .find(|((client, clock), _)| id.0 == *client && id.1 >= *clock);
        if let Some((from, to)) = target {
            *id = (to.0, to.1 + (id.1 - from.1));
        }
    };
    for item in update.items() {
        item.origin.iter_mut().for_each(follow);
        item.right_origin.iter_mut().for_each(follow);
        if let Some(Parent::Item(id)) = &mut item.parent {
            follow(id);
        }
    }
}

fn clock_of(known: &[Id], client: u64) -> u32 {
    let found = known.iter().find(|(known, _)| *known == client);
    found.map_or(0, |(_, clock)| *clock)
}

fn change_deletions(update: &mut Update, known: &[Id], chance: &mut Chance) {
    if chance.one_in(4) {
        update.deletions.clear();
        return;
    }
    let (client, clock) = some_id(known, chance);
    let range = (clock, chance.small(6));
    update.deletions.push((client, vec![range]));
}

fn change_blocks(update: &mut Update, chance: &mut Chance) {
    let sections = update.sections.len();
    let Some(section) = update.sections.get_mut(chance.below(sections)) else {
        return;
    };
    if chance.one_in(8) {
        section.clock = section.clock.wrapping_add(chance.small(3)).wrapping_sub(1);
    }
    let at = chance.below(section.blocks.len());
    match chance.below(5) {
        0 if !section.blocks.is_empty() => drop(section.blocks.remove(at)),
        1 => {
            let reference = if chance.one_in(2) { 0 } else { 10 };
            let length = chance.small(4);
            section
                .blocks
                .insert(at, Block::Range { reference, length });
        }
        2 => section.blocks.extend(section.blocks.get(at).cloned()),
        3 => section.blocks.reverse(),
        _ => {
            let copy = section.clone();
            update.sections.push(copy);
        }
    }
}

fn change_item(update: &mut Update, known: &[Id], chance: &mut Chance) {
    let own: Vec<Id> = update
        .sections
        .iter()
        .flat_map(|section| {
            let clocks = section.blocks.iter().scan(section.clock, |next, block| {
                let clock = *next;
                *next = next.wrapping_add(block.length());
                Some(clock)
            });
            clocks.map(|clock| (section.client, clock))
        })
        .collect();
    let count = update.items().count();
    let Some(item) = update.items().nth(chance.below(count)) else {
        return;
    };
    let id = if chance.one_in(3) {
        *chance.pick(&own).unwrap_or(&(1, 1))
    } else {
        some_id(known, chance)
    };
    change_one(item, id, chance);
}

fn change_one(item: &mut Item, id: Id, chance: &mut Chance) {
    match chance.below(9) {
        0 => item.origin = Some(id),
        1 => item.right_origin = Some(id),
        2 => std::mem::swap(&mut item.origin, &mut item.right_origin),
        3 => (item.origin, item.right_origin) = (None, None),
        4 => item.parent = Some(Parent::Item(id)),
        5 => {
            let name = chance.pick(&ROOTS).copied().unwrap_or_default();
            item.parent = Some(Parent::Root(name.to_owned()));
        }
        6 => {
            item.key = chance.pick(&KEYS).map(|key| (*key).to_owned());
            item.is_keyed = true;
        }
        7 => item.is_keyed = !item.is_keyed,
        _ => item.content = odd_content(chance),
    }
}

fn some_id(known: &[Id], chance: &mut Chance) -> Id {
    let Some(&(client, end)) = chance.pick(known) else {
        return (1, 0);
    };
    let beyond = chance.small(2);
    (client, chance.small(end.max(1)) + beyond * chance.small(2))
}

fn odd_content(chance: &mut Chance) -> Content {
    let text = |text: &str| {
        let mut bytes = Vec::new();
        write_text(&mut bytes, text);
        bytes
    };
    let (reference, bytes, length) = match chance.below(12) {
        0 => (1, vec![2], 2),
        1 => (3, vec![2, 0, 255], 1),
        2 => (4, text("xyz"), 3),
        3 => (4, text("😀é"), 3),
        4 => (5, text("{}"), 1),
        5 => (6, [text("bold"), text("true")].concat(), 1),
        6 => (7, vec![u8::try_from(chance.below(7)).unwrap_or(0)], 1),
        7 => (8, vec![2, 125, 1, 126], 2),
        8 => (8, deep_value(chance), 1),
        9 => (8, claiming_value(chance), 1),
        10 => (9, text("guid"), 1),
        _ => (chance.byte() & 0x1f, vec![chance.byte(), chance.byte()], 1),
    };
    Content {
        reference,
        bytes,
        length,
    }
}

/// Arrays in each other, sometimes deeper than any stack.
fn deep_value(chance: &mut Chance) -> Vec<u8> {
    let depth = [3, 15, 16, 17, 20_000];
    let depth = chance.pick(&depth).copied().unwrap_or(1);
    let mut bytes = vec![1];
    for _ in 0..depth {
        bytes.extend([117, 1]);
    }
    bytes.push(126);
    bytes
}

/// A value that says it holds more than anybody could send.
fn claiming_value(chance: &mut Chance) -> Vec<u8> {
    let mut bytes = vec![1, 117 + u8::from(chance.one_in(2))];
    write_number(&mut bytes, 1 << chance.below(40));
    bytes
}
