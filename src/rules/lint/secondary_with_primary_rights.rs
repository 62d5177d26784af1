use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::Role;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "secondary-with-primary-rights",
    severity: Severity::Warning,
    text: include_str!("secondary_with_primary_rights.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let stronger = cross::logins(view).filter(|login| {
        let primary = login
            .user
            .is_some_and(|user| user.role() == Some(Role::Primary));
        primary && !login.watch.primary && login.server.name != view.host.name
    });
    let mut found: Vec<Finding> = Vec::new();
    for login in stronger {
        let saw = format!(
            "`{}` is a primary for upsd of {}",
            login.watch.user, login.server.name
        );
        let place = view.in_inventory(&[&["hosts", view.host.name.as_str(), "nut_user"]]);
        let finding = view.finding(
            &RULE,
            saw,
            place.or_else(|| view.at_watch(login.watch)),
            &[],
        );
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}
