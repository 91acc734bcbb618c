//! Random input: whatever the gate admits, yrs takes, and the room stays whole.
//!
//! `HARTSLAG_GATE_CASES` sets the number of rooms, for a longer run; `HARTSLAG_GATE_SEED` where
//! to begin.

use super::craft::{self, Content, Links};
use crate::gate::content::Kind;
use crate::gate::index::EntryRole;
use crate::gate::{Admission, ItemId, ROOTS, Refusal, StateVector};
use crate::testing::{Chance, Room, SESSIONS, updates_of};

/// Rooms per test, small enough for every run.
const CASES: u64 = 400;

/// Tells the seed of the room in which a test failed.
struct Case {
    seed: u64,
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("HARTSLAG_GATE_SEED={} HARTSLAG_GATE_CASES=1", self.seed);
        }
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let setting = |name, default| {
        std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
    };
    let first = setting("HARTSLAG_GATE_SEED", 0);
    let count = setting("HARTSLAG_GATE_CASES", CASES);
    (first..first + count).map(|seed| Case { seed })
}

/// What became of the updates of a test, so that it cannot pass by refusing everything.
#[derive(Debug, Default)]
struct Tally {
    admitted: u32,
    known: u32,
    malformed: u32,
    missing: u32,
    too_large: u32,
    forbidden: u32,
}

impl Tally {
    /// Lets the room hear an update; a refusal must leave no trace.
    fn hear(&mut self, room: &mut Room, update: &[u8]) {
        let before = room.gate_at_rest();
        match room.hear(update) {
            Ok(Admission::Admitted { .. }) => {
                self.admitted += 1;
                room.check_agreement();
                return;
            }
            Ok(Admission::Known) => self.known += 1,
            Err(Refusal::Malformed(_)) => self.malformed += 1,
            Err(Refusal::Missing) => self.missing += 1,
            Err(Refusal::TooLarge(_)) => self.too_large += 1,
            // Whose a note is changes for nobody (P3).
            Err(Refusal::Forbidden { path, .. }) => {
                assert_eq!(path[0], "notes", "everything else is allowed here");
                self.forbidden += 1;
            }
        }
        assert!(room.gate_at_rest() == before, "the gate remembers");
    }
}

#[test]
fn mutated_updates_are_refused_or_harmless() {
    let mut tally = Tally::default();
    for case in cases() {
        let mut chance = Chance::new(case.seed);
        let updates = updates_of(chance.pick(&SESSIONS).unwrap().1);
        let start = chance.below(updates.len());
        let mut room = Room::new();
        for update in &updates[..start] {
            room.hear(update).unwrap();
        }

        for _ in 0..20 {
            let mut update = chance.pick(&updates).unwrap().to_vec();
            mutate(&mut update, &mut chance);
            tally.hear(&mut room, &update);
        }

        room.check_but_for_order();
    }
    println!("{tally:?}");
    assert!(
        tally.admitted > 0 && tally.malformed > 0 && tally.missing > 0,
        "{tally:?}"
    );
}

#[test]
fn well_formed_but_odd_updates_are_refused_or_harmless() {
    let mut tally = Tally::default();
    for case in cases() {
        let mut chance = Chance::new(case.seed);
        let mut room = Room::new();
        for _ in 0..30 {
            let update = odd_update(&room, &mut chance);
            tally.hear(&mut room, &update);
        }
        room.check_but_for_order();
    }
    println!("{tally:?}");
    assert!(
        tally.admitted > tally.malformed / 4 && tally.missing > 0,
        "{tally:?}"
    );
}

/// Where a client says it is may be anywhere: inside a letter, beyond the end, at strangers.
#[test]
fn any_state_vector_that_is_read_gets_its_difference() {
    // A whole session each: fewer rooms do.
    for case in cases().step_by(20) {
        let mut chance = Chance::new(case.seed);
        let mut room = Room::new();
        for update in updates_of(chance.pick(&SESSIONS).unwrap().1) {
            room.hear(update).unwrap();
        }
        let claimed: StateVector = room
            .gate
            .state_vector()
            .iter()
            .filter_map(|(client, clock)| {
                let claimed = u32::try_from(chance.below(clock as usize * 2)).ok()?;
                (chance.below(4) > 0).then_some((client, claimed))
            })
            .chain([(7, 7)])
            .collect();

        let claimed = StateVector::read(&claimed.encode()).unwrap();
        let difference = room.difference(&claimed);

        assert_eq!(room.hear(&difference), Ok(Admission::Known));
    }
}

fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        match chance.below(6) {
            0 => bytes[at] = chance.byte(),
            1 => bytes[at] ^= 1 << chance.below(8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.insert(at, chance.byte()),
            4 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => {
                let end = (at + chance.below(8)).min(bytes.len());
                let copied = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, copied);
            }
        }
    }
}

const CLIENTS: [u64; 4] = [3, 1_000, 1 << 31, (1 << 53) - 1];

/// An update of one or two clients, mostly about what the room has.
fn odd_update(room: &Room, chance: &mut Chance) -> Vec<u8> {
    let vector = room.gate.state_vector();
    let first = chance.below(CLIENTS.len());
    let mut fresh = Vec::new();
    let mut sections = Vec::new();
    for offset in 0..=chance.below(2) {
        let client = CLIENTS[(first + offset) % CLIENTS.len()];
        let next = vector.clock(client);
        let start = match chance.below(30) {
            0 => next + 1,
            1 | 2 => next.saturating_sub(2),
            _ => next,
        };
        let mut clock = start;
        let mut blocks = Vec::new();
        for _ in 0..=chance.below(4) {
            let (block, length) = odd_block(room, &fresh, chance);
            fresh.push((client, clock));
            blocks.push(block);
            clock += length;
        }
        sections.push(craft::section((client, start), &blocks));
    }
    let deletions: Vec<_> = (0..chance.below(3))
        .filter_map(|_| {
            let (client, clock) = some_id(room, &fresh, chance)?;
            Some((client, clock, u32::from(chance.byte() % 3)))
        })
        .collect();
    craft::update(&sections, &deletions)
}

/// An id of the room, or now and then one of the same update.
fn some_id(room: &Room, fresh: &[craft::Id], chance: &mut Chance) -> Option<craft::Id> {
    let known: Vec<_> = room.gate.state_vector().iter().collect();
    if known.is_empty() || (chance.below(6) == 0 && !fresh.is_empty()) {
        return (!fresh.is_empty()).then(|| *chance.pick(fresh).unwrap());
    }
    let (client, end) = *chance.pick(&known).unwrap();
    Some((client, u32::try_from(chance.below(end as usize)).unwrap()))
}

fn odd_block(room: &Room, fresh: &[craft::Id], chance: &mut Chance) -> (Vec<u8>, u32) {
    if chance.below(40) == 0 {
        return (craft::collected(2), 2);
    }
    let (links, kind) = odd_links(room, fresh, chance);
    // Sometimes content that does not belong there.
    let kind = if chance.below(12) == 0 {
        *chance.pick(&[Kind::Map, Kind::Text, Kind::Array]).unwrap()
    } else {
        kind
    };
    let (content, length) = odd_content(kind, chance);
    (craft::item(links, content), length)
}

/// Links, and what kind of type they lead to as far as the room knows.
fn odd_links(room: &Room, fresh: &[craft::Id], chance: &mut Chance) -> (Links<'static>, Kind) {
    let key = *chance.pick(&["a", "b", "text"]).unwrap();
    let id = some_id(room, fresh, chance).filter(|_| chance.below(5) > 0);
    let Some(id) = id else {
        let name: &&str = chance.pick(&ROOTS[..3]).unwrap();
        return (craft::in_root(name, key), Kind::Map);
    };
    let index = &room.gate.index;
    let as_item = |(client, clock)| ItemId { client, clock };
    let kind_of = |place| index.node(index.place(place).node).kind;
    let entry = index.entry(as_item(id));
    if let Some(EntryRole::Parent(node)) = entry.map(|it| it.role)
        && chance.below(2) == 0
    {
        let kind = index.node(node).kind;
        let has_key = (kind == Kind::Map) != (chance.below(12) == 0);
        let links = if has_key {
            craft::in_map(id, key)
        } else {
            craft::in_sequence(id)
        };
        return (links, kind);
    }
    let place = entry.and_then(|it| it.place);
    let kind = place.map_or(Kind::Text, kind_of);
    let other = some_id(room, fresh, chance)
        .filter(|&other| index.entry(as_item(other)).and_then(|it| it.place) == place)
        .filter(|_| kind != Kind::Map);
    let links = match other {
        Some(other) if chance.below(2) == 0 => craft::between(id, other),
        Some(other) => Links {
            right_origin: Some(other),
            ..Links::default()
        },
        None => craft::after(id),
    };
    (links, kind)
}

/// Content, and how many ticks it takes.
fn odd_content(kind: Kind, chance: &mut Chance) -> (Content, u32) {
    if chance.below(10) == 0 {
        return (craft::deleted(2), 2);
    }
    match (kind, chance.below(8)) {
        (Kind::Map, 0 | 1) => (craft::map(), 1),
        (Kind::Map, 2 | 3) => (craft::text_type(), 1),
        (Kind::Map, 4) => ((7, vec![0]), 1),
        (Kind::Text, 0..=3) => (craft::text("xyz"), 3),
        (Kind::Text, 4 | 5) => (craft::text("😀é"), 3),
        (Kind::Text, 6) => ((6, vec![1, b'b', 4, b't', b'r', b'u', b'e']), 1),
        (Kind::Text, _) => ((5, vec![2, b'{', b'}']), 1),
        (_, 5) => ((3, vec![2, 0, 255]), 1),
        (_, 6) => (craft::one(), 1),
        _ => (craft::values(&[&[120], &[126]]), 2),
    }
}
