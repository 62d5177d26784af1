use std::collections::BTreeMap;

use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::nut::version::NutVersion;

/// What the rules have to say about a site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// By host, those about the inventory first.
    pub findings: Vec<Finding>,
    /// How many findings an `allow` silenced, by rule.
    pub silenced: BTreeMap<String, usize>,
}

impl Report {
    /// The part about these hosts, and about the inventory as a whole.
    pub fn only(mut self, hosts: &[HostName]) -> Self {
        self.findings.retain(|finding| {
            finding
                .host
                .as_ref()
                .is_none_or(|host| hosts.contains(host))
        });
        self
    }

    /// A line for each rule that was silenced.
    pub fn silenced_lines(&self) -> Vec<String> {
        let lines = self.silenced.iter().map(|(rule, count)| {
            let findings = if *count == 1 { "finding" } else { "findings" };
            format!("{count} {findings} silenced by allow ({rule})")
        });
        lines.collect()
    }

    /// What was said for several versions of NUT, as one: the same finding is said once, and names
    /// the versions unless it is true in all of them.
    pub fn merge(reports: Vec<(NutVersion, Self)>) -> Self {
        let total = reports.len();
        let mut merged: Vec<(Finding, Vec<NutVersion>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut silenced: BTreeMap<String, usize> = BTreeMap::new();
        for (version, report) in reports {
            for (rule, count) in report.silenced {
                let most = silenced.entry(rule).or_default();
                *most = count.max(*most);
            }
            for finding in report.findings {
                let at = *known.entry(key(&finding)).or_insert(merged.len());
                match merged.get_mut(at) {
                    Some((_, versions)) => versions.push(version),
                    None => merged.push((finding, vec![version])),
                }
            }
        }
        let everywhere = |finding: &Finding, versions: &[NutVersion]| {
            finding.rule != "allow-unused" || versions.len() == total
        };
        let mut findings: Vec<Finding> = merged
            .into_iter()
            .filter(|(finding, versions)| everywhere(finding, versions))
            .map(|(finding, versions)| with_versions(finding, &versions, total))
            .collect();
        findings.sort_by(|one, other| one.host.cmp(&other.host));
        Self { findings, silenced }
    }
}

/// What makes two findings the same.
fn key(finding: &Finding) -> String {
    let place = finding.place.as_ref();
    let place = place.map(|place| format!("{}:{}:{}", place.file, place.line, place.column));
    format!(
        "{}\n{:?}\n{}\n{place:?}\n{:?}",
        finding.rule, finding.host, finding.saw, finding.fix
    )
}

fn with_versions(mut finding: Finding, versions: &[NutVersion], total: usize) -> Finding {
    if versions.len() < total {
        let names: Vec<String> = versions.iter().map(ToString::to_string).collect();
        finding.saw = format!("{} (NUT {})", finding.saw, names.join(", "));
    }
    finding
}
