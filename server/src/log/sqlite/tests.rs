//! The contract on SQLite, and what is particular to one file on one disk.

mod backup_file;
mod damage;

use async_trait::async_trait;
use futures_util::future::join_all;
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

use super::*;
use crate::access::{AccessStore, JoinCode};
use crate::log::contract::{Fixture, NOW, check_contract, entries, entry, model, new_room};
use crate::log::{NewEntry, RoomLog};
use bytes::Bytes;
use hartslag_protocol::ids::RoomId;

check_contract!(SqliteFixture);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn l2_random_calls_follow_the_model(steps in model::steps()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(model::l2_the_store_follows_the_model::<SqliteFixture>(steps));
    }
}

#[tokio::test]
async fn the_directory_is_for_its_owner_alone() {
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("data");

    let store = SqliteStore::open(&directory).unwrap();
    store.close().await;

    let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_closed_store_leaves_one_whole_file() {
    let mut fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(3)).await.unwrap();

    fixture.store().close().await;

    assert!(!connection::has_unfinished_wal(&fixture.file()));
    let refused = fixture.store().append(room, 1, entries(1)).await;
    assert!(matches!(refused, Err(LogError::Unavailable(_))));
    let refused = fixture.store().load(room).await;
    assert!(matches!(refused, Err(LogError::Unavailable(_))));
    fixture.crash().await;
    assert_eq!(fixture.store().load(room).await.unwrap().tail.len(), 3);
}

#[tokio::test]
async fn two_processes_may_write_one_file() {
    let fixture = SqliteFixture::start().await;
    let import = SqliteStore::open(fixture.directory.path()).unwrap();

    let (served, imported) = (new_room(fixture.store()).await, new_room(&import).await);
    let (here, there) = tokio::join!(
        join_all((0..20).map(|_| fixture.store().append(served, 1, entries(2)))),
        join_all((0..20).map(|_| import.append(imported, 1, entries(2)))),
    );
    import.close().await;

    assert!(here.iter().chain(&there).all(Result::is_ok));
    let seen = fixture.store().load(imported).await.unwrap();
    assert_eq!(seen.tail.len(), 40);
}

#[tokio::test]
async fn one_process_serves_a_store_at_a_time() {
    let directory = TempDir::new().unwrap();
    let serving = SqliteStore::open_alone(directory.path()).unwrap();

    let second = SqliteStore::open_alone(directory.path());
    let beside = SqliteStore::open(directory.path());

    assert!(matches!(second, Err(LogError::Unavailable(_))) && beside.is_ok());
    drop(serving);
    SqliteStore::open_alone(directory.path()).unwrap();
}

#[tokio::test]
async fn a_failing_job_does_not_fail_its_neighbours() {
    let fixture = SqliteFixture::start().await;
    let store = fixture.store();
    let room = new_room(store).await;

    let good = join_all((0..20).map(|_| store.append(room, 1, entries(1))));
    let fenced = join_all((0..20).map(|_| store.append(room, 9, entries(1))));
    let unknown = join_all((0..20).map(|_| store.append(RoomId::generate(), 1, entries(1))));
    let (good, fenced, unknown) = tokio::join!(good, fenced, unknown);

    assert!(good.iter().all(Result::is_ok));
    assert!(fenced.iter().chain(&unknown).all(Result::is_err));
    assert_eq!(store.load(room).await.unwrap().tail.len(), 20);
}

#[tokio::test]
async fn h3_a_code_is_forgotten_a_week_after_its_end() {
    let fixture = SqliteFixture::start().await;
    let week = 7 * 24 * 60 * 60 * 1_000;
    let code = |code: &str| JoinCode {
        code: code.to_owned(),
        room: RoomId::generate(),
        expires_at: NOW,
        secret: None,
    };
    fixture
        .store()
        .put_join_code(code("AAAAAA"), NOW)
        .await
        .unwrap();

    let before = code("BBBBBB");
    fixture
        .store()
        .put_join_code(before, NOW + week - 1)
        .await
        .unwrap();
    assert!(fixture.store().join_code("AAAAAA").await.unwrap().is_some());
    let after = code("CCCCCC");
    fixture
        .store()
        .put_join_code(after, NOW + week)
        .await
        .unwrap();

    assert!(fixture.store().join_code("AAAAAA").await.unwrap().is_none());
}

#[tokio::test]
async fn following_tells_nothing_and_stays_open() {
    let fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    let mut followed = fixture.store().follow(room).await.unwrap();

    fixture.store().append(room, 1, entries(1)).await.unwrap();

    let told = followed.try_recv();
    assert_eq!(told, Err(tokio::sync::mpsc::error::TryRecvError::Empty));
}

#[tokio::test]
async fn the_write_ahead_log_is_copied_as_it_grows() {
    let fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;

    for _ in 0..40 {
        let mut large = large_entry();
        large.bytes = vec![7; 1 << 20].into();
        fixture.store().append(room, 1, vec![large]).await.unwrap();
    }

    let mut wal = fixture.file().into_os_string();
    wal.push("-wal");
    assert!(std::fs::metadata(wal).unwrap().len() < 16 << 20);
}

#[tokio::test]
async fn a_failed_job_leaves_nothing_behind() {
    let fixture = SqliteFixture::start().await;
    let (room, second) = (RoomId::generate(), RoomId::generate());

    let half_done = move |connection: &Connection| {
        crate::log::sqlite::entries::create(connection, room, NOW, b"start")?;
        Err::<(), _>(LogError::NoSuchRoom)
    };
    let (failed, made) = tokio::join!(
        fixture.store().write(half_done),
        fixture
            .store()
            .create(second, NOW, Bytes::from_static(b"start")),
    );

    assert!(matches!(failed, Err(LogError::NoSuchRoom)));
    made.unwrap();
    assert_eq!(fixture.store().rooms().await.unwrap(), [second]);
}

#[tokio::test]
async fn several_may_open_and_close_a_new_store_at_once() {
    for _ in 0..10 {
        let parent = TempDir::new().unwrap();
        let directory = parent.path().join("data");

        let processes = (0..6).map(|_| async {
            let directory = directory.clone();
            let opening = tokio::task::spawn_blocking(move || SqliteStore::open(&directory));
            let store = opening.await.unwrap().unwrap();
            let room = new_room(&store).await;
            store.close().await;
            room
        });
        let mut made = join_all(processes).await;

        let store = SqliteStore::open(&directory).unwrap();
        made.sort_unstable();
        assert_eq!(store.rooms().await.unwrap(), made);
    }
}

struct SqliteFixture {
    directory: TempDir,
    store: Option<SqliteStore>,
}

impl SqliteFixture {
    fn file(&self) -> std::path::PathBuf {
        self.directory.path().join(FILE_NAME)
    }
}

#[async_trait]
impl Fixture for SqliteFixture {
    type Store = SqliteStore;

    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let store = Some(SqliteStore::open(directory.path()).unwrap());
        Self { directory, store }
    }

    fn store(&self) -> &SqliteStore {
        self.store.as_ref().unwrap()
    }

    async fn crash(&mut self) {
        self.store = None;
        self.store = Some(SqliteStore::open(self.directory.path()).unwrap());
    }
}

fn large_entry() -> NewEntry {
    NewEntry {
        bytes: Bytes::from(vec![7; 20_000]),
        ..entry("large")
    }
}
