//! `hartslag import FILE…`: journeys from files into rooms, none of them where one has a fault.

use std::fmt;
use std::path::{Path, PathBuf};

use hartslag_protocol::board::journey::Journey;
use hartslag_protocol::limits::JOURNEY_BYTES;
use hartslag_protocol::problem::Fault;

use crate::access::AccessStore;
use crate::clock::now;
use crate::creation::{BoardContent, create};
use crate::links::{RoomLink, link};
use crate::log::{LogError, RoomLog};

/// What is wrong with one file.
#[derive(Debug)]
pub struct FaultyFile {
    /// The file.
    pub path: PathBuf,
    /// Every fault in it, each with its place.
    pub faults: Vec<Fault>,
}

/// Why not everything was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Some files have faults.
    #[error("{}nothing was imported", listed(.0))]
    Faulty(Vec<FaultyFile>),
    /// The store failed; rooms made before that are there, and their links were told.
    #[error("the store failed")]
    Store(#[from] LogError),
    /// A link could not be told; no room was made after that one.
    #[error("the links could not be printed")]
    Untold(#[from] std::io::Error),
}

fn listed(files: &[FaultyFile]) -> String {
    files.iter().map(ToString::to_string).collect()
}

impl fmt::Display for FaultyFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        for Fault { pointer, detail } in &self.faults {
            let place = if pointer.is_empty() { "/" } else { pointer };
            writeln!(formatter, "{path}: {place}: {detail}")?;
        }
        Ok(())
    }
}

/// Makes a room of each file, unless one of them has a fault. `base` is where people reach the
/// server, without a slash at the end. Each link is told as soon as its room is made, so that
/// whatever ends an import half-way costs one link at most.
pub async fn import(
    files: &[PathBuf],
    log: &dyn RoomLog,
    access: &dyn AccessStore,
    base: &str,
    tell: &mut (dyn FnMut(&RoomLink) -> std::io::Result<()> + Send),
) -> Result<(), ImportError> {
    let mut journeys = Vec::new();
    let mut refused = Vec::new();
    for path in files {
        match read(path) {
            Ok(journey) => journeys.push(journey),
            Err(faults) => refused.push(FaultyFile {
                path: path.clone(),
                faults,
            }),
        }
    }
    if !refused.is_empty() {
        return Err(ImportError::Faulty(refused));
    }
    for journey in journeys {
        let at = now();
        let room = create(log, access, &BoardContent::of(&journey, at), at).await?;
        let (title, municipality) = (journey.title, journey.municipality.name);
        tell(&link(access, room.id, title, municipality, base).await?)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Journey, Vec<Fault>> {
    let whole = |detail: String| {
        vec![Fault {
            pointer: String::new(),
            detail,
        }]
    };
    let bytes = std::fs::read(path).map_err(|error| whole(format!("cannot be read: {error}")))?;
    if bytes.len() > JOURNEY_BYTES {
        return Err(whole(format!("is larger than {JOURNEY_BYTES} bytes")));
    }
    Journey::parse(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::sqlite::SqliteStore;

    #[tokio::test]
    async fn a_journey_becomes_a_room_with_a_link_and_a_code() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("data")).unwrap();

        let mut links = Vec::new();
        let mut tell = |link: &RoomLink| {
            links.push(link.clone());
            Ok(())
        };
        import(
            &[sample("trouwen")],
            &store,
            &store,
            "http://host",
            &mut tell,
        )
        .await
        .unwrap();

        assert_eq!(links.len(), 1);
        assert!(links[0].coach_link.starts_with("http://host/join#"));
        assert_eq!(links[0].municipality, "Duinrade");
        assert_eq!(store.rooms().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn one_faulty_file_keeps_all_out_and_every_fault_is_told_with_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("data")).unwrap();
        let text = std::fs::read_to_string(sample("trouwen")).unwrap();
        let mut journey: serde_json::Value = serde_json::from_str(&text).unwrap();
        journey["phases"][0]["title"] = 7.into();
        journey["persona"]["digitalSkill"] = 9.into();
        let faulty = directory.path().join("faulty.json");
        std::fs::write(&faulty, journey.to_string()).unwrap();
        let absent = directory.path().join("absent.json");

        let files = [sample("verhuizen"), faulty, absent];
        let refused = import(&files, &store, &store, "http://host", &mut |_| Ok(()))
            .await
            .unwrap_err()
            .to_string();

        for told in [
            "/phases/0/title",
            "/persona/digitalSkill",
            "absent.json",
            "nothing was imported",
        ] {
            assert!(refused.contains(told), "{told}: {refused}");
        }
        assert!(store.rooms().await.unwrap().is_empty());
    }

    fn sample(slug: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../samples/{slug}.json"))
    }
}
