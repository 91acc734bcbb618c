//! Files that end in the middle of a step, as a server leaves them that is killed while it writes.

use super::*;
use crate::log::NewEntry;

/// Between two places at which the file is cut.
const STRIDE: usize = 29;

/// Redis 7.0 cuts such a file after the last whole command, in the middle of the step, and at its
/// next start carries that out together with what it wrote since.
#[tokio::test]
async fn l2_part_of_a_step_that_was_cut_off_takes_the_place_of_nothing() {
    let mut fixture = RedisFixture::start().await;
    let room = new_room(fixture.store()).await;
    let begin = fixture.file().len();
    for _ in 0..2 {
        fixture.store().append(room, 1, entries(2)).await.unwrap();
    }
    let whole = fixture.file();

    for cut in (begin..whole.len()).step_by(STRIDE) {
        fixture.server.kill();
        std::fs::write(fixture.server.append_only_file(), &whole[..cut]).unwrap();
        fixture.server.restart();
        let (first, second) = (entries(1), entries(3));
        let numbers = [
            fixture.append(room, &first).await,
            fixture.append(room, &second).await,
        ];
        fixture.server.restart();

        let kept = fixture.store().load(room).await.unwrap().tail;
        for (number, entry) in numbers.iter().flatten().zip(first.iter().chain(&second)) {
            let found = kept.iter().find(|kept| kept.sequence == *number);
            assert_eq!(found.map(|it| it.key), Some(entry.key), "{cut}: {number}");
        }
        assert_eq!(fixture.append(room, &second).await, numbers[1], "{cut}");
        let next = numbers[1].last().unwrap() + 1;
        assert_eq!(fixture.append(room, &entries(1)).await, [next], "{cut}");
    }
}

/// The same where nobody appended in between: what comes to light was told to nobody.
#[tokio::test]
async fn l1_what_comes_to_light_late_leaves_no_gap() {
    let mut fixture = RedisFixture::start().await;
    let rooms = [
        new_room(fixture.store()).await,
        new_room(fixture.store()).await,
    ];
    let begin = fixture.file().len();
    fixture.append(rooms[0], &entries(3)).await;
    let whole = fixture.file();

    for cut in (begin..whole.len()).step_by(STRIDE) {
        fixture.server.kill();
        std::fs::write(fixture.server.append_only_file(), &whole[..cut]).unwrap();
        fixture.server.restart();
        fixture.append(rooms[1], &entries(1)).await;
        fixture.server.restart();

        let seen = fixture.store().load(rooms[0]).await.unwrap().tail;
        let numbers = fixture.append(rooms[0], &entries(2)).await;
        let kept = fixture.store().load(rooms[0]).await.unwrap().tail;

        assert_eq!(kept[..seen.len()], seen, "{cut}");
        assert_eq!(kept.len(), seen.len() + 2, "{cut}");
        assert_eq!(numbers[0], seen.len() as u64 + 1, "{cut}");
    }
}

impl RedisFixture {
    fn file(&self) -> Vec<u8> {
        std::fs::read(self.server.append_only_file()).unwrap()
    }

    async fn append(&self, room: RoomId, entries: &[NewEntry]) -> Vec<u64> {
        let appended = self.store().append(room, 1, entries.to_vec());
        appended.await.unwrap()
    }
}
