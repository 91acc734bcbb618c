//! The six sample journeys, which are in the binary.

use std::sync::LazyLock;

use hartslag_protocol::board::journey::Journey;

use crate::access::AccessStore;
use crate::clock::now;
use crate::creation::{BoardContent, create};
use crate::log::{LogError, RoomLog};

/// The files, in the order in which rooms are made of them.
static FILES: [&str; 6] = [
    include_str!("../../samples/evenement-organiseren.json"),
    include_str!("../../samples/koffiebar-openen.json"),
    include_str!("../../samples/trouwen.json"),
    include_str!("../../samples/verhuizen.json"),
    include_str!("../../samples/schuldhulpverlening.json"),
    include_str!("../../samples/paspoort-verlengen.json"),
];

/// The sample journeys.
pub fn journeys() -> &'static [Journey] {
    static JOURNEYS: LazyLock<Vec<Journey>> = LazyLock::new(|| {
        FILES
            .iter()
            .map(|file| Journey::parse(file.as_bytes()).expect("a test reads every sample"))
            .collect()
    });
    &JOURNEYS
}

/// The sample with this slug.
pub fn journey(slug: &str) -> Option<&'static Journey> {
    journeys().iter().find(|journey| journey.slug == slug)
}

/// Makes a room of each sample when the store has no room at all; returns how many it made.
pub async fn load_into_empty(
    log: &dyn RoomLog,
    access: &dyn AccessStore,
) -> Result<usize, LogError> {
    if !log.rooms().await?.is_empty() {
        return Ok(0);
    }
    for journey in journeys() {
        let at = now();
        create(log, access, &BoardContent::of(journey, at), at).await?;
    }
    Ok(journeys().len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sqlite::SqliteStore;

    #[test]
    fn the_six_samples_are_journeys_without_faults() {
        assert_eq!(journeys().len(), 6);
        assert!(journey("trouwen").is_some());
        assert!(journey("none").is_none());
    }

    #[tokio::test]
    async fn samples_are_loaded_once_and_only_into_an_empty_store() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path()).unwrap();

        let first = load_into_empty(&store, &store).await.unwrap();
        let second = load_into_empty(&store, &store).await.unwrap();

        assert_eq!((first, second), (6, 0));
        assert_eq!(store.rooms().await.unwrap().len(), 6);
    }
}
