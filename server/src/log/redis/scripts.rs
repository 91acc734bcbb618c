//! The scripts: each is one atomic step, and touches keys of one hash slot.

use redis::Script;

#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) recreate: Script,
    pub(super) append: Script,
    pub(super) save_snapshot: Script,
    pub(super) open_round: Script,
    pub(super) put_response: Script,
    pub(super) close_round: Script,
    pub(super) erase_responses: Script,
    pub(super) claim_join_code: Script,
    pub(super) release_join_code: Script,
    pub(super) restore: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            create: Script::new(include_str!("scripts/create.lua")),
            recreate: Script::new(include_str!("scripts/recreate.lua")),
            append: Script::new(include_str!("scripts/append.lua")),
            save_snapshot: Script::new(include_str!("scripts/save_snapshot.lua")),
            open_round: Script::new(include_str!("scripts/open_round.lua")),
            put_response: Script::new(include_str!("scripts/put_response.lua")),
            close_round: Script::new(include_str!("scripts/close_round.lua")),
            erase_responses: Script::new(include_str!("scripts/erase_responses.lua")),
            claim_join_code: Script::new(include_str!("scripts/claim_join_code.lua")),
            restore: Script::new(include_str!("scripts/restore.lua")),
            release_join_code: Script::new(include_str!("scripts/release_join_code.lua")),
        }
    }
}
