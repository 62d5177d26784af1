//! The end of the chain: the shutdown command, the flag that cuts the UPS, the delays, and the
//! traps of the installed version.

use super::says::{Says, bad};
use super::view::{HostView, MONITOR};
use super::{DoctorRule, rule};
use crate::model::observed::Seen;
use crate::model::verdict::Repair;
use crate::nut::files::Role;
use crate::nut::status::UpsStatus;
use crate::nut::version::NutVersion;

/// upsd drops a client that is silent for a minute (server/upsd.c), which looks like its logout.
const IDLE_S: i64 = 55;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "shutdown-command-unset",
        Error,
        Shutdown,
        ["config-line-lost", "config-file-absent"],
        Host(unset)
    ),
    rule!(
        "shutdown-command-cut",
        Error,
        Shutdown,
        ["shutdown-command-unset"],
        Host(cut)
    ),
    rule!(
        "shutdown-command-absent",
        Error,
        Shutdown,
        ["shutdown-command-unset"],
        Host(absent)
    ),
    rule!(
        "shutdown-command-harmless",
        Error,
        Shutdown,
        ["shutdown-command-absent", "shutdown-command-cut"],
        Host(harmless)
    ),
    rule!(
        "killpower-flag-stale",
        Error,
        Shutdown,
        [
            "shutdown-latched",
            "battery-low",
            "config-line-lost",
            "deploy-unfinished"
        ],
        Host(flag_stale)
    ),
    rule!(
        "killpower-flag-unset",
        Warning,
        Shutdown,
        ["config-line-lost", "upsmon-watches-nothing"],
        Host(flag_unset)
    ),
    rule!(
        "killpower-hook-absent",
        Warning,
        Shutdown,
        [],
        Host(hook_absent)
    ),
    rule!(
        "hostsync-too-short",
        Warning,
        Shutdown,
        ["config-line-lost", "upsmon-watches-nothing"],
        Host(hostsync)
    ),
    rule!("finaldelay-long", Warning, Shutdown, [], Host(finaldelay)),
    rule!(
        "calibration-sticks",
        Error,
        Shutdown,
        ["upsmon-not-running"],
        Host(calibration)
    ),
    rule!(
        "lost-contact-shut-down",
        Warning,
        Shutdown,
        ["mains-lost"],
        Host(lost_contact)
    ),
];

fn command<'a>(host: &'a HostView<'_>) -> Option<&'a str> {
    host.upsmon_value("SHUTDOWNCMD")
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn unset(host: &HostView<'_>) -> Says {
    let Some(conf) = &host.upsmon else {
        return Says::Fine;
    };
    if conf.monitors.is_empty() || command(host).is_some() {
        return Says::Fine;
    }
    bad("upsmon.conf has no SHUTDOWNCMD: at the end this host does not shut down")
        .repair(Repair::Redeploy)
        .into()
}

/// NUT takes one word: without quotes only the program is left of `/sbin/shutdown -h +0`.
fn cut(host: &HostView<'_>) -> Says {
    let Some(setting) = host
        .upsmon
        .as_ref()
        .and_then(|conf| conf.get("SHUTDOWNCMD"))
    else {
        return Says::Fine;
    };
    if setting.args.len() < 2 {
        return Says::Fine;
    }
    let first = setting.args[0].value.clone();
    bad(format!(
        "SHUTDOWNCMD in upsmon.conf stands without quotes: NUT runs only `{first}`"
    ))
    .with(
        "value",
        setting
            .args
            .iter()
            .map(|word| word.value.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    )
    .repair(Repair::Redeploy)
    .into()
}

fn absent(host: &HostView<'_>) -> Says {
    let (Some(line), Some(look)) = (command(host), host.look) else {
        return Says::Fine;
    };
    let path = line.split_whitespace().next().unwrap_or_default();
    if !path.starts_with('/') {
        return Says::Fine;
    }
    match look.deep.paths.get(path) {
        Some(Seen::Absent) => bad(format!(
            "SHUTDOWNCMD {path} does not exist: at the end this host does not shut down"
        ))
        .with("path", path)
        .repair(Repair::Redeploy)
        .into(),
        Some(Seen::Is(facts)) if facts.mode & 0o111 == 0 => bad(format!(
            "SHUTDOWNCMD {path} is not executable: at the end this host does not shut down"
        ))
        .with("path", path)
        .into(),
        Some(Seen::Unknown(why)) => Says::Unknown(why.clone()),
        Some(Seen::Is(_)) | None => Says::Fine,
    }
}

fn harmless(host: &HostView<'_>) -> Says {
    let Some(line) = command(host) else {
        return Says::Fine;
    };
    let program = line.split_whitespace().next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    if !["true", "false", "echo", "touch", "logger", ":", "sleep"].contains(&name) {
        return Says::Fine;
    }
    bad(format!(
        "SHUTDOWNCMD is `{name}`, left over from a test: at the end this host does not shut down"
    ))
    .repair(Repair::Redeploy)
    .into()
}

fn flag<'a>(host: &'a HostView<'_>) -> Option<&'a str> {
    host.upsmon_value("POWERDOWNFLAG")
}

/// upsmon removes the flag when it starts. One that is there although no shutdown is under way makes
/// the next reboot cut the UPS.
fn flag_stale(host: &HostView<'_>) -> Says {
    let (Some(path), Some(look)) = (flag(host), host.look) else {
        return Says::Fine;
    };
    let there = look.deep.flag.is_some()
        || matches!(look.deep.paths.get(path), Some(Seen::Is(facts)) if facts.kind.starts_with("regular"));
    let critical = look
        .observed
        .ups
        .values()
        .filter_map(|reading| reading.status())
        .any(|text| UpsStatus::parse(text).critical());
    if !there || critical {
        return Says::Fine;
    }
    let consequence = if host.is_server() {
        "the next reboot of this host switches the UPS off"
    } else {
        "the next reboot of this host is taken for a power failure"
    };
    bad(format!(
        "the power-down flag {path} is there although no shutdown is under way: {consequence}"
    ))
    .with("path", path)
    .shown(
        look.deep
            .flag
            .iter()
            .map(|text| format!("content: {:?}", text.trim())),
    )
    .into()
}

fn primary(host: &HostView<'_>) -> bool {
    host.is_server()
        && host
            .upsmon
            .iter()
            .flat_map(|conf| &conf.monitors)
            .any(|monitor| monitor.role() == Role::Primary)
}

fn flag_unset(host: &HostView<'_>) -> Says {
    if !primary(host) || flag(host).is_some() {
        return Says::Fine;
    }
    bad("upsmon.conf has no POWERDOWNFLAG: the UPS is never switched off and hosts stay down when mains return")
        .repair(Repair::Redeploy)
        .into()
}

fn hook_absent(host: &HostView<'_>) -> Says {
    let Some(look) = host.look.filter(|_| primary(host)) else {
        return Says::Fine;
    };
    let path = "/lib/systemd/system-shutdown/nutshutdown";
    let broken = match look.deep.paths.get(path) {
        Some(Seen::Absent) => "does not exist",
        Some(Seen::Is(facts)) if facts.mode & 0o111 == 0 => "is not executable",
        _ => return Says::Fine,
    };
    bad(format!(
        "{path} {broken}: the UPS is not switched off at the end"
    ))
    .with("path", path)
    .into()
}

/// What the slowest secondary needs from FSD to its logout, and what the primary grants.
fn hostsync(host: &HostView<'_>) -> Says {
    if !primary(host) {
        return Says::Fine;
    }
    let grants = host.upsmon_number("HOSTSYNC", 15);
    let clients = host.all.iter().filter(|bundle| bundle.host != *host.name());
    let slowest = clients
        .map(|bundle| HostView::new(bundle, host.all))
        .filter(|client| {
            let monitors = client.upsmon.iter().flat_map(|conf| &conf.monitors);
            monitors
                .into_iter()
                .any(|monitor| monitor.host().is_some_and(|address| host.owns(address)))
        })
        .map(|client| {
            (
                client.upsmon_number("POLLFREQALERT", 5)
                    + client.upsmon_number("FINALDELAY", 5)
                    + 2,
                client.name().clone(),
            )
        })
        .max();
    let Some((needs, client)) = slowest.filter(|(needs, _)| *needs > grants) else {
        return Says::Fine;
    };
    bad(format!("it waits {grants} s for its clients (HOSTSYNC), but {client} needs about {needs} s to log out"))
        .with("value", needs + 3)
        .repair(Repair::Redeploy)
        .into()
}

fn finaldelay(host: &HostView<'_>) -> Says {
    let delay = host.upsmon_number("FINALDELAY", 5);
    if primary(host) || host.upsmon.is_none() || delay <= IDLE_S {
        return Says::Fine;
    }
    bad(format!("FINALDELAY {delay} is too long for a client: upsd takes a client that is silent for a minute as logged out"))
        .with("value", IDLE_S)
        .repair(Repair::Redeploy)
        .into()
}

/// 2.8.0 and 2.8.1 never forget that a UPS has calibrated (clients/upsmon.c, fixed in 2.8.2).
fn calibration(host: &HostView<'_>) -> Says {
    let Some(look) = host
        .look
        .filter(|_| host.version_in(NutVersion::V2_8_0, NutVersion::V2_8_2))
    else {
        return Says::Fine;
    };
    let now = look
        .observed
        .ups
        .values()
        .filter_map(|reading| reading.status())
        .any(|text| UpsStatus::parse(text).calibrating());
    let lines = host.since_start(&look.deep.journal.monitor, MONITOR);
    let seen: Vec<&String> = lines
        .iter()
        .filter(|entry| {
            entry.text.contains("calibration in progress")
                || entry.text.contains("it is also calibrating")
        })
        .map(|entry| &entry.text)
        .collect();
    if seen.is_empty() || now {
        return Says::Fine;
    }
    bad("upsmon has seen the UPS calibrate and, in this version, never shuts down on a low battery after that")
        .with("unit", MONITOR)
        .shown(seen)
        .repair(Repair::Restart { unit: MONITOR.into() })
        .into()
}

/// 2.8.1 and 2.8.2 take one failed poll on battery for a dead UPS, whatever DEADTIME says.
fn lost_contact(host: &HostView<'_>) -> Says {
    let Some(look) = host
        .look
        .filter(|_| host.version_in(NutVersion::V2_8_1, NutVersion::V2_8_3))
    else {
        return Says::Fine;
    };
    let lines = look.deep.journal.monitor.is().into_iter().flatten();
    let hits: Vec<&String> = lines
        .filter(|entry| entry.text.contains("not communicating, assuming dead"))
        .map(|entry| &entry.text)
        .collect();
    if hits.is_empty() {
        return Says::Fine;
    }
    bad("upsmon has taken a lost contact on battery for a dead UPS since the last boot")
        .shown(hits)
        .into()
}
