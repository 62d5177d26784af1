//! Parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use upsctl::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = cli
        .command
        .run(&cli.global)
        .unwrap_or_else(|error| upsctl::cmd::complain(&cli.global, cli.command.name(), &error));
    exit.into()
}
