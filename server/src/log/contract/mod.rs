//! What every store must do; run on both. Rule numbers are those of `docs/protocol.md`.

pub(super) mod access;
pub(super) mod archive;
pub(super) mod entries;
pub(super) mod model;
pub(super) mod responses;
pub(super) mod snapshots;

use async_trait::async_trait;
use bytes::Bytes;
use hartslag_protocol::ids::{ParticipantId, RoomId};

use super::archive::Archive;
use super::{EntryKind, LogError, Milliseconds, NewEntry, RoomLog};
use crate::access::AccessStore;

/// In the future, so that no store forgets on its own clock what a test keeps.
pub(super) const NOW: Milliseconds = 4_000_000_000_000;

/// A store of one kind, and what it runs on.
#[async_trait]
pub(super) trait Fixture: Sized + Send + Sync {
    type Store: RoomLog + AccessStore + Archive;

    async fn start() -> Self;

    fn store(&self) -> &Self::Store;

    /// Ends the store without a goodbye and starts it on what it left.
    async fn crash(&mut self);
}

/// Makes a test of each rule, in the module of a store.
macro_rules! check_contract {
    ($fixture:ty) => {
        $crate::log::contract::check_contract! {
            $fixture,
            entries::l1_entries_are_numbered_from_one,
            entries::l1_concurrent_appends_stay_contiguous,
            entries::l1_a_batch_keeps_its_order_and_content,
            entries::l2_a_known_key_gives_its_number,
            entries::l2_concurrent_retries_count_once,
            entries::l2_keys_of_rooms_are_apart,
            entries::l3_another_epoch_is_fenced,
            entries::rooms_are_listed_oldest_first,
            entries::a_room_that_was_lost_is_made_anew_and_goes_on,
            entries::a_room_exists_from_when_it_is_made,
            entries::l7_a_node_that_knows_the_log_appends,
            entries::a_room_is_made_once,
            entries::an_unknown_room_is_told,
            entries::a_crash_loses_nothing_acknowledged,
            entries::the_check_names_the_durability,
            snapshots::l1_a_loaded_room_is_its_snapshot_and_what_followed,
            snapshots::l4_a_snapshot_replaces_only_the_one_it_knew,
            snapshots::l4_of_two_snapshots_at_once_one_wins,
            snapshots::l4_a_retried_save_is_answered_alike,
            snapshots::l4_a_snapshot_beyond_the_log_is_refused,
            snapshots::l4_a_snapshot_of_another_epoch_is_fenced,
            snapshots::l6_the_former_snapshot_and_the_log_since_it_are_kept,
            snapshots::l6_a_snapshot_in_place_of_a_damaged_one_keeps_the_former,
            snapshots::l5_a_reader_behind_the_trim_is_told,
            responses::r2_a_participant_counts_once,
            responses::r3_a_revision_must_rise,
            responses::r3_revisions_use_their_whole_range,
            responses::r5_a_closed_round_takes_nothing,
            responses::r5_nothing_is_stored_after_close_returned,
            responses::r8_erased_responses_are_gone,
            responses::responses_of_an_open_round_are_not_erased,
            responses::a_crash_keeps_responses_and_the_state_of_the_round,
            access::h1_a_device_comes_back_as_the_same_participant,
            access::h1_a_participants_role_is_the_highest_of_their_devices,
            access::h2_an_invitation_is_found_by_its_hash_alone,
            access::h2_a_room_has_one_join_code,
            access::h2_a_join_code_is_of_one_room_until_it_expires,
            access::h2_a_code_of_an_older_version_gets_a_link,
            access::h3_an_expired_code_is_still_known,
            access::h2_of_two_rooms_one_gets_the_code,
            access::tickets_end_when_revoked,
            access::h15_networks_of_a_room_have_a_key_of_their_own,
            access::h15_who_came_in_is_told_newest_first_for_a_day,
            access::a_crash_keeps_who_may_enter,
            archive::a_room_goes_out_and_in_whole,
            archive::a_standing_room_stays_unless_it_gives_way,
            archive::l3_a_room_that_was_put_in_has_a_higher_epoch,
            archive::l1_numbers_go_on_where_the_room_that_came_in_ends,
            archive::r5_open_rounds_go_on_and_closed_ones_stay_closed,
            archive::what_came_since_is_gone_but_ways_in_stay,
            archive::h2_a_code_that_another_room_has_is_not_taken_back,
            archive::tickets_end_with_the_room_they_were_for,
            archive::a_room_is_taken_out_while_others_write,
            archive::a_crash_keeps_the_room_that_was_put_in,
        }
    };
    ($fixture:ty, $($module:ident::$rule:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::log::contract::$module::$rule::<$fixture>().await;
            }
        )*
    };
}
pub(super) use check_contract;

/// A new, empty room.
pub(super) async fn new_room(store: &impl RoomLog) -> RoomId {
    let room = RoomId::generate();
    store
        .create(room, NOW, Bytes::from_static(b"start"))
        .await
        .unwrap();
    room
}

/// An entry with a key of its own.
pub(super) fn entry(text: &str) -> NewEntry {
    NewEntry {
        key: *RoomId::generate().as_bytes(),
        kind: EntryKind::Update,
        writer: Some(ParticipantId::generate()),
        at: NOW,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    }
}

/// So many entries.
pub(super) fn entries(count: usize) -> Vec<NewEntry> {
    (0..count)
        .map(|number| entry(&number.to_string()))
        .collect()
}

pub(super) fn is_no_such_room<T>(answer: &Result<T, LogError>) -> bool {
    matches!(answer, Err(LogError::NoSuchRoom))
}
