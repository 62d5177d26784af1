//! The options of every command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every command. Each has an environment variable of its own: `UPSCTL_` and the option's
/// name in capitals.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
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
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "UPSCTL_TEMPLATES",
        hide_env = true
    )]
    pub templates: Option<PathBuf>,
    /// What stdout carries
    #[arg(long, global = true, value_enum, default_value_t = Format::Human, env = "UPSCTL_FORMAT", hide_env = true)]
    pub format: Format,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "UPSCTL_COLOR", hide_env = true)]
    pub color: Color,
    /// Say only what went wrong
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        env = "UPSCTL_QUIET",
        hide_env = true
    )]
    pub quiet: bool,
    /// Say more: evidence, reasons, every step
    #[arg(short, long, global = true, env = "UPSCTL_VERBOSE", hide_env = true)]
    pub verbose: bool,
    /// ssh configuration file instead of ~/.ssh/config
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "UPSCTL_SSH_CONFIG",
        hide_env = true
    )]
    pub ssh_config: Option<PathBuf>,
    /// Seconds to wait for a connection, jump hosts and login included
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600), env = "UPSCTL_TIMEOUT", hide_env = true)]
    pub timeout: u64,
    /// Hosts at once
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=256), env = "UPSCTL_PARALLEL", hide_env = true)]
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
    /// A text file for node_exporter (status only)
    Prometheus,
}

impl Format {
    /// The one command that has the format, when not all have it.
    pub fn only_of(self) -> Option<&'static str> {
        match self {
            Self::Human | Self::Json => None,
            Self::Github => Some("check"),
            Self::Markdown => Some("explain"),
            Self::Prometheus => Some("status"),
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}
