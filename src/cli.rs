//! The command line: what can be typed. Dispatch, nothing else.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cmd;
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
template error, 3 findings of severity error, 4 changes pending (diff --exit-code), 5 rolled back,
6 rollback failed, 130 interrupted.";

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Inventory: a TOML file, or a folder whose *.toml files are merged
    #[arg(
        short,
        long,
        global = true,
        value_name = "PATH",
        default_value = "inventory",
        env = "UPSCTL_INVENTORY"
    )]
    pub inventory: PathBuf,
    /// Folder with templates that replace the built-in ones [default: templates/ beside the inventory]
    #[arg(long, global = true, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: evidence, reasons, every step
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// ssh configuration file instead of ~/.ssh/config
    #[arg(long, global = true, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Seconds to wait for a connection
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// Hosts at once
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,
}

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    Human,
    /// One JSON document
    Json,
    /// Annotations for GitHub Actions (check only)
    Github,
    /// Markdown (explain only)
    Markdown,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented starter inventory
    Init(cmd::init::Arguments),
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
    /// Prove the running state: units, port, UPSes, USB, logged-in clients
    Verify(cmd::verify::Arguments),
    /// Find the first broken link from the UPS to the shutdown command, and say what to type
    Doctor(cmd::doctor::Arguments),
    /// Say what a rule is about and how to mend what it finds
    Explain(cmd::explain::Arguments),
}

impl Command {
    /// The word that is typed for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Render(_) => "render",
            Self::Diff(_) => "diff",
            Self::Deploy(_) => "deploy",
            Self::Verify(_) => "verify",
            Self::Doctor(_) => "doctor",
            Self::Check(_) => "check",
            Self::History(_) => "history",
            Self::Rollback(_) => "rollback",
            Self::Explain(_) => "explain",
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    /// What kept it from running at all; what became of hosts is in the exit code.
    pub fn run(&self, global: &Global) -> Result<Exit> {
        match self {
            Self::Init(arguments) => cmd::init::run(global, arguments),
            Self::Check(arguments) => cmd::check::run(global, arguments),
            Self::Explain(arguments) => cmd::explain::run(global, arguments),
            Self::Render(arguments) => cmd::render::run(global, arguments),
            Self::Diff(arguments) => cmd::diff::run(global, arguments),
            Self::Deploy(arguments) => cmd::deploy::run(global, arguments),
            Self::History(arguments) => cmd::history::run(global, arguments),
            Self::Rollback(arguments) => cmd::rollback::run(global, arguments),
            Self::Verify(arguments) => cmd::verify::run(global, arguments),
            Self::Doctor(arguments) => cmd::doctor::run(global, arguments),
        }
    }
}
