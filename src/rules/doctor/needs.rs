//! Which broken link keeps a rule from looking: the rules it needs, and those that they need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::subject::Subject;
use super::{DoctorRule, Scope, all};
use crate::model::name::HostName;
use crate::model::verdict::Link;
use crate::site::Watch;

/// Without these nothing can be said of a host.
const BASIC: [&str; 7] = [
    "host-name-unknown",
    "host-unreachable",
    "host-key-not-trusted",
    "ssh-login-refused",
    "sudo-refused",
    "host-look-failed",
    "nut-not-there",
];

/// Links that stand on the server; a client's MONITOR line depends on them there.
const SERVER_SIDE: [Link; 5] = [
    Link::Power,
    Link::Device,
    Link::Driver,
    Link::Upsd,
    Link::Listen,
];

/// A host, or one of its parts.
type Place = (HostName, Option<String>);

/// The rules that have failed, with where.
#[derive(Default)]
pub(super) struct Broken(BTreeSet<(&'static str, HostName, Option<String>)>);

impl Broken {
    pub fn add(&mut self, rule: &'static str, subject: Subject<'_>) {
        let host = subject.host().clone();
        if let Some(part) = subject.part() {
            self.0.insert((rule, host.clone(), Some(part)));
        }
        self.0.insert((rule, host, None));
    }

    fn has(&self, rule: &'static str, (host, part): Place) -> bool {
        self.0.contains(&(rule, host, part))
    }

    /// Why nothing can be said of a host.
    fn basic(&self, host: &HostName) -> Option<&'static str> {
        BASIC
            .into_iter()
            .find(|rule| self.has(rule, (host.clone(), None)))
    }

    /// The root cause because of which a rule need not look at a subject: the first in the chain.
    pub fn before(&self, rule: &DoctorRule, subject: Subject<'_>) -> Option<&'static str> {
        if let Some(basic) = self.basic(subject.host()) {
            return (!BASIC.contains(&rule.rule.id)).then_some(basic);
        }
        let needed = closures().get(rule.rule.id).into_iter().flatten();
        needed.copied().find_map(|needed| {
            let mut places = places(needed, subject).into_iter();
            places.find_map(|place| {
                // What was not looked at on the server has not held for its client.
                let unseen = matches!(subject, Subject::Watch(_)).then(|| self.basic(&place.0));
                let failed = || self.has(needed.rule.id, place).then_some(needed.rule.id);
                unseen.flatten().or_else(failed)
            })
        })
    }
}

/// The rules that each rule needs with their own needs, in the order of the chain.
fn closures() -> &'static BTreeMap<&'static str, Vec<&'static DoctorRule>> {
    static CLOSURES: OnceLock<BTreeMap<&'static str, Vec<&'static DoctorRule>>> = OnceLock::new();
    let closure = |rule: &DoctorRule| {
        let needs = with_their_own(rule);
        let needed = all().filter(|needed| needs.contains(needed.rule.id));
        (rule.rule.id, needed.collect())
    };
    CLOSURES.get_or_init(|| all().map(closure).collect())
}

/// The rules a rule needs, and all that those need.
pub(super) fn with_their_own(rule: &DoctorRule) -> BTreeSet<&'static str> {
    let mut out = BTreeSet::new();
    let mut open: Vec<&'static str> = rule.needs.to_vec();
    while let Some(id) = open.pop() {
        if out.insert(id) {
            open.extend(
                all()
                    .find(|other| other.rule.id == id)
                    .map_or(&[][..], |other| other.needs),
            );
        }
    }
    out
}

/// Where a needed rule must have held for a subject.
fn places(needed: &DoctorRule, subject: Subject<'_>) -> Vec<Place> {
    let own = (subject.host().clone(), None);
    let server = |watch: Watch<'_>| watch.server_name().cloned();
    match (needed.scope, subject) {
        (Scope::Host(_) | Scope::Server(_), Subject::Watch(watch)) => {
            let there = server(watch).map(|server| (server, None));
            match needed.link {
                Link::Host | Link::Login => [own].into_iter().chain(there).collect(),
                link if SERVER_SIDE.contains(&link) => there.into_iter().collect(),
                _ => vec![own],
            }
        }
        (Scope::Ups(_), Subject::Watch(watch)) => server(watch)
            .map(|server| (server, Some(watch.ups().to_string())))
            .into_iter()
            .collect(),
        (Scope::Ups(_), Subject::Ups(_)) | (Scope::Watch(_), Subject::Watch(_)) => {
            vec![(own.0, subject.part())]
        }
        // What a host's servers say of a UPS is what the host itself hears.
        (Scope::Ups(_), Subject::Host(host)) => {
            let servers = host
                .watches()
                .filter_map(|watch| watch.server_name().cloned());
            servers.map(|server| (server, None)).chain([own]).collect()
        }
        _ => vec![own],
    }
}
