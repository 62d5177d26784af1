//! How long: until the hosts begin to shut down, and until the battery is empty. Two numbers.

use crate::model::status::ShutdownStarts;
use crate::nut::battery::Variables;
use crate::nut::files::{Entry, Section};
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
    if let Some(because) = ignored(variables, section) {
        return ShutdownStarts::WhenTheUpsSays { because };
    }
    let by_runtime = variables.runtime_s().zip(variables.runtime_low_s());
    let charge = variables
        .percent("battery.charge")
        .filter(|charge| *charge > 0.0);
    let by_charge = charge.zip(variables.charge_low_percent());
    let mut limits = Vec::new();
    let mut left: Option<f64> = None;
    let mut limit = |seconds: f64, text: String| {
        limits.push(text);
        left = Some(left.map_or(seconds, |left| left.min(seconds)));
    };
    if let Some(((charge, low), runtime)) = by_charge.zip(variables.runtime_s()) {
        // As much of the runtime as of the charge, which batteries keep to about.
        let share = ((charge - low) / charge).max(0.0);
        limit(runtime * share, format!("{low:.0} % charge"));
    }
    if let Some((runtime, low)) = by_runtime {
        limit((runtime - low).max(0.0), format!("{} left", span(low)));
    }
    match left {
        Some(seconds) => ShutdownStarts::In {
            seconds: seconds as u64,
            limits,
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

/// Limits in ups.conf that only change what is shown: without `ignorelb` the driver goes by the UPS's
/// own signal (ups.conf(5)).
fn ignored(variables: Variables<'_>, section: Option<&Section>) -> Option<String> {
    let own = variables.text("driver.flag.ignorelb").is_some();
    if own || section?.get("ignorelb").is_some() {
        return None;
    }
    let shown = |entry: &&Entry| {
        let key = entry.key.value.to_ascii_lowercase();
        let value = entry
            .value
            .as_ref()
            .map(|word| word.value.trim().to_string());
        match key.split_once('.') {
            Some(("override", name)) => is_limit(name),
            // A default counts only where the UPS gives no value of its own.
            Some(("default", name)) => is_limit(name) && value.as_deref() == variables.text(name),
            _ => false,
        }
    };
    let entry = section?.entries.iter().find(shown)?;
    Some(format!(
        "{} in ups.conf is only shown and not gone by, as `ignorelb` is not set",
        entry.key.value
    ))
}

fn is_limit(name: &str) -> bool {
    matches!(name, "battery.charge.low" | "battery.runtime.low")
}

fn span(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}
