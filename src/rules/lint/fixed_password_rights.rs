use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::Role;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "fixed-password-rights",
    severity: Severity::Error,
    text: include_str!("fixed_password_rights.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let users = view.host.users.iter().flat_map(|users| &users.users);
    users
        .filter(|user| cross::has_more_rights(user) || user.role() == Some(Role::Primary))
        .filter(|user| cross::is_fixed(view, &user.name))
        .map(|user| {
            let saw = format!(
                "`{}` has a password that everybody knows, and may {}",
                user.name,
                cross::rights(user)
            );
            view.finding(
                &RULE,
                saw,
                cross::at_user(view, user),
                &[("user", &user.name)],
            )
        })
        .collect()
}
