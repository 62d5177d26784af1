//! upsmon: does it run, with the files as they are now, and does its server count it?

use super::says::{Says, bad};
use super::upsd::newer_than;
use super::view::{HostView, MONITOR, Watch, is_loopback, plain, tail};
use super::{DoctorRule, rule};
use crate::model::bundle::Facts;
use crate::model::inventory::Platform;
use crate::model::observed::{Seen, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::File;

const SPIN_PERCENT: f64 = 40.0;
const SPIN_AGE_S: u64 = 20;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "upsmon-watches-nothing",
        Error,
        Upsmon,
        ["config-file-absent", "config-line-lost"],
        Host(no_monitor)
    ),
    rule!(
        "minsupplies-too-high",
        Error,
        Upsmon,
        ["upsmon-watches-nothing", "config-line-lost"],
        Host(minsupplies)
    ),
    rule!(
        "upsmon-masked",
        Error,
        Upsmon,
        ["mode-is-none", "mode-misspelt"],
        Host(masked)
    ),
    rule!(
        "upsmon-not-running",
        Error,
        Upsmon,
        [
            "config-file-absent",
            "config-line-lost",
            "disk-full",
            "mode-is-none",
            "mode-misspelt",
            "shutdown-latched",
            "battery-low",
            "upsmon-watches-nothing",
            "minsupplies-too-high",
            "upsmon-masked"
        ],
        Host(not_running)
    ),
    rule!(
        "upsmon-spins",
        Error,
        Upsmon,
        ["server-name-unresolved"],
        Host(spins)
    ),
    rule!(
        "upsmon-lost-its-parent",
        Error,
        Upsmon,
        ["upsmon-not-running"],
        Host(parent_dead)
    ),
    rule!(
        "upsmon-not-restarted",
        Error,
        Upsmon,
        [
            "upsmon-not-running",
            "config-line-lost",
            "login-password-differs",
            "user-not-on-server",
            "ups-not-on-server",
            "server-address-wrong",
            "server-name-unresolved",
            "role-too-weak",
            "two-primaries",
            "config-not-readable"
        ],
        Host(not_restarted)
    ),
    rule!(
        "login-missing",
        Error,
        Upsmon,
        [
            "config-line-lost",
            "config-not-readable",
            "upsmon-not-running",
            "upsmon-masked",
            "upsmon-watches-nothing",
            "mode-is-none",
            "mode-is-netclient",
            "mode-misspelt",
            "upsd-not-running",
            "upsd-masked",
            "upsd-does-not-answer",
            "upsd-not-restarted",
            "upsmon-not-restarted",
            "server-not-reached",
            "firewall-blocks",
            "tcp-wrappers-refuse",
            "server-name-unresolved",
            "server-address-wrong",
            "ups-not-on-server",
            "login-user-twice",
            "user-not-on-server",
            "login-user-without-password",
            "login-password-differs",
            "user-without-role",
            "role-word-not-known",
            "role-too-weak",
            "two-primaries",
            "upsmon-spins",
            "shutdown-latched",
            "battery-low"
        ],
        Watch(login_missing)
    ),
    rule!(
        "client-not-counted",
        Error,
        Upsmon,
        [
            "upsd-not-running",
            "upsd-masked",
            "mode-is-none",
            "mode-is-netclient",
            "mode-misspelt",
            "config-not-readable",
            "config-line-lost",
            "listen-only-loopback",
            "listen-misses-clients",
            "listen-address-absent",
            "upsd-does-not-answer",
            "port-taken"
        ],
        Host(not_counted)
    ),
    rule!(
        "upsmon-not-at-boot",
        Warning,
        Upsmon,
        ["upsmon-not-running", "upsmon-masked"],
        Host(not_at_boot)
    ),
    rule!(
        "power-value-zero",
        Warning,
        Upsmon,
        ["minsupplies-too-high"],
        Host(power_zero)
    ),
    rule!("poll-odd", Warning, Upsmon, [], Host(poll_odd)),
    rule!(
        "deadtime-too-short",
        Warning,
        Upsmon,
        ["poll-odd"],
        Host(deadtime)
    ),
];

fn unit<'a>(host: &HostView<'a>) -> Option<&'a Unit> {
    host.unit(MONITOR)
}

fn no_monitor(host: &HostView<'_>) -> Says {
    let Some(conf) = &host.upsmon else {
        return Says::Fine;
    };
    if !conf.monitors.is_empty() || host.bundle.wish.expect.monitors.is_empty() {
        return Says::Fine;
    }
    bad("upsmon.conf has no MONITOR line: this host watches no UPS")
        .repair(Repair::Redeploy)
        .into()
}

fn minsupplies(host: &HostView<'_>) -> Says {
    let Some(conf) = host
        .upsmon
        .as_ref()
        .filter(|conf| !conf.monitors.is_empty())
    else {
        return Says::Fine;
    };
    let (power, least) = (
        i64::from(conf.power()),
        host.upsmon_number("MINSUPPLIES", 1),
    );
    if power >= least {
        return Says::Fine;
    }
    bad(format!("the power values of its MONITOR lines add up to {power}, but MINSUPPLIES is {least}: upsmon ends"))
        .with("value", power)
        .repair(Repair::Redeploy)
        .into()
}

fn masked(host: &HostView<'_>) -> Says {
    if unit(host).is_none_or(|unit| unit.load != "masked") {
        return Says::Fine;
    }
    bad("nut-monitor.service is masked: systemd will not start upsmon")
        .with("unit", MONITOR)
        .repair(Repair::Unmask {
            unit: MONITOR.into(),
        })
        .into()
}

fn not_running(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let Some(unit) = unit(host) else {
        return Says::Unknown("systemctl did not say anything of nut-monitor".into());
    };
    if unit.active == "active" {
        return Says::Fine;
    }
    let lines = tail(&look.deep.journal.monitor, 5);
    let after = lines
        .iter()
        .any(|line| line.contains("Auto logout and shutdown proceeding"));
    let why = if after {
        ", it ended after a forced shutdown"
    } else {
        ""
    };
    bad(format!(
        "upsmon does not run (nut-monitor.service is {}{why})",
        unit.active
    ))
    .with("unit", MONITOR)
    .shown(lines)
    .repair(Repair::Start {
        unit: MONITOR.into(),
    })
    .into()
}

fn spins(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let hot = look.deep.processes.iter().find(|process| {
        process.name == "upsmon" && process.cpu > SPIN_PERCENT && process.age > SPIN_AGE_S
    });
    let Some(process) = hot else {
        return Says::Fine;
    };
    bad(format!(
        "upsmon burns {:.0} % of a processor and polls nothing",
        process.cpu
    ))
    .with("unit", MONITOR)
    .into()
}

/// The parent, which runs as root, is the one that can shut the host down.
fn parent_dead(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let lines = host.since_start(&look.deep.journal.monitor, MONITOR);
    let line = lines.iter().find(|entry| {
        entry.text.contains("Parent died") || entry.text.contains("parent process died")
    });
    let Some(line) = line else { return Says::Fine };
    bad("the root part of upsmon is dead: it cannot shut this host down")
        .with("unit", MONITOR)
        .shown([&line.text])
        .repair(Repair::Restart {
            unit: MONITOR.into(),
        })
        .into()
}

fn not_restarted(host: &HostView<'_>) -> Says {
    let (Some(unit), Some(look)) = (unit(host).filter(|unit| unit.active == "active"), host.look)
    else {
        return Says::Fine;
    };
    let Some(file) = newer_than(host, unit, &look.deep.journal.monitor, &[File::Upsmon]) else {
        return Says::Fine;
    };
    bad(format!(
        "upsmon still runs with the old {file}: it was changed after upsmon read it"
    ))
    .with("path", format!("/etc/nut/{file}"))
    .with("unit", MONITOR)
    .repair(Repair::Restart {
        unit: MONITOR.into(),
    })
    .into()
}

/// The server does not count this upsmon, and nothing in the files says why.
fn login_missing(watch: &Watch<'_>) -> Says {
    let server = watch.server.map_or_else(
        || watch.address().to_string(),
        |server| server.host.to_string(),
    );
    let refused: Vec<String> = watch
        .host
        .look
        .map(|look| watch.host.since_start(&look.deep.journal.monitor, MONITOR))
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| {
            entry.text.contains("ACCESS-DENIED") || entry.text.contains("privileges unavailable")
        })
        .map(|entry| entry.text.clone())
        .collect();
    match watch.logged_in() {
        Some(true) => return Says::Fine,
        Some(false) => {}
        None if refused.is_empty() => {
            return Says::Unknown(format!("{server} could not be asked who is logged in"));
        }
        None => {}
    }
    if refused.is_empty() && watch.is_young() {
        return Says::Unknown(format!(
            "upsmon or upsd on {server} was started a moment ago: look again in ten seconds"
        ));
    }
    let saw = if refused.is_empty() {
        format!(
            "it is not logged in to {} on {server}, which does not wait for it when power fails",
            watch.ups()
        )
    } else {
        format!(
            "upsd on {server} refused its login to {}; it runs, but nobody waits for it",
            watch.ups()
        )
    };
    bad(saw)
        .with("unit", MONITOR)
        .shown(refused)
        .repair(Repair::Restart {
            unit: MONITOR.into(),
        })
        .into()
}

/// Clients that upsctl cannot look into: only their server can say whether they are there.
fn not_counted(host: &HostView<'_>) -> Says {
    let Some(look) = host.look.filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    for client in &host.bundle.wish.expect.clients {
        let bundle = host.all.iter().find(|bundle| bundle.host == client.host);
        let apart = bundle.is_none_or(|bundle| matches!(bundle.facts, Facts::NotAsked));
        if client.own || !apart || client.platform == Platform::Debian {
            continue;
        }
        let Some(Seen::Is(list)) = look
            .observed
            .clients
            .get(&format!("{}@127.0.0.1", client.ups))
        else {
            continue;
        };
        let known: Vec<String> = client.addresses.iter().map(ToString::to_string).collect();
        if known.is_empty() {
            return Says::Unknown(format!(
                "the address of {} is not known, so it cannot be told among the clients",
                client.host
            ));
        }
        if list
            .iter()
            .any(|from| known.iter().any(|address| address == plain(from)))
        {
            continue;
        }
        let others: Vec<&String> = list.iter().filter(|from| !is_loopback(from)).collect();
        return bad(format!(
            "{} is not logged in to {}: it will not be waited for when power fails",
            client.host, client.ups
        ))
        .with("ups", &client.ups)
        .with("value", &client.host)
        .with("system", format!("{}@127.0.0.1", client.ups))
        .shown(others.into_iter().map(|from| format!("logged in: {from}")))
        .into();
    }
    Says::Fine
}

fn not_at_boot(host: &HostView<'_>) -> Says {
    if unit(host).is_none_or(|unit| unit.enabled != "disabled") {
        return Says::Fine;
    }
    bad("nut-monitor.service is disabled: upsmon will not start at the next boot")
        .with("unit", MONITOR)
        .into()
}

fn power_zero(host: &HostView<'_>) -> Says {
    let Some(conf) = host
        .upsmon
        .as_ref()
        .filter(|conf| !conf.monitors.is_empty())
    else {
        return Says::Fine;
    };
    let least = host.upsmon_number("MINSUPPLIES", 1);
    let wished = host
        .bundle
        .wish
        .expect
        .monitors
        .iter()
        .any(|want| want.power_value > 0);
    if !wished || conf.power() > 0 && least > 0 {
        return Says::Fine;
    }
    bad("upsmon only looks on: with these power values and MINSUPPLIES it never shuts this host down")
        .repair(Repair::Redeploy)
        .into()
}

fn poll_odd(host: &HostView<'_>) -> Says {
    let odd = ["POLLFREQ", "POLLFREQALERT"].into_iter().find(|name| {
        host.upsmon_number(name, 5) < 1
            || host
                .upsmon_value(name)
                .is_some_and(|text| text.parse::<i64>().is_err())
    });
    let Some(name) = odd else { return Says::Fine };
    let value = host.upsmon_value(name).unwrap_or_default();
    bad(format!("{name} {value} makes upsmon poll without a pause"))
        .with("value", name)
        .repair(Repair::Redeploy)
        .into()
}

fn deadtime(host: &HostView<'_>) -> Says {
    if host.upsmon.is_none() {
        return Says::Fine;
    }
    let dead = host.upsmon_number("DEADTIME", 15);
    let poll = host
        .upsmon_number("POLLFREQ", 5)
        .max(host.upsmon_number("POLLFREQALERT", 5));
    if dead >= 2 * poll {
        return Says::Fine;
    }
    bad(format!("DEADTIME {dead} is less than two polls of {poll} s: one lost answer on battery shuts this host down"))
        .with("value", 3 * poll)
        .repair(Repair::Redeploy)
        .into()
}
