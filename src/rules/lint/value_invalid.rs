use super::keys::{self, Key};
use super::value::{self, Wrong};
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "value-invalid",
    severity: Severity::Error,
    text: include_str!("value_invalid.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    keys::all(view).filter_map(|key| of(view, &key)).collect()
}

fn of(view: &View<'_>, key: &Key<'_>) -> Option<Finding> {
    let Wrong {
        value,
        wanted,
        reads,
    } = value::wrong(key)?;
    let saw = format!(
        "{} {} has `{value}`, which is not {wanted}",
        key.file,
        key.name()
    );
    Some(
        view.finding(&RULE, saw, key.place(view), &[])
            .why(reads)
            .fix(format!("Write {wanted}.")),
    )
}
