//! How long: until the hosts begin to shut down, and until the battery is empty. Two numbers.

use crate::model::status::ShutdownStarts;
use crate::nut::battery::{UntilLow, Variables, only_shown};
use crate::nut::files::Section;
use crate::nut::status::UpsStatus;

/// When the shutdown starts. `section` is the UPS's part of ups.conf, when it could be read.
pub(super) fn shutdown_starts(
    status: &UpsStatus,
    variables: Variables<'_>,
    section: Option<&Section>,
) -> ShutdownStarts {
    if status.critical() {
        return ShutdownStarts::Now;
    }
    if !status.on_battery() {
        return ShutdownStarts::Not;
    }
    if let Some(entry) = section.and_then(|section| only_shown(section, Some(variables))) {
        let because = format!(
            "{} in ups.conf is only shown and not gone by, as `ignorelb` is not set",
            entry.key.value
        );
        return ShutdownStarts::WhenTheUpsSays { because };
    }
    let charge = variables
        .percent("battery.charge")
        .filter(|charge| *charge > 0.0);
    let charge_low = charge.and_then(|_| variables.charge_low_percent());
    let runtime_low = variables.runtime_low_s();
    let until = variables
        .runtime_s()
        .map(|runtime| UntilLow::new(runtime, charge, charge_low, runtime_low));
    let percent = charge_low.map(|low| format!("{low:.0} % charge"));
    let left = runtime_low.map(|low| format!("{} left", span(low)));
    match until.and_then(UntilLow::first) {
        Some(seconds) => ShutdownStarts::In {
            seconds: seconds as u64,
            limits: percent.into_iter().chain(left).collect(),
        },
        None => ShutdownStarts::WhenTheUpsSays {
            because: unknown(variables),
        },
    }
}

/// Why no time can be told, when the UPS gives none.
fn unknown(variables: Variables<'_>) -> String {
    match (variables.runtime_s(), variables.charge_low_percent()) {
        (None, Some(low)) => {
            format!("that is at {low:.0} % charge, and the UPS does not say how long that takes")
        }
        (None, None) => "it says neither how long it lasts nor when that is".into(),
        (Some(_), _) => "it does not say at which charge or runtime that is".into(),
    }
}

fn span(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}
