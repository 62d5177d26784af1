use std::collections::BTreeSet;

use super::site::{Site, is_known};
use super::view::View;
use crate::model::finding::{Finding, Place};
use crate::model::inventory::{Platform, SecretSource};
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::rules::Rule;

/// A password that is known. It is looked at and never shown.
pub(super) struct Known {
    pub(super) user: String,
    pub(super) value: String,
    /// A vendor chose it.
    pub(super) fixed: bool,
    host: Option<HostName>,
    place: Option<Place>,
}

impl Known {
    /// A finding about it.
    pub(super) fn finding(&self, rule: &Rule, saw: String) -> Finding {
        let finding = rule.finding(saw, &[]);
        let finding = match &self.host {
            Some(host) => finding.on(host),
            None => finding,
        };
        match &self.place {
            Some(place) => finding.clone().at(place.clone()),
            None => finding,
        }
    }
}

/// Every password that is known: of the inventory, of those that were fetched, of observed files.
pub(super) fn known(site: &Site<'_>) -> Vec<Known> {
    let mut all = literal(site);
    let named: BTreeSet<String> = all.iter().map(|known| known.user.clone()).collect();
    let fetched = site.secrets.iter().flat_map(|secrets| secrets.iter());
    let fetched = fetched
        .filter(|(user, _)| !named.contains(*user))
        .map(|(user, secret)| Known {
            user: user.into(),
            value: secret.expose().into(),
            fixed: is_fixed(user, secret.expose()),
            host: None,
            place: site
                .key(&["users", user, "password"])
                .or_else(|| site.key(&["secrets", "password"])),
        });
    all.extend(fetched);
    for host in site.hosts.values() {
        all.extend(observed(&View { site, host }));
    }
    all
}

fn literal(site: &Site<'_>) -> Vec<Known> {
    let users = site.inventory.users.iter();
    let users = users.map(|(name, user)| {
        (
            name.as_str(),
            user.password.as_ref(),
            vec!["users", name, "password"],
        )
    });
    let all = (
        "every user",
        site.inventory.secrets.password.as_ref(),
        vec!["secrets", "password"],
    );
    users
        .chain([all])
        .filter_map(|(user, source, path)| {
            let Some(SecretSource::Literal(value)) = source else {
                return None;
            };
            let fixed = is_fixed(user, value);
            Some(Known {
                user: user.into(),
                value: value.clone(),
                fixed,
                host: None,
                place: site.key(&path),
            })
        })
        .collect()
}

fn observed(view: &View<'_>) -> Vec<Known> {
    let users = view.host.users.iter().flat_map(|users| &users.users);
    users
        .filter_map(|user| {
            let password = user
                .password
                .as_ref()
                .filter(|word| is_known(&word.value))?;
            let fetched = view
                .site
                .secrets
                .and_then(|secrets| secrets.get(&user.name));
            if fetched.is_some_and(|secret| secret.expose() == password.value) {
                return None;
            }
            Some(Known {
                user: user.name.clone(),
                value: password.value.clone(),
                fixed: is_fixed(&user.name, &password.value),
                host: Some(view.host.name.clone()),
                place: Some(view.in_file(File::UpsdUsers, &password.place())),
            })
        })
        .collect()
}

/// Whether a vendor chose this password for this user.
pub(super) fn is_fixed(user: &str, value: &str) -> bool {
    let vendors = [Platform::Synology, Platform::Qnap]
        .into_iter()
        .filter_map(Platform::insists);
    vendors
        .into_iter()
        .any(|insists| insists.user == user && insists.password == value)
}
