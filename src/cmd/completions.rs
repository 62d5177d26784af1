//! `upsctl completions`: what a shell needs to complete a command line.

use anyhow::{Context as _, Result};
use clap::Args;
use clap_complete::env::Shells;

use super::Global;
use super::print;
use crate::exit::Exit;

/// Print what a shell needs to complete commands, hosts, tags, rules and symptoms.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Arguments {
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

const HELP: &str = "\
Examples:
  upsctl completions bash >/etc/bash_completion.d/upsctl
  upsctl completions zsh >/usr/local/share/zsh/site-functions/_upsctl
  upsctl completions fish >~/.config/fish/completions/upsctl.fish";

/// The variable by which the shell's function asks upsctl.
const VARIABLE: &str = "COMPLETE";

/// Runs the command. The script asks the upsctl that is on the PATH when a key is pressed, so it
/// knows the inventory of that moment.
///
/// # Errors
/// When stdout cannot be written to.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let shells = Shells::builtins();
    let shell = shells
        .completer(&arguments.shell)
        .context("no such shell is known")?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "upsctl", "upsctl", "upsctl", &mut script)?;
    print(global, &String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
