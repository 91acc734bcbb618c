//! Attacks on a server of ours while honest people work in it, and what those notice.
//!
//! Each attack has a server of its own. The honest work through a calm stretch, then through one
//! of attack, and the two are compared; afterwards somebody comes in, before and after a restart.
//! The hostile side runs in a thread that stands back for the honest one: what it takes of their
//! core must not look like the server's doing.

mod craft;
mod exports;
mod fields;
mod flood;
mod ground;
mod identities;
mod joining;
mod line;
mod memory;
mod outcome;
mod phones;
mod presence;
mod readers;
mod scene;
mod sockets;
mod updates;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use tokio::sync::oneshot;

use crate::machine;
use crate::peer::Kind;
use exports::{EXPORTS, OVERVIEW, QR};
use ground::Ground;
use outcome::{Outcome, Report};
use scene::Scene;
use updates::Shape;

/// Which attacks to stand.
#[derive(Debug, clap::Args)]
pub struct Attacks {
    /// Attacks; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub attacks: Vec<Attack>,
    /// Stores; by default SQLite, and Redis where the attack touches the store.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub stores: Vec<Store>,
    /// Times that each is run; all must hold.
    #[arg(long, default_value_t = 1)]
    pub repeat: usize,
    /// Where the table goes: `attacks.md`.
    #[arg(long, default_value = "target/attacks")]
    pub output: PathBuf,
}

/// Where the server keeps its rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Store {
    /// One file.
    Sqlite,
    /// A Redis beside it.
    Redis,
}

impl Store {
    fn kind(self) -> Kind {
        match self {
            Self::Sqlite => Kind::HartslagSqlite,
            Self::Redis => Kind::HartslagRedis,
        }
    }
}

/// What somebody hostile does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attack {
    /// An observer asks for a hundred exports of a large board at once, again and again.
    Exports,
    /// The same by a hundred observers of one network.
    ExportsOfMany,
    /// Somebody with a coach's link asks for a hundred pictures of the join address at once.
    Qr,
    /// A hundred observers ask what the room is, again and again, while its board changes.
    Overviews,
    /// Small updates of somebody, each item of which is compared with a long text.
    DearText,
    /// The same by a hundred devices of one network.
    DearTextOfMany,
    /// Values under one key that are compared with all that stood there.
    DearKey,
    /// Every other letter of a long text is deleted.
    Deletions,
    /// Large updates that the room has already.
    Known,
    /// Twenty lines say that they have something else each time, and are answered.
    Questions,
    /// Frames of 64 messages that say next to nothing.
    TinyMessages,
    /// Orders that are answered, as fast as they are taken.
    Barriers,
    /// Five connections show the largest signs of where they are.
    LargePresence,
    /// Twenty connections do.
    PresenceFlood,
    /// Twenty lines show themselves under new client ids all the time.
    PresenceChurn,
    /// Five hundred honest people with the longest names come in.
    FullRoom,
    /// A hundred and twenty devices begin 64 client ids each.
    ClientIds,
    /// Devices come back again and again, each time under a new client id.
    Sessions,
    /// Many rooms are filled to their limits, and open at the same time.
    FullRooms,
    /// The same, and all of them are exported at once.
    ExportsOfFullRooms,
    /// Sixty sockets ask for a large board and never read.
    DeafSockets,
    /// Sixty streams of events do.
    DeafStreams,
    /// Sixty sockets read some bytes now and then.
    SlowReaders,
    /// A phone on the network of honest people tries codes.
    WrongCodes,
    /// The same with links.
    WrongLinks,
    /// One laptop comes in again and again, each time as somebody else.
    Joins,
    /// One laptop comes in two thousand times and answers a round as each.
    Ballots,
    /// One device asks for tickets.
    Tickets,
    /// One laptop makes rooms.
    Rooms,
    /// One laptop makes rooms of 9,000 notes.
    LargeRooms,
    /// Order keys of 60,000 letters, and fields of other kinds that no honest client writes.
    OddFields,
    /// A phone listens behind a proxy that holds back what it can.
    BufferingProxy,
    /// Four hundred requests come byte by byte.
    SlowRequests,
    /// Fifty devices come, ask for the document and go, again and again.
    Reconnects,
    /// Twenty connections without a WebSocket post as fast as they are answered.
    Posts,
}

/// Until the attack has begun, before it is measured.
const LEAD: Duration = Duration::from_millis(300);
/// How long the hostile side may take to stop, beyond its time.
const STOPPING: Duration = Duration::from_secs(20);

impl Attack {
    fn name(self) -> String {
        let value = self.to_possible_value().expect("no attack is hidden");
        value.get_name().to_owned()
    }

    /// On the board before it begins.
    fn notes(self) -> usize {
        match self {
            Self::Exports
            | Self::ExportsOfMany
            | Self::Overviews
            | Self::Questions
            | Self::LargePresence
            | Self::SlowReaders
            | Self::DeafSockets
            | Self::DeafStreams
            | Self::Reconnects => 5_000,
            _ => 50,
        }
    }

    /// Who sits in the room without a word while it is calm: as many as the attack brings, where
    /// that is a hall. More members are told in longer steps, whatever they do.
    fn company(self) -> usize {
        match self {
            Self::FullRoom => presence::FULL,
            Self::ClientIds => identities::DEVICES,
            _ => 0,
        }
    }

    /// Whether much of it goes to the store, so that it matters which one that is.
    fn touches_store(self) -> bool {
        matches!(
            self,
            Self::DearText
                | Self::Deletions
                | Self::FullRooms
                | Self::WrongCodes
                | Self::Joins
                | Self::Ballots
                | Self::Tickets
                | Self::Rooms
        )
    }

    fn stores(self) -> &'static [Store] {
        if self.touches_store() {
            Store::value_variants()
        } else {
            &[Store::Sqlite]
        }
    }

    /// Does it, and tells in a few words what came of it. A fault is what must not happen.
    async fn run(self, scene: &Scene) -> Result<String, String> {
        let observer = &scene.room.observer;
        match self {
            Self::Exports => exports::ask(scene, EXPORTS, observer, 1).await,
            Self::ExportsOfMany => exports::ask(scene, EXPORTS, observer, 100).await,
            Self::Qr => exports::ask(scene, QR, &scene.room.coach, 1).await,
            Self::Overviews => exports::ask(scene, OVERVIEW, observer, 100).await,
            Self::DearText => updates::dear(scene, Shape::Text, 1).await,
            Self::DearTextOfMany => updates::dear(scene, Shape::Text, 100).await,
            Self::DearKey => updates::dear(scene, Shape::Key, 1).await,
            Self::Deletions => updates::dear(scene, Shape::Deletions, 1).await,
            Self::Known => updates::known(scene).await,
            Self::Questions => updates::questions(scene).await,
            Self::TinyMessages => updates::tiny(scene).await,
            Self::Barriers => updates::barriers(scene).await,
            Self::LargePresence => presence::large(scene).await,
            Self::PresenceFlood => presence::flood(scene).await,
            Self::PresenceChurn => presence::churn(scene).await,
            Self::FullRoom => presence::full_room(scene).await,
            Self::ClientIds => identities::many(scene).await,
            Self::Sessions => identities::sessions(scene).await,
            Self::FullRooms => memory::full_rooms(scene).await,
            Self::ExportsOfFullRooms => memory::exports_of_full_rooms(scene).await,
            Self::DeafSockets => readers::sockets(scene).await,
            Self::DeafStreams => readers::event_streams(scene).await,
            Self::SlowReaders => readers::slow(scene).await,
            Self::WrongCodes => joining::wrong_codes(scene).await,
            Self::WrongLinks => joining::wrong_links(scene).await,
            Self::Joins => joining::joins(scene).await,
            Self::Ballots => joining::ballots(scene).await,
            Self::Tickets => joining::tickets(scene).await,
            Self::Rooms => joining::rooms(scene).await,
            Self::LargeRooms => joining::large_rooms(scene).await,
            Self::OddFields => fields::odd_fields(scene).await,
            Self::BufferingProxy => phones::behind_a_proxy(scene).await,
            Self::SlowRequests => sockets::slow_requests(scene).await,
            Self::Reconnects => sockets::reconnects(scene).await,
            Self::Posts => sockets::posts(scene).await,
        }
    }
}

/// Runs what was asked for, writes the table, and fails when something did not hold.
pub async fn stand(attacks: &Attacks) -> Result<(), String> {
    let asked = if attacks.attacks.is_empty() {
        Attack::value_variants()
    } else {
        &attacks.attacks
    };
    let mut report = Report::default();
    for &attack in asked {
        let stores = if attacks.stores.is_empty() {
            attack.stores()
        } else {
            &attacks.stores
        };
        for store in stores {
            for _ in 0..attacks.repeat.max(1) {
                let outcome = one(attack, store.kind()).await;
                report.add(&attack.name(), store.kind(), outcome);
            }
        }
    }
    report.write(&attacks.output)
}

async fn one(attack: Attack, store: Kind) -> Result<Outcome, String> {
    let mut ground = Ground::lay(store, attack.notes()).await?;
    let company = ground.scene(ground::WINDOW).lines(attack.company()).await?;
    let calm = ground.window().await;
    drop(company);
    if let Some(fault) = &calm.fault {
        return Err(format!("without an attack: {fault}"));
    }
    let attacking = unleash(attack, ground.scene(LEAD + ground::WINDOW));
    tokio::time::sleep(LEAD).await;
    let attacked = ground.window().await;
    let told = tokio::time::timeout(STOPPING, attacking).await;
    let told = told.map_err(|_elapsed| "the attack did not stop".to_owned());
    let told = told.and_then(|told| told.map_err(|_gone| "the attack broke".to_owned()));
    Ok(Outcome {
        calm,
        attacked,
        told: told.flatten(),
        after: ground.let_in().await,
        peak_bytes: ground.peak_bytes(),
        after_restart: ground.restart_and_let_in().await,
    })
}

/// Begins an attack in a thread of its own.
fn unleash(attack: Attack, scene: Scene) -> oneshot::Receiver<Result<String, String>> {
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        machine::stand_back();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("the kernel gives what a runtime needs");
        let tasks = tokio::task::LocalSet::new();
        let outcome = runtime.block_on(tasks.run_until(attack.run(&scene)));
        // Nobody waits for an attack that was given up.
        let _ = tell.send(outcome);
    });
    told
}
