//! The driver: its section in ups.conf, its program, its unit, its data.

use super::says::{Bad, Says, bad};
use super::view::{HostView, SERVER, UpsView, is_noise};
use super::{DoctorRule, rule};
use crate::model::observed::{Reading, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::{self, File, Scope};
use crate::nut::driver;
use crate::nut::files::TrapKind;
use crate::nut::upsc::{self, UpscError};
use crate::nut::version::NutVersion;

/// A driver that burns more than this share of a processor over its life does nothing else.
const SPIN_PERCENT: f64 = 40.0;
const SPIN_AGE_S: u64 = 60;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "ups-conf-empty",
        Error,
        Driver,
        ["config-file-absent", "config-line-lost"],
        Host(no_section)
    ),
    rule!("ups-section-twice", Error, Driver, [], Host(twice)),
    rule!(
        "ups-section-incomplete",
        Error,
        Driver,
        ["config-line-lost"],
        Ups(incomplete)
    ),
    rule!(
        "driver-program-absent",
        Error,
        Driver,
        ["ups-section-incomplete"],
        Ups(program_absent)
    ),
    rule!(
        "driver-key-not-known",
        Error,
        Driver,
        ["driver-program-absent"],
        Ups(key_unknown)
    ),
    rule!("driver-masked", Error, Driver, [], Ups(masked)),
    rule!(
        "driver-instance-absent",
        Error,
        Driver,
        [
            "driver-masked",
            "ups-section-incomplete",
            "ups-section-twice"
        ],
        Ups(instance_absent)
    ),
    rule!(
        "driver-fails",
        Error,
        Driver,
        [
            "config-line-lost",
            "config-not-readable",
            "disk-full",
            "ups-section-incomplete",
            "driver-program-absent",
            "driver-key-not-known",
            "usb-taken-by-other-software",
            "usb-absent",
            "usb-not-permitted",
            "usb-pinned-elsewhere",
            "port-absent",
            "driver-masked",
            "driver-instance-absent"
        ],
        Ups(fails)
    ),
    rule!(
        "driver-not-running",
        Error,
        Driver,
        ["driver-fails", "driver-masked", "driver-instance-absent"],
        Ups(stopped)
    ),
    rule!("driver-spins", Error, Driver, [], Host(spins)),
    rule!(
        "driver-not-connected",
        Error,
        Driver,
        ["driver-not-running", "driver-fails", "config-not-readable"],
        Ups(not_connected)
    ),
    rule!(
        "data-is-stale",
        Error,
        Driver,
        [
            "driver-not-running",
            "driver-spins",
            "port-absent",
            "usb-absent"
        ],
        Ups(stale)
    ),
];

fn no_section(host: &HostView<'_>) -> Says {
    let Some(conf) = host.ups.as_ref().filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    if conf.sections.iter().any(|section| section.exists()) {
        return Says::Fine;
    }
    bad("/etc/nut/ups.conf declares no UPS")
        .repair(Repair::Redeploy)
        .into()
}

fn twice(host: &HostView<'_>) -> Says {
    let Some(conf) = host.ups.as_ref().filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let trap = conf.traps.iter().find(|trap| {
        matches!(
            trap.kind,
            TrapKind::DuplicateSection | TrapKind::SectionCase(_)
        )
    });
    let Some(trap) = trap else { return Says::Fine };
    bad(format!(
        "a UPS is declared twice in ups.conf (line {}): {trap}",
        trap.place.line
    ))
    .with("value", trap.place.line)
    .repair(Repair::Redeploy)
    .into()
}

fn incomplete(ups: &UpsView<'_>) -> Says {
    let missing = match (ups.section.driver(), ups.section.port()) {
        (Some(_), Some(_)) => return Says::Fine,
        (None, _) => "driver",
        (_, None) => "port",
    };
    bad(format!(
        "[{}] in ups.conf has no `{missing}`: upsd ignores the UPS",
        ups.name()
    ))
    .with("value", missing)
    .repair(Repair::Redeploy)
    .into()
}

fn program_absent(ups: &UpsView<'_>) -> Says {
    let (Some(name), Some(look)) = (ups.section.driver(), ups.host.look) else {
        return Says::Fine;
    };
    match &look.deep.drivers {
        crate::model::observed::Seen::Is(all) if all.contains(name) => Says::Fine,
        crate::model::observed::Seen::Is(_) => {
            let package = ups
                .host
                .version()
                .and_then(|version| driver::package(name, version));
            let saw = match (package, driver::known(name)) {
                (Some(package), _) => {
                    format!("the driver {name} is not installed; package {package} has it")
                }
                (None, true) => format!("the driver {name} is not installed"),
                (None, false) => {
                    format!("{name}, the driver of {}, is no driver of NUT", ups.name())
                }
            };
            bad(saw)
                .with("value", package.unwrap_or("nut-server"))
                .into()
        }
        crate::model::observed::Seen::Absent => Says::Fine,
        crate::model::observed::Seen::Unknown(why) => Says::Unknown(why.clone()),
    }
}

fn key_unknown(ups: &UpsView<'_>) -> Says {
    let (Some(name), Some(version)) = (ups.section.driver(), ups.host.version()) else {
        return Says::Fine;
    };
    if !driver::keys_known(name, version) {
        return Says::Fine;
    }
    let unknown = ups.section.entries.iter().find(|entry| {
        let key = &entry.key.value;
        let lower = key.to_lowercase();
        let core = directive::lookup(File::Ups, Scope::Section, key)
            .is_some_and(|known| known.known_to(version));
        !core
            && !lower.starts_with("override.")
            && !lower.starts_with("default.")
            && driver::key(name, key, version).is_none()
    });
    let Some(entry) = unknown else {
        return Says::Fine;
    };
    // The driver itself is the last judge: one that delivers data has taken all its keys.
    if ups
        .reading()
        .is_some_and(|reading| reading.status().is_some())
        && unit_active(ups)
    {
        return Says::Fine;
    }
    bad(format!(
        "{name} does not know the key `{}` of [{}] in ups.conf and ends",
        entry.key.value,
        ups.name()
    ))
    .with("value", &entry.key.value)
    .shown([format!("/etc/nut/ups.conf:{}", entry.place.line)])
    .shown(last_words(ups, 4))
    .repair(Repair::Redeploy)
    .into()
}

fn unit<'a>(ups: &UpsView<'a>) -> Option<&'a Unit> {
    ups.host.unit(&ups.unit())
}

fn unit_active(ups: &UpsView<'_>) -> bool {
    unit(ups).is_some_and(|unit| unit.active == "active")
}

/// What the driver said last, without systemd's own lines.
fn last_words(ups: &UpsView<'_>, count: usize) -> Vec<String> {
    let Some(lines) = ups.host.look.and_then(|look| look.deep.journal.driver.is()) else {
        return Vec::new();
    };
    let own: Vec<String> = lines
        .iter()
        .map(|entry| {
            entry
                .text
                .split_once(' ')
                .map_or(entry.text.as_str(), |(_, text)| text)
        })
        .filter(|text| {
            !text.starts_with("systemd[") && !is_noise(text) && !text.contains("upsnotify")
        })
        .map(str::to_string)
        .collect();
    let mut last: Vec<String> = Vec::new();
    for text in own.into_iter().rev() {
        let words = text
            .split_once(": ")
            .map_or(text.as_str(), |(_, words)| words)
            .to_string();
        if !last.contains(&words) {
            last.push(words);
        }
        if last.len() == count {
            break;
        }
    }
    last.reverse();
    last
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

fn masked(ups: &UpsView<'_>) -> Says {
    let name = ups.unit();
    if unit(ups).is_none_or(|unit| unit.load != "masked") {
        return Says::Fine;
    }
    bad(format!(
        "{name} is masked: systemd will not start the driver of {}",
        ups.name()
    ))
    .repair(Repair::Unmask { unit: name })
    .into()
}

fn instance_absent(ups: &UpsView<'_>) -> Says {
    if ups
        .host
        .version()
        .is_none_or(|version| version < NutVersion::V2_8_0)
        || ups.host.look.is_none()
    {
        return Says::Fine;
    }
    let known = unit(ups).is_some_and(|unit| {
        unit.active != "inactive" || matches!(unit.enabled.as_str(), "enabled" | "static")
    });
    if known {
        return Says::Fine;
    }
    let path = ups.host.unit("nut-driver-enumerator.path");
    let idle = path.is_some_and(|path| path.active != "active");
    let why = if idle {
        ": the driver enumerator is switched off"
    } else {
        ""
    };
    bad(format!("no driver unit exists for {}{why}", ups.name()))
        .repair(Repair::Enumerate)
        .into()
}

fn fails(ups: &UpsView<'_>) -> Says {
    let Some(unit) = unit(ups) else {
        return Says::Fine;
    };
    // Restart=always without a limit: a driver that cannot start never becomes `failed`. One that
    // is just starting is not told from it by its state, but by a run that has ended before.
    let restarts = unit
        .properties
        .get("NRestarts")
        .and_then(|count| count.parse::<u32>().ok())
        .unwrap_or(0);
    let again = unit.active == "activating"
        && (unit.sub == "auto-restart" || unit.result != "success" || restarts > 0);
    if !again && unit.active != "failed" {
        return Says::Fine;
    }
    let words = last_words(ups, 6);
    let said = reason(&words).map_or(String::new(), |line| format!(": {line}"));
    let what = if again {
        "starts and ends over and over"
    } else {
        "has failed"
    };
    bad(format!("the driver of {} {what}{said}", ups.name()))
        .shown(words)
        .into()
}

fn stopped(ups: &UpsView<'_>) -> Says {
    let Some(unit) = unit(ups) else {
        return Says::Fine;
    };
    if unit.active != "inactive" && unit.active != "deactivating" {
        return Says::Fine;
    }
    // 2.7.4's unit stops with the upsd that needs it (StopWhenUnneeded).
    let follows = ups.unit() == "nut-driver.service" && !ups.host.unit_runs(SERVER);
    if follows {
        return Says::Fine;
    }
    let name = ups.unit();
    bad(format!(
        "the driver of {} does not run ({name} is {})",
        ups.name(),
        unit.active
    ))
    .shown(last_words(ups, 3))
    .repair(Repair::Start { unit: name })
    .into()
}

fn spins(host: &HostView<'_>) -> Says {
    let Some(look) = host.look.filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let drivers: Vec<&str> = host
        .ups
        .iter()
        .flat_map(|conf| &conf.sections)
        .filter_map(|section| section.driver())
        .collect();
    let hot = look.deep.processes.iter().find(|process| {
        drivers
            .iter()
            .any(|driver| driver.starts_with(process.name.as_str()))
            && process.cpu > SPIN_PERCENT
            && process.age > SPIN_AGE_S
    });
    let Some(process) = hot else {
        return Says::Fine;
    };
    bad(format!(
        "the driver {} burns {:.0} % of a processor",
        process.name, process.cpu
    ))
    .with("driver", &process.name)
    .into()
}

/// What `upsc` complained of on the server itself.
fn complaint(ups: &UpsView<'_>) -> Option<UpscError> {
    match ups.reading()? {
        Reading::Error(text) => upsc::parse_error(&text.replace("; ", "\n")),
        Reading::Variables(_) | Reading::TimedOut => None,
    }
}

fn not_connected(ups: &UpsView<'_>) -> Says {
    if complaint(ups) != Some(UpscError::DriverNotConnected) {
        return Says::Fine;
    }
    let found: Bad = bad(format!(
        "upsd cannot reach the driver of {} although the driver runs",
        ups.name()
    ));
    found.repair(Repair::Restart { unit: ups.unit() }).into()
}

fn stale(ups: &UpsView<'_>) -> Says {
    let waiting = ups
        .reading()
        .and_then(Reading::status)
        .is_some_and(|status| status.starts_with("WAIT"));
    if complaint(ups) != Some(UpscError::DataStale) && !waiting {
        return Says::Fine;
    }
    // A driver that was started just now has not read the UPS yet.
    let clock = ups.host.look.map_or(0, |look| look.observed.system.clock);
    if waiting && unit(ups).is_some_and(|unit| clock.saturating_sub(unit.since) < 30) {
        return Says::Fine;
    }
    bad(format!(
        "the driver of {} runs but gets no data from the UPS (data stale)",
        ups.name()
    ))
    .shown(last_words(ups, 3))
    .repair(Repair::Restart { unit: ups.unit() })
    .into()
}
