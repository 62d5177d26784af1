//! One file for each subcommand: its arguments and its run. What several share is in `session`.

mod candidates;
pub mod check;
pub mod completions;
pub mod deploy;
pub mod diff;
pub mod doctor;
mod doctor_fix;
pub mod drill;
pub mod events;
pub mod explain;
mod global;
pub mod history;
pub mod import;
pub mod init;
pub mod man;
pub mod metrics;
pub mod power;
pub mod remove;
pub mod render;
pub mod rollback;
mod session;
pub mod status;
pub mod timeline;
pub mod verify;

pub use global::{Color, Format, Global};

use session::print;

use crate::exit::Exit;
use crate::report::{self, screen};

/// Says on stderr what kept a command from running, and on stdout too where a script listens.
pub fn complain(global: &Global, command: &str, error: &anyhow::Error) -> Exit {
    let text = report::diagnostic::of_error(error);
    // stderr is the last resort: when it is gone there is nobody to tell.
    let _ = screen::stderr(&text, session::color(global));
    if global.format == Format::Json {
        let document = report::json::errors(command, Exit::Usage, error);
        let _ = document.map(|text| screen::stdout(&text, session::color(global)));
    }
    Exit::Usage
}
