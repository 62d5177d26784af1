//! What is asked of every unit of NUT's alike: masked, stopped, off at boot, older than its files.

use super::journal::tail;
use super::says::{Bad, Says, bad, unknown};
use crate::model::bundle::{JournalLine, Journals, Process};
use crate::model::observed::{Seen, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::File;
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

    pub fn not_at_boot(&self, host: ParsedHost<'_>) -> Option<Says> {
        (self.of(host)?.enabled == "disabled").then_some(())?;
        bad(format!(
            "{} is disabled: {} will not start at the next boot",
            self.unit, self.name
        ))
        .with("unit", self.unit)
        .into()
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

pub(super) fn masked(unit: &Unit, name: &str, what: &str) -> Option<Says> {
    (unit.load == "masked").then_some(())?;
    bad(format!("{name} is masked: systemd will not start {what}"))
        .with("unit", name)
        .repair(Repair::Unmask { unit: name.into() })
        .into()
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
