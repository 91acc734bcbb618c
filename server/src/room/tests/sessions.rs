//! A room that was worked in for years: each time somebody opened it to write brought a client id.

use hartslag_protocol::gate::StateVector as Vector;
use hartslag_protocol::limits::{FRAME_BYTES, ROOM_CONNECTIONS};
use yrs::updates::encoder::Encode as _;
use yrs::{GetString, MapPrelim, Text, TextPrelim, TextRef};

use super::*;

/// Honest ones, and fewer than [`hartslag_protocol::limits::ROOM_CLIENTS`].
const SESSIONS: usize = 50_000;
/// Who writes one note together.
const TOGETHER: usize = 25;
/// Between two sessions of a person.
const LATER: Milliseconds = 40 * 60_000;

/// A note, as those see it who write it.
struct Note {
    id: String,
    known: Vec<Vec<u8>>,
}

impl Note {
    /// What one session adds under a client id of its own: the note, or a letter to it.
    fn write(&mut self, author: ParticipantId) -> Vec<u8> {
        let doc = Doc::new();
        let notes = doc.get_or_insert_map("notes");
        for update in &self.known {
            let update = Update::decode_v1(update).unwrap();
            doc.transact_mut().apply_update(update).unwrap();
        }
        let before = doc.transact().state_vector();
        if self.known.is_empty() {
            let fields = [("kind", "idea".to_owned()), ("author", author.to_string())];
            let mut transaction = doc.transact_mut();
            let note = notes.insert(&mut transaction, &*self.id, MapPrelim::from(fields));
            note.insert(&mut transaction, "text", TextPrelim::new("a"));
        } else {
            let text = text_of(&doc, &self.id).unwrap();
            text.push(&mut doc.transact_mut(), "b");
        }
        let update = doc.transact().encode_state_as_update_v1(&before);
        self.known.push(update.clone());
        update
    }
}

fn text_of(doc: &Doc, note: &str) -> Option<TextRef> {
    let transaction = doc.transact();
    let note = transaction.get_map("notes")?.get(&transaction, note)?;
    note.cast::<MapRef>()
        .ok()?
        .get(&transaction, "text")?
        .cast()
        .ok()
}

/// Has so many people write until [`SESSIONS`] client ids are in the room.
fn write_for_years(desk: &mut Desk, writers: &[ConnectionId]) {
    let mut note = 0;
    let mut written = 0;
    while written < SESSIONS {
        desk.now += LATER;
        for together in writers.chunks(TOGETHER) {
            let mut shared = Note {
                id: format!("note{note}"),
                known: Vec::new(),
            };
            note += 1;
            for &writer in together {
                let author = desk.state.members[&writer].participant;
                let update = shared.write(author);
                let effects = desk.update(writer, &update);
                assert!(closed(&effects, writer).is_none() && told(&effects, writer).is_empty());
            }
            while desk.state.appending.queued() > desk.state.done {
                desk.now += 100;
                desk.receive(Event::Tick);
                desk.store();
            }
            written += together.len();
        }
    }
}

#[test]
fn p10_a_room_of_fifty_thousand_sessions_opens_is_written_on_and_answers() {
    let mut desk = Desk::new();
    let writers: Vec<_> = (0..ROOM_CONNECTIONS / 2)
        .map(|_| desk.join(Role::Coach, Dialect::Hartslag))
        .collect();
    write_for_years(&mut desk, &writers);

    let newcomer = ConnectionId::generate();
    let participant = desk.state.members[&writers[0]].participant;
    desk.receive(Event::Connected {
        connection: newcomer,
        participant,
        role: Role::Coach,
        dialect: Dialect::Hartslag,
        network: Network::HERE,
    });
    let opening = desk.frame(newcomer, frame::write_step1(&[0]));
    let frames = opening.iter().find_map(|effect| match effect {
        Effect::Opening { frames, .. } => Some(frames),
        _ => None,
    });
    let read = |frame| frame::read_frame(frame).unwrap()[0];
    let [board, question] = &frames.unwrap()[..] else {
        panic!("who is here is shown to somebody who came alone");
    };
    let (frame::Message::SyncStep2(board), frame::Message::SyncStep1(vector)) =
        (read(board), read(question))
    else {
        panic!("not the document, and how far it has come");
    };
    let known = Vector::read(vector).unwrap();
    assert_eq!(known.iter().count(), SESSIONS);
    assert!(question.len() < FRAME_BYTES);

    let replica = Replica::new();
    replica.apply(board);
    let text = text_of(&replica.doc, "note0").unwrap();
    let text = text.get_string(&replica.doc.transact());
    assert_eq!(text, "a".to_owned() + &"b".repeat(TOGETHER - 1));
    desk.update(newcomer, &replica.set_title("Verhuizen"));
    let stored = desk.store();
    assert_eq!(
        told(&stored, newcomer),
        [&ServerMessage::Stored { up_to: 1 }]
    );

    let again = replica.doc.transact().state_vector().encode_v1();
    let difference = desk.frame(newcomer, frame::write_step1(&again));
    let answer = difference.iter().find_map(|effect| match effect {
        Effect::Answer { to, frame } if *to == newcomer => Some(frame),
        _ => None,
    });
    assert!(answer.unwrap().len() < 1 << 10, "it has all of it");
}

#[test]
fn nothing_as_large_as_a_state_vector_is_made_for_an_edit() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    let slow = desk.join(Role::Observer, Dialect::Plain);
    let mut bases = Vec::new();
    for client in 1..=20 {
        desk.update(
            author,
            &Replica::of_client(client).set(&format!("field{client}"), "A"),
        );
        bases.extend(desk.store().into_iter().filter_map(|effect| match effect {
            Effect::Document { base, .. } => Some(base),
            _ => None,
        }));
    }

    for (known, &base) in bases.iter().enumerate() {
        let effects = desk.receive(Event::CaughtUp {
            connection: slow,
            base,
        });
        let gained = effects.iter().find_map(|effect| match effect {
            Effect::Difference { frame, .. } => Some(frame),
            _ => None,
        });
        let messages = frame::read_frame(gained.unwrap()).unwrap();
        let frame::Message::SyncStep2(gained) = messages[0] else {
            panic!("{messages:?}");
        };
        let gained = Update::decode_v1(gained).unwrap().state_vector();
        assert_eq!(gained.len(), 20 - known, "from version {base} on");
    }
}

#[test]
fn w2_who_names_far_more_clients_than_there_are_is_told_all_and_none_of_it_is_read() {
    let mut desk = Desk::new();
    let author = desk.join(Role::Coach, Dialect::Plain);
    desk.update(author, &Replica::of_client(7).set_title("A"));
    desk.store();
    let made_up: Vector = (0..60_000).map(|client| (client + 8, 1_u32)).collect();
    let guest = desk.join(Role::Observer, Dialect::Plain);

    let told = desk.frame(guest, frame::write_step1(&made_up.encode()));
    let all = desk.frame(guest, frame::write_step1(&[0]));

    let answer = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Answer { frame, .. } => Some(frame.clone()),
            _ => None,
        })
    };
    assert!(answer(&told).is_some());
    assert_eq!(answer(&told), answer(&all));
}
