//! Who is refused, and whether that is right: what the rights of the moment allow is worked out
//! here by what the room told, and not by how it weighs.

use hartslag_protocol::ids::ConnectionId;
use hartslag_protocol::wire::close::CloseCode;
use hartslag_protocol::wire::message::RefusalReason;
use hartslag_protocol::workshop::{BoardMode, Role};

use super::node::{Link, Sent};
use super::world::World;
use super::{Checked, ensure};
use crate::log::{EntryKind, Milliseconds, NewEntry};
use crate::room::rights::GRACE;

impl World {
    /// P1 and P4 to P7: only what exceeds all rights of the moment is refused.
    pub(super) fn check_refusal(
        &mut self,
        at: usize,
        to: ConnectionId,
        number: Option<u64>,
        reason: RefusalReason,
    ) -> Checked {
        let Some(link) = self.nodes[at].links.get(&to) else {
            return Ok(());
        };
        let number = number.and_then(|number| usize::try_from(number).ok());
        let at_place = number.and_then(|number| number.checked_sub(1));
        let sent = at_place.and_then(|place| Some((place, link.sent.get(place)?)));
        let Some((place, sent)) = sent else {
            return Err(format!("an honest member is refused: {reason}"));
        };
        ensure!(
            self.exceeds(at, link, sent),
            "an honest member is refused: {reason}"
        );
        let fits = match self.members[link.member].writer.role {
            Role::Observer | Role::Voter => reason == RefusalReason::NotAllowed,
            Role::Participant if sent.needs == BoardMode::Open => {
                reason == RefusalReason::BoardLocked || reason == RefusalReason::NotesOnly
            }
            _ => reason == RefusalReason::BoardLocked,
        };
        let fits = fits || self.has_gone_back();
        ensure!(fits, "P9: refused for another reason: {reason}");
        if let Some(link) = self.nodes[at].links.get_mut(&to) {
            let sent = &mut link.sent[place];
            sent.refused = true;
            link.refused.add(&sent.content);
        }
        Ok(())
    }

    /// No honest member is closed for good, but a plain client that exceeded its rights.
    pub(super) fn check_close(&self, at: usize, to: ConnectionId, code: CloseCode) -> Checked {
        let Some(link) = self.nodes[at].links.get(&to) else {
            return Ok(());
        };
        let is_right = match code {
            CloseCode::Malformed | CloseCode::Behind => false,
            CloseCode::Forbidden => link.sent.iter().any(|sent| self.exceeds(at, link, sent)),
            _ => true,
        };
        ensure!(is_right, "an honest member is closed: {}", code.reason());
        Ok(())
    }

    /// Whether a message exceeds all rights that hold, or held until just before it came.
    fn exceeds(&self, at: usize, link: &Link, sent: &Sent) -> bool {
        let Some(arrival) = sent.arrival.filter(|arrival| !arrival.was_known) else {
            return false;
        };
        match self.members[link.member].writer.role {
            // Who brings along what the log lost brings what others wrote.
            _ if self.has_gone_back() => true,
            Role::Observer | Role::Voter => true,
            Role::Participant => self.widest(at, arrival.at) < sent.needs,
            Role::Coach => false,
        }
    }

    /// How open the board was at most, from the grace before a moment until now (P6).
    fn widest(&self, at: usize, moment: Milliseconds) -> BoardMode {
        let modes = &self.nodes[at].modes;
        let ends = modes.iter().skip(1).map(|(end, _)| *end);
        let ends = ends.chain([Milliseconds::MAX]);
        let held = modes.iter().zip(ends);
        let recent = held.filter(|(_, end)| moment < end.saturating_add(GRACE));
        let recent = recent.map(|((_, mode), _)| *mode);
        recent.max().unwrap_or(BoardMode::Locked)
    }

    /// The other way around: what is appended for someone, that person might write.
    pub(super) fn check_rights(&self, at: usize, entries: &[NewEntry]) -> Checked {
        for entry in entries {
            let members = self.members.iter().map(|member| member.writer);
            let mut writers = members.filter(|it| entry.writer == Some(it.participant));
            let Some(writer) = writers.next().filter(|_| entry.kind == EntryKind::Update) else {
                continue;
            };
            let might = match writer.role {
                Role::Observer | Role::Voter => false,
                Role::Participant => self.widest(at, entry.at) >= BoardMode::Notes,
                Role::Coach => true,
            };
            ensure!(might, "P1, P4: a {:?} writes on the board", writer.role);
        }
        Ok(())
    }

    /// Going on after a refusal: the local document is dropped and the room's loaded.
    pub(super) fn hears_refusal(
        &mut self,
        at: usize,
        connection: ConnectionId,
        number: Option<u64>,
    ) {
        let Some(link) = self.nodes[at].links.get_mut(&connection) else {
            return;
        };
        let number = number.and_then(|number| usize::try_from(number).ok());
        if number.is_none_or(|number| number <= link.dropped) {
            return;
        }
        link.dropped = link.sent.len();
        let member = link.member;
        self.members[member].start_anew();
        self.members[member].has_started_over = true;
        self.greet(member);
    }
}
