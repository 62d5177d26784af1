//! The lint rules on the files that hosts have.

use super::look::Looks;
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::model::secret::SecretStore;
use crate::render::InventoryIndex;
use crate::rules::lint;
use crate::site::ParsedSite;

/// What the rules say of the files that the hosts have now.
pub fn present(index: &InventoryIndex<'_>, secrets: &SecretStore, looked: &Looks) -> Vec<Finding> {
    let hosts = looked.values().filter_map(|host| host.as_ref().ok());
    // What TrueNAS writes is not the owner's to change.
    let hosts = hosts.filter(|host| !host.desired.is_truenas());
    let hosts = hosts.map(|host| (&host.desired, Some(&host.observed)));
    let site = ParsedSite::observed(index.inventory, hosts, index.places).with_secrets(secrets);
    lint::check(&site).findings
}

/// The findings about one host; those about no host in particular concern every one.
pub fn about(findings: &[Finding], name: &HostName) -> Vec<Finding> {
    let concerns = |finding: &&Finding| finding.host.as_ref().is_none_or(|host| host == name);
    findings.iter().filter(concerns).cloned().collect()
}
