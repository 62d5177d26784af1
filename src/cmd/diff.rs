//! `upsctl diff`: what deploy would change.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::Global;
use super::site::Site;
use crate::exit::Exit;
use crate::flow;
use crate::flow::saved_plan::SavedPlan;
use crate::plan::Policy;
use crate::report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
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
    let mut site = Site::load(global, &arguments.hosts)?;
    if !arguments.no_secrets {
        site.fetch_secrets()?;
    }
    let index = site.index();
    let context = site.context(
        global,
        Policy {
            even_on_battery: false,
            install: true,
        },
        &index,
    );
    let outcomes = flow::deploy::diff(&context, &site.hosts)?;
    if let Some(path) = &arguments.out {
        let text = serde_json::to_string_pretty(&SavedPlan::of(&outcomes, &site.secrets))?;
        fs::write(path, text + "\n")
            .with_context(|| format!("could not write {}", path.display()))?;
    }
    let exit = report::exit_code(&outcomes, arguments.exit_code);
    site.print(global, "diff", &outcomes, exit)?;
    Ok(exit)
}
