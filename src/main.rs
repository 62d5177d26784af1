//! Parse, run, exit code.

use std::process::ExitCode;

use upsctl::cli::Cli;

fn main() -> ExitCode {
    // A shell that completes a command line asks through a variable, and gets its answer here.
    upsctl::cli::complete();
    let (cli, command) = Cli::read();
    let exit = cli
        .command
        .run(&cli.global)
        .unwrap_or_else(|error| upsctl::cmd::complain(&cli.global, &command, &error));
    exit.into()
}
