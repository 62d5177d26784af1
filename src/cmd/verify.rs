//! `upsctl verify`: proof of the running state.

use anyhow::Result;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::Global;
use super::candidates;
use super::session::Session;
use crate::exit::Exit;
use crate::flow;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
    hosts: Vec<String>,
}

/// Looks at the hosts, one command each, and says what is not as it must be.
///
/// # Errors
/// An inventory or template that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, &arguments.hosts)?;
    let outcomes = flow::verify::verify(&session, &session.chosen)?;
    session.end("verify", &outcomes)
}
