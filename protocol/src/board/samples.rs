//! The sample journeys, for tests.

use std::path::Path;

use yrs::Doc;

use super::journey::Journey;
use super::writing::{fresh_document, write_journey};
use crate::ids::ItemId;

/// Slugs of the six samples.
pub(crate) const SLUGS: [&str; 6] = [
    "evenement-organiseren",
    "koffiebar-openen",
    "paspoort-verlengen",
    "schuldhulpverlening",
    "trouwen",
    "verhuizen",
];

/// The bytes of a sample.
pub(crate) fn file(slug: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    std::fs::read(folder.join(format!("{slug}.json"))).unwrap()
}

/// A sample as a journey.
pub(crate) fn journey(slug: &str) -> Journey {
    Journey::parse(&file(slug)).unwrap()
}

/// A journey as a document, with the same ids every time.
pub(crate) fn document(journey: &Journey) -> Doc {
    let doc = fresh_document();
    write_journey(&doc, journey, 0, &mut counted_ids());
    doc
}

/// Ids that count up.
pub(crate) fn counted_ids() -> impl FnMut() -> ItemId {
    let mut count = 0_u128;
    move || {
        count += 1;
        ItemId::from_bytes(count.to_be_bytes())
    }
}
