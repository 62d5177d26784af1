//! `upsctl deploy`: plan, ask, apply, prove, or put everything back.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::Global;
use super::candidates;
use super::session::{self, Session};
use crate::exit::Exit;
use crate::flow;
use crate::flow::saved_plan::SavedPlan;
use crate::report::prompt;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
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
    /// Change a password although a client that cannot be reached is locked out by that
    #[arg(long)]
    lock_out: bool,
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
        return session::print(
            global,
            "The saved plan changes nothing.
",
        )
        .map(|()| Exit::Done);
    }
    let mut session = Session::begin(global, &hosts)?;
    session.fetch_secrets()?;
    session.interrupt.listen()?;
    session.options.policy.even_on_battery = arguments.even_on_battery;
    session.options.policy.lock_out = arguments.lock_out;
    session.options.policy.install = arguments.install;
    session.options.undo_after = arguments.undo_after;
    session.options.keep = usize::from(arguments.keep);
    let asked = Cell::new(false);
    let hosts = session.to_change();
    let outcomes = flow::deploy::deploy(
        &session,
        hosts,
        &session.chosen,
        saved.as_ref(),
        &|previews| {
            asked.set(true);
            session.confirm("deploy", arguments.yes, previews)
        },
    )?;
    session.end_change("deploy", asked.get(), &outcomes)
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
