//! `upsctl history`: earlier deploys of a host.

use anyhow::Result;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    #[arg(add = ArgValueCandidates::new(candidates::hosts))]
    host: String,
}

/// Lists what the host remembers.
///
/// # Errors
/// An inventory that cannot be had, or a host nobody knows.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, std::slice::from_ref(&arguments.host))?;
    let name = session.only_host("history")?;
    match flow::rollback::history(&session, &name) {
        Ok(history) => {
            let text = match global.format {
                Format::Json => report::json::document("history", Exit::Done, &history)?,
                _ => report::human::history(&name, &history, &session.page()),
            };
            session.show(&text)?;
            Ok(Exit::Done)
        }
        Err(error) => {
            let outcome = HostOutcome {
                host: name,
                result: HostResult::Failed { error },
            };
            session.end("history", &[outcome])
        }
    }
}
