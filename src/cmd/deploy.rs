//! `upsctl deploy`: plan, ask, apply, prove, or put everything back.

use std::cell::Cell;

use anyhow::{Result, bail};
use clap::Args;

use super::site::Site;
use crate::cli::Global;
use crate::exit::Exit;
use crate::flow;
use crate::plan::Policy;
use crate::report::prompt;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    hosts: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Install NUT where it is missing (apt-get)
    #[arg(long)]
    install: bool,
    /// Go on although a UPS is on battery or has FSD latched: on NUT 2.8.1 this can shut hosts down
    #[arg(long)]
    even_on_battery: bool,
}

/// Deploys.
///
/// # Errors
/// An inventory, template or password that cannot be had; no terminal to ask on.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if !arguments.yes && !prompt::can_ask() {
        bail!(
            "deploy asks before it changes anything, and there is no terminal to ask on\nhint: run it with -y to apply without asking"
        );
    }
    let mut site = Site::load(global, &arguments.hosts)?;
    site.fetch_secrets()?;
    site.catch_interrupt()?;
    let policy = Policy {
        even_on_battery: arguments.even_on_battery,
        install: arguments.install,
    };
    let index = site.index();
    let context = site.context(global, policy, &index);
    let asked = Cell::new(false);
    let outcomes = flow::deploy::deploy(&context, &site.hosts, &|previews| {
        asked.set(true);
        site.confirm(global, "deploy", arguments.yes, previews)
    })?;
    site.end(global, "deploy", asked.get(), &outcomes)
}
