use super::password;
use super::site::Site;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "password-weak",
    severity: Severity::Warning,
    text: include_str!("password_weak.md"),
};

pub(super) fn check(site: &Site<'_>) -> Vec<Finding> {
    let weak = |value: &str, user: &str| value.len() < 8 || value.eq_ignore_ascii_case(user);
    password::known(site)
        .into_iter()
        .filter(|known| !known.fixed && weak(&known.value, &known.user))
        .map(|known| {
            known.finding(
                &RULE,
                format!("the password of `{}` is short, or is its name", known.user),
            )
        })
        .collect()
}
