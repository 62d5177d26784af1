//! Applies the rules in the order of the chain, skips what depends on a broken link, and fills the
//! texts of what was found.

use std::collections::{BTreeMap, BTreeSet};

use super::says::{Bad, Says};
use super::view::{HostView, Site, UpsView, Watch};
use super::{DoctorRule, Scope, Symptom, power, rules};
use crate::model::bundle::{Bundle, Facts};
use crate::model::finding::Severity;
use crate::model::name::HostName;
use crate::model::verdict::{Checked, Diagnosis, Link, Verdict};
use crate::rules::text;

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

/// What a rule is applied to.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Host(&'a HostView<'a>),
    Ups(&'a UpsView<'a>),
    Watch(&'a Watch<'a>),
}

impl Subject<'_> {
    fn host(&self) -> &HostName {
        match self {
            Self::Host(host) => host.name(),
            Self::Ups(ups) => ups.host.name(),
            Self::Watch(watch) => watch.host.name(),
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Self::Host(_) => None,
            Self::Ups(ups) => Some(ups.name().to_string()),
            Self::Watch(watch) => Some(watch.system().to_string()),
        }
    }

    /// The values that every text can use.
    fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![("host", self.host().to_string())];
        match self {
            Self::Host(host) => values.push(("address", host.bundle.address.clone())),
            Self::Ups(ups) => {
                values.push(("ups", ups.name().to_string()));
                values.push(("system", format!("{}@127.0.0.1", ups.name())));
                values.push((
                    "driver",
                    ups.section.driver().unwrap_or_default().to_string(),
                ));
                values.push(("unit", ups.unit()));
            }
            Self::Watch(watch) => {
                values.push(("ups", watch.ups().to_string()));
                values.push(("system", watch.system().to_string()));
                values.push(("server_address", watch.address().to_string()));
                values.push(("port", watch.port().to_string()));
                values.push(("user", watch.monitor.user.value.clone()));
                let server = watch
                    .server
                    .map_or_else(|| watch.address().to_string(), |s| s.name().to_string());
                values.push(("server", server));
            }
        }
        values
    }
}

/// The rules that have failed, with where.
#[derive(Default)]
struct Broken {
    hosts: BTreeSet<(&'static str, HostName)>,
    parts: BTreeSet<(&'static str, HostName, String)>,
    /// What a skipped rule was skipped for, so that its dependants name the root.
    roots: BTreeMap<(&'static str, HostName, Option<String>), &'static str>,
}

pub(super) fn walk(bundles: &[Bundle], symptom: Option<Symptom>) -> Diagnosis {
    let site = Site::new(bundles);
    let mut broken = Broken::default();
    let mut checks = Vec::new();
    for rule in rules() {
        for subject in subjects(&site, rule.scope) {
            if let Some(checked) = check(rule, subject, &mut broken) {
                checks.push(checked);
            }
        }
    }
    if let Some(symptom) = symptom {
        narrow(&mut checks, symptom);
    }
    let power = power::lines(&site);
    let mut diagnosis = Diagnosis {
        verdict: String::new(),
        power,
        checks,
    };
    diagnosis.verdict = sentence(&diagnosis, site.hosts.len());
    diagnosis
}

/// Keeps the links that a symptom is about, and the broken ones that they depend on.
fn narrow(checks: &mut Vec<Checked>, symptom: Symptom) {
    let within = |check: &Checked| symptom.links().contains(&check.link);
    let roots: BTreeSet<&str> = checks
        .iter()
        .filter(|check| within(check))
        .filter_map(|check| match check.verdict {
            Verdict::Skipped { because } => Some(because),
            _ => None,
        })
        .collect();
    checks.retain(|check| within(check) || check.verdict.breaks() && roots.contains(check.rule));
}

fn subjects<'a>(site: &'a Site<'a>, scope: Scope) -> Vec<Subject<'a>> {
    match scope {
        Scope::Host(_) => site.hosts.iter().map(Subject::Host).collect(),
        Scope::Ups(_) => site.upses.iter().map(Subject::Ups).collect(),
        Scope::Watch(_) => site.watches.iter().map(Subject::Watch).collect(),
    }
}

/// One rule on one subject; nothing for a host that nobody asked.
fn check(rule: &'static DoctorRule, subject: Subject<'_>, broken: &mut Broken) -> Option<Checked> {
    if let Subject::Host(host) = subject {
        if matches!(host.bundle.facts, Facts::NotAsked) {
            return None;
        }
    }
    let id = rule.rule.id;
    let key = (id, subject.host().clone(), subject.name());
    let mut checked = Checked {
        rule: id,
        title: text::title(rule.rule.text),
        link: rule.link,
        host: subject.host().clone(),
        subject: subject.name(),
        verdict: Verdict::Pass,
        looked_at: String::new(),
        check: String::new(),
        repair: None,
    };
    if let Some(because) = blocked(rule, subject, broken) {
        broken.roots.insert(key, because);
        checked.verdict = Verdict::Skipped { because };
        return Some(checked);
    }
    let says = match (rule.scope, subject) {
        (Scope::Host(look), Subject::Host(host)) => look(host),
        (Scope::Ups(look), Subject::Ups(ups)) => look(ups),
        (Scope::Watch(look), Subject::Watch(watch)) => look(watch),
        _ => return None,
    };
    match says {
        Says::Fine => {}
        Says::Unknown(why) => checked.verdict = Verdict::Unknown { why },
        Says::Bad(bad) => {
            fill(rule, subject, *bad, &mut checked);
            if checked.verdict.breaks() {
                broken.hosts.insert((id, key.1.clone()));
                if let Some(name) = key.2 {
                    broken.parts.insert((id, key.1, name));
                }
            }
        }
    }
    Some(checked)
}

/// The root cause because of which a rule need not look at a subject.
fn blocked(rule: &DoctorRule, subject: Subject<'_>, broken: &Broken) -> Option<&'static str> {
    let own = subject.host();
    if let Some(basic) = BASIC
        .iter()
        .find(|basic| broken.hosts.contains(&(**basic, own.clone())))
    {
        return (!BASIC.contains(&rule.rule.id)).then_some(*basic);
    }
    rule.needs.iter().find_map(|need| {
        let needed = rules().find(|other| other.rule.id == *need)?;
        for place in places(needed, subject) {
            let (host, part) = &place;
            let hit = match part {
                None => broken.hosts.contains(&(needed.rule.id, host.clone())),
                Some(part) => broken
                    .parts
                    .contains(&(needed.rule.id, host.clone(), part.clone())),
            };
            if hit {
                return Some(needed.rule.id);
            }
            if let Some(root) = broken
                .roots
                .get(&(needed.rule.id, host.clone(), part.clone()))
            {
                return Some(root);
            }
        }
        None
    })
}

/// Where a needed rule must have held for a subject.
fn places(needed: &DoctorRule, subject: Subject<'_>) -> Vec<(HostName, Option<String>)> {
    let own = subject.host().clone();
    match (needed.scope, subject) {
        (Scope::Host(_), Subject::Watch(watch)) => {
            let server = watch.server.map(|server| server.name().clone());
            let mut hosts = Vec::new();
            let server_side = SERVER_SIDE.contains(&needed.link);
            let both = matches!(needed.link, Link::Host | Link::Login);
            if both || !server_side {
                hosts.push((own, None));
            }
            if both || server_side {
                hosts.extend(server.map(|server| (server, None)));
            }
            hosts
        }
        (Scope::Ups(_), Subject::Watch(watch)) => {
            let server = watch.server.map(|server| server.name().clone());
            server
                .into_iter()
                .map(|server| (server, Some(watch.ups().to_string())))
                .collect()
        }
        (Scope::Ups(_), Subject::Ups(_)) | (Scope::Watch(_), Subject::Watch(_)) => {
            vec![(own, subject.name())]
        }
        // What a host's servers say of a UPS is what the host itself hears.
        (Scope::Ups(_), Subject::Host(host)) => {
            let servers = host.servers().into_iter().map(|server| (server, None));
            servers.chain([(own, None)]).collect()
        }
        _ => vec![(own, None)],
    }
}

/// Puts the finding with its filled texts into the result.
fn fill(rule: &DoctorRule, subject: Subject<'_>, bad: Bad, checked: &mut Checked) {
    let mut all = subject.values();
    // Later values win: what the rule itself says is nearer than the subject's own.
    for value in bad.values {
        all.retain(|(name, _)| *name != value.0);
        all.push(value);
    }
    let values: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let finding = rule
        .rule
        .finding(bad.saw, &values)
        .on(subject.host())
        .evidence(bad.evidence);
    let section = |heading: &str| text::fill(text::section(rule.rule.text, heading), &values);
    checked.looked_at = section("What we looked at");
    checked.check = section(text::CHECK);
    checked.repair = bad.repair;
    checked.verdict = match rule.rule.severity {
        Severity::Note => Verdict::Note { finding },
        Severity::Warning => Verdict::Warn { finding },
        Severity::Error => Verdict::Fail { finding },
    };
}

fn sentence(diagnosis: &Diagnosis, hosts: usize) -> String {
    let mut failures = diagnosis.failures();
    let first = failures.next();
    let more = failures.count();
    let named = |checked: &Checked| {
        checked
            .verdict
            .finding()
            .map_or_else(String::new, |finding| {
                format!("{}: {}", checked.host, finding.saw)
            })
    };
    if let Some(first) = first {
        return match more {
            0 => named(first),
            1 => format!("{} (and one more broken link)", named(first)),
            more => format!("{} (and {more} more broken links)", named(first)),
        };
    }
    if let Some(first) = diagnosis.warnings().next() {
        return format!("the chain holds, but {}", named(first));
    }
    let unknown = diagnosis
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Unknown { .. }))
        .count();
    match (hosts, unknown) {
        (0, _) => "there is no host to look at".into(),
        (_, 0) => "the chain is whole, from the UPS to the shutdown command".into(),
        (_, 1) => "nothing is wrong; one thing could not be looked at".into(),
        (_, more) => format!("nothing is wrong; {more} things could not be looked at"),
    }
}
