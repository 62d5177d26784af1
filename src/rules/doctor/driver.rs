//! The driver: its section in ups.conf, its program, its unit, its data.

use super::daemon;
use super::journal::is_noise;
use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::observed::{Reading, Seen, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::{self, File, Scope};
use crate::nut::driver;
use crate::nut::files::{Entry, TrapKind};
use crate::nut::unit::SERVER;
use crate::nut::upsc::{self, UpscError};
use crate::nut::version::NutVersion;
use crate::site::{ParsedHost, ParsedUps};

const SPIN_AGE_S: u64 = 60;
/// What a driver may take for its first reading of the UPS.
const WAIT_S: u64 = 30;

rules! { Driver
    Error   "ups-conf-empty"         Server(no_section) ["config-file-absent", "config-line-lost"];
    Error   "ups-section-twice"      Server(twice) [];
    Error   "ups-section-incomplete" Ups(incomplete) ["config-line-lost"];
    Error   "driver-program-absent"  Ups(program_absent) ["ups-section-incomplete"];
    Error   "driver-key-not-known"   Ups(key_unknown) ["driver-program-absent"];
    Error   "driver-masked"          Ups(masked) [];
    Error   "driver-instance-absent" Ups(instance_absent) ["driver-masked", "ups-section-incomplete", "ups-section-twice"];
    Error   "driver-outside-its-unit" Ups(outside) [];
    Error   "driver-fails"           Ups(fails) ["config-not-readable", "disk-full", "driver-key-not-known", "usb-taken-by-other-software", "usb-not-permitted", "usb-pinned-elsewhere", "port-absent", "driver-instance-absent", "driver-outside-its-unit", "run-folder-shut"];
    Error   "driver-not-running"     Ups(stopped) ["driver-fails"];
    Warning "driver-spins"           Server(spins) ["driver-not-running"];
    Error   "driver-not-connected"   Ups(not_connected) ["driver-not-running"];
    Warning "driver-not-at-boot"     Ups(not_at_boot) ["driver-not-running"];
    Error   "data-is-stale"          Ups(stale) ["driver-not-running"];
}

fn no_section(host: ParsedHost<'_>) -> Option<Says> {
    let conf = host.ups_conf()?;
    let none = !conf.sections.iter().any(|section| section.exists());
    none.then_some(())?;
    bad("/etc/nut/ups.conf declares no UPS").redeploy().into()
}

fn twice(host: ParsedHost<'_>) -> Option<Says> {
    let trap = host.traps_of(File::Ups).find(|trap| {
        matches!(
            trap.kind,
            TrapKind::DuplicateSection | TrapKind::SectionCase(_)
        )
    })?;
    let line = trap.place.line;
    bad(format!(
        "a UPS is declared twice in ups.conf (line {line}): {trap}"
    ))
    .with("value", line)
    .redeploy()
    .into()
}

fn incomplete(ups: ParsedUps<'_>) -> Option<Says> {
    let missing = match (ups.driver(), ups.section.port()) {
        (Some(_), Some(_)) => return None,
        (None, _) => "driver",
        (_, None) => "port",
    };
    bad(format!(
        "[{}] in ups.conf has no `{missing}`: upsd ignores the UPS",
        ups.name()
    ))
    .with("value", missing)
    .redeploy()
    .into()
}

fn program_absent(ups: ParsedUps<'_>) -> Option<Says> {
    let name = ups.driver()?;
    match &ups.host.deep()?.drivers {
        Seen::Is(all) if all.contains(name) => return None,
        Seen::Is(_) => {}
        Seen::Absent => return None,
        Seen::Unknown(why) => return unknown(why),
    }
    let installed = ups.host.installed();
    let package = installed.and_then(|version| driver::package(name, version));
    let saw = match package {
        Some(package) => format!("the driver {name} is not installed; package {package} has it"),
        None if driver::known(name) => format!("the driver {name} is not installed"),
        None => format!("{name}, the driver of {}, is no driver of NUT", ups.name()),
    };
    bad(saw)
        .with("value", package.unwrap_or("nut-server"))
        .into()
}

/// Whether a driver takes a key of its section.
fn takes(driver: &str, key: &str, version: NutVersion) -> bool {
    let lower = key.to_lowercase();
    directive::lookup(File::Ups, Scope::Section, key).is_some_and(|known| known.known_to(version))
        || lower.starts_with("override.")
        || lower.starts_with("default.")
        || driver::key(driver, key, version).is_some()
}

fn key_unknown(ups: ParsedUps<'_>) -> Option<Says> {
    let name = ups.driver()?;
    let version = ups.host.installed()?;
    driver::keys_known(name, version).then_some(())?;
    let strange = |entry: &&Entry| !takes(name, &entry.key.value, version);
    let entry = ups.section.entries.iter().find(strange)?;
    // The driver itself is the last judge: one that delivers data has taken all its keys.
    if ups.delivers() && unit(ups)?.active == "active" {
        return None;
    }
    let key = &entry.key.value;
    bad(format!(
        "{name} does not know the key `{key}` of [{}] in ups.conf and ends",
        ups.name()
    ))
    .with("value", key)
    .shown([format!("/etc/nut/ups.conf:{}", entry.place.line)])
    .shown(last_words(ups, 4))
    .redeploy()
    .into()
}

fn unit<'a>(ups: ParsedUps<'a>) -> Option<&'a Unit> {
    ups.host.unit(&ups.unit())
}

/// What the driver said last, each thing once, without systemd's own lines and the program's name.
fn last_words(ups: ParsedUps<'_>, count: usize) -> Vec<String> {
    let lines = ups.host.deep().and_then(|deep| deep.journal.driver.is());
    let mut last: Vec<&str> = Vec::new();
    for entry in lines.into_iter().flatten().rev() {
        let text = entry
            .text
            .split_once(' ')
            .map_or(&*entry.text, |(_, text)| text);
        let words = text.split_once(": ").map_or(text, |(_, words)| words);
        let noise = text.starts_with("systemd[") || is_noise(text) || text.contains("upsnotify");
        if !noise && !last.contains(&words) && last.len() < count {
            last.push(words);
        }
    }
    last.into_iter().rev().map(str::to_string).collect()
}

/// The line that names the reason, if one does.
fn reason(words: &[String]) -> Option<&String> {
    let telling = [
        "No matching",
        "permission",
        "Can't claim",
        "Fatal",
        "fatal",
        "Error",
        "error",
        "Could not",
        "not found",
        "Can't",
        "open",
    ];
    let said = |word: &&str| words.iter().find(|line| line.contains(*word));
    telling.iter().find_map(said)
}

fn masked(ups: ParsedUps<'_>) -> Option<Says> {
    let what = format!("the driver of {}", ups.name());
    daemon::masked(unit(ups)?, &ups.unit(), &what)
}

fn instance_absent(ups: ParsedUps<'_>) -> Option<Says> {
    (ups.host.installed()? >= NutVersion::V2_8_0).then_some(())?;
    let known = |unit: &Unit| {
        unit.active != "inactive" || matches!(unit.enabled.as_str(), "enabled" | "static")
    };
    if unit(ups).is_some_and(known) {
        return None;
    }
    let idle = |path: &Unit| path.active != "active";
    let why = match ups.host.unit("nut-driver-enumerator.path") {
        Some(path) if idle(path) => ": the driver enumerator is switched off",
        _ => "",
    };
    bad(format!("no driver unit exists for {}{why}", ups.name()))
        .repair(Repair::Enumerate)
        .into()
}

fn fails(ups: ParsedUps<'_>) -> Option<Says> {
    let unit = unit(ups)?;
    // Restart=always without a limit: a driver that cannot start never becomes `failed`. One that
    // is just starting is not told from it by its state, but by a run that has ended before.
    let restarts = unit.properties.get("NRestarts").map_or("0", String::as_str);
    let ended = unit.sub == "auto-restart" || unit.result != "success" || restarts != "0";
    let what = match unit.active.as_str() {
        "activating" if ended => "starts and ends over and over",
        "failed" => "has failed",
        _ => return None,
    };
    let words = last_words(ups, 6);
    let said = reason(&words).map_or(String::new(), |line| format!(": {line}"));
    bad(format!("the driver of {} {what}{said}", ups.name()))
        .shown(words)
        .into()
}

fn stopped(ups: ParsedUps<'_>) -> Option<Says> {
    let (state, name) = (&unit(ups)?.active, ups.unit());
    // 2.7.4's unit stops with the upsd that needs it (StopWhenUnneeded).
    let follows = name == "nut-driver.service" && !ups.host.unit_runs(SERVER);
    if follows || !matches!(state.as_str(), "inactive" | "deactivating") {
        return None;
    }
    bad(format!(
        "the driver of {} does not run ({name} is {state})",
        ups.name()
    ))
    .shown(last_words(ups, 3))
    .repair(Repair::Start { unit: name })
    .into()
}

fn spins(host: ParsedHost<'_>) -> Option<Says> {
    let sections = || host.ups_conf().into_iter().flat_map(|conf| &conf.sections);
    // The kernel cuts a program's name at 15 characters.
    let is_driver =
        |name: &str| sections().any(|ups| ups.driver().is_some_and(|own| own.starts_with(name)));
    let process = daemon::spinning(host, SPIN_AGE_S, is_driver)?;
    bad(format!(
        "the driver {} burns {:.0} % of a processor",
        process.name, process.cpu
    ))
    .with("driver", &process.name)
    .into()
}

fn outside(ups: ParsedUps<'_>) -> Option<Says> {
    let driver = ups.driver()?;
    let what = format!("the driver of {}", ups.name());
    // The kernel cuts a program's name at 15 characters.
    let cut = driver.get(..15).unwrap_or(driver);
    daemon::outside(ups.host, &ups.unit(), &what, |name| name == cut)
}

fn not_at_boot(ups: ParsedUps<'_>) -> Option<Says> {
    // 2.7.4's one unit is pulled in by upsd's.
    (ups.host.installed()? >= NutVersion::V2_8_0).then_some(())?;
    let what = format!("the driver of {}", ups.name());
    daemon::not_at_boot(ups.host, &ups.unit(), &what)
}

/// What `upsc` complained of on the server itself.
fn complaint(ups: ParsedUps<'_>) -> Option<UpscError> {
    match ups.reading()? {
        Reading::Error(text) => upsc::parse_error(&text.replace("; ", "\n")),
        Reading::Variables(_) | Reading::TimedOut => None,
    }
}

fn not_connected(ups: ParsedUps<'_>) -> Option<Says> {
    (complaint(ups)? == UpscError::DriverNotConnected).then_some(())?;
    bad(format!(
        "upsd cannot reach the driver of {} although the driver runs",
        ups.name()
    ))
    .repair(Repair::Restart { unit: ups.unit() })
    .into()
}

fn stale(ups: ParsedUps<'_>) -> Option<Says> {
    let waiting = ups
        .reading()?
        .status()
        .is_some_and(|status| status.starts_with("WAIT"));
    // A driver that was started just now has not read the UPS yet.
    let clock = ups.host.look()?.system.clock;
    let young = unit(ups).is_some_and(|unit| clock.saturating_sub(unit.since) < WAIT_S);
    let stale = waiting && !young || complaint(ups) == Some(UpscError::DataStale);
    stale.then_some(())?;
    bad(format!(
        "the driver of {} runs but gets no data from the UPS (data stale)",
        ups.name()
    ))
    .shown(last_words(ups, 3))
    .repair(Repair::Restart { unit: ups.unit() })
    .into()
}
