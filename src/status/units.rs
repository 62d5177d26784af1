//! The units that a host's part in the chain needs.

use crate::model::desired::DesiredHost;
use crate::model::observed::{ObservedHost, Unit};
use crate::model::status::UnitReport;

/// The driver's, the server's and the monitor's unit, as far as the host needs them.
pub(super) fn report(desired: &DesiredHost, observed: &ObservedHost) -> Vec<UnitReport> {
    let mut names = Vec::new();
    if desired.role.is_server() {
        for ups in &desired.expect.ups {
            let own = format!("nut-driver@{}.service", ups.name);
            // NUT 2.7.4 of Debian 11 has one unit for all drivers.
            let one = "nut-driver.service".to_string();
            let loaded = |name: &str| {
                observed
                    .units
                    .get(name)
                    .is_some_and(|unit| unit.load == "loaded")
            };
            names.push(if !loaded(&own) && loaded(&one) {
                one
            } else {
                own
            });
        }
        names.push("nut-server.service".into());
    }
    names.push("nut-monitor.service".into());
    names.dedup();
    names
        .iter()
        .map(|name| of(name, observed.units.get(name)))
        .collect()
}

fn of(name: &str, unit: Option<&Unit>) -> UnitReport {
    let short = name.strip_suffix(".service").unwrap_or(name).to_string();
    let Some(unit) = unit else {
        return UnitReport {
            name: short,
            runs: false,
            state: "not known to systemd".into(),
            since_unix_seconds: None,
        };
    };
    // Debian 11's driver unit forks and leaves; `active` is all it says.
    let runs = unit.active == "active" && unit.sub != "exited";
    let state = match unit.load.as_str() {
        "loaded" => format!("{} ({})", unit.active, unit.sub),
        load => load.to_string(),
    };
    let since = if runs { unit.since } else { unit.loaded };
    UnitReport {
        name: short,
        runs,
        state,
        since_unix_seconds: Some(since).filter(|since| *since > 0),
    }
}
