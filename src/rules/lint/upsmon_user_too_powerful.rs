use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "upsmon-user-too-powerful",
    severity: Severity::Warning,
    text: include_str!("upsmon_user_too_powerful.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let users = view.host.users.iter().flat_map(|users| &users.users);
    users
        .filter(|user| user.role().is_some() && cross::has_more_rights(user))
        .filter(|user| !cross::is_fixed(view, &user.name))
        .map(|user| {
            let saw = format!(
                "`{}` is the user of an upsmon and may {}",
                user.name,
                cross::rights(user)
            );
            view.finding(&RULE, saw, cross::at_user(view, user), &[])
        })
        .collect()
}
