//! The time line of an outage: for a terminal, as a page, as JSON.

mod bars;
mod chart;
mod page;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::human::{self, Page};
use super::wrap;
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::time::{Chain, TimeLine};

pub use page::{PageError, TEMPLATE, page};

/// What the time line of a site is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The files that upsctl would write; no host was asked.
    Desired,
    /// The files that the hosts have, and what their UPSes say.
    Observed,
}

/// The time line of a site, and what is wrong with it.
#[derive(Debug, Clone, Serialize)]
pub struct Course {
    pub basis: Basis,
    #[serde(flatten)]
    pub line: TimeLine,
    pub findings: Vec<Finding>,
    /// Hosts that could not be looked at, with the reason: their files are taken to be as upsctl
    /// would write them.
    pub not_looked: BTreeMap<HostName, String>,
    /// Proxmox VE hosts whose guests could not be seen, with the reason.
    pub guests_not_seen: BTreeMap<HostName, String>,
}

/// The time line for a terminal: a chart for each chain, what it means, what is wrong.
pub fn human(course: &Course, page: &Page) -> String {
    let mut out = String::new();
    for (host, why) in &course.not_looked {
        let text = format!("could not look: {why}; taken as upsctl would write it");
        wrap::labelled(&mut out, 0, &format!("{host}: "), &text, page.width);
    }
    for (host, why) in &course.guests_not_seen {
        let text = format!("could not look at its guests: {why}");
        wrap::labelled(&mut out, 0, &format!("{host}: "), &text, page.width);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    if course.line.chains.is_empty() {
        out.push_str("No UPS feeds these hosts: there is no time line.\n");
    }
    for (at, chain) in course.line.chains.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(&of_chain(chain, course.basis, page));
    }
    if !course.findings.is_empty() {
        out.push('\n');
        out.push_str(&human::findings(&course.findings, page));
    }
    out
}

/// The charts alone, one for each chain.
pub fn charts(line: &TimeLine, width: usize) -> String {
    let charts = line.chains.iter().map(|chain| chart::chart(chain, width));
    charts.collect::<Vec<_>>().join("\n")
}

/// A sentence goes on no deeper than this.
const DEEPEST: usize = 14;

fn of_chain(chain: &Chain, basis: Basis, page: &Page) -> String {
    let mut out = String::new();
    for ups in &chain.ups {
        for line in words::of_ups(ups, basis) {
            wrap::hanging(&mut out, "", 0, &line, page.width);
        }
    }
    out.push('\n');
    out.push_str(&chart::chart(chain, page.width));
    out.push('\n');
    let before = words::before(chain);
    wrap::labelled(&mut out, 0, "", &before, page.width);
    for host in &chain.hosts {
        let text = words::of_host(host);
        let lead = format!("  {}  ", host.name);
        let hang = lead.chars().count().min(DEEPEST);
        wrap::hanging(&mut out, &lead, hang, &text, page.width);
    }
    wrap::labelled(&mut out, 0, "", &words::mains_return(chain), page.width);
    out
}
