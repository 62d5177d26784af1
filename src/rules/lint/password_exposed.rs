use super::password;
use super::site::Site;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::SecretSource;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "password-exposed",
    severity: Severity::Warning,
    text: include_str!("password_exposed.md"),
};

pub(super) fn check(site: &Site<'_>) -> Vec<Finding> {
    let users = site.inventory.users.iter().filter(|(name, user)| {
        is_literal(user.password.as_ref()) && !is_known_to_all(name, user.password.as_ref())
    });
    let users = users.filter_map(|(name, _)| site.key(&["users", name, "password"]));
    let all = site
        .inventory
        .secrets
        .password
        .as_ref()
        .filter(|source| is_literal(Some(*source)));
    let all = all.and_then(|_| site.key(&["secrets", "password"]));
    users
        .chain(all)
        .filter_map(|place| {
            let how = match &place.file {
                file if site.exposure.tracked.contains(file) => "git keeps",
                file if site.exposure.world_readable.contains(file) => {
                    "everybody on this machine may read"
                }
                _ => return None,
            };
            let saw = format!("a password stands in {}, which {how}", place.file);
            Some(RULE.finding(saw, &[]).at(place))
        })
        .collect()
}

/// A password that a vendor fixed is no secret.
fn is_known_to_all(user: &str, source: Option<&SecretSource>) -> bool {
    matches!(source, Some(SecretSource::Literal(value)) if password::is_fixed(user, value))
}

fn is_literal(source: Option<&SecretSource>) -> bool {
    matches!(source, Some(SecretSource::Literal(_)))
}
