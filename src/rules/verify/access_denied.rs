use super::View;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Seen;
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "access-denied",
    severity: Severity::Error,
    text: include_str!("access_denied.md"),
};

/// Lines since the upsmon that runs now was started; older ones are history.
pub fn check(view: &View<'_>) -> Vec<Finding> {
    let Seen::Is(lines) = &view.observed.journal else {
        return Vec::new();
    };
    let since = view
        .observed
        .units
        .get("nut-monitor.service")
        .map_or(0, |unit| unit.since);
    let refused: Vec<String> = lines
        .iter()
        .filter(|line| line.contains("ACCESS-DENIED") || line.contains("privileges unavailable"))
        .filter(|line| time_of(line).is_none_or(|time| time >= since))
        .cloned()
        .collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let saw = "upsd refuses this host's upsmon (ACCESS-DENIED in the journal)";
    vec![RULE.finding(saw, &[]).evidence(refused)]
}

/// `journalctl -o short-unix` starts each line with seconds since the epoch.
fn time_of(line: &str) -> Option<u64> {
    line.split(['.', ' ']).next()?.parse().ok()
}
