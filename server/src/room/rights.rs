//! The rights of a member at a moment: those that hold, and those that held until just now.

use std::collections::BTreeMap;

use hartslag_protocol::gate::Touch;
use hartslag_protocol::workshop::{Denial, Writer};

use super::members::Joined;
use super::state::RoomState;
use crate::log::Milliseconds;

/// How long earlier rights hold too: what was typed before the news came is still under way (P6).
pub(super) const GRACE: Milliseconds = 2_000;

/// What held before, and when it ended. No more entries than there are values.
#[derive(Debug)]
pub(super) struct Earlier<T>(BTreeMap<T, Milliseconds>);

impl<T> Default for Earlier<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Copy + Ord> Earlier<T> {
    /// Something ended.
    pub(super) fn ended(&mut self, value: T, now: Milliseconds) {
        self.0.insert(value, now);
    }

    fn recent(&self, now: Milliseconds) -> impl Iterator<Item = T> {
        let recent = move |&(_, &at): &(&T, &Milliseconds)| now < at + GRACE;
        self.0.iter().filter(recent).map(|(&value, _)| value)
    }
}

/// What a member may do now.
#[derive(Debug)]
pub(super) struct Rights {
    holding: Writer,
    /// Empty but for a moment after a change.
    earlier: Vec<Writer>,
}

impl Rights {
    pub(super) fn of(member: &Joined, room: &RoomState, now: Milliseconds) -> Self {
        let holding = Writer {
            participant: member.participant,
            role: member.role,
            mode: room.workshop.board_mode,
        };
        let roles = || std::iter::once(member.role).chain(member.earlier_roles.recent(now));
        let modes = || std::iter::once(holding.mode).chain(room.earlier_modes.recent(now));
        let all = roles().flat_map(|role| modes().map(move |mode| (role, mode)));
        let earlier = all
            .skip(1)
            .map(|(role, mode)| Writer {
                role,
                mode,
                ..holding
            })
            .collect();
        Self { holding, earlier }
    }

    /// Why the member may not do something, by the rights that hold.
    pub(super) fn weigh(&self, touch: &Touch<'_>) -> Result<(), Denial> {
        let denial = match self.holding.weigh(touch) {
            Ok(()) => return Ok(()),
            Err(denial) => denial,
        };
        let held = |writer: &Writer| writer.weigh(touch).is_ok();
        if self.earlier.iter().any(held) {
            return Ok(());
        }
        Err(denial)
    }
}
