//! The binary: reads the command line, starts, waits for a signal.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use hartslag_server::backup::{BackupError, BackupReport, back_up};
use hartslag_server::config::{
    AcceptLossConfig, BackupConfig, Command, CommandLine, DoctorConfig, ImportConfig,
    RestoreConfig, ServeConfig,
};
use hartslag_server::doctor::{Verdict, examine};
use hartslag_server::import::{ImportError, import};
use hartslag_server::links::RoomLink;
use hartslag_server::log::LogError;
use hartslag_server::log::archive::Standing;
use hartslag_server::restore::{RestoreChoice, RestoreError, RestoredRoom, restore};
use hartslag_server::store::Store;
use hartslag_server::{ServeError, Server, telemetry};
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Tasks that run between two looks at what came in: each costs a call of the kernel, and what
/// somebody hostile sends must not keep it from the others for long.
const EVENT_INTERVAL: u32 = 16;
/// How often a long backup tells how far it is.
const PROGRESS: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => {
            eprintln!("the system gives no threads: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> ExitCode {
    let line = CommandLine::parse();
    telemetry::init(line.log_format);

    match line.command {
        Command::Serve(config) => outcome(serve(config).await),
        Command::Import(config) => match import_files(config).await {
            // Faults are a list for people, a line each, and no line of the log.
            Err(error @ ImportError::Faulty(_)) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
            done => outcome(done),
        },
        Command::Backup(config) => outcome(back_up_store(config).await),
        Command::Restore(config) => outcome(restore_rooms(config).await),
        Command::AcceptLoss(config) => outcome(accept_loss(config).await),
        Command::Doctor(config) => examine_all(&config).await,
    }
}

fn outcome<E: std::error::Error>(done: Result<(), E>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !told.ends_with(&text) {
            told = format!("{told}: {text}");
        }
        source = cause.source();
    }
    tracing::error!("{told}");
    ExitCode::FAILURE
}

async fn serve(config: ServeConfig) -> Result<(), ServeError> {
    let wants_samples = config.samples;
    let server = Server::bind(config).await?;
    if wants_samples {
        print(&server.samples().await?)?;
    }
    tracing::info!(address = %server.address(), "listening on {}", server.address());

    let shutdown = server.shutdown_handle();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down: saving rooms");
        shutdown.cancel();
    });

    server.serve().await
}

async fn import_files(config: ImportConfig) -> Result<(), ImportError> {
    let store = Store::open(&config.store).await?;
    let base = config.public_url.trim_end_matches('/');
    let imported = import(
        &config.files,
        store.log.as_ref(),
        store.access.as_ref(),
        base,
        &mut |link| print(std::slice::from_ref(link)),
    )
    .await;
    store.close().await;
    imported
}

async fn back_up_store(config: BackupConfig) -> Result<(), BackupError> {
    let store = Store::open(&config.store).await?;
    let mut told = Instant::now();
    let made = back_up(&store, &config.file, &mut |done, rooms| {
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            eprintln!("{done} of {rooms} rooms");
        }
    })
    .await;
    store.close().await;
    let BackupReport { rooms, bytes } = made?;
    let file = config.file.display();
    say(format_args!(
        "{rooms} rooms, {bytes} bytes, checked: {file}"
    ));
    Ok(())
}

async fn restore_rooms(config: RestoreConfig) -> Result<(), RestoreError> {
    let store = Store::open_alone(&config.store).await?;
    let choice = RestoreChoice {
        rooms: config.rooms,
        standing: if config.replace {
            Standing::GivesWay
        } else {
            Standing::Stays
        },
    };
    let restored = restore(&store, &config.file, &choice, |room| {
        let RestoredRoom { room, epoch, .. } = room;
        say(format_args!("room {room}: restored, epoch {epoch}"));
    })
    .await;
    store.close().await;
    say(format_args!("{} rooms restored", restored?));
    Ok(())
}

async fn accept_loss(config: AcceptLossConfig) -> Result<(), LogError> {
    let store = Store::open(&config.store).await?;
    let room = config.room;
    let accepted = store.log.accept_loss(room).await;
    store.close().await;
    accepted?;
    say(format_args!("room {room}: what it lost is accepted"));
    Ok(())
}

async fn examine_all(config: &DoctorConfig) -> ExitCode {
    let examination = examine(config).await;
    if config.json {
        // Plain data with text keys always has a JSON form.
        let json = serde_json::to_string_pretty(&examination).unwrap_or_default();
        say(format_args!("{json}"));
    } else {
        say(format_args!("{}", examination.to_string().trim_end()));
    }
    if examination.verdict == Verdict::Error {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Tells what was done; that it was done does not depend on who listens.
fn say(line: std::fmt::Arguments<'_>) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}");
}

/// The links are for whoever runs the server: on standard output, never in the log.
fn print(links: &[RoomLink]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for link in links {
        writeln!(output, "{link}")?;
    }
    output.flush()
}
