//! The command line: what can be typed. Dispatch, nothing else.

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cmd;
use crate::cmd::Global;
use crate::exit::Exit;

/// Deploys and checks Network UPS Tools (NUT) on the hosts a UPS feeds, from one inventory.
#[derive(Debug, Parser)]
#[command(name = "upsctl", version, max_term_width = 100, after_help = AFTER)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Exit codes: 0 done or in sync, 1 a host failed or could not be reached, 2 usage, inventory or
template error, 3 findings of severity error or (status) not on mains, 4 changes pending (diff --exit-code), 5 rolled back,
6 rollback failed, 130 interrupted.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented starter inventory
    Init(cmd::init::Arguments),
    /// Make an inventory from what hosts have that were set up by hand. Changes no host
    Import(cmd::import::Arguments),
    /// Find what is wrong: in the inventory, in NUT's files, between hosts. Touches no host
    Check(cmd::check::Arguments),
    /// Print the files of a host
    Render(cmd::render::Arguments),
    /// Show what deploy would change
    Diff(cmd::diff::Arguments),
    /// Change hosts to what the inventory says, prove it, or put everything back
    Deploy(cmd::deploy::Arguments),
    /// List earlier deploys of a host
    History(cmd::history::Arguments),
    /// Undo a deploy of a host, proven like a deploy
    Rollback(cmd::rollback::Arguments),
    /// Give a host back as it was before the first deploy, and take away every trace of upsctl
    Remove(cmd::remove::Arguments),
    /// Prove the running state: units, port, UPSes, USB, logged-in clients
    Verify(cmd::verify::Arguments),
    /// Say who goes down when in an outage, and whether the battery lasts
    Timeline(cmd::timeline::Arguments),
    /// Rehearse the outage on the real hosts, with the power on: nothing goes down
    Drill(cmd::drill::Arguments),
    /// Say how each UPS is, how long it lasts, who goes down when, and who is logged in
    Status(cmd::status::Arguments),
    /// Say what happened: one time line of all hosts' journals, and the outages in it
    Events(cmd::events::Arguments),
    /// Find the first broken link from the UPS to the shutdown command, and say what to type
    Doctor(cmd::doctor::Arguments),
    /// Say what Prometheus knows of the UPSes, whether it is right, and whether alerts can fire
    Metrics(cmd::metrics::Arguments),
    /// Say what the rack draws, and what that means for the battery
    Power(cmd::power::Arguments),
    /// Say what a rule is about and how to mend what it finds
    Explain(cmd::explain::Arguments),
    /// Print what a shell needs to complete commands, hosts, tags, rules and symptoms
    Completions(cmd::completions::Arguments),
    /// Write the manual pages, one for each command
    #[command(hide = true)]
    Man(cmd::man::Arguments),
}

/// Answers a shell that completes a command line, and ends the program then.
pub fn complete() {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
}

impl Cli {
    /// Reads the command line, and ends the program where it asks for help or makes no sense.
    /// Returns the word of the command too.
    pub fn read() -> (Self, String) {
        let matches = <Self as CommandFactory>::command().get_matches();
        let word = matches.subcommand_name().unwrap_or_default().to_string();
        let cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if let Some(only) = cli.global.format.only_of().filter(|only| *only != word) {
            let message = format!("this format is for `upsctl {only}` alone");
            let kind = clap::error::ErrorKind::InvalidValue;
            Self::command().error(kind, message).exit();
        }
        (cli, word)
    }
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// What kept it from running at all; what became of hosts is in the exit code.
    pub fn run(&self, global: &Global) -> Result<Exit> {
        match self {
            Self::Init(arguments) => cmd::init::run(global, arguments),
            Self::Import(arguments) => cmd::import::run(global, arguments),
            Self::Check(arguments) => cmd::check::run(global, arguments),
            Self::Metrics(arguments) => cmd::metrics::run(global, arguments),
            Self::Power(arguments) => cmd::power::run(global, arguments),
            Self::Explain(arguments) => cmd::explain::run(global, arguments),
            Self::Render(arguments) => cmd::render::run(global, arguments),
            Self::Diff(arguments) => cmd::diff::run(global, arguments),
            Self::Deploy(arguments) => cmd::deploy::run(global, arguments),
            Self::History(arguments) => cmd::history::run(global, arguments),
            Self::Rollback(arguments) => cmd::rollback::run(global, arguments),
            Self::Remove(arguments) => cmd::remove::run(global, arguments),
            Self::Verify(arguments) => cmd::verify::run(global, arguments),
            Self::Drill(arguments) => cmd::drill::run(global, arguments),
            Self::Timeline(arguments) => cmd::timeline::run(global, arguments),
            Self::Status(arguments) => cmd::status::run(global, arguments),
            Self::Events(arguments) => cmd::events::run(global, arguments),
            Self::Doctor(arguments) => cmd::doctor::run(global, arguments),
            Self::Completions(arguments) => cmd::completions::run(global, arguments),
            Self::Man(arguments) => cmd::man::run(Cli::command(), arguments),
        }
    }
}
