//! The binary: reads the command line, starts, waits for a signal.

use std::process::ExitCode;

use clap::Parser;
use hartslag_server::config::{Command, CommandLine, ServeConfig};
use hartslag_server::{ServeError, Server, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    telemetry::init(line.log_format);

    match line.command {
        Command::Serve(config) => match serve(config).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        },
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    tracing::error!(%cause, "{error}");
    ExitCode::FAILURE
}

async fn serve(config: ServeConfig) -> Result<(), ServeError> {
    let server = Server::bind(config).await?;
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
