//! The binary: reads the command line, starts, waits for a signal.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use hartslag_server::config::{Command, CommandLine, ImportConfig, ServeConfig};
use hartslag_server::import::{ImportError, import};
use hartslag_server::links::RoomLink;
use hartslag_server::store::Store;
use hartslag_server::{ServeError, Server, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
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
    }
}

fn outcome<E: std::error::Error>(done: Result<(), E>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::error!(%cause, "{error}");
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
    )
    .await;
    store.close().await;
    if let Err(error) = print(&imported?) {
        tracing::warn!(%error, "the rooms are made, but their links could not be printed");
    }
    Ok(())
}

/// The links are for whoever runs the server: on standard output, never in the log.
fn print(links: &[RoomLink]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for link in links {
        writeln!(output, "{link}")?;
    }
    output.flush()
}
