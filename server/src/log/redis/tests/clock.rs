//! The clock that nodes share.

use super::*;
use crate::clock::now;

#[tokio::test]
async fn t2_the_shared_clock_is_that_of_redis() {
    let fixture = RedisFixture::start().await;

    // Redis runs on this machine, so that its clock is this one; half of how long a busy machine
    // takes to answer is the error.
    assert!(fixture.store().clock_ahead().abs() < 1_000);
    let before = now();
    let shared = now().saturating_add_signed(fixture.store().clock_ahead());
    assert!(shared.abs_diff(before) < 2_000);
}
