//! upsmon: does it run, with the files as they are now, and does its server count it?

use super::daemon::{UPSMON, spinning};
use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::bundle::{Facts, JournalLine, Process};
use crate::model::desired::ExpectedClient;
use crate::model::inventory::Platform;
use crate::model::observed::Seen;
use crate::nut::files::UpsmonConf;
use crate::nut::timing::LONGEST_SILENCE;
use crate::nut::unit::MONITOR;
use crate::site::address::{is_loopback, plain};
use crate::site::{LoggedIn, ParsedHost, Watch};

const SPIN_AGE_S: u64 = 20;

rules! { Upsmon
    Error   "upsmon-watches-nothing" Host(no_monitor) ["config-file-absent", "config-line-lost"];
    Error   "minsupplies-too-high"   Host(minsupplies) ["upsmon-watches-nothing"];
    Error   "upsmon-masked"          Host(|host| UPSMON.masked(host)) ["mode-misspelt"];
    Error   "upsmon-outside-its-unit" Host(|host| UPSMON.outside(host)) [];
    Error   "upsmon-not-running"     Host(|host| UPSMON.not_running(host, after_shutdown)) ["disk-full", "shutdown-latched", "battery-low", "minsupplies-too-high", "upsmon-masked", "upsmon-outside-its-unit", "run-folder-shut"];
    Error   "upsmon-spins"           Host(spins) ["server-name-unresolved"];
    Error   "upsmon-lost-its-parent" Host(parent_dead) ["upsmon-not-running"];
    Error   "upsmon-not-restarted"   Host(|host| UPSMON.not_restarted(host)?.1.into()) ["upsmon-not-running", "login-password-differs", "ups-not-on-server", "server-address-wrong", "role-too-weak", "config-not-readable"];
    Error   "login-missing"          Watch(login_missing) ["upsmon-not-restarted", "tcp-wrappers-refuse", "upsmon-spins"];
    Error   "client-not-counted"     Server(not_counted) ["listen-misses-clients", "upsd-does-not-answer"];
    Warning "upsmon-not-at-boot"     Host(|host| UPSMON.not_at_boot(host)) ["upsmon-not-running"];
    Warning "power-value-zero"       Host(power_zero) ["minsupplies-too-high"];
    Warning "poll-odd"               Host(poll_odd) [];
    Warning "deadtime-too-short"     Host(deadtime) ["poll-odd"];
}

/// Its upsmon.conf, when it has a MONITOR line.
fn watching<'a>(host: ParsedHost<'a>) -> Option<&'a UpsmonConf> {
    let conf = host.upsmon_conf();
    conf.filter(|conf| !conf.monitors.is_empty())
}

fn no_monitor(host: ParsedHost<'_>) -> Option<Says> {
    let empty = host.upsmon_conf()?.monitors.is_empty();
    let wanted = !host.expect().monitors.is_empty();
    (empty && wanted).then_some(())?;
    bad("upsmon.conf has no MONITOR line: this host watches no UPS")
        .redeploy()
        .into()
}

fn minsupplies(host: ParsedHost<'_>) -> Option<Says> {
    let power = i64::from(watching(host)?.power());
    let least = host.number("MINSUPPLIES");
    (power < least).then_some(())?;
    bad(format!("the power values of its MONITOR lines add up to {power}, but MINSUPPLIES is {least}: upsmon ends"))
        .with("value", power)
        .redeploy()
        .into()
}

fn after_shutdown(lines: &[String]) -> &'static str {
    let after = |line: &String| line.contains("Auto logout and shutdown proceeding");
    if lines.iter().any(after) {
        ", it ended after a forced shutdown"
    } else {
        ""
    }
}

fn spins(host: ParsedHost<'_>) -> Option<Says> {
    let process = spinning(host, SPIN_AGE_S, |name| name == "upsmon")?;
    bad(format!(
        "upsmon burns {:.0} % of a processor and polls nothing",
        process.cpu
    ))
    .with("unit", MONITOR)
    .into()
}

/// The parent, which runs as root, is the one that can shut the host down.
fn parent_dead(host: ParsedHost<'_>) -> Option<Says> {
    let deep = host.deep()?;
    let all: Vec<&Process> = deep
        .processes
        .iter()
        .filter(|process| process.name == "upsmon")
        .collect();
    let lost = !all.is_empty() && !all.iter().any(|process| process.user == "root");
    lost.then_some(())?;
    let said = |line: &&JournalLine| {
        let of = |process: &&Process| line.text.contains(&format!("upsmon[{}]", process.pid));
        line.text.contains("arent died") && all.iter().any(of)
    };
    let lines = deep.journal.monitor.is().into_iter().flatten().filter(said);
    let process = |process: &&Process| format!("upsmon {} runs as {}", process.pid, process.user);
    bad("upsmon runs without its root part: it cannot shut this host down")
        .with("unit", MONITOR)
        .shown(all.iter().map(process))
        .shown(lines.map(|line| &line.text))
        .repair(UPSMON.restart())
        .into()
}

/// The lines since upsmon's start in which its login was refused.
fn refusals(host: ParsedHost<'_>) -> Vec<String> {
    let Some(deep) = host.deep() else {
        return Vec::new();
    };
    let lines = host.since_start(&deep.journal.monitor, MONITOR).into_iter();
    let refused =
        |text: &&String| text.contains("ACCESS-DENIED") || text.contains("privileges unavailable");
    lines
        .map(|entry| &entry.text)
        .filter(refused)
        .cloned()
        .collect()
}

/// The server does not count this upsmon, and nothing in the files says why.
fn login_missing(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server_label();
    let refused = refusals(watch.host);
    match watch.logged_in() {
        LoggedIn::Yes => return None,
        LoggedIn::No(_) if refused.is_empty() && watch.is_young() => {
            return unknown(format!(
                "upsmon or upsd on {server} was started a moment ago: look again in ten seconds"
            ));
        }
        LoggedIn::Unknown(why) if refused.is_empty() => {
            return unknown(format!(
                "who is logged in to {server} could not be told: {why}"
            ));
        }
        LoggedIn::No(_) | LoggedIn::Unknown(_) => {}
    }
    let ups = watch.ups();
    let saw = if refused.is_empty() {
        format!(
            "it is not logged in to {ups} on {server}, which does not wait for it when power fails"
        )
    } else {
        format!("upsd on {server} refused its login to {ups}; it runs, but nobody waits for it")
    };
    bad(saw)
        .with("unit", MONITOR)
        .shown(refused)
        .repair(UPSMON.restart())
        .into()
}

/// Clients that upsctl cannot look into: only their server can say whether they are there.
fn not_counted(host: ParsedHost<'_>) -> Option<Says> {
    let mut clients = host.expect().clients.iter();
    clients.find_map(|client| absent(host, client))
}

fn absent(host: ParsedHost<'_>, client: &ExpectedClient) -> Option<Says> {
    let bundle = host.site().host(&client.host).and_then(ParsedHost::bundle);
    let asked = bundle.is_some_and(|bundle| !matches!(bundle.facts, Facts::NotAsked));
    let looks_itself = client.platform == Platform::Debian || asked;
    if client.own || looks_itself {
        return None;
    }
    let system = format!("{}@127.0.0.1", client.ups);
    let list = host.look()?.clients.get(&system).and_then(Seen::is)?;
    let known: Vec<String> = client.addresses.iter().map(ToString::to_string).collect();
    if known.is_empty() {
        return unknown(format!(
            "the address of {} is not known, so it cannot be told among the clients",
            client.host
        ));
    }
    if list
        .iter()
        .any(|from| known.iter().any(|address| address == plain(from)))
    {
        return None;
    }
    let others = list.iter().filter(|from| !is_loopback(from));
    bad(format!(
        "{} is not logged in to {}: it will not be waited for when power fails",
        client.host, client.ups
    ))
    .with("ups", &client.ups)
    .with("value", &client.host)
    .with("system", system)
    .shown(others.map(|from| format!("logged in: {from}")))
    .into()
}

fn power_zero(host: ParsedHost<'_>) -> Option<Says> {
    let conf = watching(host)?;
    let least = host.number("MINSUPPLIES");
    let mut wishes = host.expect().monitors.iter();
    let wished = wishes.any(|want| want.power_value > 0);
    (wished && (conf.power() == 0 || least <= 0)).then_some(())?;
    bad("upsmon only looks on: with these power values and MINSUPPLIES it never shuts this host down")
        .redeploy()
        .into()
}

fn poll_odd(host: ParsedHost<'_>) -> Option<Says> {
    let (name, value, how) = ["POLLFREQ", "POLLFREQALERT"].into_iter().find_map(|name| {
        let value = host.upsmon_value(name)?;
        let how = match value.parse::<i64>() {
            Ok(1..=LONGEST_SILENCE) => return None,
            Ok(seconds) if seconds > LONGEST_SILENCE => {
                "ask far too seldom to hear of an outage in time"
            }
            _ => "poll without a pause",
        };
        Some((name, value, how))
    })?;
    bad(format!("{name} {value} makes upsmon {how}"))
        .with("value", name)
        .redeploy()
        .into()
}

fn deadtime(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    let timing = host.timing();
    let (dead, least, poll) = (
        timing.dead,
        timing.least_deadtime(),
        timing.poll.max(timing.alert),
    );
    // A poll that is odd itself is the matter of the rule for it.
    (dead < least && poll <= LONGEST_SILENCE).then_some(())?;
    bad(format!("DEADTIME {dead} is less than three polls of {poll} s: lost answers on battery shut this host down"))
        .with("value", least)
        .redeploy()
        .into()
}
