//! Texts of what is wrong with a time line. The judgement is in [`crate::time`].

use super::Rule;
use crate::model::finding::{Finding, Severity};
use crate::time::Trouble;

/// The rules of this pass, sorted by id.
pub static RULES: [Rule; 8] = [
    rule(
        "battery-too-short",
        include_str!("text/battery-too-short.md"),
    ),
    rule("guest-locked", include_str!("text/guest-locked.md")),
    rule(
        "guest-startup-ignored",
        include_str!("text/guest-startup-ignored.md"),
    ),
    rule(
        "guests-outlast-power",
        include_str!("text/guests-outlast-power.md"),
    ),
    rule(
        "ha-migrates-on-battery",
        include_str!("text/ha-migrates-on-battery.md"),
    ),
    rule(
        "hostsync-runs-out",
        include_str!("text/hostsync-runs-out.md"),
    ),
    rule(
        "mount-outlives-server",
        include_str!("text/mount-outlives-server.md"),
    ),
    rule("power-gone-early", include_str!("text/power-gone-early.md")),
];

/// What goes wrong as a rule is an error; what goes wrong only at worst is told as a warning.
const fn rule(id: &'static str, text: &'static str) -> Rule {
    Rule {
        id,
        severity: Severity::Error,
        text,
    }
}

/// What is wrong, with its text. Nothing for a name that is no rule, which a test forbids.
pub fn finding(trouble: &Trouble) -> Option<Finding> {
    // One of them is a rule of lint, which sees it without a course.
    let rule = super::find(trouble.rule)?;
    let values: Vec<(&str, &str)> = trouble
        .values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let finding = rule.finding(&trouble.saw, &values).on(&trouble.host);
    Some(Finding {
        severity: trouble.severity,
        evidence: trouble.evidence.clone(),
        ..finding
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::text;

    #[test]
    fn every_trouble_has_a_text_whose_places_it_fills() {
        let code = include_str!("../../time/trouble.rs");
        for rule in &RULES {
            assert!(
                code.contains(&format!("\"{}\"", rule.id)),
                "{} is never said",
                rule.id
            );
            assert!(!text::section(rule.text, "How to fix").is_empty());
            let places = rule.text.split("{{ ").skip(1);
            for place in places.filter_map(|rest| rest.split_once(" }}")) {
                let (name, _) = place;
                assert!(
                    code.contains(&format!("(\"{name}\", ")),
                    "{}: {name}",
                    rule.id
                );
            }
        }
    }
}
