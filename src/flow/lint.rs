//! The lint rules on what a run knows: the files it would write, and those the hosts have.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Run;
use super::look::Looked;
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::outcome::HostError;
use crate::rules::lint;
use crate::site::ParsedSite;

type Looks = BTreeMap<HostName, Result<Looked, HostError>>;

/// Errors in the files that would be written, across all hosts of the inventory, for the versions
/// that the hosts have where they were looked at. Nothing is written while there is one.
///
/// # Errors
/// When a template does not render.
pub fn refusals(run: &Run, looked: &Looks) -> Result<Vec<Finding>> {
    let mut hosts = Vec::new();
    for name in run.inventory.hosts.keys() {
        hosts.push(match looked.get(name) {
            Some(Ok(host)) => host.desired.clone(),
            _ => run.desired(name, None)?,
        });
    }
    let site = ParsedSite::rendered(run.inventory, &hosts, run.places).with_secrets(&run.secrets);
    let found = lint::check(&site).findings;
    Ok(found
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect())
}

/// What the rules say of the files that the hosts have now.
pub fn present(run: &Run, looked: &Looks) -> Vec<Finding> {
    let hosts: Vec<_> = looked
        .values()
        .filter_map(|host| host.as_ref().ok())
        .collect();
    let pairs = hosts
        .iter()
        .map(|host| (&host.desired, Some(&host.observed)));
    let site = ParsedSite::observed(run.inventory, pairs, run.places).with_secrets(&run.secrets);
    lint::check(&site).findings
}

/// The findings about one host; those about no host in particular concern every one.
pub fn about(findings: &[Finding], name: &HostName) -> Vec<Finding> {
    let concerns = |finding: &&Finding| finding.host.as_ref().is_none_or(|host| host == name);
    findings.iter().filter(concerns).cloned().collect()
}
