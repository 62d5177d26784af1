//! What Prometheus knows of the UPSes, beside what their hosts say now.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Run;
use super::look::{Looks, Purpose};
use super::prometheus::Prometheus;
use crate::host::SshTarget;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::{Host, Inventory};
use crate::model::metrics::{MetricReading, MonitoredUps, Monitoring, UpsValues};
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Reading, Seen};
use crate::nut::ups_name::UpsName;
use crate::prom::answer::{self, Sample, Target as ScrapeTarget};
use crate::prom::expression::{self, Expression};
use crate::prom::series::{self, Measured};
use crate::prom::{Problem, Request, agree, alert, family, recommended};

/// The age of node_exporter's textfiles that are about a UPS.
const FILES: &str = "time() - node_textfile_mtime_seconds{file=~\".*(nut|ups).*\"} or time() - upsctl_looked_at_timestamp_seconds";

/// Asks Prometheus and the hosts of the UPSes, at the same time.
///
/// # Errors
/// A template that does not render; Prometheus that cannot be asked at all.
pub fn metrics(run: &Run, prometheus: &Prometheus) -> Result<Monitoring> {
    let (asked, looked) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(prometheus));
        let looked = look_at_servers(run);
        (asked.join().expect("it does not panic"), looked)
    });
    let (asked, looked) = (asked?, looked?);
    Ok(judge(run, prometheus, asked, &looked))
}

/// What Prometheus has of each UPS of the inventory; nothing where none is configured.
///
/// # Errors
/// Prometheus that cannot be asked.
pub fn readings(run: &Run) -> Result<BTreeMap<UpsName, Vec<MetricReading>>, Diagnostics> {
    let Some(prometheus) = Prometheus::open(run)? else {
        return Ok(BTreeMap::new());
    };
    let asked = ask(&prometheus)?;
    let readings = series::readings(&asked.measured, &asked.names, &asked.targets, &asked.files);
    let (ups, _) = attribute(run, readings, &Looks::new());
    Ok(ups.into_iter().map(|one| (one.ups, one.readings)).collect())
}

/// Looks at the hosts that have a UPS.
///
/// # Errors
/// A template that does not render.
pub fn look_at_servers(run: &Run) -> Result<Looks> {
    let servers: BTreeSet<&HostName> = run.inventory.ups.values().map(|ups| &ups.host).collect();
    let managed = |name: &&&HostName| run.inventory.is_managed(name);
    let names: Vec<HostName> = servers
        .iter()
        .filter(managed)
        .map(|name| (*name).clone())
        .collect();
    run.looker().look(&names, Purpose::Plan)
}

/// What Prometheus answered.
struct Asked {
    measured: Vec<Measured>,
    names: BTreeMap<(String, String), BTreeSet<String>>,
    series: usize,
    targets: Vec<ScrapeTarget>,
    files: Vec<Sample>,
    rules: Vec<(answer::AlertRule, Expression)>,
    /// Of every alerting rule.
    expressions: Vec<Expression>,
    existence: alert::Existence,
    not_seen: Vec<Diagnostic>,
}

/// Two rounds of questions: what is there, then what it says.
fn ask(prometheus: &Prometheus) -> Result<Asked, Diagnostics> {
    let names = format!(
        "count by (__name__, job, instance) ({{__name__=~\"{}\"}})",
        family::NAMES
    );
    let first = vec![
        Request::query(names.as_str()),
        Request::targets(),
        Request::alerts(),
        Request::query(FILES),
    ];
    let mut answers = prometheus.ask(first).into_iter();
    let mut next = || answers.next().expect("one for each request");
    let counted = next().and_then(|text| answer::vector(&text));
    let counted = counted.map_err(|problem| prometheus.diagnostic(Some(&names), &problem))?;
    let mut not_seen = Vec::new();
    let mut or_none = |what: &str, problem: Problem| {
        not_seen.push(prometheus.diagnostic(Some(what), &problem));
    };
    let targets = next()
        .and_then(|text| answer::targets(&text))
        .unwrap_or_else(|problem| {
            or_none("targets", problem);
            Vec::new()
        });
    let rules = next()
        .and_then(|text| answer::alert_rules(&text))
        .unwrap_or_else(|problem| {
            or_none("alerting rules", problem);
            Vec::new()
        });
    let files = next()
        .and_then(|text| answer::vector(&text))
        .unwrap_or_else(|problem| {
            or_none(FILES, problem);
            Vec::new()
        });
    let expressions = rules
        .iter()
        .map(|rule| expression::read(&rule.expression))
        .collect();
    let mut asked = Asked {
        measured: Vec::new(),
        series: counted.iter().map(|sample| sample.value as usize).sum(),
        names: by_target(&counted),
        targets,
        files,
        rules: alert::about_upses(rules),
        expressions,
        existence: BTreeMap::new(),
        not_seen,
    };
    second(prometheus, &mut asked, &counted);
    Ok(asked)
}

fn by_target(counted: &[Sample]) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut names: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for sample in counted {
        let key = (
            sample.label("job").to_string(),
            sample.label("instance").to_string(),
        );
        names.entry(key).or_default().insert(sample.name().into());
    }
    names
}

fn second(prometheus: &Prometheus, asked: &mut Asked, counted: &[Sample]) {
    let names: BTreeSet<&str> = counted.iter().map(Sample::name).collect();
    let known: Vec<family::Known> = names.iter().flat_map(|name| family::known(name)).collect();
    let selectors = alert::to_ask(&asked.rules);
    let values = known.iter().flat_map(|known| {
        let query = known.query();
        [
            Request::query(format!("timestamp({query})")),
            Request::query(query),
        ]
    });
    let existence = selectors
        .iter()
        .map(|selector| Request::query(alert::existence(selector)));
    let requests: Vec<Request> = values.chain(existence).collect();
    let shown: Vec<String> = requests
        .iter()
        .map(|request| request.shown().to_string())
        .collect();
    let mut answers = prometheus
        .ask(requests)
        .into_iter()
        .zip(shown)
        .map(|(answer, shown)| (answer.and_then(|text| answer::vector(&text)), shown));
    for known in known {
        let mut samples = || match answers.next() {
            Some((Ok(samples), _)) => samples,
            Some((Err(problem), shown)) => {
                asked
                    .not_seen
                    .push(prometheus.diagnostic(Some(&shown), &problem));
                Vec::new()
            }
            None => Vec::new(),
        };
        let times = samples();
        asked.measured.push(Measured {
            known,
            samples: samples(),
            times,
        });
    }
    let found = answers.map(|(answer, _)| answer.map(|samples| !samples.is_empty()));
    asked.existence = selectors.into_iter().zip(found).collect();
}

fn judge(run: &Run, prometheus: &Prometheus, asked: Asked, looked: &Looks) -> Monitoring {
    let readings = series::readings(&asked.measured, &asked.names, &asked.targets, &asked.files);
    let sources: BTreeSet<(String, String)> = readings
        .iter()
        .map(|reading| (reading.job.clone(), reading.instance.clone()))
        .collect();
    let alerts = alert::judge(asked.rules, &asked.expressions, &asked.existence, &readings);
    let there = asked.names.values().flatten().map(String::as_str).collect();
    let not_here = match readings.is_empty() {
        true => Vec::new(),
        false => alert::not_here(&there, &readings),
    };
    let (ups, others) = attribute(run, readings, looked);
    Monitoring {
        url: prometheus.url.clone(),
        series: asked.series,
        ups,
        others,
        targets: series::targets(&asked.targets, &sources),
        alerts,
        not_here,
        not_seen: asked.not_seen,
    }
}

/// Gives each reading to the UPS that it is of.
fn attribute(
    run: &Run,
    readings: Vec<MetricReading>,
    looked: &Looks,
) -> (Vec<MonitoredUps>, Vec<MetricReading>) {
    let mut all: Vec<MonitoredUps> = run
        .inventory
        .ups
        .iter()
        .map(|(name, ups)| MonitoredUps {
            ups: name.clone(),
            host: ups.host.clone(),
            upsc: upsc(name, &ups.host, looked).map(|variables| values(&variables)),
            readings: Vec::new(),
            by_hand: by_hand(run, name, &ups.host),
        })
        .collect();
    let mut others = Vec::new();
    for mut reading in readings {
        let only = all.len() == 1 && reading.label.is_empty();
        if only {
            reading.notes.push(format!(
                "taken to be `{}`, the only one of the inventory",
                all[0].ups
            ));
        }
        match all
            .iter_mut()
            .find(|one| only || one.ups.as_str() == reading.label)
        {
            Some(one) => {
                if let Seen::Is(live) = &one.upsc {
                    reading.disagrees = agree::disagreements(&reading, live);
                }
                one.readings.push(reading);
            }
            None => others.push(reading),
        }
    }
    (all, others)
}

/// Alerting rules for readings: UPS, reading, and the seconds its hosts need to go down.
pub fn rules(readings: &[(&str, &MetricReading, u64)]) -> String {
    recommended::rules(readings)
}

/// What an operating system takes to go down when the inventory does not say, seconds: systemd stops a
/// hanging unit after that long (systemd-system.conf, DefaultTimeoutStopSec).
const GOES_DOWN: u64 = 90;

/// How many seconds of battery the hosts on a UPS need to go down: the slowest client, then the host
/// at the cable.
pub fn needed(inventory: &Inventory, ups: &UpsName) -> u64 {
    let server = inventory.ups.get(ups).map(|ups| &ups.host);
    let takes = |host: &Host| {
        host.shutdown_takes
            .map_or(GOES_DOWN, |takes| takes.as_secs())
    };
    let fed = |host: &&Host| host.powered_by.iter().flatten().any(|one| one == ups);
    let hosts = || {
        inventory
            .hosts
            .iter()
            .filter(|(name, _)| Some(*name) != server)
    };
    let clients = hosts().map(|(_, host)| host).filter(fed).map(takes).max();
    let last = server
        .and_then(|server| inventory.hosts.get(server))
        .map(takes);
    clients.unwrap_or_default() + last.unwrap_or_default()
}

/// What is typed to read a UPS without any of this.
pub fn by_hand(run: &Run, ups: &UpsName, host: &HostName) -> String {
    let keys = &run.inventory.hosts[host.as_str()];
    let read = format!("upsc {ups}@localhost");
    match keys.address.as_str() {
        "local" => read,
        _ => format!(
            "ssh {} {read}",
            SshTarget::of(keys, None, std::time::Duration::ZERO).to_type()
        ),
    }
}

/// The variables of a UPS, as its host has them.
pub fn upsc(ups: &UpsName, host: &HostName, looked: &Looks) -> Seen<BTreeMap<String, String>> {
    match looked.get(host) {
        None => Seen::Unknown(format!("{host} is looked after by hand")),
        Some(Err(error)) => Seen::Unknown(error.to_string()),
        Some(Ok(looked)) => of_host(ups, &looked.observed),
    }
}

fn of_host(ups: &UpsName, observed: &ObservedHost) -> Seen<BTreeMap<String, String>> {
    let own = |name: &str| name.split('@').next() == Some(ups.as_str());
    match observed.ups.iter().find(|(name, _)| own(name)) {
        Some((_, Reading::Variables(variables))) => Seen::Is(variables.clone()),
        Some((name, Reading::Error(error))) => Seen::Unknown(format!("upsc {name}: {error}")),
        Some((name, Reading::TimedOut)) => {
            Seen::Unknown(format!("upsc {name} got no answer in time"))
        }
        None => Seen::Unknown(format!("{} has no such UPS", observed.name)),
    }
}

fn values(variables: &BTreeMap<String, String>) -> UpsValues {
    let number = |name: &str| {
        variables
            .get(name)
            .and_then(|text| text.trim().parse().ok())
    };
    UpsValues {
        status: variables.get("ups.status").cloned(),
        charge_percent: number("battery.charge"),
        runtime_seconds: number("battery.runtime"),
        input_voltage_volts: number("input.voltage"),
    }
}
