//! Leads all hosts through a drill. Every host asks again and again what to do; what it is told
//! depends on how far all of them are.

use std::collections::BTreeMap;

use super::answer::{Did, Told};
use super::plan::{Part, Plan};
use crate::model::name::HostName;

/// How long a client may take to log in beyond its poll.
const LOGIN_S: f64 = 8.0;
/// How long the drill's UPS may be on battery before upsmon has noticed, beyond its poll.
const NOTICE_S: f64 = 6.0;
/// How long a phase may take that is the hosts' own affair.
const STEP_S: f64 = 40.0;

/// How far a drill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Each host looks at itself and makes its files.
    Prepare,
    /// Logins to the real servers.
    LogIn,
    /// Drivers and upsd.
    Serve,
    /// upsmon.
    Watch,
    /// Until everyone is logged in to the drill's upsd.
    Join,
    /// Where not everyone is: what keeps them.
    Reach,
    Battery,
    Low,
    End,
    /// Everything is taken away, and judged.
    Over,
}

/// What is known of a host's part.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// It was told to do its share of the phase.
    asked: bool,
    /// And has done it.
    done: bool,
    pub did: Vec<Did>,
    /// Address, port, UPS, exit status, what upsd said.
    pub logins: Vec<Told>,
    pub reach: Vec<Told>,
    pub programs: Vec<Told>,
    pub logs: Vec<(String, String)>,
    /// By UPS that it serves: who is logged in.
    pub clients: BTreeMap<String, Vec<String>>,
    /// When its UPSes said so, on its clock.
    pub on_battery_at: Option<f64>,
    pub low_at: Option<f64>,
    pub flag: bool,
    pub left: Option<String>,
    /// How its real chain differs from before; nothing where nobody could look.
    pub touched: Option<Vec<String>>,
    pub ended: bool,
    /// Nothing more is heard of it.
    gone: bool,
}

impl Seen {
    /// When upsmon of the drill first gave notice of a kind, on the host's clock.
    pub fn notice(&self, kind: &str) -> Option<f64> {
        let found = self.did.iter().filter(|did| did.notice == kind);
        found.map(|did| did.at).reduce(f64::min)
    }

    /// When it called SHUTDOWNCMD, on the host's clock.
    pub fn shutdown(&self) -> Option<f64> {
        let found = self.did.iter().filter(|did| did.kind == "shutdown");
        found.map(|did| did.at).reduce(f64::min)
    }
}

/// What is led.
pub struct Conductor<'a> {
    pub plan: &'a Plan,
    pub phase: Phase,
    since: f64,
    pub hosts: BTreeMap<HostName, Seen>,
    /// Who should be in the drill's lists and is not: server, client, UPS.
    pub missing: Vec<(HostName, HostName, String)>,
    /// Why it ended before its end: the host it is about, a word, and what about it.
    pub stopped: Option<(HostName, String, String)>,
}

impl<'a> Conductor<'a> {
    /// Begins at a time of this machine, in seconds from anywhere.
    pub fn new(plan: &'a Plan, now: f64) -> Self {
        let hosts = plan.parts.iter();
        Self {
            plan,
            phase: Phase::Prepare,
            since: now,
            hosts: hosts
                .map(|part| (part.host.clone(), Seen::default()))
                .collect(),
            missing: Vec::new(),
            stopped: None,
        }
    }

    /// Ends the drill for a reason; the first one counts.
    pub fn stop(&mut self, host: &HostName, why: &str, what: &str, now: f64) {
        if self.phase >= Phase::End {
            return;
        }
        self.stopped = Some((host.clone(), why.into(), what.into()));
        self.enter(Phase::End, now);
    }

    /// A host that will say nothing more, with the reason if it went before its end.
    pub fn gone(&mut self, host: &HostName, why: Option<String>, now: f64) {
        if let Some(seen) = self.hosts.get_mut(host) {
            seen.gone = true;
        }
        if let Some(why) = why {
            self.stop(host, "lost", &why, now);
        }
        self.advance(now);
    }

    /// Takes in what a host tells, but for its ticks.
    pub fn hear(&mut self, host: &HostName, told: Told, now: f64) {
        match &told {
            Told::Refused { why, what } => return self.stop(host, why, what, now),
            Told::MainsLost(what) => return self.stop(host, "mains-lost", what, now),
            Told::Serving(false) => return self.stop(host, "not-serving", "", now),
            Told::Watching(false) => return self.stop(host, "not-watching", "", now),
            _ => {}
        }
        let Some(seen) = self.hosts.get_mut(host) else {
            return;
        };
        match told {
            Told::Prepared | Told::LoggedIn | Told::Serving(_) | Told::Watching(_) => {
                seen.done = true;
            }
            Told::Clients { ups, list } => {
                seen.clients.insert(ups, list);
            }
            Told::OnBattery { seen: yes, at } => {
                seen.on_battery_at = yes.then_some(at);
                seen.done = true;
            }
            Told::Low { seen: yes, at } => {
                seen.low_at = yes.then_some(at);
                seen.done = true;
            }
            // Every tick tells all of them.
            Told::Did(did) => {
                if !seen.did.contains(&did) {
                    seen.did.push(did);
                }
            }
            Told::Log { daemon, line } => seen.logs.push((daemon, line)),
            Told::Login { .. } => seen.logins.push(told),
            Told::Reach { .. } => {
                seen.reach.push(told);
                seen.done = true;
            }
            Told::Program { .. } => seen.programs.push(told),
            Told::Flag => seen.flag = true,
            Told::Left(what) => seen.left = Some(what),
            Told::Untouched => seen.touched = Some(Vec::new()),
            Told::Touched(line) => seen.touched.get_or_insert_default().push(line),
            Told::Ended => seen.ended = true,
            Told::Tick(_) | Told::Refused { .. } | Told::MainsLost(_) => {}
        }
    }

    /// What a host that asks is told to do.
    pub fn next(&mut self, host: &HostName, now: f64) -> &'static str {
        self.advance(now);
        let plan = self.plan;
        let Some(part) = plan.parts.iter().find(|part| part.host == *host) else {
            return "gone";
        };
        let missing = self.missing.iter().any(|(_, client, _)| client == host);
        let Some(seen) = self.hosts.get_mut(host) else {
            return "gone";
        };
        let server = part.is_server();
        let (asks, word) = match self.phase {
            Phase::LogIn => (true, "log-in"),
            Phase::Serve => (server, "serve"),
            Phase::Watch => (!part.watches.is_empty(), "watch"),
            // Asked again and again.
            Phase::Join if server => {
                seen.asked = !seen.asked;
                (true, "clients")
            }
            Phase::Reach => (missing, "reach"),
            Phase::Battery => (server, "on-battery"),
            Phase::Low => (server, "low"),
            Phase::End => (true, "end"),
            Phase::Prepare | Phase::Join | Phase::Over => (false, ""),
        };
        if !asks || seen.asked {
            return "wait";
        }
        seen.asked = true;
        word
    }

    fn enter(&mut self, phase: Phase, now: f64) {
        self.phase = phase;
        self.since = now;
        for seen in self.hosts.values_mut() {
            seen.asked = false;
            seen.done = false;
        }
    }

    /// Goes on to the next phase when this one is over.
    fn advance(&mut self, now: f64) {
        let waited = now - self.since;
        let done = |needed: fn(&Part) -> bool| {
            let mut parts = self.plan.parts.iter().filter(|part| needed(part));
            parts.all(|part| self.hosts[&part.host].done)
        };
        match self.phase {
            Phase::Prepare if done(|_| true) => self.enter(Phase::LogIn, now),
            Phase::LogIn if done(|_| true) => self.enter(Phase::Serve, now),
            Phase::Serve if done(Part::is_server) => self.enter(Phase::Watch, now),
            Phase::Watch if done(|part| !part.watches.is_empty()) => self.enter(Phase::Join, now),
            Phase::Join => self.join(waited, now),
            Phase::Reach if waited > STEP_S / 2.0 || self.reached() => {
                self.enter(Phase::Battery, now);
            }
            Phase::Battery => self.battery(waited, now),
            Phase::Low => self.low(waited, now),
            Phase::End => {
                let over = |seen: &Seen| seen.ended || seen.gone;
                if waited > STEP_S || self.hosts.values().all(over) {
                    self.enter(Phase::Over, now);
                }
            }
            Phase::Over | Phase::Reach => {}
            Phase::Prepare | Phase::LogIn | Phase::Serve | Phase::Watch => {
                let late = self.hosts.iter().find(|(_, seen)| !seen.done);
                if let Some((host, _)) = late.filter(|_| waited > STEP_S) {
                    let host = host.clone();
                    self.stop(&host, "slow", &format!("{STEP_S:.0} s"), now);
                }
            }
        }
    }

    fn join(&mut self, waited: f64, now: f64) {
        self.missing = self.not_logged_in();
        if self.missing.is_empty() {
            self.enter(Phase::Battery, now);
        } else if waited > self.longest_poll() + LOGIN_S {
            self.enter(Phase::Reach, now);
        }
    }

    fn longest_poll(&self) -> f64 {
        let polls = self.plan.parts.iter().map(|part| part.delays.poll);
        polls.max().unwrap_or(0) as f64
    }

    fn not_logged_in(&self) -> Vec<(HostName, HostName, String)> {
        let mut missing = Vec::new();
        for part in &self.plan.parts {
            for watch in &part.watches {
                let server = self.hosts.get(&watch.server);
                let list = server.and_then(|server| server.clients.get(&watch.ups));
                if !list.is_some_and(|list| part.is_among(&watch.server, list)) {
                    missing.push((watch.server.clone(), part.host.clone(), watch.ups.clone()));
                }
            }
        }
        missing
    }

    fn reached(&self) -> bool {
        let mut clients = self.missing.iter().map(|(_, client, _)| client);
        clients.all(|client| self.hosts[client].done)
    }

    fn battery(&mut self, waited: f64, now: f64) {
        let most = self.longest_poll() + NOTICE_S;
        let mut parts = self.plan.parts.iter();
        let noticed = parts.all(|part| {
            part.watches.is_empty() || self.hosts[&part.host].notice("ONBATT").is_some()
        });
        let mut servers = self.plan.parts.iter().filter(|part| part.is_server());
        let told = servers.all(|part| self.hosts[&part.host].done);
        if told && (noticed || waited > most) {
            self.enter(Phase::Low, now);
        } else if waited > STEP_S {
            self.enter(Phase::End, now);
        }
    }

    /// Whether a host has heard of the drill at all, so that it can go down in it.
    pub fn takes_part(&self, host: &HostName) -> bool {
        self.hosts
            .get(host)
            .is_some_and(|seen| seen.notice("ONBATT").is_some())
    }

    fn low(&mut self, waited: f64, now: f64) {
        let down =
            |(host, seen): (&HostName, &Seen)| !self.takes_part(host) || seen.shutdown().is_some();
        let over = self.hosts.iter().all(down);
        let told = self.hosts.values().any(|seen| seen.done);
        if over && told || waited > self.plan.most_seconds as f64 - 60.0 {
            self.enter(Phase::End, now);
        }
    }
}
