//! `upsctl rollback`: back to an earlier state, planned and proven like a deploy.

use std::cell::Cell;

use anyhow::{Result, bail};
use clap::Args;

use super::Global;
use super::site::Site;
use crate::apply::history::RollbackTarget;
use crate::exit::Exit;
use crate::flow;
use crate::plan::Policy;
use crate::report::prompt;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    host: String,
    /// The deploy to undo, with all later ones; `upsctl history` lists them [default: the last]
    id: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Go on although a UPS is on battery or has FSD latched: on NUT 2.8.1 this can shut hosts down
    #[arg(long)]
    even_on_battery: bool,
}

/// Plans, asks, applies, proves.
///
/// # Errors
/// An inventory that cannot be had, a host nobody knows, no terminal to ask on.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if !arguments.yes && !prompt::can_ask() {
        bail!(
            "rollback asks before it changes anything, and there is no terminal to ask on\nhint: run it with -y to apply without asking"
        );
    }
    let mut site = Site::load(global, std::slice::from_ref(&arguments.host))?;
    let [name] = site.hosts.as_slice() else {
        bail!("rollback takes one host, not a tag")
    };
    let name = name.clone();
    // Only for telling which password is which; what is put back is the host's own.
    let _ = site.fetch_secrets();
    site.catch_interrupt()?;
    let index = site.index();
    let policy = Policy {
        even_on_battery: arguments.even_on_battery,
        install: false,
    };
    let context = site.context(global, policy, &index);
    let target = arguments
        .id
        .as_deref()
        .map_or(RollbackTarget::Last, RollbackTarget::Id);
    let asked = Cell::new(false);
    let outcome =
        flow::rollback::rollback(&context, site.to_change(), &name, target, &|previews| {
            asked.set(true);
            site.confirm(global, "rollback", arguments.yes, previews)
        })?;
    site.end(global, "rollback", asked.get(), &[outcome])
}
