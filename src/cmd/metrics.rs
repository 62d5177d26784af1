//! `upsctl metrics`: what Prometheus knows of the UPSes, and whether it is right.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::flow::prometheus::Prometheus;
use crate::model::finding::Finding;
use crate::model::metrics::Monitoring;
use crate::report::{self, exit_code::of_findings};
use crate::rules;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print alerting rules for the exporter that is there, as a file for Prometheus
    Rules,
}

/// Asks Prometheus and the hosts of the UPSes.
///
/// # Errors
/// An inventory, a template or a login that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, &[])?;
    let Some(prometheus) = Prometheus::open(&session)? else {
        return not_configured(global, &session);
    };
    let seen = match flow::metrics::metrics(&session, &prometheus) {
        Ok(seen) => seen,
        Err(error) => return session.end_without_prometheus("metrics", &error),
    };
    match arguments.what {
        Some(What::Rules) => print_rules(global, &session, &seen),
        None => show(global, &session, &seen),
    }
}

fn show(global: &Global, session: &Session<'_>, seen: &Monitoring) -> Result<Exit> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        seen: &'a Monitoring,
        findings: &'a [Finding],
    }
    let findings = rules::metrics::check(seen);
    let exit = of_findings(&findings);
    let page = session.page();
    let text = match global.format {
        Format::Json => report::json::document(
            "metrics",
            exit,
            Document {
                seen,
                findings: &findings,
            },
        )?,
        _ if findings.is_empty() && page.verbosity == report::Verbosity::Quiet => String::new(),
        _ if page.verbosity == report::Verbosity::Quiet => {
            report::human::findings(&findings, &page)
        }
        _ => report::monitoring::text(seen, &page) + &report::human::findings(&findings, &page),
    };
    session.show(&text)?;
    Ok(exit)
}

fn print_rules(global: &Global, session: &Session<'_>, seen: &Monitoring) -> Result<Exit> {
    let readings: Vec<_> = seen
        .ups
        .iter()
        .flat_map(|ups| ups.readings.iter().map(move |reading| (ups, reading)))
        .map(|(ups, reading)| {
            (
                ups.ups.as_str(),
                reading,
                flow::metrics::needed(session.inventory, &ups.ups),
            )
        })
        .collect();
    if readings.is_empty() {
        bail!(
            "Prometheus at {} has no series of a UPS of the inventory: there is nothing to alert on\n\
             hint: `upsctl metrics` says what is there",
            seen.url
        );
    }
    let rules = flow::metrics::rules(&readings);
    let text = match global.format {
        Format::Json => {
            #[derive(Serialize)]
            struct Document<'a> {
                rules: &'a str,
            }
            report::json::document("metrics", Exit::Done, Document { rules: &rules })?
        }
        _ => rules,
    };
    session.show(&text)?;
    Ok(Exit::Done)
}

/// No Prometheus is no error: the UPSes can be read without.
fn not_configured(global: &Global, session: &Session<'_>) -> Result<Exit> {
    let commands: Vec<String> = session
        .inventory
        .ups
        .iter()
        .map(|(name, ups)| flow::metrics::by_hand(session, name, &ups.host))
        .collect();
    let text = match global.format {
        Format::Json => {
            #[derive(Serialize)]
            struct Document<'a> {
                configured: bool,
                by_hand: &'a [String],
            }
            let document = Document {
                configured: false,
                by_hand: &commands,
            };
            report::json::document("metrics", Exit::Done, document)?
        }
        _ => format!(
            "Not configured: the inventory has no `[prometheus]` with a `url`. By hand:\n    {}\n",
            commands.join("\n    ")
        ),
    };
    session.show(&text)?;
    Ok(Exit::Done)
}
