use super::nearest;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::{File, Scope, lookup};
use crate::nut::driver::{self, KeyKind};
use crate::nut::files::Entry;
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "driver-key-unknown",
    severity: Severity::Error,
    text: include_str!("driver_key_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for section in view.sections() {
        let Some(driver) = section.driver() else {
            continue;
        };
        for entry in &section.entries {
            if let Some((why, fix)) = wrong(driver, entry, view.host.version) {
                let saw = format!("ups `{}`: {why}", section.name);
                found.push(
                    view.finding(&RULE, saw, view.at_entry(section, entry), &[])
                        .fix(fix),
                );
            }
        }
    }
    found
}

fn wrong(driver: &str, entry: &Entry, version: NutVersion) -> Option<(String, String)> {
    let key = entry.key.value.as_str();
    if let Some(known) = lookup(File::Ups, Scope::Section, key) {
        let why = format!(
            "`{key}` is known since NUT {}, and this host has {version}",
            known.since
        );
        return (!known.known_to(version))
            .then(|| (why, "Remove it for this host, or upgrade NUT.".into()));
    }
    // What a driver takes is known for what Debian ships; elsewhere nothing is said.
    if !driver::keys_known(driver, version) {
        return None;
    }
    match driver::key(driver, key, version) {
        // It takes this one key with a value and without (drivers/belkinunv.c).
        Some(_) if driver == "belkinunv" && key.eq_ignore_ascii_case("wait") => None,
        None => Some(unknown(driver, key, version)),
        Some(KeyKind::Flag) if entry.value.is_some() => Some((
            format!("`{key}` is a flag of {driver}, and has a value"),
            format!("Write `{key} = true` in the inventory: a line with `{key}` alone."),
        )),
        Some(KeyKind::Value | KeyKind::Secret) if entry.value.is_none() => Some((
            format!("`{key}` of {driver} needs a value"),
            "Give it a value.".into(),
        )),
        Some(_) => None,
    }
}

fn unknown(driver: &str, key: &str, version: NutVersion) -> (String, String) {
    let suites = driver::key_suites(driver, key);
    let why = format!("{driver} of NUT {version} has no key `{key}`");
    if let Some(suite) = suites.first() {
        let fix = format!(
            "Remove it: {driver} knows it in NUT {} (Debian {}).",
            suite.nut(),
            suite.number()
        );
        return (why, fix);
    }
    let own = driver::keys(driver, version).map(|(name, _)| name);
    let core = crate::nut::directive::all(File::Ups).iter();
    let core = core
        .filter(|d| d.scope == Scope::Section && d.known_to(version))
        .map(|d| d.name);
    match nearest::nearest(key, own.chain(core)) {
        Some(near) => (
            format!("{why}: did you mean `{near}`?"),
            format!("Write `{near}`, or remove it."),
        ),
        None => (
            why,
            format!("Remove it; `/lib/nut/{driver} -L` on a host lists what the driver takes."),
        ),
    }
}
