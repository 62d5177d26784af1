//! What is wrong with a time line, by the names of the rules that say it.

use std::collections::BTreeSet;

use super::chain::Courses;
use super::delays::seconds;
use super::guests::{self, Guests};
use super::input::{Host, Outage};
use super::line::{Chain, Fits, HostLine, Kind, TimeLine, UpsLine, What, at};
use super::net::{Net, nets};
use super::span::Case;
use crate::model::duration::spoken;
use crate::model::finding::Severity;
use crate::model::name::HostName;
use crate::model::proxmox::{Guest, Policy};
use crate::nut::timing::Timing;

/// Something that is wrong, for the rule of that name to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub rule: &'static str,
    pub severity: Severity,
    /// Only in the worst course, or by what nobody measured.
    pub at_worst: bool,
    pub host: HostName,
    /// One line: what was seen.
    pub saw: String,
    /// What the rule's text has places for.
    pub values: Vec<(&'static str, String)>,
    /// Lines that show it.
    pub evidence: Vec<String>,
}

/// Everything that is wrong, host by host in the order of the time line. What goes wrong in the
/// usual course is an error, what goes wrong only in the worst one a warning.
pub fn troubles(outage: &Outage, line: &TimeLine) -> Vec<Trouble> {
    let mut found = Vec::new();
    for net in nets(outage) {
        found.extend(hostsync(&net));
    }
    for chain in &line.chains {
        found.extend(chain.ups.iter().filter_map(battery));
        for line in &chain.hosts {
            let Some(host) = outage.hosts.iter().find(|host| host.name == line.name) else {
                continue;
            };
            found.extend(power_gone(host, line, chain));
            found.extend(mounts(host, line, chain));
            found.extend(guests_of(outage, host, line));
        }
    }
    found
}

fn severity(fits: Fits) -> Option<Severity> {
    match fits {
        Fits::No => Some(Severity::Error),
        Fits::Usually => Some(Severity::Warning),
        Fits::Always | Fits::Unknown => None,
    }
}

/// A primary that goes before its clients have logged out.
fn hostsync(net: &Net<'_>) -> Vec<Trouble> {
    let courses = Courses::of(net);
    let gave_up = |at: usize, case| courses.of_case(case).gave_up[at];
    let mut found = Vec::new();
    for (at, host) in net.hosts.iter().enumerate() {
        let (case, severity, usually) =
            match (gave_up(at, Case::Typical), gave_up(at, Case::Latest)) {
                (true, _) => (Case::Typical, Severity::Error, "is"),
                (_, true) => (Case::Latest, Severity::Warning, "may be"),
                _ => continue,
            };
        let course = courses.of_case(case);
        let late: Vec<usize> = clients(net, at)
            .into_iter()
            .filter(|other| course.logged_out[*other] > course.wait_over[at])
            .collect();
        let names: Vec<&str> = late
            .iter()
            .map(|other| net.hosts[*other].name.as_str())
            .collect();
        let who = match names.as_slice() {
            [] => "a client that is in no inventory".to_string(),
            names => names.join(", "),
        };
        let slowest = late.iter().map(|other| net.delays(*other));
        let slowest = slowest.max_by_key(|delays| delays.logout());
        // By its delays, or by something that no HOSTSYNC can wait for.
        let by_delays = slowest.is_some_and(|delays| delays.logout() > host.delays.hostsync);
        let least = slowest.map_or(0, Timing::needed_hostsync);
        let (rule, severity) = match by_delays {
            true => ("hostsync-below-logout", severity),
            false => ("hostsync-runs-out", Severity::Warning),
        };
        found.push(Trouble {
            rule,
            severity,
            at_worst: severity != Severity::Error,
            host: host.name.clone(),
            saw: format!(
                "HOSTSYNC of {} ends after {}, and {who} {usually} not logged out by then",
                host.name,
                spoken(seconds(host.delays.hostsync))
            ),
            values: vec![
                ("host", host.name.to_string()),
                ("server", host.name.to_string()),
                ("clients", who),
                ("least", least.to_string()),
            ],
            evidence: Vec::new(),
        });
    }
    found
}

/// Those whom a primary waits for.
fn clients(net: &Net<'_>, primary: usize) -> BTreeSet<usize> {
    let own = net.watches[primary].iter().filter(|watch| watch.primary);
    own.flat_map(|watch| net.logged_in[watch.ups].iter().copied())
        .filter(|other| *other != primary)
        .collect()
}

/// A battery that is empty before all is over.
fn battery(ups: &UpsLine) -> Option<Trouble> {
    let verdict = &ups.verdict;
    let severity = severity(verdict.fits)?;
    let (needs, has) = match severity {
        Severity::Error => (verdict.needs.typical_s, ups.reserve.typical_s?),
        _ => (verdict.needs.latest_s, ups.reserve.worst_s?),
    };
    let case = if severity == Severity::Error {
        "usually"
    } else {
        "at worst"
    };
    let largest = largest(ups, severity).map_or("nothing in particular".into(), term_words);
    Some(Trouble {
        rule: "battery-too-short",
        severity,
        at_worst: severity != Severity::Error,
        host: ups.server.clone(),
        saw: format!(
            "ups `{}` {case} lasts {} once its battery is low, and {} are needed",
            ups.name,
            spoken(has),
            spoken(needs)
        ),
        values: vec![
            ("ups", ups.name.to_string()),
            ("server", ups.server.to_string()),
            ("needs", format!("{}", verdict.needs.latest_s.ceil())),
            ("largest", largest),
        ],
        evidence: ups
            .terms
            .iter()
            .map(|term| term_words(term.clone()))
            .collect(),
    })
}

/// The part that takes longest.
fn largest(ups: &UpsLine, severity: Severity) -> Option<super::line::Term> {
    let size = |term: &&super::line::Term| match severity {
        Severity::Error => term.typical_s,
        _ => term.latest_s,
    };
    let most = ups
        .terms
        .iter()
        .max_by(|one, other| size(one).total_cmp(&size(other)));
    most.cloned()
}

/// A part of the time in words: `FINALDELAY of pve, 90 s`.
fn term_words(term: super::line::Term) -> String {
    let of = term
        .host
        .map_or(String::new(), |host| format!(" of {host}"));
    let what = match term.what {
        What::Noticing => "the poll interval (POLLFREQALERT)",
        What::Waiting => "the wait for the logout",
        What::FinalDelay => "FINALDELAY",
        What::GoingDown => "the way down",
        What::OffDelay => "the delay of the UPS before it cuts its outlets",
    };
    let typical = spoken(term.typical_s);
    let latest = spoken(term.latest_s);
    if typical == latest {
        format!("{what}{of}, {typical}")
    } else {
        format!("{what}{of}, {typical}, at worst {latest}")
    }
}

/// A host that is still going down when its power goes.
fn power_gone(host: &Host, line: &HostLine, chain: &Chain) -> Option<Trouble> {
    let fits = Fits::of(line.spare_typical_s, line.spare_worst_s);
    let usual = fits == Fits::No;
    // How long it takes when nobody says is no ground for an error.
    let severity = match severity(fits)? {
        Severity::Error if !line.way_down_known => Severity::Warning,
        other => other,
    };
    let short = match usual {
        true => -line.spare_typical_s?,
        false => -line.spare_worst_s?,
    };
    let feed = chain
        .ups
        .iter()
        .find(|ups| line.fed_by.contains(&ups.name))?;
    let case = if usual { "usually" } else { "at worst" };
    let guests = matches!(&host.guests, Guests::Seen(node) if guests::running(node).count() > 0);
    let takes = match usual {
        true => line.way_down.typical_s,
        false => line.way_down.latest_s,
    };
    let never = !at(&line.moments, Kind::Down).is_some_and(|down| down.happens());
    let saw = if never {
        format!(
            "{} is not told to go down, and ups `{}` cuts its power",
            host.name, feed.name
        )
    } else {
        format!(
            "{} {case} takes {} to go down, and ups `{}` cuts its power {} before that",
            host.name,
            spoken(takes),
            feed.name,
            spoken(short.max(1.0))
        )
    };
    Some(Trouble {
        rule: if guests {
            "guests-outlast-power"
        } else {
            "power-gone-early"
        },
        severity,
        at_worst: severity != Severity::Error,
        host: host.name.clone(),
        saw,
        values: vec![
            ("host", host.name.to_string()),
            ("ups", feed.name.to_string()),
            ("server", feed.server.to_string()),
            ("short", format!("{}", short.max(1.0).ceil())),
            ("takes", format!("{}", takes.ceil())),
        ],
        evidence: vec![format!("its way down: {}", line.way_down_from)],
    })
}

/// A file system that waits for ever for a server that goes first.
fn mounts(host: &Host, line: &HostLine, chain: &Chain) -> Vec<Trouble> {
    let down = |line: &HostLine| at(&line.moments, Kind::Down).map(|down| down.typical_s);
    let Some(own) = down(line) else {
        return Vec::new();
    };
    let first = |mount: &&super::input::Mount| {
        let server = chain.hosts.iter().find(|other| other.name == mount.server);
        mount.hard && server.and_then(down).is_some_and(|gone| gone < own)
    };
    let found = host.mounts.iter().filter(first).map(|mount| Trouble {
        rule: "mount-outlives-server",
        severity: Severity::Error,
        at_worst: false,
        host: host.name.clone(),
        saw: format!(
            "{} has {} mounted from {} ({}), which goes down first",
            host.name, mount.at, mount.server, mount.kind
        ),
        values: vec![
            ("mount", mount.at.clone()),
            ("server", mount.server.to_string()),
            ("kind", mount.kind.clone()),
        ],
        evidence: Vec::new(),
    });
    found.collect()
}

fn guests_of(outage: &Outage, host: &Host, line: &HostLine) -> Vec<Trouble> {
    let Guests::Seen(node) = &host.guests else {
        return Vec::new();
    };
    let trouble = |rule, severity, saw, evidence| Trouble {
        rule,
        severity,
        at_worst: false,
        host: host.name.clone(),
        saw,
        values: Vec::new(),
        evidence,
    };
    let mut found = Vec::new();
    let managed = guests::running(node).any(|guest| guest.ha);
    if node.policy == Policy::Migrate && managed && !elsewhere(outage, node, line) {
        let saw = format!(
            "{} moves its HA guests to other nodes before it goes down, and no node hangs on another UPS",
            host.name
        );
        let nodes = node.nodes.iter().map(|node| format!("node {node}"));
        found.push(trouble(
            "ha-migrates-on-battery",
            Severity::Error,
            saw,
            nodes.collect(),
        ));
    }
    let held: Vec<&Guest> = guests::running(node)
        .filter(|guest| guest.lock.is_some())
        .collect();
    if !held.is_empty() {
        let saw = format!("{} does not stop {}: locked", host.name, names(&held));
        let lock =
            |guest: &&Guest| format!("{}: lock {}", guest.id, guest.lock.as_deref().unwrap_or(""));
        found.push(trouble(
            "guest-locked",
            Severity::Warning,
            saw,
            held.iter().map(lock).collect(),
        ));
    }
    let broken: Vec<&Guest> = guests::running(node)
        .filter(|guest| guest.broken_startup.is_some())
        .collect();
    if !broken.is_empty() {
        let saw = format!("{} ignores `startup` of {}", host.name, names(&broken));
        let text = |guest: &&Guest| {
            let startup = guest.broken_startup.as_deref().unwrap_or("");
            format!("{}: startup: {startup}", guest.id)
        };
        found.push(trouble(
            "guest-startup-ignored",
            Severity::Warning,
            saw,
            broken.iter().map(text).collect(),
        ));
    }
    found
}

/// Whether a node of the cluster hangs on a UPS that does not feed this host.
fn elsewhere(outage: &Outage, node: &crate::model::proxmox::Node, line: &HostLine) -> bool {
    outage.hosts.iter().any(|other| {
        node.nodes.contains(other.name.as_str())
            && other.name != line.name
            && !other.fed_by.is_empty()
            && other.fed_by.iter().all(|ups| !line.fed_by.contains(ups))
    })
}

/// `guest 100 (web)`, `guests 100 (web) and 101`.
fn names(guests: &[&Guest]) -> String {
    let each: Vec<String> = guests
        .iter()
        .map(|guest| match guest.name.as_str() {
            "" => guest.id.to_string(),
            name => format!("{} ({name})", guest.id),
        })
        .collect();
    format!(
        "guest{} {}",
        if each.len() == 1 { "" } else { "s" },
        each.join(", ")
    )
}
