//! One UPS: from the answer of whoever can read it to what that means.

use std::collections::BTreeMap;

use super::clients::{self, Clients};
use super::{View, battery, metrics, since};
use crate::model::inventory::Ups;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Reading, Seen};
use crate::model::status::{ShutdownStarts, StatusMeaning, UpsReport};
use crate::nut::battery::{Variables, date, test_failed};
use crate::nut::directive::{File, Scope, own_number};
use crate::nut::files::{Setting, UpsConf, UpsdConf};
use crate::nut::status::{StatusWord, UpsStatus};
use crate::nut::ups_name::UpsName;

/// A reading and who made it, or why there is none.
enum Source<'a> {
    Read {
        on: &'a HostName,
        system: &'a str,
        variables: &'a BTreeMap<String, String>,
    },
    None(String),
}

pub(super) fn report(view: &View<'_>, name: &UpsName, ups: &Ups) -> UpsReport {
    let source = source(view, name, ups);
    let readings = view
        .metrics
        .get(name)
        .filter(|_| matches!(source, Source::None(_)));
    let (from_prometheus, metrics) = readings.and_then(|all| metrics::newest(all)).unzip();
    let metrics = metrics.unwrap_or_default();
    let (variables, read_on, read_as, problem) = match &source {
        Source::Read {
            on,
            system,
            variables,
        } => (
            *variables,
            Some(on.to_string()),
            Some((*system).to_string()),
            None,
        ),
        Source::None(why) => (&metrics, None, None, Some(why.clone())),
    };
    let known = Variables(variables);
    let said = known.text("ups.status").unwrap_or_default();
    let status = UpsStatus::parse(said);
    let server = view.seen(&ups.host).map(|(_, observed)| observed);
    let conf = server.and_then(ups_conf);
    let section = conf.as_ref().and_then(|conf| conf.section(name.as_str()));
    let shutdown_starts = match problem {
        Some(_) if said.is_empty() => ShutdownStarts::WhenTheUpsSays {
            because: "it cannot be read".into(),
        },
        _ => battery::shutdown_starts(&status, known, section),
    };
    let Clients {
        known: clients,
        strangers,
        strangers_may_be,
        problem: clients_problem,
    } = clients::of(view, name, &ups.host);
    let battery_date = known.battery_date();
    let number = |name| known.number(name);
    let owned = |text: Option<&str>| text.map(str::to_string);
    let on_battery = status.on_battery();
    UpsReport {
        name: name.to_string(),
        server: ups.host.to_string(),
        from_prometheus,
        desc: ups.desc.clone(),
        read_on,
        read_as,
        headline: status.headline(),
        status: (problem.is_none() || !said.is_empty()).then(|| status.to_string()),
        problem: problem.or_else(|| {
            status
                .waiting()
                .then(|| "its driver has said nothing yet".into())
        }),
        reading_at_most_seconds_old: server.and_then(|server| oldest(server, conf.as_ref(), name)),
        words: meanings(&status),
        on_battery_since_unix_seconds: on_battery
            .then(|| since::on_battery(view, name, &ups.host))
            .flatten(),
        shutdown_starts,
        empty_in_seconds: known
            .runtime_s()
            .filter(|_| on_battery)
            .map(|left| left as u64),
        goes_down: goes_down(view, name, &ups.host),
        battery_charge_percent: known.percent("battery.charge"),
        battery_charge_low_percent: known.charge_low_percent(),
        battery_runtime_seconds: known.runtime_s(),
        battery_runtime_low_seconds: known.runtime_low_s(),
        battery_voltage_volts: number("battery.voltage"),
        load_percent: known.percent("ups.load"),
        input_voltage_volts: number("input.voltage"),
        output_voltage_volts: number("output.voltage"),
        battery_date: owned(battery_date),
        battery_age_days: battery_date.and_then(|text| age_days(text, view.now)),
        replace_battery: status.has(&StatusWord::Rb),
        test_result: owned(known.text("ups.test.result")),
        test_failed: known.text("ups.test.result").is_some_and(test_failed),
        test_date: owned(known.text("ups.test.date")),
        alarm: owned(known.text("ups.alarm")),
        clients,
        strangers,
        strangers_may_be,
        clients_problem,
        // What came by way of an exporter is not as the UPS said it.
        variables: match source {
            Source::Read { variables, .. } => variables.clone(),
            Source::None(_) => BTreeMap::new(),
        },
    }
}

/// The server's own reading, or else that of anyone who watches the UPS.
fn source<'a>(view: &View<'a>, name: &UpsName, ups: &Ups) -> Source<'a> {
    let mut why = match view.hosts.get(&ups.host) {
        Some(Err(error)) => format!("{}: {error}", ups.host),
        _ => format!("{} was not asked", ups.host),
    };
    let own = view
        .seen(&ups.host)
        .into_iter()
        .flat_map(|(desired, observed)| {
            let own = desired.expect.ups.iter().filter(|own| own.name == *name);
            own.map(move |own| (own.system.as_str(), observed))
        });
    let others = view
        .hosts
        .values()
        .flatten()
        .flat_map(|(desired, observed)| {
            let watches = desired.expect.monitors.iter();
            let this = watches.filter(|watch| watch.ups == *name && watch.server == ups.host);
            this.map(move |watch| (watch.system.as_str(), *observed))
        });
    let mut first = true;
    for (system, observed) in own.chain(others) {
        let on = &observed.name;
        let problem = match observed.ups.get(system) {
            Some(Reading::Variables(variables)) => {
                return Source::Read {
                    on,
                    system,
                    variables,
                };
            }
            Some(Reading::Error(said)) => format!("`upsc {system}` on {on}: {said}"),
            Some(Reading::TimedOut) => format!("`upsc {system}` on {on} did not answer in time"),
            None => format!("upsc is not there on {on}"),
        };
        // The server knows best what is wrong.
        if std::mem::take(&mut first) {
            why = problem;
        }
    }
    Source::None(why)
}

fn ups_conf(server: &ObservedHost) -> Option<UpsConf> {
    let file = server.files.get(&File::Ups).and_then(Seen::is)?;
    Some(UpsConf::parse(file.content.expose().as_bytes()))
}

/// upsd gives no age. Data older than MAXAGE is refused, and the driver asks the UPS every
/// pollinterval.
fn oldest(server: &ObservedHost, conf: Option<&UpsConf>, name: &UpsName) -> Option<u64> {
    let file = server.files.get(&File::Upsd).and_then(Seen::is)?;
    let upsd = UpsdConf::parse(file.content.expose().as_bytes());
    let age = upsd.get("MAXAGE").and_then(Setting::value);
    let age = age.and_then(|word| word.value.parse().ok());
    let conf = conf?;
    let poll = conf
        .section(name.as_str())
        .and_then(|section| section.value("pollinterval"));
    let poll = poll.or_else(|| Some(conf.get("pollinterval")?.value.as_ref()?.value.as_str()));
    let poll = poll.and_then(|text| text.parse().ok());
    let own = |file, name| own_number(file, Scope::Top, name).unsigned_abs();
    let age = age.unwrap_or_else(|| own(File::Upsd, "MAXAGE"));
    Some(age + poll.unwrap_or_else(|| own(File::Ups, "pollinterval")))
}

fn meanings(status: &UpsStatus) -> Vec<StatusMeaning> {
    let of = |word: &StatusWord| StatusMeaning {
        word: word.as_str().into(),
        meaning: word.meaning().into(),
    };
    status.words.iter().map(of).collect()
}

/// The clients together, then the host with the cable.
fn goes_down(view: &View<'_>, ups: &UpsName, server: &HostName) -> Vec<Vec<String>> {
    let fed = view
        .inventory
        .hosts
        .keys()
        .filter(|host| clients::feeds(view.inventory, ups, host));
    let (last, first): (Vec<&HostName>, Vec<_>) = fed.partition(|host| *host == server);
    let names = |hosts: Vec<&HostName>| hosts.into_iter().map(ToString::to_string).collect();
    let steps: Vec<Vec<String>> = vec![names(first), names(last)];
    steps.into_iter().filter(|step| !step.is_empty()).collect()
}

fn age_days(text: &str, now: u64) -> Option<i64> {
    let now = jiff::Timestamp::from_second(i64::try_from(now).ok()?).ok()?;
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let days = i64::from(today.since(date(text)?).ok()?.get_days());
    (days >= 0).then_some(days)
}
