//! One file for each subcommand: its arguments and its run. What several share is in `site`.

pub mod deploy;
pub mod diff;
pub mod doctor;
mod doctor_fix;
pub mod history;
pub mod init;
pub mod render;
pub mod rollback;
mod site;
pub mod verify;

use crate::cli::Global;
use crate::exit::Exit;
use crate::report::{self, screen};

/// Says on stderr what kept a command from running.
pub fn complain(global: &Global, error: &anyhow::Error) -> Exit {
    let text = report::diagnostic::of_error(error);
    // stderr is the last resort: when it is gone there is nobody to tell.
    let _ = screen::stderr(&text, site::color(global));
    Exit::Usage
}
