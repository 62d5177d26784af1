use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "user-unknown",
    severity: Severity::Error,
    text: include_str!("user_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let unknown = cross::logins(view).filter(|login| login.user.is_none());
    unknown
        .map(|login| {
            let saw = format!("{} has no user `{}`", login.server.name, login.watch.user);
            let values = [
                ("user", login.watch.user.as_str()),
                ("server", login.server.name.as_str()),
            ];
            view.finding(&RULE, saw, view.at_watch(login.watch), &values)
        })
        .collect()
}
