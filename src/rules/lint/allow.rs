//! `allow = ["rule-id"]`: silences a rule on a host or everywhere, visibly.

use std::collections::BTreeMap;

use super::site::Site;
use super::{RULES, allow_unused};
use crate::model::diagnostic::Diagnostic;
use crate::model::finding::{Finding, Place};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::rules;
use crate::rules::lint::nearest::nearest;

/// One id in an `allow`.
pub(super) struct Allow<'a> {
    pub(super) rule: &'a str,
    /// The host it stands on; nothing when it is for all.
    pub(super) host: Option<&'a HostName>,
    pub(super) place: Option<Place>,
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
    site: &Site<'_>,
    findings: Vec<Finding>,
) -> (Vec<Finding>, BTreeMap<String, usize>) {
    let allows = all(site.inventory, |path| site.key(path));
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
    let unused = allows.iter().zip(&used).filter(|(allow, used)| {
        !**used && allow.host.is_none_or(|host| site.hosts.contains_key(host))
    });
    let unused = unused.filter(|(allow, _)| RULES.iter().any(|rule| rule.id == allow.rule));
    kept.extend(unused.map(|(allow, _)| allow_unused::of(allow)));
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
