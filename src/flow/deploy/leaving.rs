//! What a deploy ends: said before the question. What stood on a host that upsctl never changed, users
//! that go while clients are logged in, and passwords that change behind a client's back.

use std::collections::{BTreeMap, BTreeSet};

use crate::flow::look::Looks;
use crate::import;
use crate::model::desired::DesiredHost;
use crate::model::finding::{Finding, Severity};
use crate::model::import::Fate;
use crate::model::inventory::{Inventory, Platform};
use crate::model::masking;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::model::plan::{Becomes, FileChange, HostPlan, PasswordOf};
use crate::model::secret::{Secret, SecretStore};
use crate::model::text::{Segment, mask};
use crate::nut::conf;
use crate::nut::directive::File;
use crate::nut::files::NutConf;
use crate::site::address;

/// A user whose password stays the old one on its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    old: Secret,
    client: HostName,
    why: String,
}

/// Users whose password changes on a server while a client of theirs keeps the old one: it could not
/// be looked at, or is no part of this deploy.
pub(super) fn held(
    names: &[HostName],
    looked: &Looks,
    secrets: &SecretStore,
) -> BTreeMap<String, Held> {
    let mut all = BTreeMap::new();
    for server in names
        .iter()
        .filter_map(|name| looked.get(name)?.as_ref().ok())
    {
        let had = passwords(&server.observed, File::UpsdUsers);
        for client in &server.desired.expect.clients {
            let (Some(old), Some(new)) = (had.get(&client.user), secrets.get(&client.user)) else {
                continue;
            };
            if client.own || client.platform != Platform::Debian || old == new {
                continue;
            }
            let why = match looked.get(&client.host) {
                Some(Ok(look)) => {
                    let theirs = passwords(&look.observed, File::Upsmon);
                    let follows =
                        names.contains(&client.host) || theirs.get(&client.user) == Some(new);
                    (!follows).then(|| "it is no part of this deploy".to_string())
                }
                Some(Err(error)) => Some(error.to_string()),
                None => Some("it is no part of this deploy".into()),
            };
            if let Some(why) = why {
                let held = Held {
                    old: old.clone(),
                    client: client.host.clone(),
                    why,
                };
                all.insert(client.user.clone(), held);
            }
        }
    }
    all
}

/// The same host with the old passwords of users that are held back, in every file: whoever shares
/// one goes on logging in.
pub(super) fn with_held(desired: &DesiredHost, held: &BTreeMap<String, Held>) -> DesiredHost {
    let mut desired = desired.clone();
    for file in desired.files.values_mut() {
        for segment in &mut file.content.0 {
            let Segment::Password(user) = segment else {
                continue;
            };
            let Some(old) = held.get(user) else { continue };
            if let Ok(quoted) = conf::quote(old.old.expose()) {
                *segment = Segment::Hidden {
                    shown: mask(user),
                    text: Secret::new(quoted),
                };
            }
        }
    }
    desired
}

/// What is said of passwords that are held back, on a server that knows them.
pub(super) fn held_findings(desired: &DesiredHost, held: &BTreeMap<String, Held>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (user, held) in held {
        let mut clients = desired.expect.clients.iter();
        if clients.any(|client| client.user == *user && !client.own) {
            let saw = format!(
                "the password of `{user}` stays the old one: {} logs in with it and would be locked out ({})",
                held.client, held.why
            );
            let fix = format!(
                "deploy when {} can be reached, together with its server; `--lock-out` changes it all the same",
                held.client
            );
            findings.push(warning("password-held-back", desired, saw).fix(fix));
        }
    }
    findings
}

/// What goes from a host that upsctl has never changed.
pub(super) fn first(
    desired: &DesiredHost,
    observed: &ObservedHost,
    plan: &HostPlan,
    secrets: &SecretStore,
) -> Option<Finding> {
    let mode = text(observed, File::Nut);
    let mode = NutConf::parse(mode.as_bytes()).mode().map(str::to_string);
    // As Debian ships it: nobody has set anything up.
    if observed.system.upsctl || mode.is_none_or(|mode| mode == "none") {
        return None;
    }
    let name = &desired.name;
    let mut lines = Vec::new();
    let mut replaced = Vec::new();
    for step in &plan.files {
        let Some(Seen::Is(have)) = observed.files.get(&step.file) else {
            continue;
        };
        if step.change != FileChange::Content {
            continue;
        }
        let old = have.content.expose();
        let had = passwords(observed, step.file);
        let new = step.content.fill(|user| {
            let password = secrets.get(user).or(had.get(user));
            let quoted = password.and_then(|one| conf::quote(one.expose()).ok());
            quoted.map_or_else(|| "unknown".into(), |one| one.into_owned())
        });
        let own = |asked: &str| address::is_loopback(asked).then(|| name.clone());
        let gone = import::differs(name, step.file, desired.nut, old, &new, &own);
        let before = lines.len();
        for note in gone.iter().filter(|note| note.fate == Fate::Changes) {
            if let Some(line) = note.line {
                lines.push(format!("{}:{line}: {} {}", step.file, note.saw, note.why));
            }
        }
        if lines.len() > before {
            replaced.push(step.path.clone());
        }
    }
    if lines.is_empty() {
        return None;
    }
    let saw = format!(
        "upsctl has never changed this host, and what was set up by hand goes: {}",
        replaced.join(", ")
    );
    let fix = format!(
        "`upsctl import {name}` carries it over; once deployed, `upsctl remove {name}` puts all of it back, units too"
    );
    Some(
        warning("first-deploy", desired, saw)
            .fix(fix)
            .why(lines.join("\n")),
    )
}

/// Clients that are logged in and in no inventory, where users go or get another password.
pub(super) fn strangers(
    inventory: &Inventory,
    looked: &Looks,
    desired: &DesiredHost,
    observed: &ObservedHost,
    plan: &HostPlan,
) -> Option<Finding> {
    let users: Vec<String> = plan
        .files
        .iter()
        .filter(|step| step.file == File::UpsdUsers)
        .flat_map(|step| &step.passwords)
        .filter_map(|change| match (&change.of, change.becomes) {
            (PasswordOf::User(user), Becomes::Changed) => Some(format!("`{user}` (changed)")),
            (PasswordOf::User(user), Becomes::Removed) => Some(format!("`{user}` (removed)")),
            _ => None,
        })
        .collect();
    if users.is_empty() {
        return None;
    }
    let known = known_addresses(inventory, looked);
    let clients: BTreeSet<&str> = desired
        .expect
        .ups
        .iter()
        .filter_map(|ups| observed.clients.get(&ups.system)?.is())
        .flatten()
        .map(|client| address::plain(client))
        .filter(|client| !address::is_loopback(client) && !known.contains(*client))
        .collect();
    if clients.is_empty() {
        return None;
    }
    let clients: Vec<&str> = clients.into_iter().collect();
    let saw = format!(
        "{} is logged in and in no inventory; whoever logs in as {} is locked out",
        clients.join(", "),
        users.join(", ")
    );
    let fix = "write a `[hosts.NAME]` with its address, platform and `nut_user`, or a `[users.NAME]` with \
               `upsmon = \"secondary\"`; after the deploy `upsctl status` says who is logged in";
    Some(warning("client-leaves", desired, saw).fix(fix))
}

fn known_addresses(inventory: &Inventory, looked: &Looks) -> BTreeSet<String> {
    let written = inventory.hosts.values().flat_map(|host| {
        let nut = host.nut_address.map(|ip| ip.to_string());
        [Some(host.address.clone()), nut].into_iter().flatten()
    });
    let seen = looked.values().filter_map(|look| look.as_ref().ok());
    let seen = seen.flat_map(|look| look.observed.addresses.iter().cloned());
    written.chain(seen).collect()
}

fn text(observed: &ObservedHost, file: File) -> &str {
    let have = observed.files.get(&file).and_then(Seen::is);
    have.map_or("", |have| have.content.expose())
}

fn passwords(observed: &ObservedHost, file: File) -> BTreeMap<String, Secret> {
    masking::passwords(file, text(observed, file))
}

fn warning(rule: &'static str, desired: &DesiredHost, saw: String) -> Finding {
    Finding::new(rule, Severity::Warning, saw).on(&desired.name)
}
