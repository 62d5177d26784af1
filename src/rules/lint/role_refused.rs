use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::Role;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "role-refused",
    severity: Severity::Error,
    text: include_str!("role_refused.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for login in cross::logins(view) {
        let Some(user) = login.user else { continue };
        let own = login.server.name == view.host.name;
        let role = match (login.watch.primary, user.role()) {
            (true, Some(Role::Primary)) | (false, Some(_)) => continue,
            // Another host as primary is the matter of remote-primary.
            (true, _) if !own => continue,
            (true, _) => Role::Primary,
            (false, None) => Role::Secondary,
        };
        let word = role.word(login.server.version);
        let saw = format!(
            "`{}` is not a {word} for upsd of {}",
            login.watch.user, login.server.name
        );
        let values = [
            ("user", login.watch.user.as_str()),
            ("server", login.server.name.as_str()),
            ("role", word),
        ];
        found.push(view.finding(&RULE, saw, view.at_watch(login.watch), &values));
    }
    found
}
