//! The linter that NUT lacks: what is wrong with a site's files, alone and against one another.
//!
//! The rules see a [`ParsedSite`]: the files of every host, rendered or read from the host, and the
//! inventory behind them. They see no host and need no password. To add a rule: a line in `rules!`
//! of the file of its subject, its check below, its text in `text/`.

mod allow;
mod course;
mod keys;
mod language;
mod login;
mod notify;
mod password;
mod power;
mod report;
mod shutdown;
mod timing;
mod ups;
mod upsd;
mod value;

use std::sync::LazyLock;

use super::{CheckedRule, Rule};
use crate::site::ParsedSite;

use crate::model::nearest;
pub use allow::unknown as unknown_allows;
pub use report::Report;

/// The rules of this pass, sorted by id.
static RULES: LazyLock<Vec<&'static CheckedRule>> = LazyLock::new(|| {
    let all = [
        allow::RULES,
        language::RULES,
        login::RULES,
        notify::RULES,
        password::RULES,
        power::RULES,
        shutdown::RULES,
        timing::RULES,
        ups::RULES,
        upsd::RULES,
    ];
    let mut rules: Vec<&CheckedRule> = all.into_iter().flatten().collect();
    rules.sort_by_key(|rule| rule.rule.id);
    rules
});

/// The rules of this pass, sorted by id.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().map(|rule| &rule.rule)
}

/// Everything the rules have to say about a site: about the inventory first, then host by host.
pub fn check(site: &ParsedSite<'_>) -> Report {
    let mut findings = Vec::new();
    for rule in RULES.iter() {
        findings.extend(rule.of_site(site));
    }
    for host in site.hosts() {
        for rule in RULES.iter() {
            findings.extend(rule.of_host(host));
        }
    }
    findings.extend(course::findings(site, &findings));
    let (mut findings, silenced) = allow::silence(site, findings);
    findings.sort_by(|one, other| one.host.cmp(&other.host));
    Report { findings, silenced }
}
