//! The command line of the load tool.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use hartslag_load::attack::{self, Attacks};
use hartslag_load::report::Row;
use hartslag_load::scenario::{self, Bench};
use hartslag_load::{gate, machine, relay};

#[derive(Debug, Parser)]
#[command(name = "hartslag-load", about)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve as a plain relay.
    Relay {
        /// Address to listen on.
        #[arg(long)]
        listen: SocketAddr,
        /// Join what has gathered for a member into one write.
        #[arg(long)]
        batching: bool,
    },
    /// Measure servers one after the other and print a table.
    Bench(Bench),
    /// Attack a server of ours while honest people work in it, and print what they noticed.
    Attacks(Attacks),
    /// Measure the gate by itself: the time of an update, and the memory of a board.
    Gate,
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    if matches!(line.command, Command::Bench(_) | Command::Attacks(_)) {
        machine::stay_on_core(machine::LOAD_CORE);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("the kernel gives what a runtime needs");
    let outcome = match line.command {
        Command::Relay { listen, batching } => {
            let relay = relay::serve(listen, batching);
            runtime.block_on(relay).map_err(|error| error.to_string())
        }
        Command::Bench(bench) => {
            let tasks = tokio::task::LocalSet::new();
            runtime.block_on(tasks.run_until(scenario::bench(&bench)))
        }
        Command::Attacks(attacks) => {
            let tasks = tokio::task::LocalSet::new();
            runtime.block_on(tasks.run_until(attack::stand(&attacks)))
        }
        Command::Gate => gate::measure().map(|figures| {
            eprintln!("{}", Row::Measured(figures).summary());
        }),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}
