//! A drill: look, plan, refuse or ask, then lead every host's program through it at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::look::{Looked, Purpose};
use super::timeline::{by_looks, rendered};
use super::{Run, fleet};
use crate::drill::{self, Clock, Conductor, Evidence, NotPlanned, Part, Phase, Plan, Told, told};
use crate::host::{Change, Command, Dialogue};
use crate::model::drill::{DrillReport, DrillResult, DrillStop, Judged, NotRehearsed};
use crate::model::name::HostName;
use crate::model::observed::{Reading, Seen};
use crate::model::secret::Secret;
use crate::nut::status::UpsStatus;
use crate::observe;
use crate::site::ParsedSite;
use crate::time::{self, Outage, TimeLine};

/// How much longer a host's program is listened to than its units live.
const BEYOND: u64 = 60;

/// A drill that can begin.
#[derive(Debug)]
pub struct Rehearsal {
    pub plan: Plan,
    outage: Outage,
    earnest: TimeLine,
    shutdown_takes: BTreeMap<HostName, f64>,
}

/// What became of a look at the hosts.
#[derive(Debug)]
pub enum Prepared {
    Ready(Box<Rehearsal>),
    /// Nothing was started.
    Not(DrillStop),
}

/// Looks at the hosts and their servers, and plans.
///
/// # Errors
/// When a template does not render.
pub fn prepare(run: &Run, names: &[HostName], fast: bool) -> Result<Prepared> {
    let mut hosts: BTreeSet<HostName> = names.iter().cloned().collect();
    for name in names {
        hosts.extend(run.inventory.servers_of(name));
    }
    let (hosts, others): (Vec<HostName>, Vec<HostName>) = hosts
        .into_iter()
        .partition(|name| run.inventory.is_managed(name));
    let mut looks = BTreeMap::new();
    for (host, looked) in run.looker().look(&hosts, Purpose::TimeLine)? {
        match looked {
            Ok(looked) => looks.insert(host, looked),
            Err(error) => {
                return Ok(Prepared::Not(DrillStop {
                    why: format!("it could not be looked at: {error}"),
                    next: drill_without(&host, &hosts),
                    host,
                }));
            }
        };
    }
    let all = rendered(
        run,
        looks.iter().map(|(name, looked)| (name, &looked.desired)),
    )?;
    let seen = looks.iter().map(|(name, looked)| (name, &looked.observed));
    let seen = seen.collect();
    let (outage, _) = by_looks(run, &all, &seen);
    let pairs = all.iter();
    let pairs = pairs.map(|host| (host, seen.get(&host.name).copied()));
    let site = ParsedSite::observed(run.inventory, pairs, &run.places);
    if let Some(stop) = refusal(&looks, &site) {
        return Ok(Prepared::Not(stop));
    }
    let port = run.inventory.site.drill_port;
    let mut plan = match drill::plan(&site, &hosts, port, fast) {
        Ok(plan) => plan,
        Err(NotPlanned { host, why, next }) => {
            return Ok(Prepared::Not(DrillStop { host, why, next }));
        }
    };
    for name in others {
        let what = format!(
            "{}: only that it is logged in can be seen; its own rules are not rehearsed",
            run.inventory.hosts[&name].platform.as_str()
        );
        plan.not_rehearsed.push(NotRehearsed { host: name, what });
    }
    for ups in outage.ups.iter().filter(|ups| ups.strangers > 0) {
        let what = format!(
            "{} logged in to {} that are in no inventory: the real primary waits for them",
            match ups.strangers {
                1 => "1 client is".into(),
                count => format!("{count} clients are"),
            },
            ups.name
        );
        let host = ups.server.clone();
        plan.not_rehearsed.push(NotRehearsed { host, what });
    }
    let takes = run
        .inventory
        .hosts
        .iter()
        .filter_map(|(name, host)| Some((name.clone(), host.shutdown_takes?.as_secs() as f64)));
    Ok(Prepared::Ready(Box::new(Rehearsal {
        plan,
        earnest: time::time_line(&outage),
        outage,
        shutdown_takes: takes.collect(),
    })))
}

fn drill_without(host: &HostName, hosts: &[HostName]) -> String {
    let others = hosts.iter().filter(|other| *other != host);
    let others: Vec<&str> = others.map(HostName::as_str).collect();
    match others.is_empty() {
        true => format!("upsctl doctor {host}"),
        false => format!("upsctl drill {}", others.join(" ")),
    }
}

/// Why there is no drill now, as far as a look tells.
fn refusal(looks: &BTreeMap<HostName, Looked>, site: &ParsedSite<'_>) -> Option<DrillStop> {
    for (host, looked) in looks {
        let stop = |why: String, next: String| {
            Some(DrillStop {
                host: host.clone(),
                why,
                next,
            })
        };
        let look = &looked.observed;
        if let Some(open) = &look.transaction {
            return match &open.holder {
                Some(holder) => stop(
                    format!("a deploy is under way: {holder}"),
                    "wait for it to end".into(),
                ),
                None => stop(
                    format!("deploy {} was neither confirmed nor undone", open.id),
                    format!("upsctl deploy {host}"),
                ),
            };
        }
        if !look.system.systemd {
            return stop(
                "systemd does not run on it: a drill has no box there".into(),
                format!("upsctl verify {host}"),
            );
        }
        for ups in site.host(host).into_iter().flat_map(|host| host.upses()) {
            let says = match ups.reading() {
                Some(Reading::Variables(all)) => match all.get("ups.status") {
                    Some(status) if is_on_mains(status) => continue,
                    Some(status) => format!("says {status}"),
                    None => "says no status".into(),
                },
                _ => "does not answer".into(),
            };
            return stop(
                format!("its UPS {} {says}: a drill needs mains", ups.name()),
                format!("upsctl doctor {host}"),
            );
        }
        // The plan goes by bytes; what arrived must be what lies there.
        for (file, seen) in &look.files {
            let Seen::Is(have) = seen else { continue };
            if observe::digest(have.content.expose().as_bytes()) != have.digest {
                return stop(
                    format!("{} has bytes that are no UTF-8", file.name()),
                    format!(
                        "upsctl check, and rewrite /etc/nut/{} in plain ASCII",
                        file.name()
                    ),
                );
            }
        }
    }
    None
}

/// Mains, and nothing under way that the real chain acts upon.
fn is_on_mains(status: &str) -> bool {
    let status = UpsStatus::parse(status);
    let busy = status.on_battery() || status.low_battery() || status.fsd() || status.calibrating();
    status.on_line() && !busy
}

/// Everything that the hosts' conversations share.
struct Stage<'a> {
    run: &'a Run,
    began: Instant,
    rehearsal: &'a Rehearsal,
    held: Mutex<Held<'a>>,
}

struct Held<'a> {
    conductor: Conductor<'a>,
    clocks: BTreeMap<HostName, Clock>,
    report: Option<(DrillReport, TimeLine)>,
}

impl<'a> Stage<'a> {
    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held<'a>) -> T) -> T {
        work(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is said to a host that asks.
    fn answer(&self, host: &HostName) -> String {
        let now = self.now();
        let interrupted = self.run.interrupt.heard();
        self.with(|held| {
            if interrupted {
                held.conductor.stop(host, "interrupted", "", now);
            }
            let before = held.conductor.phase;
            let word = held.conductor.next(host, now);
            if held.conductor.phase != before {
                self.run.progress.begin(host, doing(held.conductor.phase));
            }
            if held.conductor.phase < Phase::Over {
                return format!("{word}\n");
            }
            let (report, _) = held
                .report
                .get_or_insert_with(|| judged(self.rehearsal, &held.conductor, &held.clocks, now));
            remember(report)
        })
    }
}

fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "preparing",
        Phase::LogIn => "logging in to the real upsd",
        Phase::Serve => "starting the drill's upsd",
        Phase::Watch | Phase::Join => "waiting for logins",
        Phase::Reach => "looking why someone is missing",
        Phase::Battery => "on battery",
        Phase::Low => "the battery is low",
        Phase::End | Phase::Over => "taking everything away",
    }
}

/// What a host remembers: `passed full 1795916317`.
fn remember(report: &DrillReport) -> String {
    let result = match report.result {
        DrillResult::Passed => "passed",
        DrillResult::Failed => "failed",
        DrillResult::Stopped => return "gone\n".into(),
    };
    let extent = if report.fast { "fast" } else { "full" };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    format!("remember {result} {extent} {now}\n")
}

/// One host's end of the conversation.
struct Player<'a, 'b> {
    stage: &'a Stage<'b>,
    part: &'a Part,
    nonce: String,
    /// It has its files; before, its ticks measure its clock.
    prepared: bool,
    /// When it was answered last.
    answered: Option<f64>,
}

impl Dialogue for Player<'_, '_> {
    fn line(&mut self, line: &str) -> Option<String> {
        let now = self.stage.now();
        let host = &self.part.host;
        match told(&self.nonce, line)? {
            Told::Tick(clock) => {
                let answer = if self.prepared {
                    self.stage.answer(host)
                } else {
                    self.measure(clock, now);
                    "wait\n".into()
                };
                self.answered = Some(self.stage.now());
                Some(answer)
            }
            other => {
                self.prepared |= other == Told::Prepared;
                self.stage
                    .with(|held| held.conductor.hear(host, other, now));
                None
            }
        }
    }
}

impl Player<'_, '_> {
    /// The host said its time between our last answer and now.
    fn measure(&self, clock: f64, now: f64) {
        let Some(sent) = self.answered else { return };
        let new = Clock {
            offset: clock - f64::midpoint(sent, now),
            error: (now - sent) / 2.0,
        };
        self.stage.with(|held| {
            let known = held.clocks.entry(self.part.host.clone()).or_insert(new);
            if new.error < known.error {
                *known = new;
            }
        });
    }
}

/// Holds the drill, and says what it proved, with what was measured beside what was computed.
pub fn hold(run: &Run, hosts: &dyn Change, rehearsal: &Rehearsal) -> (DrillReport, TimeLine) {
    let plan = &rehearsal.plan;
    let stage = Stage {
        run,
        began: Instant::now(),
        rehearsal,
        held: Mutex::new(Held {
            conductor: Conductor::new(plan, 0.0),
            clocks: BTreeMap::new(),
            report: None,
        }),
    };
    let names: Vec<&str> = plan.parts.iter().map(|part| part.host.as_str()).collect();
    run.writer(hosts).while_telling(&names.join(", "), || {
        // All at once, however many: they wait for one another.
        fleet::each(
            plan.parts.iter().collect(),
            plan.parts.len(),
            |part: &Part| {
                play(&stage, hosts, part);
            },
        )
    });
    let now = stage.now();
    stage.with(|held| {
        held.report
            .take()
            .unwrap_or_else(|| judged(rehearsal, &held.conductor, &held.clocks, now))
    })
}

fn play(stage: &Stage<'_>, hosts: &dyn Change, part: &Part) {
    let run = stage.run;
    let nonce = observe::nonce();
    run.progress.begin(&part.host, doing(Phase::Prepare));
    let command = Command {
        program: drill::program(&stage.rehearsal.plan, part, &nonce, &run.options.holder),
        input: Secret::new(""),
        deadline: Duration::from_secs(stage.rehearsal.plan.most_seconds + BEYOND),
    };
    let mut player = Player {
        stage,
        part,
        nonce,
        prepared: false,
        answered: None,
    };
    let ran = hosts.change(&part.host, &command, &mut player);
    let now = stage.now();
    let why = match ran {
        Ok(output) if output.status == 0 => None,
        Ok(output) => Some(format!("its program ended with status {}", output.status)),
        Err(error) => Some(error.to_string()),
    };
    stage.with(|held| held.conductor.gone(&part.host, why, now));
    run.progress.end(&part.host, "done");
}

fn judged(
    rehearsal: &Rehearsal,
    conductor: &Conductor<'_>,
    clocks: &BTreeMap<HostName, Clock>,
    now: f64,
) -> (DrillReport, TimeLine) {
    let plan = &rehearsal.plan;
    let measured = drill::measured(conductor, clocks);
    let mut line = drill::prediction(&rehearsal.outage, plan, Some(conductor));
    let verdicts = drill::judge(&Evidence {
        conductor,
        measured: &measured,
        line: &line,
        outage: &rehearsal.outage,
        earnest: &rehearsal.earnest,
        shutdown_takes: &rehearsal.shutdown_takes,
    });
    drill::beside(&mut line, &measured);
    let stopped = conductor.stopped.as_ref();
    let failed = verdicts
        .iter()
        .any(|verdict| verdict.judged == Judged::Fail);
    let report = DrillReport {
        result: match (stopped, failed) {
            (Some(_), _) => DrillResult::Stopped,
            (None, true) => DrillResult::Failed,
            (None, false) => DrillResult::Passed,
        },
        fast: plan.fast,
        port: plan.port,
        seconds: (now * 10.0).round() / 10.0,
        stopped: stopped.map(|(host, why, what)| drill::stop(plan, host, why, what)),
        not_rehearsed: plan.not_rehearsed.clone(),
        verdicts,
    };
    (report, line)
}
