//! What a drill proves: what was measured, beside what was computed for the same hosts.

use std::collections::BTreeMap;

use super::answer::Told;
use super::conductor::{Conductor, Seen};
use super::plan::{Part, Plan};
use crate::model::drill::{About, DrillVerdict, Judged};
use crate::model::duration::spoken;
use crate::model::name::HostName;
use crate::time::line::at;
use crate::time::{self, Battery, Kind, Leaves, Moment, Outage, TimeLine};

/// How far a measured moment may lie outside of what was computed.
const TOLERANCE_S: f64 = 1.0;

/// A host's clock: what it says less what ours says, give or take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    pub offset: f64,
    pub error: f64,
}

/// A host's moments, in seconds after the first low battery.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    pub on_battery: Option<f64>,
    pub called: Option<f64>,
    pub wait_over: Option<f64>,
    pub shutdown: Option<f64>,
    /// All of them may be off by so much.
    pub error: f64,
}

/// What happened when; nothing where no UPS was low.
pub fn measured(
    conductor: &Conductor<'_>,
    clocks: &BTreeMap<HostName, Clock>,
) -> BTreeMap<HostName, Measured> {
    let ours = |host: &HostName, time: f64| Some(time - clocks.get(host)?.offset);
    let lows = conductor.hosts.iter();
    let lows = lows.filter_map(|(host, seen)| Some((host, ours(host, seen.low_at?)?)));
    let Some((server, low)) = lows.min_by(|one, other| one.1.total_cmp(&other.1)) else {
        return BTreeMap::new();
    };
    let base = clocks.get(server).map_or(0.0, |clock| clock.error);
    let parts = conductor.plan.parts.iter().filter_map(|part| {
        let seen = conductor.hosts.get(&part.host)?;
        let clock = clocks.get(&part.host)?;
        let after = |time: Option<f64>| Some(time? - clock.offset - low);
        let primary = part.is_primary();
        // upsmon.c: a primary sets FSD when it sees the low battery, and gives notice of its shutdown
        // when it waits no longer; a secondary gives both at once.
        let called = match primary {
            true => seen.notice("LOWBATT").or(seen.notice("FSD")),
            false => seen.notice("FSD").or(seen.notice("SHUTDOWN")),
        };
        let times = Measured {
            on_battery: after(seen.notice("ONBATT")),
            called: after(called),
            wait_over: after(seen.notice("SHUTDOWN").filter(|_| primary)),
            shutdown: after(seen.shutdown()),
            error: clock.error + if part.host == *server { 0.0 } else { base },
        };
        Some((part.host.clone(), times))
    });
    parts.collect()
}

/// What was to be expected of the hosts in a drill: all its UPSes are low at once, nobody else is
/// logged in, and each has the delays of the drill.
pub fn prediction(outage: &Outage, plan: &Plan, conductor: Option<&Conductor<'_>>) -> TimeLine {
    let part_of = |name: &HostName| plan.parts.iter().find(|part| part.host == *name);
    let mut outage = outage.clone();
    outage
        .ups
        .retain(|ups| part_of(&ups.server).is_some_and(Part::is_server));
    for ups in &mut outage.ups {
        ups.battery = Battery::default();
        ups.strangers = 0;
    }
    outage.hosts.retain(|host| part_of(&host.name).is_some());
    for host in &mut outage.hosts {
        let Some(part) = part_of(&host.name) else {
            continue;
        };
        host.delays = part.delays;
        host.min_supplies = part.min_supplies;
        host.leaves = Leaves::WhenTold;
        let watched = |ups: &str| part.watches.iter().any(|watch| watch.ups == ups);
        host.watches.retain(|watch| watched(watch.ups.as_str()));
        host.fed_by
            .retain(|fed| outage.ups.iter().any(|ups| ups.name == *fed));
        if let Some(conductor) = conductor {
            let missing = conductor.missing.iter();
            let missing = missing.filter(|(_, client, _)| *client == host.name);
            host.logged_in = Some(missing.count() == 0);
        }
    }
    time::time_line(&outage)
}

/// Puts what was measured beside what was computed.
pub fn beside(line: &mut TimeLine, measured: &BTreeMap<HostName, Measured>) {
    for host in line.chains.iter_mut().flat_map(|chain| &mut chain.hosts) {
        let Some(times) = measured.get(&host.name) else {
            continue;
        };
        let kinds = [
            (Kind::OnBattery, times.on_battery),
            (Kind::Called, times.called),
            (Kind::WaitOver, times.wait_over),
            (Kind::Shutdown, times.shutdown),
        ];
        let seen = kinds.iter().filter_map(|(kind, at)| Some((*kind, (*at)?)));
        let seen = seen.map(|(kind, at)| Moment::measured(kind, at, times.error));
        host.moments.extend(seen);
    }
}

/// What a judgement is made of.
pub struct Evidence<'a> {
    pub conductor: &'a Conductor<'a>,
    pub measured: &'a BTreeMap<HostName, Measured>,
    /// What was computed for this drill.
    pub line: &'a TimeLine,
    /// The outage as it would be in earnest.
    pub outage: &'a Outage,
    pub earnest: &'a TimeLine,
    /// `shutdown_takes` of the inventory, seconds.
    pub shutdown_takes: &'a BTreeMap<HostName, f64>,
}

/// Everything that can be said of a drill that was not stopped.
pub fn judge(evidence: &Evidence<'_>) -> Vec<DrillVerdict> {
    let mut all = Verdicts(Vec::new());
    let plan = evidence.conductor.plan;
    for part in &plan.parts {
        let Some(seen) = evidence.conductor.hosts.get(&part.host) else {
            continue;
        };
        logged_in(evidence, part, seen, &mut all);
        real_logins(part, seen, &mut all);
        loaded(part, &mut all);
        programs(part, seen, &mut all);
        course(evidence, part, seen, &mut all);
        foretold(evidence, part, &mut all);
        after(part, seen, &mut all);
    }
    for ups in evidence.earnest.chains.iter().flat_map(|chain| &chain.ups) {
        battery(evidence, ups, &mut all);
    }
    all.0.sort_by_key(|verdict| verdict.about);
    all.0
}

struct Verdicts(Vec<DrillVerdict>);

impl Verdicts {
    fn add(
        &mut self,
        about: About,
        host: &HostName,
        judged: Judged,
        text: String,
        next: Option<String>,
    ) {
        self.0.push(DrillVerdict {
            about,
            host: host.clone(),
            judged,
            text,
            next,
        });
    }

    fn pass(&mut self, about: About, host: &HostName, text: String) {
        self.add(about, host, Judged::Pass, text, None);
    }

    fn fail(&mut self, about: About, host: &HostName, text: String, next: String) {
        self.add(about, host, Judged::Fail, text, Some(next));
    }

    fn unknown(&mut self, about: About, host: &HostName, text: String) {
        self.add(about, host, Judged::Unknown, text, None);
    }
}

fn logged_in(evidence: &Evidence<'_>, part: &Part, seen: &Seen, all: &mut Verdicts) {
    let host = &part.host;
    for astray in &part.astray {
        all.fail(
            About::LoggedIn,
            host,
            format!(
                "its upsmon does not watch {} of {}; it watches {}",
                astray.ups, astray.server, astray.instead
            ),
            format!("upsctl diff {host}"),
        );
    }
    for watch in &part.watches {
        let missing = evidence.conductor.missing.iter();
        let mut missing = missing.filter(|(_, client, ups)| client == host && *ups == watch.ups);
        if missing.next().is_none() {
            let text = format!("logged in to {} of {}", watch.ups, watch.server);
            all.pass(About::LoggedIn, host, text);
            continue;
        }
        let (why, next) = why_missing(evidence.conductor.plan, part, seen, &watch.server);
        let text = format!("not logged in to {} of {}: {why}", watch.ups, watch.server);
        all.fail(About::LoggedIn, host, text, next);
    }
}

/// What kept a client from logging in to the drill's upsd, and what to do.
fn why_missing(plan: &Plan, part: &Part, seen: &Seen, server: &HostName) -> (String, String) {
    let host = &part.host;
    let refused = seen.logs.iter().rev().find_map(|(daemon, line)| {
        let got = line.split("failed - got [").nth(1)?;
        (daemon == "upsmon").then(|| got.split(']').next().unwrap_or(got).to_string())
    });
    if let Some(got) = refused {
        return (
            format!(
                "upsd refuses it ({got}): user or password in its upsmon.conf are not those in upsd.users of {server}"
            ),
            format!("upsctl diff {host} {server}"),
        );
    }
    let open = |wanted: u16| {
        seen.reach.iter().find_map(|told| match told {
            Told::Reach { port, status, .. } if *port == wanted => Some(*status == 0),
            _ => None,
        })
    };
    let real = part.doors.iter().find(|door| door.server == *server);
    let real = real.map_or(crate::nut::ups_name::PORT, |door| door.real_port);
    let port = plan.port;
    match (open(port), open(real)) {
        (Some(false), Some(true)) => (
            format!(
                "port {port} of {server} is closed to it, port {real} is open; it is left out of the drill"
            ),
            format!("let {port}/tcp through to {server}, or name an open one: `[site] drill_port`"),
        ),
        (_, Some(false)) => (
            format!("neither port {port} nor port {real} of {server} can be reached from it"),
            format!("upsctl doctor {host} {server}"),
        ),
        _ => (
            match seen.logs.last() {
                Some((daemon, line)) => format!("{daemon} says: {line}"),
                None => "its upsmon says nothing".into(),
            },
            format!("upsctl doctor {host} {server}"),
        ),
    }
}

fn real_logins(part: &Part, seen: &Seen, all: &mut Verdicts) {
    let host = &part.host;
    for told in &seen.logins {
        let Told::Login {
            address,
            port,
            ups,
            status,
            said,
        } = told
        else {
            continue;
        };
        let place = format!("the real upsd at {address}, port {port}");
        let refused = said.split(';').find(|line| line.starts_with("ERR"));
        let taken = said
            .split(';')
            .filter(|line| line.starts_with("OK"))
            .count()
            >= 3;
        match (status, refused) {
            (_, Some(error)) => all.fail(
                About::RealLogin,
                host,
                format!("{place} refuses its login to {ups}: {error}"),
                format!("upsctl diff {host}"),
            ),
            (0, None) if taken => {
                all.pass(
                    About::RealLogin,
                    host,
                    format!("{place} takes its login to {ups}"),
                );
            }
            (status, None) => {
                let why = match status {
                    124 => "it does not answer",
                    _ => "nothing answers there",
                };
                all.fail(
                    About::RealLogin,
                    host,
                    format!("{place} cannot be reached from it: {why}"),
                    format!("upsctl doctor {host}"),
                );
            }
        }
    }
}

fn loaded(part: &Part, all: &mut Verdicts) {
    match part.not_loaded {
        None => all.pass(
            About::Loaded,
            &part.host,
            "the running upsmon has loaded its upsmon.conf".into(),
        ),
        Some(file) => all.fail(
            About::Loaded,
            &part.host,
            format!("{} was changed since the running upsmon read it: in an outage it acts by the old one", file.name()),
            format!("on {}: systemctl restart nut-monitor", part.host),
        ),
    }
}

fn programs(part: &Part, seen: &Seen, all: &mut Verdicts) {
    for told in &seen.programs {
        let Told::Program {
            kind,
            is_there,
            word,
        } = told
        else {
            continue;
        };
        let about = match kind.as_str() {
            "SHUTDOWNCMD" => About::Shutdowncmd,
            _ => About::Notifycmd,
        };
        if *is_there {
            all.pass(
                about,
                &part.host,
                format!("{kind}: {word} is there (it was not run)"),
            );
        } else {
            let text = format!("{kind}: {word} is not there, or cannot be executed");
            all.fail(
                about,
                &part.host,
                text,
                format!("upsctl doctor shutdown {}", part.host),
            );
        }
    }
}

/// Order, gap, HOSTSYNC and POWERDOWNFLAG of a primary.
fn course(evidence: &Evidence<'_>, part: &Part, seen: &Seen, all: &mut Verdicts) {
    let host = &part.host;
    let own = evidence.measured.get(host).copied().unwrap_or_default();
    if evidence.conductor.takes_part(host) && own.shutdown.is_none() {
        all.fail(
            About::Order,
            host,
            "never called SHUTDOWNCMD".into(),
            format!("upsctl doctor shutdown {host}"),
        );
    }
    if !part.is_primary() {
        return;
    }
    let secondaries: Vec<&Part> = evidence
        .conductor
        .plan
        .parts
        .iter()
        .filter(|other| other.host != *host && watches_of(other, host))
        .filter(|other| evidence.conductor.takes_part(&other.host))
        .collect();
    for other in &secondaries {
        before(evidence, part, other, all);
    }
    if !secondaries.is_empty() {
        hostsync(part, seen, own, all);
    }
    if part.has_flag {
        match seen.flag {
            true => all.pass(
                About::PowerdownFlag,
                host,
                "POWERDOWNFLAG was written (the drill's)".into(),
            ),
            false => all.fail(
                About::PowerdownFlag,
                host,
                "POWERDOWNFLAG was not written: the UPS would not be cut".into(),
                format!("upsctl doctor shutdown {host}"),
            ),
        }
    }
}

fn watches_of(part: &Part, server: &HostName) -> bool {
    let mut watches = part.watches.iter();
    watches.any(|watch| watch.server == *server && !watch.primary)
}

fn before(evidence: &Evidence<'_>, primary: &Part, other: &Part, all: &mut Verdicts) {
    let of = |part: &Part| evidence.measured.get(&part.host)?.shutdown;
    let (Some(first), Some(last)) = (of(other), of(primary)) else {
        return;
    };
    let gap = last - first;
    let (host, server) = (&other.host, &primary.host);
    if gap <= 0.0 {
        all.fail(
            About::Order,
            host,
            format!("{server} went {:.1} s before it", -gap),
            "upsctl check".into(),
        );
        return;
    }
    all.pass(
        About::Order,
        host,
        format!("went {gap:.1} s before {server}"),
    );
    let takes = evidence.shutdown_takes.get(host);
    match takes {
        Some(_) if evidence.conductor.plan.fast => all.unknown(
            About::Gap,
            host,
            "whether it is down before its power goes: not rehearsed, the delays were shortened".into(),
        ),
        Some(takes) if gap >= *takes => all.pass(
            About::Gap,
            host,
            format!("{gap:.1} s for its shutdown, which takes {}", spoken(*takes)),
        ),
        Some(takes) => all.fail(
            About::Gap,
            host,
            format!(
                "{server} goes {gap:.1} s after it, and its shutdown takes {}",
                spoken(*takes)
            ),
            format!("upsctl timeline {host}"),
        ),
        None => all.unknown(
            About::Gap,
            host,
            format!("{gap:.1} s for its shutdown; how long that takes is not in the inventory (shutdown_takes)"),
        ),
    }
}

fn hostsync(part: &Part, seen: &Seen, own: Measured, all: &mut Verdicts) {
    let host = &part.host;
    let most = part.delays.hostsync as f64;
    let expired = seen
        .logs
        .iter()
        .any(|(_, line)| line.contains("Host sync timer expired"));
    let waited = own
        .wait_over
        .zip(own.called)
        .map(|(over, called)| over - called);
    match waited {
        _ if expired => all.fail(
            About::Hostsync,
            host,
            format!("HOSTSYNC ({most:.0} s) was over before everyone had logged out"),
            "upsctl check".into(),
        ),
        Some(waited) => all.pass(
            About::Hostsync,
            host,
            format!(
                "waited {waited:.1} s for the others, {:.1} s of HOSTSYNC were left",
                (most - waited).max(0.0)
            ),
        ),
        None => all.unknown(
            About::Hostsync,
            host,
            "how long it waited was not seen".into(),
        ),
    }
}

fn foretold(evidence: &Evidence<'_>, part: &Part, all: &mut Verdicts) {
    let host = &part.host;
    let lines = evidence.line.chains.iter().flat_map(|chain| &chain.hosts);
    let Some(line) = lines.into_iter().find(|line| line.name == *host) else {
        return;
    };
    let Some(times) = evidence.measured.get(host) else {
        return;
    };
    let kinds = [
        (Kind::Called, times.called, "was called"),
        (Kind::WaitOver, times.wait_over, "waited no longer"),
        (Kind::Shutdown, times.shutdown, "called SHUTDOWNCMD"),
    ];
    let mut worst: Option<(f64, String)> = None;
    for (kind, seen, what) in kinds {
        let (Some(seen), Some(span)) = (seen, at(&line.moments, kind)) else {
            continue;
        };
        let off = (span.earliest_s - seen).max(seen - span.latest_s).max(0.0);
        let text = format!(
            "{what} at {seen:.1} s (± {:.2} s); computed was {:.1} s, {:.1} s to {:.1} s",
            times.error, span.typical_s, span.earliest_s, span.latest_s
        );
        if worst.as_ref().is_none_or(|(most, _)| off >= *most) {
            worst = Some((off, text));
        }
    }
    match worst {
        Some((off, text)) if off > TOLERANCE_S + times.error => {
            all.fail(
                About::Foretold,
                host,
                text,
                format!("upsctl timeline {host}"),
            );
        }
        Some((_, text)) => all.pass(About::Foretold, host, text),
        None => {}
    }
}

/// From low battery to the cut with what was measured, against what the battery has.
fn battery(evidence: &Evidence<'_>, ups: &time::UpsLine, all: &mut Verdicts) {
    let plan = evidence.conductor.plan;
    let server = &ups.server;
    if !plan.parts.iter().any(|part| part.host == *server) {
        return;
    }
    if plan.fast {
        let text = format!(
            "whether {} lasts: not rehearsed, the delays were shortened",
            ups.name
        );
        return all.unknown(About::Battery, server, text);
    }
    let known = evidence
        .outage
        .ups
        .iter()
        .find(|known| known.name == ups.name);
    let off = known.and_then(|known| known.off_delay.as_ref());
    let off = off.map_or(0.0, |delay| delay.seconds);
    let hosts = evidence.line.chains.iter().flat_map(|chain| &chain.hosts);
    let needs = hosts
        .filter(|host| host.fed_by.contains(&ups.name) || host.name == *server)
        .filter_map(|host| {
            let shutdown = evidence.measured.get(&host.name)?.shutdown?;
            let cut = if host.name == *server { off } else { 0.0 };
            Some(shutdown + host.way_down.typical_s + cut)
        })
        .fold(0.0, f64::max);
    if needs == 0.0 {
        return;
    }
    let text = format!(
        "{} has to last {} once its battery is low",
        ups.name,
        spoken(needs)
    );
    match ups.reserve.typical_s {
        Some(has) if has >= needs => all.pass(
            About::Battery,
            server,
            format!("{text}; it lasts {} ({})", spoken(has), ups.reserve.from),
        ),
        Some(has) => all.fail(
            About::Battery,
            server,
            format!(
                "{text}; it lasts only {} ({})",
                spoken(has),
                ups.reserve.from
            ),
            format!("upsctl timeline {server}"),
        ),
        None => all.unknown(
            About::Battery,
            server,
            format!("{text}; whether it does is not known: {}", ups.reserve.from),
        ),
    }
}

/// What is left, and whether the real chain is as before.
fn after(part: &Part, seen: &Seen, all: &mut Verdicts) {
    let host = &part.host;
    match &seen.touched {
        Some(lines) if lines.is_empty() => all.pass(
            About::Untouched,
            host,
            "units, files, processes and logins are as before".into(),
        ),
        Some(lines) => all.fail(
            About::Untouched,
            host,
            format!("not as before: {}", lines.join("; ")),
            format!("upsctl verify {host}"),
        ),
        None => all.fail(
            About::Untouched,
            host,
            "could not be looked at after the drill".into(),
            format!("upsctl verify {host}"),
        ),
    }
    match (&seen.left, seen.ended) {
        (None, true) => all.pass(
            About::NothingLeft,
            host,
            "nothing of the drill is left".into(),
        ),
        (Some(left), _) => all.fail(
            About::NothingLeft,
            host,
            format!("still there: {left}"),
            format!("on {host}: systemctl stop 'upsctl-drill*'"),
        ),
        (None, false) => all.fail(
            About::NothingLeft,
            host,
            "it did not say that all is taken away; it takes it away by itself".into(),
            format!("on {host}: systemctl list-units --all 'upsctl-drill*'"),
        ),
    }
}
