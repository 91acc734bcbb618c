//! Nodes, members, the log and the time between them; one step is one thing that happens.

use hartslag_protocol::ids::{ConnectionId, ParticipantId, RoomId};
use hartslag_protocol::workshop::{Role, WorkshopEvent};

use super::Checked;
use super::chance::Chance;
use super::content::Content;
use super::edits::Writer;
use super::flaw::Flaw;
use super::log::ModelLog;
use super::member::Member;
use super::node::{Node, Saving};
use super::plan::{Plan, Scope};
use super::regressing::Loss;
use crate::log::{EntryKind, Known, Milliseconds, NewEntry};
use crate::room::handle::Dialect;
use crate::room::state::RoomState;

/// Characters of a line in a story, at most.
const LINE: usize = 260;

/// Something that can happen next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Edit(usize),
    Diary(usize),
    Score(usize),
    Undo(usize),
    Barrier(usize),
    Join(usize),
    Cut(usize),
    LoseDevice(usize),
    Hand(usize, ConnectionId),
    Deliver(usize, ConnectionId),
    Overflow(usize, ConnectionId),
    Forge(usize),
    Commit(usize),
    AnswerAppend(usize),
    LateAppend,
    Read(usize),
    AnswerRead(usize),
    Save(usize),
    SaveRequest(usize),
    AnswerSave(usize),
    LateSave,
    Look(usize),
    Reload(usize),
    Recover(usize),
    Hint(usize),
    Show(usize),
    Told(usize),
    Turn(usize),
    Tick(usize),
    Order(usize),
    Steer(usize),
    Wait,
    Load(usize),
    Start(usize),
    Crash(usize),
    Freeze(usize),
    Thaw(usize),
    Leave(usize),
    GoBack,
    Restore,
}

pub(super) struct World {
    pub(super) chance: Chance,
    pub(super) plan: Plan,
    pub(super) now: Milliseconds,
    pub(super) log: ModelLog,
    pub(super) nodes: Vec<Node>,
    pub(super) members: Vec<Member>,
    /// Who sends what no honest client makes, as a coach who may write anywhere.
    pub(super) forger: Writer,
    pub(super) has_forged: bool,
    /// Appends and saves whose node heard that they failed, or is gone, and that may yet happen.
    pub(super) late_appends: Vec<(Known, Vec<NewEntry>)>,
    pub(super) late_saves: Vec<Saving>,
    /// What the log lost, as long as that is not made good.
    pub(super) loss: Option<Loss>,
    /// What anyone was shown, or told to be stored: none of it may ever be lost.
    pub(super) promised: Content,
    pub(super) recorded: Vec<WorkshopEvent>,
    /// How often something was delivered to a member.
    pub(super) delivered: u64,
    trace: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(seed: u64, scope: Scope, flaw: Flaw, is_traced: bool) -> Checked<Self> {
        let mut chance = Chance::of(seed);
        let plan = Plan::of(&mut chance, scope, &mut Chance::of(!seed));
        let forger = Writer {
            participant: ParticipantId::from_bytes(chance.bytes()),
            role: Role::Coach,
        };
        let mut world = Self {
            now: 1_000_000,
            log: ModelLog::new(flaw),
            nodes: (0..plan.nodes).map(|_| Node::new()).collect(),
            members: Vec::new(),
            forger,
            has_forged: false,
            late_appends: Vec::new(),
            late_saves: Vec::new(),
            loss: None,
            promised: Content::default(),
            recorded: Vec::new(),
            delivered: 0,
            trace: is_traced.then(Vec::new),
            chance,
            plan,
        };
        for number in 0..world.plan.members {
            world.admit_member(number)?;
        }
        world.admit(world.forger)?;
        let plan = format!("{:?}", world.plan);
        world.note(|| plan);
        Ok(world)
    }

    fn admit_member(&mut self, number: usize) -> Checked {
        let participant = ParticipantId::from_bytes(self.chance.bytes());
        let role = self.plan.roles[number];
        let writer = Writer { participant, role };
        self.admit(writer)?;
        let dialect = if self.chance.one_in(2) {
            Dialect::Plain
        } else {
            Dialect::Hartslag
        };
        self.members.push(Member::new(number + 1, writer, dialect));
        Ok(())
    }

    fn admit(&mut self, writer: Writer) -> Checked {
        let event = admission(writer.participant, "Noor", writer.role);
        let entry = NewEntry {
            key: self.chance.bytes(),
            kind: EntryKind::Event,
            writer: None,
            at: self.now,
            bytes: serde_json::to_vec(&event).unwrap_or_default().into(),
        };
        self.log.append(&[entry])?;
        Ok(())
    }

    /// Lets one thing happen.
    pub(super) fn step(&mut self) -> Checked {
        self.now += self.chance.below(40) as Milliseconds;
        let steps = self.possible();
        if let Some(step) = self.chance.weigh(&steps) {
            self.take(step)?;
        }
        Ok(())
    }

    pub(super) fn take(&mut self, step: Step) -> Checked {
        let now = self.now;
        self.note(|| format!("{now} {step:?}"));
        self.happen(step)
    }

    /// Everything that can happen now, with how likely it is.
    pub(super) fn possible(&self) -> Vec<(usize, Step)> {
        let mut steps = Vec::new();
        for at in 0..self.members.len() {
            self.of_member(at, &mut steps);
        }
        for at in 0..self.nodes.len() {
            self.of_node(at, &mut steps);
        }
        steps.push((self.plan.steer, Step::Wait));
        self.of_loss(&mut steps);
        if !self.late_appends.is_empty() {
            steps.push((20, Step::LateAppend));
        }
        if !self.late_saves.is_empty() {
            steps.push((10, Step::LateSave));
        }
        steps
    }

    fn of_member(&self, at: usize, steps: &mut Vec<(usize, Step)>) {
        let member = &self.members[at];
        let eagerness = member.eagerness();
        if member.synced || member.place.is_some() {
            steps.push((6 * eagerness, Step::Edit(at)));
        }
        if member.synced {
            steps.push((eagerness, Step::Diary(at)));
            steps.push((self.plan.undo * eagerness / 10, Step::Undo(at)));
            steps.push((self.plan.score * eagerness / 10, Step::Score(at)));
        }
        if member.may_send && member.dialect == Dialect::Hartslag {
            steps.push((5, Step::Barrier(at)));
        }
        match member.place {
            None if self.nodes.iter().any(Node::runs) => steps.push((60, Step::Join(at))),
            None => {}
            Some(_) => {
                steps.push((self.plan.cut, Step::Cut(at)));
                steps.push((6, Step::Show(at)));
            }
        }
        steps.push((self.plan.lose_device, Step::LoseDevice(at)));
    }

    fn of_node(&self, at: usize, steps: &mut Vec<(usize, Step)>) {
        let node = &self.nodes[at];
        if node.append.is_asked() {
            steps.push((120, Step::Commit(at)));
        }
        if node.read.is_asked() {
            steps.push((120, Step::Read(at)));
        }
        if node.save.is_asked() {
            steps.push((40, Step::Save(at)));
        }
        if node.recovery.is_asked() {
            steps.push((80, Step::Reload(at)));
        }
        if node.is_frozen {
            steps.push((20, Step::Thaw(at)));
            return;
        }
        match (&node.room, &node.loading) {
            (None, None) => steps.push((80, Step::Load(at))),
            (None, Some(_)) => steps.push((80, Step::Start(at))),
            (Some(room), _) => self.of_room(at, room, steps),
        }
        if !self.needs(at) {
            steps.push((self.plan.crash, Step::Crash(at)));
        }
        steps.push((self.plan.freeze, Step::Freeze(at)));
    }

    fn of_room(&self, at: usize, room: &RoomState, steps: &mut Vec<(usize, Step)>) {
        let node = &self.nodes[at];
        for (&connection, link) in &node.links {
            if !link.inbound.is_empty() {
                let weight = if link.is_cut { 20 } else { 120 };
                steps.push((weight, Step::Hand(at, connection)));
            }
            if !link.is_cut {
                steps.push((100, Step::Deliver(at, connection)));
                steps.push((self.plan.overflow, Step::Overflow(at, connection)));
            }
        }
        if !node.append.is_none() && !node.append.is_asked() {
            steps.push((120, Step::AnswerAppend(at)));
        }
        if !node.read.is_none() && !node.read.is_asked() {
            steps.push((120, Step::AnswerRead(at)));
        }
        match () {
            () if node.save.is_none() => steps.push((self.plan.save, Step::SaveRequest(at))),
            () if !node.save.is_asked() => steps.push((40, Step::AnswerSave(at))),
            () => {}
        }
        if !node.recovery.is_none() && !node.recovery.is_asked() {
            steps.push((80, Step::Recover(at)));
        }
        if !node.looks.is_empty() {
            steps.push((80, Step::Look(at)));
        }
        if !self.needs(at) && node.append.is_none() {
            steps.push((self.plan.leave, Step::Leave(at)));
        }
        if !node.hints.is_empty() {
            steps.push((80, Step::Hint(at)));
        }
        if !node.told.is_empty() {
            steps.push((60, Step::Told(at)));
        }
        if room.due().is_some_and(|due| due <= self.now) {
            steps.push((80, Step::Tick(at)));
        }
        steps.push((40, Step::Turn(at)));
        steps.push((self.plan.forge, Step::Forge(at)));
        steps.push((6, Step::Order(at)));
        steps.push((self.plan.steer, Step::Steer(at)));
    }

    /// The room whose rules are tried.
    pub(super) fn room() -> RoomId {
        RoomId::from_bytes([7; 16])
    }

    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    /// The last of what happened, in short, when it was written down.
    pub(super) fn story(&self, lines: usize) -> String {
        let Some(trace) = &self.trace else {
            return String::new();
        };
        let from = trace.len().saturating_sub(lines);
        let plan = trace.first().cloned().unwrap_or_default();
        let told = trace[from..].iter().map(|line| brief(line));
        format!("{plan}\n…\n{}", told.collect::<Vec<_>>().join("\n"))
    }

    /// All that happened, when it was written down.
    pub(super) fn into_trace(self) -> Vec<String> {
        self.trace.unwrap_or_default()
    }
}

fn brief(line: &str) -> String {
    line.chars().take(LINE).collect()
}

pub(super) fn admission(participant: ParticipantId, name: &str, role: Role) -> WorkshopEvent {
    WorkshopEvent::ParticipantAdmitted {
        participant,
        name: name.into(),
        municipality: "Duinrade".into(),
        role,
    }
}
