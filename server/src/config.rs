//! The command line and the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hartslag_protocol::ids::RoomId;

use crate::http::Settings;

/// A live board for customer journeys (klantreizen) of municipalities.
#[derive(Debug, Parser)]
#[command(name = "hartslag", version)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How log lines are written; which are written, `HARTSLAG_LOG` says (`info`).
    #[arg(
        long,
        global = true,
        value_enum,
        env = "HARTSLAG_LOG_FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// What the binary can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the application.
    Serve(ServeConfig),
    /// Make a room of each journey file and print its links; of none where one has a fault.
    Import(ImportConfig),
    /// Copy every room into one file, while the server runs, and check the file.
    Backup(BackupConfig),
    /// Put rooms from a backup into the store, this one or another, with the server stopped
    /// (embedded store) or running (Redis).
    Restore(RestoreConfig),
    /// Accept that a room lost what came back missing with Redis: nodes that remember more of it
    /// serve what there is.
    AcceptLoss(AcceptLossConfig),
    /// Look at what the promises rest on: store, disk, Redis, clock, proxy. Fails on an error.
    Doctor(DoctorConfig),
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Where rooms are kept.
#[derive(Args, Clone, Debug)]
pub struct StoreConfig {
    /// Directory of the embedded store; made when absent.
    #[arg(
        long,
        value_name = "DIR",
        env = "HARTSLAG_DATA",
        default_value = "data"
    )]
    pub data: PathBuf,
    /// Keep rooms in this Redis in place of the embedded store.
    #[arg(
        long,
        value_name = "URL",
        env = "HARTSLAG_REDIS_URL",
        hide_env_values = true
    )]
    pub redis_url: Option<String>,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeConfig {
    /// Address to listen on; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDR",
        env = "HARTSLAG_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,
    /// Where people reach the server: `https://hartslag.example`. HSTS and secure cookies follow
    /// from `https`.
    #[arg(long, value_name = "URL", env = "HARTSLAG_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Take the client's address from the last entry of `X-Forwarded-For`: only behind a proxy
    /// that sets it.
    #[arg(long, env = "HARTSLAG_TRUST_FORWARDED_FOR")]
    pub trust_forwarded_for: bool,
    /// Where weaknesses are reported (`mailto:…` or `https:…`), for `security.txt`.
    #[arg(long, value_name = "URL", env = "HARTSLAG_SECURITY_CONTACT")]
    pub security_contact: Option<String>,
    /// Seconds that a room without members stays in memory.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "HARTSLAG_IDLE_UNLOAD_SECONDS",
        default_value_t = 300
    )]
    pub idle_unload_seconds: u32,
    /// Load the six sample journeys when the store has no room yet, and print the links of every
    /// room.
    #[arg(long)]
    pub samples: bool,
    /// Where rooms are kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

impl ServeConfig {
    /// How long a room without members stays in memory.
    pub(crate) fn idle_unload(&self) -> Duration {
        Duration::from_secs(self.idle_unload_seconds.into())
    }

    /// What the HTTP side needs to know.
    pub(crate) fn settings(&self) -> Settings {
        let public_url = self.public_url.as_deref();
        Settings {
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            trust_forwarded_for: self.trust_forwarded_for,
            security_contact: self.security_contact.clone(),
        }
    }
}

/// What to import.
#[derive(Args, Clone, Debug)]
pub struct ImportConfig {
    /// Journeys in the exchange format.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where people reach the server, for the links.
    #[arg(
        long,
        value_name = "URL",
        env = "HARTSLAG_PUBLIC_URL",
        default_value = "http://localhost:8080"
    )]
    pub public_url: String,
    /// Where rooms are kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

/// What to back up, and where to.
#[derive(Args, Clone, Debug)]
pub struct BackupConfig {
    /// The file; an earlier backup in its place is replaced once this one is whole.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where rooms are kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

/// What to restore.
#[derive(Args, Clone, Debug)]
pub struct RestoreConfig {
    /// A file that `hartslag backup` made.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only this room; may be given more than once.
    #[arg(long = "room", value_name = "ID")]
    pub rooms: Vec<RoomId>,
    /// Put rooms in the place of those that the store has: what came after the backup is lost.
    #[arg(long)]
    pub replace: bool,
    /// Where rooms are to be kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

/// Which loss to accept.
#[derive(Args, Clone, Debug)]
pub struct AcceptLossConfig {
    /// The room that is answered `room-regressed`.
    #[arg(value_name = "ID")]
    pub room: RoomId,
    /// Where rooms are kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

/// What to look at.
#[derive(Args, Clone, Debug)]
pub struct DoctorConfig {
    /// Where people reach the server: the way there is looked at too.
    #[arg(long, value_name = "URL", env = "HARTSLAG_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Write one JSON object in place of lines.
    #[arg(long)]
    pub json: bool,
    /// Where rooms are kept.
    #[command(flatten)]
    pub store: StoreConfig,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_whole() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_slash_behind_the_public_address_does_not_matter() {
        let line = [
            "hartslag",
            "serve",
            "--public-url",
            "https://hartslag.example/",
        ];
        let Command::Serve(config) = CommandLine::parse_from(line).command else {
            panic!("another command");
        };

        let public_url = config.settings().public_url;

        assert_eq!(public_url.as_deref(), Some("https://hartslag.example"));
    }
}
