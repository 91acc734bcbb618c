//! Invitations from before rooms noted theirs.

use hartslag_protocol::workshop::Role;

use super::*;
use crate::access::{AccessStore, Invitation};
use crate::log::archive::Archive;

#[tokio::test]
async fn invitations_that_were_not_noted_are_in_backups_after_a_start() {
    let fixture = RedisFixture::start().await;
    let (room, quiet) = (
        new_room(fixture.store()).await,
        new_room(fixture.store()).await,
    );
    let role = Role::Coach;
    for number in 0..3 {
        let invitation = Invitation { room, role };
        let put = fixture.store().put_invitation([number; 32], invitation);
        put.await.unwrap();
    }
    let damaged = keys::invitation(&[9; 32]);
    fixture.run("SET", &[&damaged, "nobody knows"]).await;
    let notes = keys::invitations(room);
    fixture.run("DEL", &[&notes, keys::NOTED]).await;

    let later = RedisStore::connect(&fixture.server.url()).await.unwrap();

    let kept = later.take_out(room).await.unwrap().invitations;
    assert_eq!(kept, [([0; 32], role), ([1; 32], role), ([2; 32], role)]);
    assert_eq!(later.take_out(quiet).await.unwrap().invitations, []);
    fixture.run("DEL", &[&notes]).await;
    let again = RedisStore::connect(&fixture.server.url()).await.unwrap();
    assert_eq!(again.take_out(room).await.unwrap().invitations, []);
}
