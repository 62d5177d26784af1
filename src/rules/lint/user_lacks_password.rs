use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "user-lacks-password",
    severity: Severity::Error,
    text: include_str!("user_lacks_password.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let users = view.host.users.iter().flat_map(|users| &users.users);
    users
        .filter(|user| {
            user.password
                .as_ref()
                .is_none_or(|word| word.value.is_empty())
        })
        .map(|user| {
            let saw = format!("user `{}` has no password", user.name);
            view.finding(&RULE, saw, view.in_file(File::UpsdUsers, &user.header), &[])
        })
        .collect()
}
