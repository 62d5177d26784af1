//! `upsctl rollback`: back to an earlier state, planned and proven like a deploy.

use std::cell::Cell;

use anyhow::{Result, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::Global;
use super::candidates;
use super::session::Session;
use crate::apply::history::RollbackTarget;
use crate::exit::Exit;
use crate::flow;
use crate::report::prompt;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    #[arg(add = ArgValueCandidates::new(candidates::hosts))]
    host: String,
    /// The deploy to undo, with all later ones; `upsctl history` lists them [default: the last]
    id: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Show what would be put back, and change nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Go on although a UPS is on battery or has FSD latched: on NUT 2.8.1 this can shut hosts down
    #[arg(long)]
    even_on_battery: bool,
}

/// Plans, asks, applies, proves.
///
/// # Errors
/// An inventory that cannot be had, a host nobody knows, no terminal to ask on.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if !arguments.yes && !arguments.dry_run && !prompt::can_ask() {
        bail!(
            "rollback asks before it changes anything, and there is no terminal to ask on\nhint: run it with -y to apply without asking"
        );
    }
    let mut session = Session::begin(global, std::slice::from_ref(&arguments.host))?;
    let name = session.only_host("rollback")?;
    // Only for telling which password is which; what is put back is the host's own.
    let _ = session.fetch_secrets();
    session.options.policy.even_on_battery = arguments.even_on_battery;
    let target = arguments
        .id
        .as_deref()
        .map_or(RollbackTarget::Last, RollbackTarget::Id);
    if arguments.dry_run {
        let outcome = flow::rollback::preview(&session, &name, target)?;
        return session.end("rollback", &[outcome]);
    }
    session.interrupt.listen()?;
    let asked = Cell::new(false);
    let hosts = session.to_change();
    let outcome = flow::rollback::rollback(&session, hosts, &name, target, &|previews| {
        asked.set(true);
        session.confirm("rollback", arguments.yes, previews)
    })?;
    session.end_change("rollback", asked.get(), &[outcome])
}
