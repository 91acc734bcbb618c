//! Log lines. They hold identifiers and counts; never names, codes, tokens or content.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// What is logged where `HARTSLAG_LOG` does not say otherwise.
const DEFAULT: &str = "info";

/// Starts logging to standard error. Called once.
pub fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_env("HARTSLAG_LOG");
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_absent| EnvFilter::new(DEFAULT)))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // It reports a failed write by `eprintln!`, which panics where standard error cannot be
        // written: a full disk under the log would stop rooms.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
