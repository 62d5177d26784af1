//! Parse, run, exit code.

use std::process::ExitCode;

use upsctl::cli::Cli;

fn main() -> ExitCode {
    let (cli, command) = Cli::read();
    let exit = cli
        .command
        .run(&cli.global)
        .unwrap_or_else(|error| upsctl::cmd::complain(&cli.global, &command, &error));
    exit.into()
}
