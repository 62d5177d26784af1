//! `status` on one screen, for someone who has forgotten how NUT works.

use super::super::clock;
use super::super::paint::{BAD, FAINT, GOOD, HOST, PLAIN, WARNING, clean, paint};
use super::Page;
use super::words::and;
use crate::model::status::{ClientReport, HostReport, ShutdownStarts, SiteStatus, UpsReport};
use crate::nut::status::Headline;

/// The whole screen.
pub fn status(status: &SiteStatus, page: &Page) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for ups in &status.ups {
        if !page.quiet() || !ups.on_mains() {
            blocks.push(block(ups, status.looked_at_unix_seconds, page));
        }
    }
    let hosts: Vec<String> = status
        .hosts
        .iter()
        .filter(|host| {
            !page.quiet() || host.problem.is_some() || host.units.iter().any(|unit| !unit.runs)
        })
        .map(|host| machine(host, status.looked_at_unix_seconds))
        .collect();
    if !hosts.is_empty() {
        blocks.push(hosts.concat());
    }
    if let Some(why) = &status.prometheus_problem {
        blocks.push(format!(
            "Prometheus could not be asked either: {}\n",
            clean(why)
        ));
    }
    blocks.join("\n")
}

fn block(ups: &UpsReport, now: u64, page: &Page) -> String {
    let style = match ups.headline {
        Headline::OnMains | Headline::Charging => GOOD,
        Headline::ReplaceBattery
        | Headline::Overloaded
        | Headline::Alarm
        | Headline::LowOnMains => WARNING,
        _ => BAD,
    };
    let mut out = format!(
        "{}  {}\n",
        paint(HOST, &ups.name),
        paint(style, &clean(&headline(ups, now)))
    );
    let mut line = |text: &str| super::super::wrap::hanging(&mut out, "    ", 4, text, page.width);
    for text in course(ups) {
        line(&clean(&text));
    }
    let numbers = numbers(ups);
    if !numbers.is_empty() {
        line(&clean(&numbers.join(", ")));
    }
    for text in battery(ups) {
        line(&clean(&text));
    }
    for text in by_metrics(ups) {
        line(&clean(&text));
    }
    if let (Some(status), Some(on)) = (&ups.status, &ups.read_on) {
        let age = ups.reading_at_most_seconds_old;
        let age = age.map_or("how old is not known".into(), |age| {
            format!("at most {age} s old")
        });
        line(&clean(&format!("says {status}; read on {on}, {age}")));
    }
    for client in &ups.clients {
        out.push_str(&login(client, &ups.server));
    }
    for (address, count) in &ups.strangers {
        let times = if *count > 1 {
            format!(" {count} times")
        } else {
            String::new()
        };
        let maybe = match ups.strangers_may_be.as_slice() {
            [] => "in no inventory".to_string(),
            hosts => format!("in no inventory, unless it is {}", and(hosts)),
        };
        out.push_str(&format!(
            "    {}  logged in{times}: {maybe}\n",
            paint(WARNING, &clean(address))
        ));
    }
    if let Some(why) = &ups.clients_problem {
        out.push_str(&format!(
            "    who is logged in is not known: {}\n",
            clean(why)
        ));
    }
    out
}

/// Where a reading is from that no host gave.
fn by_metrics(ups: &UpsReport) -> Vec<String> {
    let Some(from) = &ups.from_prometheus else {
        return Vec::new();
    };
    let age = from
        .age_seconds
        .map_or("nobody knows how long".into(), |age| {
            clock::span(age as u64)
        });
    let source = format!("{} on {}", from.exporter, from.instance);
    if from.stale {
        let said = &from.status;
        return vec![format!(
            "the last that Prometheus has is {said}, {age} ago ({source}): too old to go by"
        )];
    }
    let why = ups.problem.as_deref().unwrap_or_default();
    vec![
        format!(
            "says {}; read from Prometheus, {age} old ({source})",
            from.status
        ),
        format!("nobody could be asked directly: {why}"),
    ]
}

/// What it comes down to, in a line.
fn headline(ups: &UpsReport, now: u64) -> String {
    let since = ups
        .on_battery_since_unix_seconds
        .map(|since| format!(" for {}", clock::span(now.saturating_sub(since))));
    let battery = format!("on battery{}", since.unwrap_or_default());
    match ups.headline {
        Headline::ForcedShutdown if on_line(ups) => {
            "forced shutdown is latched although mains are there: whoever starts upsmon goes down"
                .into()
        }
        Headline::ForcedShutdown => "forced shutdown: the hosts go down now".into(),
        Headline::BatteryLow => format!("{battery}, and the battery is low: the hosts go down now"),
        Headline::NotKnown => format!(
            "not known: {}",
            ups.problem.as_deref().unwrap_or("it says nothing")
        ),
        Headline::OnBattery => battery,
        Headline::OutputOff => "its output is off: nothing is supplied".into(),
        Headline::OnBypass => "on bypass: powered, but not protected".into(),
        Headline::Unclear => "says neither that mains are there nor that they are gone".into(),
        Headline::ReplaceBattery => "on mains; the battery must be replaced".into(),
        Headline::Overloaded => {
            "on mains, and overloaded: it drops everything when mains fail".into()
        }
        Headline::Alarm => "on mains, with an alarm".into(),
        Headline::LowOnMains => "on mains, but the battery is low".into(),
        Headline::Charging => "on mains, charging".into(),
        Headline::OnMains => "on mains".into(),
    }
}

fn on_line(ups: &UpsReport) -> bool {
    let has = |word: &str| ups.words.iter().any(|meaning| meaning.word == word);
    has("OL") && !has("OFF") && !has("BYPASS")
}

/// How long, and who goes down when.
fn course(ups: &UpsReport) -> Vec<String> {
    let empty = ups
        .empty_in_seconds
        .map(|left| format!("; the battery is empty in about {}", clock::span(left)));
    let empty = empty.unwrap_or_default();
    let starts = match &ups.shutdown_starts {
        // What the output does not have the battery does not feed.
        ShutdownStarts::Not if !on_line(ups) => return Vec::new(),
        ShutdownStarts::Not => {
            let lasts = ups
                .battery_runtime_seconds
                .map(|left| clock::span(left as u64));
            return lasts
                .map(|lasts| format!("if mains failed now, the battery would last about {lasts}"))
                .into_iter()
                .collect();
        }
        _ if ups.status.is_none() => return vec!["`upsctl doctor` finds the cause".into()],
        ShutdownStarts::Now if ups.headline == Headline::ForcedShutdown && empty.is_empty() => {
            String::new()
        }
        ShutdownStarts::Now => format!("shutdown has started{empty}"),
        ShutdownStarts::In { seconds, limits } => format!(
            "shutdown starts in about {}, at {}{empty}",
            clock::span(*seconds),
            limits.join(" or ")
        ),
        ShutdownStarts::WhenTheUpsSays { because } => {
            format!(
                "shutdown starts when the UPS itself says that its battery is low: {because}{empty}"
            )
        }
    };
    let order = ups
        .goes_down
        .iter()
        .map(|step| and(step))
        .collect::<Vec<_>>();
    let order = match order.as_slice() {
        [] => String::new(),
        [only] => format!("then {only} goes down"),
        [first, rest @ ..] => format!("first {first}, then {}", rest.join(", then ")),
    };
    let order = if order.is_empty() || order.starts_with("then") {
        order
    } else {
        format!("order of going down: {order}")
    };
    [starts, order]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect()
}

fn numbers(ups: &UpsReport) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |name: &str, value: Option<f64>, unit: &str| {
        if let Some(value) = value {
            let value = (value * 10.0).round() / 10.0;
            out.push(format!("{name} {value}{unit}"));
        }
    };
    say("charge", ups.battery_charge_percent, " %");
    say("load", ups.load_percent, " %");
    say("input", ups.input_voltage_volts, " V");
    if let Some(left) = ups.battery_runtime_seconds {
        out.insert(
            out.len().min(1),
            format!("runtime {}", clock::span(left as u64)),
        );
    }
    out
}

fn battery(ups: &UpsReport) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(text) = &ups.battery_date {
        out.push(match ups.battery_age_days {
            Some(days) if days >= 365 => {
                format!("battery {:.1} years old ({text})", days as f64 / 365.25)
            }
            Some(days) => format!("battery {} months old ({text})", days / 30),
            None => format!("battery of {text}"),
        });
    }
    if let Some(result) = &ups.test_result {
        let date = ups
            .test_date
            .as_ref()
            .map(|date| format!(" ({date})"))
            .unwrap_or_default();
        let bad = if ups.test_failed { ": it FAILED" } else { "" };
        out.push(format!("last self-test{date}: {result}{bad}"));
    }
    let line = out.join("; ");
    let mut out: Vec<String> = [line].into_iter().filter(|line| !line.is_empty()).collect();
    if ups.replace_battery && ups.headline != Headline::ReplaceBattery {
        out.push("the battery must be replaced".into());
    }
    if let Some(alarm) = &ups.alarm {
        out.push(format!("alarm: {alarm}"));
    }
    out
}

fn login(client: &ClientReport, server: &str) -> String {
    let (style, says) = match (client.logged_in, &client.problem) {
        (Some(true), _) => (PLAIN, "logged in".to_string()),
        (Some(false), _) if client.own => (
            BAD,
            "NOT logged in itself: it cannot tell the others to go down".into(),
        ),
        (Some(false), _) => (BAD, format!("NOT logged in: {server} does not wait for it")),
        (None, Some(why)) => (WARNING, format!("not known whether it is logged in: {why}")),
        (None, None) => return String::new(),
    };
    format!("    {}  {}\n", client.host, paint(style, &clean(&says)))
}

fn machine(host: &HostReport, now: u64) -> String {
    let name = paint(HOST, &host.name);
    if let Some(problem) = &host.problem {
        let hint = host.hint.as_deref().unwrap_or_default();
        return format!(
            "{name}  {}\n    {}\n",
            paint(BAD, &clean(problem)),
            clean(hint)
        );
    }
    let mut words = Vec::new();
    for unit in &host.units {
        let since = unit.since_unix_seconds.map(|since| {
            format!(
                " since {} ({})",
                clock::time(since, now),
                clock::span(now.saturating_sub(since))
            )
        });
        let since = since.unwrap_or_default();
        words.push(if unit.runs {
            format!("{}{}", clean(&unit.name), paint(FAINT, &since))
        } else {
            paint(
                BAD,
                &clean(&format!("{} is {}{since}", unit.name, unit.state)),
            )
        });
    }
    let mut out = format!("{name}  {}\n", words.join(", "));
    if let Some(open) = &host.unfinished_deploy {
        out.push_str(&format!(
            "    {}\n",
            paint(WARNING, &clean(&format!("unfinished deploy {open}")))
        ));
    }
    out
}

/// What `--watch` compares from look to look: a line for each thing that can change, without times
/// and readings that always do.
pub fn status_lines(status: &SiteStatus) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for ups in &status.ups {
        let said = ups
            .status
            .as_ref()
            .map(|status| format!(" ({status})"))
            .unwrap_or_default();
        // Without `now` there is no time in it.
        let timeless = UpsReport {
            on_battery_since_unix_seconds: None,
            ..ups.clone()
        };
        out.push((
            ups.name.clone(),
            clean(&format!("{}{said}", headline(&timeless, 0))),
        ));
        for client in &ups.clients {
            let word = match client.logged_in {
                Some(true) => "logged in",
                Some(false) => "NOT logged in",
                None => "not known whether it is logged in",
            };
            out.push((format!("{} {}", ups.name, client.host), word.into()));
        }
    }
    for host in &status.hosts {
        let word = host.problem.clone().unwrap_or_else(|| "reached".into());
        out.push((host.name.clone(), clean(&word)));
        for unit in &host.units {
            let state = if unit.runs {
                "runs".into()
            } else {
                format!("is {}", unit.state)
            };
            out.push((format!("{} {}", host.name, unit.name), clean(&state)));
        }
    }
    out
}

/// The lines that are not as they were, each with the time.
pub fn news(before: &[(String, String)], now: &[(String, String)], at: u64) -> String {
    let fresh = now.iter().filter(|line| !before.contains(line));
    fresh
        .map(|(what, says)| format!("{}  {what}: {says}\n", clock::stamp(at)))
        .collect()
}
