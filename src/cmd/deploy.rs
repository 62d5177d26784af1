//! `upsctl deploy`: plan, ask, apply, prove, or put everything back.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::Global;
use super::site::Site;
use crate::exit::Exit;
use crate::flow;
use crate::flow::saved_plan::SavedPlan;
use crate::plan::Policy;
use crate::report::prompt;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    hosts: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Apply exactly the plan that `diff --out` saved, or refuse as stale
    #[arg(long, value_name = "FILE", conflicts_with = "hosts")]
    plan: Option<PathBuf>,
    /// Seconds after which a host undoes an unconfirmed deploy by itself
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(15..=3600))]
    undo_after: u64,
    /// How many deploys a host remembers for rollback
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep: u16,
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
    let saved = arguments.plan.as_deref().map(read_plan).transpose()?;
    let hosts = match &saved {
        Some(plan) => plan.hosts().iter().map(ToString::to_string).collect(),
        None => arguments.hosts.clone(),
    };
    if saved.is_some() && hosts.is_empty() {
        return super::site::print(
            global,
            "The saved plan changes nothing.
",
        )
        .map(|()| Exit::Done);
    }
    let mut site = Site::load(global, &hosts)?;
    site.fetch_secrets()?;
    site.catch_interrupt()?;
    let policy = Policy {
        even_on_battery: arguments.even_on_battery,
        install: arguments.install,
    };
    let index = site.index();
    let mut context = site.context(global, policy, &index);
    context.options.undo_after = arguments.undo_after;
    context.options.keep = usize::from(arguments.keep);
    let asked = Cell::new(false);
    let outcomes = flow::deploy::deploy(
        &context,
        site.to_change(),
        &site.hosts,
        saved.as_ref(),
        &|previews| {
            asked.set(true);
            site.confirm(global, "deploy", arguments.yes, previews)
        },
    )?;
    site.end(global, "deploy", asked.get(), &outcomes)
}

fn read_plan(path: &Path) -> Result<SavedPlan> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("could not read the plan {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is no plan that `upsctl diff --out` wrote",
            path.display()
        )
    })
}
