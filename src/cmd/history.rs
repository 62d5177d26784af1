//! `upsctl history`: earlier deploys of a host.

use anyhow::{Result, bail};
use clap::Args;

use super::site::{Site, print};
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::plan::Policy;
use crate::report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    host: String,
}

/// Lists what the host remembers.
///
/// # Errors
/// An inventory that cannot be had, or a host nobody knows.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let site = Site::load(global, std::slice::from_ref(&arguments.host))?;
    let [name] = site.hosts.as_slice() else {
        bail!("history takes one host, not a tag")
    };
    let index = site.index();
    let context = site.context(global, Policy::default(), &index);
    match flow::rollback::history(&context, name) {
        Ok(history) => {
            let text = match global.format {
                Format::Json => report::json::document("history", Exit::Done, &history)?,
                _ => report::human::history(name, &history, &site.page(global)),
            };
            site.clear_bars();
            print(global, &text)?;
            Ok(Exit::Done)
        }
        Err(error) => {
            let outcomes = [HostOutcome {
                host: name.clone(),
                result: HostResult::Failed { error },
            }];
            let exit = report::exit_code(&outcomes, false);
            site.print(global, "history", &outcomes, exit)?;
            Ok(exit)
        }
    }
}
