use super::cross;
use super::site::{Same, compare};
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "password-mismatch",
    severity: Severity::Error,
    text: include_str!("password_mismatch.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let different = cross::logins(view).filter(|login| {
        let there = login.user.and_then(|user| user.password.as_ref());
        match (&login.watch.password, there) {
            (Some(here), Some(there)) => compare(here, &there.value) == Same::No,
            _ => false,
        }
    });
    different
        .map(|login| {
            let saw = format!(
                "the password of `{}` is another one on {}",
                login.watch.user, login.server.name
            );
            view.finding(
                &RULE,
                saw,
                view.at_watch(login.watch),
                &[("server", login.server.name.as_str())],
            )
        })
        .collect()
}
