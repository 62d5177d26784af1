//! `upsctl diff`: what deploy would change.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::Global;
use super::candidates;
use super::session::Session;
use crate::disk;
use crate::exit::Exit;
use crate::flow;
use crate::flow::saved_plan::SavedPlan;
use crate::report;

/// Mode of a saved plan: what hosts have is nobody else's business.
const OWNER_ONLY: u32 = 0o600;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
    hosts: Vec<String>,
    /// Exit with 4 when something would change
    #[arg(long)]
    exit_code: bool,
    /// Save the plan for `deploy --plan`; no password is in it
    #[arg(long, value_name = "FILE", conflicts_with = "no_secrets")]
    out: Option<PathBuf>,
    /// Do not fetch passwords; compare everything but them
    #[arg(long)]
    no_secrets: bool,
}

/// Looks at the hosts, one command each, and shows the difference.
///
/// # Errors
/// An inventory, template or password that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let mut session = Session::begin(global, &arguments.hosts)?;
    session.options.policy.install = true;
    if !arguments.no_secrets {
        session.fetch_secrets()?;
    }
    let outcomes = flow::deploy::diff(&session, &session.chosen)?;
    if let Some(path) = &arguments.out {
        let text = serde_json::to_string_pretty(&SavedPlan::of(&outcomes, &session.secrets))?;
        disk::write(
            path,
            OWNER_ONLY,
            &(text
                + "
"),
        )
        .with_context(|| format!("could not write {}", path.display()))?;
    }
    let exit = report::exit_code(&outcomes, arguments.exit_code);
    session.end_with("diff", &outcomes, exit)
}
