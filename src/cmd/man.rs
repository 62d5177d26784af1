//! `upsctl man`: the manual pages, for packages.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::exit::Exit;

/// Write the manual pages, one for each command.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// When a page cannot be written.
pub fn run(command: clap::Command, arguments: &Arguments) -> Result<Exit> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    clap_mangen::generate_to(command, folder)
        .with_context(|| format!("could not write manual pages to {}", folder.display()))?;
    Ok(Exit::Done)
}
