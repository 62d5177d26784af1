//! `upsctl verify`: proof of the running state.

use anyhow::Result;
use clap::Args;

use super::Global;
use super::site::Site;
use crate::exit::Exit;
use crate::flow;
use crate::plan::Policy;
use crate::report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    hosts: Vec<String>,
}

/// Looks at the hosts, one command each, and says what is not as it must be.
///
/// # Errors
/// An inventory or template that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let site = Site::load(global, &arguments.hosts)?;
    let index = site.index();
    let context = site.context(global, Policy::default(), &index);
    let outcomes = flow::verify::verify(&context, &site.hosts)?;
    let exit = report::exit_code(&outcomes, false);
    site.print(global, "verify", &outcomes, exit)?;
    Ok(exit)
}
