//! Hostile input without end: whatever the readers and the gate admit does no harm.
//!
//! Each case is a room after part of an honest session. Then it hears updates that were taken
//! apart, changed and put together again, or had bytes changed. After each one that is admitted
//! the document must agree with the gate, encode, come back equal, and be equal in Yjs. No step
//! may panic, take long, or take memory by a number that the input claims.

mod corpus;
mod measure;
mod mutation;
mod readers;
mod structure;
mod subject;
mod yjs;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use hartslag_protocol::testing::Chance;
use measure::{Cost, LONGEST, affordable, measure};
use readers::Reading;
use structure::Update;
use subject::Subject;
use yjs::{Case, Yjs};

/// How to attack.
#[derive(Debug, Parser)]
struct Options {
    /// How long.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Seed of the first case; the others follow.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Cases at most.
    #[arg(long, default_value_t = u64::MAX)]
    cases: u64,
    /// Load what is admitted in Yjs under Node too.
    #[arg(long)]
    yjs: bool,
    /// Keep updates that met an answer for the first time.
    #[arg(long)]
    keep: bool,
}

/// Honest updates that a room has at most when the attack begins: a small document is checked
/// often.
const HONEST: usize = 60;
/// Updates above this are not kept.
const KEPT_BYTES: usize = 4 << 10;
/// Updates of an attack.
const STEPS: usize = 24;
/// How often a step is done again that seemed to take too long.
const AGAIN: usize = 4;

fn main() -> ExitCode {
    let options = Options::parse();
    // Deep values that came through would overflow a small stack first.
    let attack = std::thread::Builder::new().spawn(move || Attack::new(options)?.run());
    match attack.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(summary))) => {
            say(&summary);
            ExitCode::SUCCESS
        }
        Ok(Ok(Err(Harm(what)))) => {
            say(&what);
            ExitCode::FAILURE
        }
        Ok(Err(_)) | Err(_) => ExitCode::FAILURE,
    }
}

#[expect(clippy::print_stdout, reason = "it is what this program is for")]
fn say(text: &str) {
    println!("{text}");
}

/// What must never happen.
struct Harm(String);

/// What came of it so far.
#[derive(Default)]
struct Tally {
    cases: u64,
    steps: u64,
    admitted: u64,
    reordered: u64,
    answers: BTreeMap<String, u64>,
    longest: Duration,
    most_bytes: usize,
}

struct Attack {
    options: Options,
    sessions: Vec<Vec<&'static [u8]>>,
    kept: Vec<(String, Vec<u8>)>,
    yjs: Option<Yjs>,
    tally: Tally,
}

/// How long a step takes by itself: one that seems to take too long is done again some times, as
/// another process may have had the processor.
fn quickest(
    mut elapsed: Duration,
    most: Duration,
    mut again: impl FnMut() -> Duration,
) -> Duration {
    for _ in 0..AGAIN {
        if elapsed > most {
            elapsed = elapsed.min(again());
        }
    }
    elapsed
}

impl Attack {
    fn new(options: Options) -> Result<Self, Harm> {
        let yjs = options.yjs.then(Yjs::start).transpose();
        Ok(Self {
            sessions: corpus::sessions(),
            kept: corpus::kept().map_err(|error| Harm(format!("no corpus: {error}")))?,
            yjs: yjs.map_err(|error| Harm(format!("Node does not start: {error}")))?,
            options,
            tally: Tally::default(),
        })
    }

    fn run(mut self) -> Result<String, Harm> {
        let end = Instant::now() + Duration::from_secs(self.options.seconds);
        let last = self.options.seed.saturating_add(self.options.cases);
        for seed in self.options.seed..last {
            if Instant::now() >= end {
                break;
            }
            let worked = catch_unwind(AssertUnwindSafe(|| self.case(seed)));
            let outcome = worked
                .unwrap_or_else(|_| Err(Harm("it panicked; what it said stands above".into())));
            outcome.map_err(|Harm(what)| Harm(format!("--seed {seed} --cases 1: {what}")))?;
            self.tally.cases += 1;
        }
        self.finish()
    }

    fn case(&mut self, seed: u64) -> Result<(), Harm> {
        let mut chance = Chance::new(seed);
        let session = &self.sessions[chance.below(self.sessions.len())].clone();
        let mut subject = Subject::new();
        for update in &session[..chance.below(session.len().min(HONEST))] {
            subject.hear(update);
        }
        let mut case = Case::default();
        for update in &subject.admitted {
            case.steps.push((update.clone(), String::new()));
        }
        for _ in 0..STEPS {
            let base = self.base(session, &mut chance);
            self.read(&base, &mut chance)?;
            let update = changed(&base, &subject, &mut chance);
            if self.hear(&mut subject, &update)? {
                self.tally.reordered += u64::from(subject.check());
                let admitted = subject.admitted.last().cloned().unwrap_or_default();
                case.steps.push((admitted, subject.content()));
            }
        }
        if let Some(yjs) = &mut self.yjs {
            yjs.compare(seed, &case, &subject.state())
                .map_err(|error| Harm(format!("Node is gone: {error}")))?;
        }
        Ok(())
    }

    /// What is changed: an honest update, or now and then one that was kept.
    fn base(&self, session: &[&[u8]], chance: &mut Chance) -> Vec<u8> {
        match chance.pick(&self.kept) {
            Some((_, kept)) if chance.one_in(4) => kept.clone(),
            _ => chance.pick(session).map_or_else(Vec::new, |it| it.to_vec()),
        }
    }

    fn read(&mut self, update: &[u8], chance: &mut Chance) -> Result<(), Harm> {
        let reading = Reading::near(chance, update);
        let (word, mut cost) = measure(|| reading.read());
        cost.elapsed = quickest(cost.elapsed, LONGEST, || {
            measure(|| reading.read()).1.elapsed
        });
        self.count(word, cost, &reading.input)
    }

    /// Lets the room hear an update and tells whether something of it was admitted.
    fn hear(&mut self, subject: &mut Subject, update: &[u8]) -> Result<bool, Harm> {
        let before = subject.admitted.len();
        let (answer, mut cost) = measure(|| subject.hear(update));
        cost.elapsed = quickest(cost.elapsed, LONGEST.min(affordable(answer.work)), || {
            let mut again = Subject::after(&subject.admitted[..before]);
            measure(|| again.hear(update)).1.elapsed
        });
        self.tally.admitted += u64::from(answer.is_admitted);
        if cost.is_underpriced(answer.work) {
            let (work, length) = (answer.work, update.len());
            let what = format!("{cost:?} for {length} bytes that cost {work} visits");
            return Err(Harm(what));
        }
        let is_new = !self.tally.answers.contains_key(&answer.word);
        self.count(answer.word, cost, update)?;
        if is_new && self.options.keep && update.len() <= KEPT_BYTES {
            self.keep(update)?;
        }
        Ok(answer.is_admitted)
    }

    fn count(&mut self, word: String, cost: Cost, input: &[u8]) -> Result<(), Harm> {
        if cost.elapsed > LONGEST || cost.is_greedy(input.len()) {
            let length = input.len();
            return Err(Harm(format!("{word}: {cost:?} for {length} bytes")));
        }
        self.tally.steps += 1;
        self.tally.longest = self.tally.longest.max(cost.elapsed);
        self.tally.most_bytes = self.tally.most_bytes.max(cost.bytes);
        *self.tally.answers.entry(word).or_default() += 1;
        Ok(())
    }

    fn keep(&mut self, update: &[u8]) -> Result<(), Harm> {
        let name = format!("{:03}.bin", self.kept.len());
        std::fs::write(corpus::directory().join(&name), update)
            .map_err(|error| Harm(format!("cannot keep an update: {error}")))?;
        self.kept.push((name, update.to_vec()));
        Ok(())
    }

    fn finish(self) -> Result<String, Harm> {
        let tally = self.tally;
        if tally.admitted == 0 || tally.answers.len() < 10 {
            return Err(Harm(format!("the attack is blunt: {:?}", tally.answers)));
        }
        let mut summary: Vec<_> = tally
            .answers
            .iter()
            .map(|(word, count)| format!("{count:>10}  {word}"))
            .collect();
        summary.push(format!(
            "{} cases, {} steps, {} admitted, {} came back in another order; longest step {:?}, \
             most memory {} KiB",
            tally.cases,
            tally.steps,
            tally.admitted,
            tally.reordered,
            tally.longest,
            tally.most_bytes >> 10,
        ));
        if let Some(yjs) = self.yjs {
            let said = yjs
                .finish()
                .map_err(|error| Harm(format!("Node is gone: {error}")))?;
            summary.push(said.map_err(Harm)?);
        }
        Ok(summary.join("\n"))
    }
}

/// An update like an honest one, and not quite.
fn changed(base: &[u8], subject: &Subject, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = match Update::read(base) {
        Ok(mut update) => {
            mutation::mutate(&mut update, &subject.clocks(), chance);
            update.write()
        }
        Err(_) => base.to_vec(),
    };
    if chance.one_in(4) {
        mutation::mutate_bytes(&mut bytes, chance);
    }
    bytes
}
