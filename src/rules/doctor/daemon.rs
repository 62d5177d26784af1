//! What is asked of every unit of NUT's alike: masked, stopped, off at boot, older than its files.

use super::says::{Bad, Says, bad, unknown};
use super::view::{HostView, tail};
use crate::model::bundle::{JournalLine, Journals, Process};
use crate::model::observed::{Seen, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::File;

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
    fn of<'a>(&self, host: &HostView<'a>) -> Option<&'a Unit> {
        host.unit(self.unit)
    }

    pub fn journal<'a>(&self, host: &HostView<'a>) -> Option<&'a Seen<Vec<JournalLine>>> {
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

    pub fn masked(&self, host: &HostView<'_>) -> Option<Says> {
        masked(self.of(host)?, self.unit, self.name)
    }

    /// `more` says more of how it came, from its last lines.
    pub fn not_running(
        &self,
        host: &HostView<'_>,
        more: impl Fn(&[String]) -> &'static str,
    ) -> Option<Says> {
        host.look?;
        let (short, _) = self.unit.split_once('.').unwrap_or_default();
        let Some(unit) = self.of(host) else {
            return unknown(format!("systemctl did not say anything of {short}"));
        };
        if unit.active == "active" {
            return None;
        }
        let lines = tail(self.journal(host)?, 5);
        bad(format!(
            "{} does not run ({} is {}{})",
            self.name,
            self.unit,
            unit.active,
            more(&lines)
        ))
        .with("unit", self.unit)
        .shown(lines)
        .repair(self.start())
        .into()
    }

    pub fn not_at_boot(&self, host: &HostView<'_>) -> Option<Says> {
        (self.of(host)?.enabled == "disabled").then_some(())?;
        bad(format!(
            "{} is disabled: {} will not start at the next boot",
            self.unit, self.name
        ))
        .with("unit", self.unit)
        .into()
    }

    /// It runs with an older file than the host has; which.
    pub fn not_restarted(&self, host: &HostView<'_>) -> Option<(File, Bad)> {
        let unit = self.of(host).filter(|unit| unit.active == "active")?;
        let read = last_read(host, unit, self.journal(host)?)?;
        let file = self.files.iter().copied().find(|file| {
            let meta = host.file(*file).and_then(Seen::is).map(|file| &file.meta);
            // One second of grace: both times are rounded.
            meta.is_some_and(|meta| meta.modified > read + 1)
        })?;
        let name = self.name;
        let found = bad(format!(
            "{name} still runs with the old {file}: it was changed after {name} read it"
        ));
        let found = found.at(format!("/etc/nut/{file}")).with("unit", self.unit);
        Some((file, found.repair(self.restart())))
    }
}

pub(super) fn masked(unit: &Unit, name: &str, what: &str) -> Option<Says> {
    (unit.load == "masked").then_some(())?;
    bad(format!("{name} is masked: systemd will not start {what}"))
        .with("unit", name)
        .repair(Repair::Unmask { unit: name.into() })
        .into()
}

/// Unix time at which a unit read its files last; nothing without the host's clock, by which alone
/// the times of its units mean something.
fn last_read(host: &HostView<'_>, unit: &Unit, journal: &Seen<Vec<JournalLine>>) -> Option<u64> {
    (host.observed()?.system.booted != 0).then_some(())?;
    // A reload by hand leaves no trace in systemd, but one in the journal.
    let words = [
        "SIGHUP",
        "Reloading configuration",
        "reloading configuration",
    ];
    let lines = journal.is().into_iter().flatten();
    let reloaded = lines
        .filter(|entry| words.iter().any(|word| entry.text.contains(word)))
        .map(|entry| entry.time)
        .max();
    Some(unit.loaded.max(unit.since).max(reloaded.unwrap_or(0)))
}

/// A process that burns more than this share of a processor over its life does nothing else.
const SPIN_PERCENT: f64 = 40.0;

/// A process that has spun for at least `age_s` seconds.
pub(super) fn spinning<'a>(
    host: &HostView<'a>,
    age_s: u64,
    is: impl Fn(&str) -> bool,
) -> Option<&'a Process> {
    host.deep()?
        .processes
        .iter()
        .find(|process| is(&process.name) && process.cpu > SPIN_PERCENT && process.age > age_s)
}
