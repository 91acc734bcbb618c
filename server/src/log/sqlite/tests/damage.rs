//! A full disk, and files that are not what they should be.

use super::*;

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() {
    let mut fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(2)).await.unwrap();

    fixture.store().limit_pages(60).await;
    let mut acknowledged = vec![];
    let refusal = loop {
        let large = vec![large_entry()];
        match fixture.store().append(room, 1, large).await {
            Ok(sequences) => acknowledged.extend(sequences),
            Err(error) => break error,
        }
    };
    let check = fixture.store().check().await;
    fixture.store().limit_pages(1_000_000).await;
    let later = fixture.store().append(room, 1, entries(1)).await.unwrap();
    fixture.crash().await;

    assert!(matches!(refusal, LogError::Unavailable(_)));
    assert!(matches!(check, Err(LogError::Unavailable(_))));
    let loaded = fixture.store().load(room).await.unwrap();
    assert_eq!(loaded.tail.len(), 3 + acknowledged.len());
    assert_eq!(later, [loaded.tail.len() as u64]);
}

#[tokio::test]
async fn on_a_full_disk_what_fits_is_kept() {
    let fixture = SqliteFixture::start().await;
    let store = fixture.store();
    let room = new_room(store).await;
    store.limit_pages(60).await;

    let large = join_all((0..4).map(|_| {
        let mut large = large_entry();
        large.bytes = vec![7; 1 << 20].into();
        store.append(room, 1, vec![large])
    }));
    let small = join_all((0..4).map(|_| store.append(room, 1, entries(1))));
    let (large, small) = tokio::join!(large, small);

    assert!(large.iter().all(Result::is_err));
    assert!(small.iter().all(Result::is_ok));
    assert_eq!(store.load(room).await.unwrap().tail.len(), 4);
}

#[tokio::test]
async fn a_batch_that_half_fits_is_not_kept_at_all() {
    let fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().limit_pages(60).await;
    let mut batch = entries(20);
    batch[19].bytes = vec![7; 1 << 20].into();

    let refused = fixture.store().append(room, 1, batch).await;
    let next = fixture.store().append(room, 1, entries(1)).await;

    assert!(matches!(refused, Err(LogError::Unavailable(_))));
    assert_eq!(next.unwrap(), [1]);
    assert_eq!(fixture.store().load(room).await.unwrap().tail.len(), 1);
}

#[tokio::test]
async fn garbage_is_damage_and_not_a_panic() {
    let directory = TempDir::new().unwrap();
    let garbage: Vec<u8> = (0..20_000_u32).map(|n| (n * n % 251) as u8).collect();
    std::fs::write(directory.path().join(FILE_NAME), garbage).unwrap();

    let opened = SqliteStore::open(directory.path());

    assert!(matches!(opened, Err(LogError::Damaged(_))));
}

#[tokio::test]
async fn a_torn_file_is_damage_and_not_a_panic() {
    let fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    for _ in 0..20 {
        let large = vec![large_entry()];
        fixture.store().append(room, 1, large).await.unwrap();
    }
    fixture.store().close().await;
    let whole = std::fs::read(fixture.file()).unwrap();

    for length in [100, 4_096, whole.len() / 2, whole.len() - 4_096] {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join(FILE_NAME), &whole[..length]).unwrap();
        let answer = match SqliteStore::open(directory.path()) {
            Ok(store) => store.load(room).await.map(drop),
            Err(error) => Err(error),
        };
        assert!(
            matches!(answer, Err(LogError::Damaged(_))),
            "{length}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn l1_a_missing_entry_is_damage() {
    let fixture = SqliteFixture::start().await;
    let room = new_room(fixture.store()).await;
    fixture.store().append(room, 1, entries(5)).await.unwrap();

    for missing in [4_i64, 1] {
        let work = move |connection: &Connection| {
            connection.execute("DELETE FROM entry WHERE sequence = ?1", [missing])?;
            Ok(())
        };
        fixture.store().write(work).await.unwrap();
        let loaded = fixture.store().load(room).await;
        assert!(matches!(loaded, Err(LogError::Damaged(_))), "{missing}");
    }
}

#[tokio::test]
async fn a_file_of_another_application_is_refused() {
    let directory = TempDir::new().unwrap();
    let other = Connection::open(directory.path().join(FILE_NAME)).unwrap();
    other
        .execute_batch("CREATE TABLE recipe (id INTEGER)")
        .unwrap();
    drop(other);

    let opened = SqliteStore::open(directory.path());

    assert!(matches!(opened, Err(LogError::Damaged(_))));
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    let fixture = SqliteFixture::start().await;
    let later = |connection: &Connection| {
        connection.pragma_update(None, "user_version", 99)?;
        Ok(())
    };
    fixture.store().write(later).await.unwrap();

    let opened = SqliteStore::open(fixture.directory.path());

    assert!(matches!(opened, Err(LogError::Damaged(_))));
}
