//! `upsctl deploy`: plan, ask, apply, prove, or put everything back.

use std::cell::Cell;
use std::io::stdin;

use anyhow::{Result, bail};
use clap::Args;

use super::site::{Site, color, print};
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::plan::Policy;
use crate::report::{self, prompt, screen};

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
        site.clear_bars();
        confirm(global, arguments, &site, previews)
    })?;
    let mut exit = report::exit_code(&outcomes, false);
    if site.was_interrupted() {
        exit = exit.worst(Exit::Interrupted);
    }
    if asked.get() && global.format != Format::Json {
        print(
            global,
            &report::human::endings("deploy", &outcomes, &site.page(global)),
        )?;
    } else {
        site.print(global, "deploy", &outcomes, exit)?;
    }
    Ok(exit)
}

/// Shows the plan and asks, unless told not to.
fn confirm(
    global: &Global,
    arguments: &Arguments,
    site: &Site,
    previews: &[HostOutcome],
) -> Result<bool> {
    if global.format != Format::Json {
        print(
            global,
            &report::human::outcomes("deploy", previews, &site.page(global)),
        )?;
    }
    if arguments.yes {
        return Ok(true);
    }
    let changing: Vec<HostName> = previews
        .iter()
        .filter(|preview| matches!(preview.result, HostResult::Pending { .. }))
        .map(|preview| preview.host.clone())
        .collect();
    screen::stderr(&prompt::question(&changing), color(global))?;
    Ok(prompt::is_yes(&mut stdin().lock())?)
}
