//! `allow = ["rule-id"]`: silences a rule on a host or everywhere, visibly.

use std::collections::BTreeMap;

use crate::model::diagnostic::Diagnostic;
use crate::model::finding::{Finding, Place, Severity};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::nearest::nearest;
use crate::rules::says::says;
use crate::rules::{self, Check, CheckedRule, Rule};
use crate::site::ParsedSite;

/// Runs after all others: it is about what they said.
pub(super) static RULES: &[CheckedRule] = &[CheckedRule {
    rule: Rule {
        id: "allow-unused",
        severity: Severity::Note,
        text: include_str!("text/allow-unused.md"),
    },
    check: Check::Pass,
}];

/// One id in an `allow`.
struct Allow<'a> {
    rule: &'a str,
    /// The host it stands on; nothing when it is for all.
    host: Option<&'a HostName>,
    place: Option<Place>,
}

impl Allow<'_> {
    fn unused(&self) -> Finding {
        let saw = format!("allow has `{}`, which silences nothing", self.rule);
        let says = says(saw).at(self.place.clone());
        says.finding(&RULES[0].rule, self.host)
    }
}

/// Every `allow` of an inventory.
fn all<'a>(inventory: &'a Inventory, key: impl Fn(&[&str]) -> Option<Place>) -> Vec<Allow<'a>> {
    let mut all = Vec::new();
    for (at, rule) in inventory.allow.iter().enumerate() {
        all.push(Allow {
            rule,
            host: None,
            place: key(&["allow", &at.to_string()]),
        });
    }
    for (name, host) in &inventory.hosts {
        for (at, rule) in host.allow.iter().enumerate() {
            let place = key(&["hosts", name.as_str(), "allow", &at.to_string()]);
            all.push(Allow {
                rule,
                host: Some(name),
                place,
            });
        }
    }
    all
}

/// Takes out what is allowed, counts it by rule, and tells of an `allow` that took nothing out.
pub(super) fn silence(
    site: &ParsedSite<'_>,
    findings: Vec<Finding>,
) -> (Vec<Finding>, BTreeMap<String, usize>) {
    let allows = all(site.inventory(), |path| site.key(path));
    let mut used = vec![false; allows.len()];
    let mut silenced = BTreeMap::new();
    let mut by_rule: BTreeMap<(&str, Option<&HostName>), Vec<usize>> = BTreeMap::new();
    for (at, allow) in allows.iter().enumerate() {
        by_rule
            .entry((allow.rule, allow.host))
            .or_default()
            .push(at);
    }
    let mut kept = Vec::new();
    for finding in findings {
        let own = finding
            .host
            .as_ref()
            .and_then(|host| by_rule.get(&(finding.rule, Some(host))));
        let allowing: Vec<usize> = own
            .into_iter()
            .chain(by_rule.get(&(finding.rule, None)))
            .flatten()
            .copied()
            .collect();
        if allowing.is_empty() {
            kept.push(finding);
            continue;
        }
        *silenced.entry(finding.rule.to_string()).or_insert(0) += 1;
        for at in allowing {
            used[at] = true;
        }
    }
    let unused = allows
        .iter()
        .zip(&used)
        .filter(|(allow, used)| !**used && allow.host.is_none_or(|host| site.host(host).is_some()));
    let unused = unused.filter(|(allow, _)| super::rules().any(|rule| rule.id == allow.rule));
    kept.extend(unused.map(|(allow, _)| allow.unused()));
    (kept, silenced)
}

/// An error for every id in an `allow` that is no rule.
pub fn unknown(inventory: &Inventory, place: impl Fn(&[&str]) -> Option<Place>) -> Vec<Diagnostic> {
    let known: Vec<&str> = rules::all().iter().map(|rule| rule.id).collect();
    let wrong = all(inventory, place)
        .into_iter()
        .filter(|allow| !known.contains(&allow.rule));
    wrong
        .map(|allow| {
            let help = match nearest(allow.rule, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`upsctl explain --all` lists the rules".into(),
            };
            Diagnostic::new(format!("there is no rule `{}`", allow.rule))
                .at(allow.place)
                .help(help)
        })
        .collect()
}
