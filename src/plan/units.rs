//! Which units a host needs to have (re)started, and why.

use std::collections::BTreeMap;

use super::reload::{self, Reach};
use crate::model::desired::{DesiredHost, HostRole};
use crate::model::observed::{List, ObservedHost, Reading, Unit};
use crate::model::plan::{FileChange, FileStep, UnitAction, UnitStep};
use crate::nut::directive::File;
use crate::nut::unit;
use crate::nut::unit::{
    DRIVER_TARGET, DRIVERS, ENUMERATOR, ENUMERATOR_PATH, MONITOR, SERVER, TARGET,
};
use crate::nut::version::NutVersion;
use crate::site::{LoggedIn, ParsedSite, restart_owed};

/// Unit actions in the order they are to be done: enable, drivers, upsd, upsmon.
pub(super) fn steps(
    desired: &DesiredHost,
    observed: &ObservedHost,
    files: &[FileStep],
) -> Vec<UnitStep> {
    let mut wanted = Wanted::default();
    // Refused by the gate: nobody knows what runs.
    if observed.unread.contains_key(&List::Units) {
        return Vec::new();
    }
    let instances = desired.nut >= NutVersion::V2_8_0;
    let mut running = vec![(MONITOR, vec![File::Nut, File::Upsmon])];
    if desired.role.is_server() {
        running.push((
            SERVER,
            vec![File::Nut, File::Ups, File::Upsd, File::UpsdUsers],
        ));
        drivers(desired, observed, files, instances, &mut wanted);
    } else if observed
        .units
        .get(SERVER)
        .is_some_and(|unit| unit.active == "active")
    {
        wanted.add(
            SERVER,
            UnitAction::Stop,
            "this host is only a client".into(),
        );
    }
    for (unit, reads) in &running {
        for step in files.iter().filter(|step| reads.contains(&step.file)) {
            let (action, why) = reason(step, desired.nut);
            wanted.add(unit, action, why);
        }
        owed(observed, unit, reads, files, &mut wanted);
    }
    login_owed(desired, observed, &mut wanted);
    if desired.role.is_server() && wanted.action(SERVER) == Some(UnitAction::Restart) {
        let why = "nut-server restarts: it logs in again at once, not at its next poll";
        wanted.add(MONITOR, UnitAction::Restart, why.into());
    }
    enablement(desired, observed, instances, &mut wanted);
    wanted.in_order()
}

/// How a changed file reaches the daemon that reads it.
fn reason(step: &FileStep, nut: NutVersion) -> (UnitAction, String) {
    let what = match step.change {
        FileChange::Create => "is new",
        FileChange::Content => "changes",
        FileChange::Meta => "gets owner and mode put right",
        FileChange::Remove => "is removed",
    };
    let changed = format!("{} {what}", step.file);
    match reload::reach(step, nut) {
        Reach::Reload => (UnitAction::Reload, changed),
        Reach::Restart(None) => (UnitAction::Restart, changed),
        Reach::Restart(Some(why)) => (UnitAction::Restart, format!("{changed}: {why}")),
    }
}

fn drivers(
    desired: &DesiredHost,
    observed: &ObservedHost,
    files: &[FileStep],
    instances: bool,
    wanted: &mut Wanted,
) {
    let change = files
        .iter()
        .find(|step| step.file == File::Ups)
        .map(|step| reason(step, desired.nut).1);
    if !instances {
        if let Some(why) = change {
            wanted.add(DRIVERS, UnitAction::Restart, why);
        }
        owed(observed, DRIVERS, &[File::Ups], files, wanted);
        return;
    }
    let missing = desired.expect.ups.iter().any(|ups| {
        let unit = unit::instance(ups.name.as_str());
        observed
            .units
            .get(&unit)
            .is_none_or(|unit| unit.active != "active")
    });
    if let Some(why) = &change {
        wanted.add(ENUMERATOR, UnitAction::Enumerate, why.clone());
    } else if missing {
        wanted.add(
            ENUMERATOR,
            UnitAction::Enumerate,
            "a driver instance is missing or not active".into(),
        );
    }
    let still = |state: &&Unit| state.load == "loaded" && state.active != "active";
    if let Some(state) = observed.units.get(ENUMERATOR_PATH).filter(still) {
        let why = format!("it is {}: drivers would not follow ups.conf", state.active);
        wanted.add(ENUMERATOR_PATH, UnitAction::Start, why);
    }
    for ups in &desired.expect.ups {
        let unit = unit::instance(ups.name.as_str());
        if let Some(why) = &change {
            // A live reload leaves 2.8.1's drivers spinning (#1904): always restart.
            wanted.add(&unit, UnitAction::Restart, why.clone());
        }
        owed(observed, &unit, &[File::Ups], files, wanted);
    }
}

/// A unit that does not run, or that started before a file it reads was last changed.
fn owed(
    observed: &ObservedHost,
    unit: &str,
    reads: &[File],
    files: &[FileStep],
    wanted: &mut Wanted,
) {
    let Some(state) = observed.units.get(unit) else {
        wanted.add(unit, UnitAction::Restart, "it is not there yet".into());
        return;
    };
    if state.active != "active" {
        let now = if state.active.is_empty() {
            "unknown"
        } else {
            &state.active
        };
        wanted.add(unit, UnitAction::Restart, format!("it is {now}"));
        return;
    }
    let kept = |file: &&File| {
        let mut steps = files.iter();
        !steps.any(|step| step.file == **file && step.change != FileChange::Meta)
    };
    let kept: Vec<File> = reads.iter().filter(kept).copied().collect();
    if let Some(file) = restart_owed(observed, unit, &kept, None) {
        let why = format!("it started before {file} was last changed");
        wanted.add(unit, UnitAction::Restart, why);
    }
}

/// upsmon logs in once for each connection: one whose user was not there at that moment stays out, and
/// asks on (clients/upsmon.c).
fn login_owed(desired: &DesiredHost, observed: &ObservedHost, wanted: &mut Wanted) {
    let peers = BTreeMap::new();
    let site = ParsedSite::of_host(desired, observed, &peers);
    let Some(host) = site.host(&desired.name) else {
        return;
    };
    if !host.unit_runs(MONITOR) || host.upsmon_has_just_begun() || host.upsd_has_just_begun() {
        return;
    }
    for monitor in &desired.expect.monitors {
        let answers = observed.ups.get(&monitor.system).and_then(Reading::status);
        let heard = host.lists(&monitor.system, &monitor.server, host.name());
        if let (Some(_), LoggedIn::No(_)) = (answers, heard) {
            let why = format!("it is not logged in to {}", monitor.system);
            wanted.add(MONITOR, UnitAction::Restart, why);
        }
    }
}

fn enablement(
    desired: &DesiredHost,
    observed: &ObservedHost,
    instances: bool,
    wanted: &mut Wanted,
) {
    let mut units = vec![MONITOR];
    if desired.role.is_server() {
        units.push(SERVER);
    }
    if instances {
        units.push(TARGET);
        if matches!(desired.role, HostRole::Server { .. }) {
            units.extend([DRIVER_TARGET, ENUMERATOR, ENUMERATOR_PATH]);
        }
    }
    for unit in units {
        let disabled = observed
            .units
            .get(unit)
            .is_some_and(|state| state.enabled == "disabled");
        if disabled {
            wanted.add_enable(unit);
        }
    }
}

/// Actions by unit; the strongest of several wins, all reasons are kept.
#[derive(Default)]
struct Wanted {
    enable: Vec<String>,
    units: BTreeMap<String, (UnitAction, Vec<String>)>,
}

impl Wanted {
    fn add(&mut self, unit: &str, action: UnitAction, why: String) {
        let (had, reasons) = self
            .units
            .entry(unit.into())
            .or_insert_with(|| (action, Vec::new()));
        *had = (*had).max(action);
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }

    fn action(&self, unit: &str) -> Option<UnitAction> {
        self.units.get(unit).map(|(action, _)| *action)
    }

    fn add_enable(&mut self, unit: &str) {
        self.enable.push(unit.into());
    }

    fn in_order(self) -> Vec<UnitStep> {
        let rank = |unit: &str| match unit {
            ENUMERATOR => 0,
            SERVER => 2,
            MONITOR => 3,
            _ => 1,
        };
        let mut steps: Vec<UnitStep> = self
            .units
            .into_iter()
            .map(|(unit, (action, because))| UnitStep {
                unit,
                action,
                because,
            })
            .collect();
        steps.sort_by_key(|step| rank(&step.unit));
        let enable = self.enable.into_iter().map(|unit| UnitStep {
            unit,
            action: UnitAction::Enable,
            because: vec!["it would not start at boot".into()],
        });
        enable.chain(steps).collect()
    }
}
