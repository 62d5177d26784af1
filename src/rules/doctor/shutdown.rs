//! The end of the chain: the shutdown command, the flag that cuts the UPS, the delays, and the
//! traps of the installed version.

use super::daemon::UPSMON;
use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::observed::Seen;
use crate::nut::files::Role;
use crate::nut::shutdown_command::{self, Flaw};
use crate::nut::status::UpsStatus;
use crate::nut::timing::LONGEST_SILENCE;
use crate::nut::unit::MONITOR;
use crate::nut::version::NutVersion;
use crate::site::ParsedHost;

rules! { Shutdown
    Error   "shutdown-command-unset"    Host(unset) ["config-line-lost", "config-file-absent"];
    Error   "shutdown-command-cut"      Host(cut) ["shutdown-command-unset"];
    Error   "shutdown-command-absent"   Host(absent) ["shutdown-command-unset"];
    Error   "shutdown-command-harmless" Host(harmless) ["shutdown-command-absent", "shutdown-command-cut"];
    Error   "shutdown-command-wrong"    Host(wrong) ["shutdown-command-harmless"];
    Error   "killpower-flag-place"      Server(flag_place) ["config-line-lost"];
    Error   "killpower-flag-stale"      Host(flag_stale) ["shutdown-latched", "battery-low", "config-line-lost", "deploy-unfinished"];
    Warning "killpower-flag-unset"      Server(flag_unset) ["upsmon-watches-nothing"];
    Warning "killpower-hook-absent"     Server(hook_absent) [];
    Warning "hostsync-too-short"        Server(hostsync) ["upsmon-watches-nothing"];
    Warning "finaldelay-long"           Host(finaldelay) [];
    Error   "calibration-sticks"        Host(calibration) ["upsmon-not-running"];
    Warning "lost-contact-shut-down"    Host(lost_contact) ["mains-lost"];
}

fn command<'a>(host: ParsedHost<'a>) -> Option<&'a str> {
    let line = host.upsmon_value("SHUTDOWNCMD").map(str::trim);
    line.filter(|text| !text.is_empty())
}

fn program(host: ParsedHost<'_>) -> Option<String> {
    shutdown_command::program(command(host)?)
}

fn unset(host: ParsedHost<'_>) -> Option<Says> {
    let watches = !host.upsmon_conf()?.monitors.is_empty();
    (watches && command(host).is_none()).then_some(())?;
    bad("upsmon.conf has no SHUTDOWNCMD: at the end this host does not shut down")
        .redeploy()
        .into()
}

/// NUT takes one word: without quotes only the program is left of `/sbin/shutdown -h +0`.
fn cut(host: ParsedHost<'_>) -> Option<Says> {
    let args = &host.upsmon_conf()?.get("SHUTDOWNCMD")?.args;
    let words: Vec<&str> = args.iter().map(|word| word.value.as_str()).collect();
    let [first, _, ..] = words.as_slice() else {
        return None;
    };
    bad(format!(
        "SHUTDOWNCMD in upsmon.conf stands without quotes: NUT runs only `{first}`"
    ))
    .with("value", words.join(" "))
    .redeploy()
    .into()
}

fn absent(host: ParsedHost<'_>) -> Option<Says> {
    let (program, deep) = (program(host)?, host.deep()?);
    let path = match deep.commands.get(&program) {
        _ if program.contains(' ') => return None,
        _ if program.starts_with('/') => program.clone(),
        Some(Some(found)) => found.clone(),
        Some(None) => program.clone(),
        None => return None,
    };
    let (what, deploy) = match deep.paths.get(&path) {
        None if deep.commands.get(&program) != Some(&None) => return None,
        None | Some(Seen::Absent) => ("does not exist", true),
        Some(Seen::Is(facts)) if facts.mode & 0o111 == 0 => ("is not executable", false),
        Some(Seen::Is(_)) => return None,
        Some(Seen::Unknown(why)) => return unknown(why),
    };
    let found = bad(format!(
        "SHUTDOWNCMD {path} {what}: at the end this host does not shut down"
    ))
    .at(path);
    if deploy { found.redeploy() } else { found }.into()
}

fn harmless(host: ParsedHost<'_>) -> Option<Says> {
    let Flaw::Harmless(name) = shutdown_command::flaw(command(host)?)? else {
        return None;
    };
    bad(format!(
        "SHUTDOWNCMD is `{name}`, left over from a test: at the end this host does not shut down"
    ))
    .redeploy()
    .into()
}

fn wrong(host: ParsedHost<'_>) -> Option<Says> {
    let line = command(host)?;
    let what = match shutdown_command::flaw(line)? {
        // The one is the matter of a rule of its own, and what is misspelt is looked for on the host.
        Flaw::Harmless(_) | Flaw::Misspelt(..) => return None,
        flaw => flaw.to_string(),
    };
    bad(format!("SHUTDOWNCMD `{line}` {what}"))
        .with("value", line)
        .redeploy()
        .into()
}

fn flag<'a>(host: ParsedHost<'a>) -> Option<&'a str> {
    host.upsmon_value("POWERDOWNFLAG")
}

/// What the UPSes that the host has read say.
fn statuses(host: ParsedHost<'_>) -> impl Iterator<Item = UpsStatus> {
    let readings = host.look().into_iter().flat_map(|seen| seen.ups.values());
    readings
        .filter_map(|reading| reading.status())
        .map(UpsStatus::parse)
}

/// upsmon's root part writes the flag at the very end; without it the UPS is not switched off.
fn flag_place(host: ParsedHost<'_>) -> Option<Says> {
    primary(host)?;
    let (folder, _) = flag(host)?.rsplit_once('/')?;
    let deep = host.deep()?;
    let read_only = |mount: &&String| folder == mount.as_str() && mount.as_str() != "/";
    let what = match deep.paths.get(&format!("{folder}/"))? {
        Seen::Absent => "does not exist",
        Seen::Is(_) if deep.read_only.iter().any(|mount| read_only(&mount)) => "is read-only",
        Seen::Is(_) => return None,
        Seen::Unknown(why) => return unknown(why),
    };
    bad(format!(
        "{folder}, the folder of POWERDOWNFLAG, {what}: the UPS is not switched off at the end"
    ))
    .at(folder)
    .redeploy()
    .into()
}

/// upsmon removes the flag when it starts. One that is there although no shutdown is under way makes
/// the next reboot cut the UPS.
fn flag_stale(host: ParsedHost<'_>) -> Option<Says> {
    let (path, deep) = (flag(host)?, host.deep()?);
    let facts = deep.paths.get(path).and_then(Seen::is);
    let there = deep.flag.is_some() || facts.is_some_and(|facts| facts.kind.starts_with("regular"));
    (there && !statuses(host).any(|status| status.critical())).then_some(())?;
    let consequence = if host.is_server() {
        "the next reboot of this host switches the UPS off"
    } else {
        "the next reboot of this host is taken for a power failure"
    };
    let content = |text: &String| format!("content: {:?}", text.trim());
    bad(format!(
        "the power-down flag {path} is there although no shutdown is under way: {consequence}"
    ))
    .at(path)
    .shown(deep.flag.iter().map(content))
    .into()
}

/// A host that is the primary of a UPS; nothing otherwise.
fn primary(host: ParsedHost<'_>) -> Option<()> {
    let mut monitors = host.upsmon_conf()?.monitors.iter();
    monitors
        .any(|monitor| monitor.role() == Role::Primary)
        .then_some(())
}

fn flag_unset(host: ParsedHost<'_>) -> Option<Says> {
    primary(host)?;
    flag(host).is_none().then_some(())?;
    bad("upsmon.conf has no POWERDOWNFLAG: the UPS is never switched off and hosts stay down when mains return")
        .redeploy()
        .into()
}

fn hook_absent(host: ParsedHost<'_>) -> Option<Says> {
    primary(host)?;
    let path = "/lib/systemd/system-shutdown/nutshutdown";
    let broken = match host.deep()?.paths.get(path)? {
        Seen::Absent => "does not exist",
        Seen::Is(facts) if facts.mode & 0o111 == 0 => "is not executable",
        _ => return None,
    };
    bad(format!(
        "{path} {broken}: the UPS is not switched off at the end"
    ))
    .at(path)
    .into()
}

/// What the slowest secondary needs from FSD to its logout, and what the primary grants.
fn hostsync(host: ParsedHost<'_>) -> Option<Says> {
    primary(host)?;
    let grants = host.timing().hostsync;
    let seen = |client: &ParsedHost<'_>| client.upsmon_conf().is_some();
    let clients = host.secondaries().into_iter().filter(seen);
    let (timing, client) = clients
        .map(|client| (client.timing(), client.name()))
        .filter(|(timing, _)| timing.needed_hostsync() > grants)
        .max_by_key(|(timing, _)| timing.needed_hostsync())?;
    let needs = timing.logout();
    bad(format!(
        "it waits {grants} s for its clients (HOSTSYNC), but {client} may take {needs} s to log out"
    ))
    .with("value", timing.needed_hostsync())
    .redeploy()
    .into()
}

fn finaldelay(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    let delay = host.timing().finaldelay;
    let secondary = !host.is_server() || primary(host).is_none();
    (secondary && delay > LONGEST_SILENCE).then_some(())?;
    bad(format!("FINALDELAY {delay} is too long for a client: upsd takes a client that is silent for a minute as logged out"))
        .with("value", LONGEST_SILENCE)
        .redeploy()
        .into()
}

/// 2.8.0 and 2.8.1 never forget that a UPS has calibrated (clients/upsmon.c, fixed in 2.8.2).
fn calibration(host: ParsedHost<'_>) -> Option<Says> {
    host.version_in(NutVersion::V2_8_0, NutVersion::V2_8_2)
        .then_some(())?;
    if let Seen::Unknown(why) = &host.deep()?.journal.monitor {
        return unknown(format!("journalctl: {why}"));
    }
    let lines = host
        .since_start(&host.deep()?.journal.monitor, MONITOR)
        .into_iter();
    let words = ["calibration in progress", "it is also calibrating"];
    let seen: Vec<&String> = lines
        .map(|entry| &entry.text)
        .filter(|text| words.iter().any(|word| text.contains(word)))
        .collect();
    seen.first()?;
    (!statuses(host).any(|status| status.calibrating())).then_some(())?;
    bad("upsmon has seen the UPS calibrate and, in this version, never shuts down on a low battery after that")
        .with("unit", MONITOR)
        .shown(seen)
        .repair(UPSMON.restart())
        .into()
}

/// 2.8.1 and 2.8.2 take one failed poll on battery for a dead UPS, whatever DEADTIME says.
fn lost_contact(host: ParsedHost<'_>) -> Option<Says> {
    host.version_in(NutVersion::V2_8_1, NutVersion::V2_8_3)
        .then_some(())?;
    let lines = host
        .deep()?
        .journal
        .monitor
        .is()?
        .iter()
        .map(|entry| &entry.text);
    let hits: Vec<&String> = lines
        .filter(|text| text.contains("not communicating, assuming dead"))
        .collect();
    hits.first()?;
    bad("upsmon has taken a lost contact on battery for a dead UPS since the last boot")
        .shown(hits)
        .into()
}
