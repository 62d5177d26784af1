use super::View;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Reading;
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "ups-not-answering",
    severity: Severity::Error,
    text: include_str!("ups_not_answering.md"),
};

pub fn check(view: &View<'_>) -> Vec<Finding> {
    view.desired
        .systems()
        .into_iter()
        .filter_map(|system| {
            let saw = match view.observed.ups.get(&system) {
                Some(reading @ Reading::Variables(_)) => match reading.status() {
                    Some(status) if !status.starts_with("WAIT") => return None,
                    Some(_) => format!("{system}: the driver has not delivered data yet (WAIT)"),
                    None => format!("{system} answers without ups.status"),
                },
                Some(Reading::Error(text)) => format!("upsc {system}: {text}"),
                Some(Reading::TimedOut) => format!("upsc {system} got no answer within 4 s"),
                None => format!("upsc {system} could not be run"),
            };
            Some(RULE.finding(saw, &[("system", &system)]))
        })
        .collect()
}
