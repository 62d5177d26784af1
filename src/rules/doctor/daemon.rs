//! What is asked of every unit of NUT's alike: masked, stopped, off at boot, older than its files.

use super::journal::tail;
use super::says::{Bad, Says, bad, unknown};
use crate::model::bundle::{JournalLine, Journals, Process};
use crate::model::observed::{Seen, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::File;
use crate::nut::unit;
use crate::site::ParsedHost;

/// A daemon with a unit of its own.
pub(super) struct Daemon {
    pub unit: &'static str,
    pub name: &'static str,
    /// What it reads when it starts or reloads.
    files: &'static [File],
    journal: fn(&Journals) -> &Seen<Vec<JournalLine>>,
}

pub(super) const UPSD: Daemon = Daemon {
    unit: "nut-server.service",
    name: "upsd",
    files: &[File::Upsd, File::UpsdUsers],
    journal: |journals| &journals.server,
};

pub(super) const UPSMON: Daemon = Daemon {
    unit: "nut-monitor.service",
    name: "upsmon",
    files: &[File::Upsmon],
    journal: |journals| &journals.monitor,
};

impl Daemon {
    fn of<'a>(&self, host: ParsedHost<'a>) -> Option<&'a Unit> {
        host.unit(self.unit)
    }

    pub fn journal<'a>(&self, host: ParsedHost<'a>) -> Option<&'a Seen<Vec<JournalLine>>> {
        Some((self.journal)(&host.deep()?.journal))
    }

    pub fn start(&self) -> Repair {
        Repair::Start {
            unit: self.unit.into(),
        }
    }

    pub fn restart(&self) -> Repair {
        Repair::Restart {
            unit: self.unit.into(),
        }
    }

    pub fn masked(&self, host: ParsedHost<'_>) -> Option<Says> {
        masked(self.of(host)?, self.unit, self.name)
    }

    /// `more` says more of how it came, from its last lines.
    pub fn not_running(
        &self,
        host: ParsedHost<'_>,
        more: impl Fn(&[String]) -> &'static str,
    ) -> Option<Says> {
        host.look()?;
        let (short, _) = self.unit.split_once('.').unwrap_or_default();
        let Some(unit) = self.of(host) else {
            return unknown(format!("systemctl did not say anything of {short}"));
        };
        if unit.active == "active" {
            return None;
        }
        let lines = tail(self.journal(host)?, 5);
        bad(format!(
            "{} does not run ({} is {}{}){}",
            self.name,
            self.unit,
            unit.active,
            more(&lines),
            telling(&lines)
        ))
        .with("unit", self.unit)
        .shown(lines)
        .repair(self.start())
        .into()
    }

    pub fn not_at_boot(&self, host: ParsedHost<'_>) -> Option<Says> {
        not_at_boot(host, self.unit, self.name)
    }

    /// A process of its name that belongs to another unit, or to none.
    pub fn outside(&self, host: ParsedHost<'_>) -> Option<Says> {
        outside(host, self.unit, self.name, |name| name == self.name)
    }

    /// It runs with an older file than the host has; which.
    pub fn not_restarted(&self, host: ParsedHost<'_>) -> Option<(File, Bad)> {
        let file = host.restart_owed(self.unit, self.files, self.journal(host))?;
        let name = self.name;
        let found = bad(format!(
            "{name} still runs with the old {file}: it was changed after {name} read it"
        ));
        let found = found.at(format!("/etc/nut/{file}")).with("unit", self.unit);
        Some((file, found.repair(self.restart())))
    }
}

/// The last line that names a reason, behind a colon.
fn telling(lines: &[String]) -> String {
    let words = [
        "atal",
        "rror",
        "not found",
        "denied",
        "annot",
        "an't",
        "not listening",
        "no listening",
    ];
    let said = lines
        .iter()
        .rev()
        .find(|line| words.iter().any(|word| line.contains(word)));
    let text = said
        .and_then(|line| line.split_once("]: "))
        .map(|(_, text)| text);
    text.map_or_else(String::new, |text| format!(": {text}"))
}

pub(super) fn masked(unit: &Unit, name: &str, what: &str) -> Option<Says> {
    (unit.load == "masked").then_some(())?;
    bad(format!("{name} is masked: systemd will not start {what}"))
        .with("unit", name)
        .repair(Repair::Unmask { unit: name.into() })
        .into()
}

/// Whether the next boot brings a unit up. Its own `disabled` is one way not to; a target between
/// that is switched off, a preset or a drop-in are others: systemd's own list tells.
pub(super) fn not_at_boot(host: ParsedHost<'_>, name: &str, what: &str) -> Option<Says> {
    let unit = host.unit(name)?;
    (unit.load == "loaded").then_some(())?;
    let disabled = unit.enabled == "disabled";
    let boot = &host.deep()?.boot;
    let brought = boot.is().map(|all| all.contains(name));
    let (saw, fixed) = match (disabled, brought) {
        (true, _) => (format!("{name} is disabled"), name.to_string()),
        (false, Some(false)) => {
            let targets = [unit::TARGET, unit::DRIVER_TARGET];
            let off = |target: &&str| {
                let known = host
                    .unit(target)
                    .is_some_and(|unit| unit.load != "not-found");
                known && !boot.is().is_some_and(|all| all.contains(*target))
            };
            match targets.into_iter().find(off) {
                Some(target) => (
                    format!("{target} is switched off"),
                    format!("{target} {name}"),
                ),
                None => (format!("nothing that boots wants {name}"), name.to_string()),
            }
        }
        (false, _) => return None,
    };
    bad(format!("{saw}: {what} will not start at the next boot"))
        .with("unit", fixed)
        .into()
}

/// A process outside of the unit that should run it: started by hand, or a second one.
pub(super) fn outside(
    host: ParsedHost<'_>,
    unit: &str,
    what: &str,
    is: impl Fn(&str) -> bool,
) -> Option<Says> {
    let strays: Vec<&Process> = host
        .deep()?
        .processes
        .iter()
        .filter(|process| is(&process.name))
        .filter(|process| {
            process
                .unit
                .as_deref()
                .is_some_and(|own| !is_own(own, unit))
        })
        .collect();
    let first = strays.first()?;
    let pids: Vec<String> = strays
        .iter()
        .map(|process| process.pid.to_string())
        .collect();
    let line = |process: &&Process| {
        let own = process.unit.as_deref().unwrap_or("no unit");
        format!(
            "{} {} as {} in {own}",
            process.pid, process.name, process.user
        )
    };
    let runs = if host.unit_runs(unit) {
        "beside"
    } else {
        "instead of"
    };
    bad(format!(
        "{what} runs by hand {runs} {unit} (process {}, in {}): it ends with whoever started it, and keeps the unit from its place",
        first.pid,
        first.unit.as_deref().unwrap_or_default()
    ))
    .with("value", pids.join(" "))
    .with("unit", unit)
    .shown(strays.iter().map(line))
    .into()
}

/// Every instance of a template is as good as the other: which one has which process is systemd's.
fn is_own(have: &str, unit: &str) -> bool {
    let template = |name: &str| name.split_once('@').map(|(head, _)| head.to_string());
    have == unit || template(have).is_some_and(|head| template(unit) == Some(head))
}

/// A process that burns more than this share of a processor over its life does nothing else.
const SPIN_PERCENT: f64 = 40.0;

/// A process that has spun for at least `age_s` seconds.
pub(super) fn spinning<'a>(
    host: ParsedHost<'a>,
    age_s: u64,
    is: impl Fn(&str) -> bool,
) -> Option<&'a Process> {
    host.deep()?
        .processes
        .iter()
        .find(|process| is(&process.name) && process.cpu > SPIN_PERCENT && process.age > age_s)
}
