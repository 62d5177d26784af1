//! The passwords that are known. They are looked at and never shown.

use std::collections::BTreeSet;

use crate::model::finding::Place;
use crate::model::inventory::{Platform, SecretSource};
use crate::model::name::HostName;
use crate::nut::conf::is_one_word;
use crate::nut::directive::File;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{ParsedHost, ParsedSite, is_known};

rules! {
    "password-exposed" Warning Site exposed;
    "password-unsafe" Error Site unsafe_characters;
    "password-weak" Warning Site weak;
}

/// A password that is known.
struct Known {
    user: String,
    value: String,
    /// A vendor chose it.
    fixed: bool,
    host: Option<HostName>,
    place: Option<Place>,
}

/// Every password that is known: of the inventory, of those that were fetched, of observed files.
fn known(site: &ParsedSite<'_>) -> Vec<Known> {
    let mut all: Vec<Known> = literals(site).collect();
    let named: BTreeSet<String> = all.iter().map(|known| known.user.clone()).collect();
    let fetched = site
        .secrets()
        .into_iter()
        .flat_map(|secrets| secrets.iter());
    let fetched = fetched.filter(|(user, _)| !named.contains(*user));
    all.extend(fetched.map(|(user, secret)| {
        Known {
            user: user.into(),
            value: secret.expose().into(),
            fixed: is_fixed(user, secret.expose()),
            host: None,
            place: site
                .key(&["users", user, "password"])
                .or_else(|| site.key(&["secrets", "password"])),
        }
    }));
    all.extend(site.hosts().flat_map(observed));
    all
}

fn literals(site: &ParsedSite<'_>) -> impl Iterator<Item = Known> {
    let inventory = site.inventory();
    let users = inventory.users.iter().map(|(name, user)| {
        let path = vec!["users", name, "password"];
        (name.as_str(), user.password.as_ref(), path)
    });
    let every = inventory.secrets.password.as_ref();
    let all = users.chain([("every user", every, vec!["secrets", "password"])]);
    all.filter_map(|(user, source, path)| {
        let Some(SecretSource::Literal(value)) = source else {
            return None;
        };
        Some(Known {
            user: user.into(),
            value: value.clone(),
            fixed: is_fixed(user, value),
            host: None,
            place: site.key(&path),
        })
    })
}

fn observed<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Known> + use<'a> {
    let users = host.upsd_users().into_iter().flat_map(|conf| &conf.users);
    users.filter_map(move |user| {
        let password = user.password.as_ref()?;
        let secrets = host.site().secrets();
        let fetched = secrets.and_then(|secrets| secrets.get(&user.name));
        let fetched = fetched.is_some_and(|secret| secret.expose() == password.value);
        (is_known(&password.value) && !fetched).then(|| Known {
            user: user.name.clone(),
            value: password.value.clone(),
            fixed: is_fixed(&user.name, &password.value),
            host: Some(host.name().clone()),
            place: Some(host.in_file(File::UpsdUsers, &password.place())),
        })
    })
}

/// Whether a vendor chose this password for this user.
fn is_fixed(user: &str, value: &str) -> bool {
    let mut vendors = [Platform::Synology, Platform::Qnap]
        .into_iter()
        .filter_map(Platform::insists);
    vendors.any(|insists| insists.user == user && insists.password == value)
}

fn exposed(site: &ParsedSite<'_>) -> impl Iterator<Item = Says> {
    let places = literals(site).filter(|known| !known.fixed);
    places.filter_map(|known| {
        let place = known.place?;
        let how = match &place.file {
            file if site.exposure().tracked.contains(file) => "git keeps",
            file if site.exposure().world_readable.contains(file) => {
                "everybody on this machine may read"
            }
            _ => return None,
        };
        let saw = format!("a password stands in {}, which {how}", place.file);
        Some(says(saw).at(place))
    })
}

fn unsafe_characters(site: &ParsedSite<'_>) -> impl Iterator<Item = Says> {
    let known = known(site).into_iter();
    let wrong = known.filter(|known| !is_one_word(&known.value));
    wrong.map(|known| {
        let saw = format!(
            "the password of `{}` has a character that NUT's protocol does not carry",
            known.user
        );
        says(saw).at(known.place).on(known.host)
    })
}

fn weak(site: &ParsedSite<'_>) -> impl Iterator<Item = Says> {
    let is_weak =
        |known: &Known| known.value.len() < 8 || known.value.eq_ignore_ascii_case(&known.user);
    let weak = known(site).into_iter();
    let weak = weak.filter(move |known| !known.fixed && is_weak(known));
    weak.map(|known| {
        let saw = format!("the password of `{}` is short, or is its name", known.user);
        says(saw).at(known.place).on(known.host)
    })
}
