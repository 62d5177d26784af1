//! One file for each subcommand: its arguments and its run. What several share is in `site`.

pub mod deploy;
pub mod diff;
pub mod init;
pub mod render;
mod site;
pub mod verify;
