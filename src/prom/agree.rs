//! Does Prometheus say what `upsc` says?

use std::collections::BTreeSet;

use super::series::tells;
use crate::model::metrics::{Disagreement, MetricReading, UpsValues};
use crate::nut::status::UpsStatus;

/// The values that differ by more than a minute of a running UPS changes them.
pub fn disagreements(reading: &MetricReading, upsc: &UpsValues) -> Vec<Disagreement> {
    let mut found = Vec::new();
    if let (Some(ours), Some(live)) = (&reading.values.status, &upsc.status) {
        let words = |text: &str| -> BTreeSet<String> {
            let told = tells(reading.family, &UpsStatus::parse(text)).into_iter();
            told.map(|word| word.as_str().to_string()).collect()
        };
        if words(ours) != words(live) {
            let shown = if ours.is_empty() {
                "no status word"
            } else {
                ours
            };
            found.push(Disagreement {
                what: "status",
                prometheus: shown.into(),
                upsc: live.clone(),
            });
        }
    }
    let values = &reading.values;
    for (what, ours, live, unit, share, least) in [
        (
            "charge",
            values.charge_percent,
            upsc.charge_percent,
            "%",
            0.0,
            5.0,
        ),
        (
            "runtime",
            values.runtime_seconds,
            upsc.runtime_seconds,
            "s",
            0.25,
            120.0,
        ),
        (
            "input voltage",
            values.input_voltage_volts,
            upsc.input_voltage_volts,
            "V",
            0.1,
            5.0,
        ),
    ] {
        if let (Some(ours), Some(live)) = (ours, live) {
            if (ours - live).abs() > f64::max(least, live.abs() * share) {
                found.push(Disagreement {
                    what,
                    prometheus: format!("{ours} {unit}"),
                    upsc: format!("{live} {unit}"),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(family: &'static str, status: &str, charge: f64) -> MetricReading {
        MetricReading {
            family,
            exporter: "",
            job: String::new(),
            instance: String::new(),
            label: String::new(),
            values: UpsValues {
                status: Some(status.into()),
                charge_percent: Some(charge),
                ..UpsValues::default()
            },
            age_seconds: None,
            stale_after_seconds: 0.0,
            asks: Vec::new(),
            disagrees: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn live(status: &str) -> UpsValues {
        UpsValues {
            status: Some(status.into()),
            charge_percent: Some(87.0),
            ..UpsValues::default()
        }
    }

    #[test]
    fn a_word_that_an_exporter_cannot_tell_is_no_disagreement() {
        assert_eq!(
            disagreements(&reading("hon95", "OL", 87.0), &live("OL ALARM")),
            []
        );
        assert_eq!(
            disagreements(&reading("druggeri", "OL", 87.0), &live("OL ALARM")).len(),
            1
        );
        assert_eq!(
            disagreements(&reading("hon95", "OL", 87.0), &live("OB")).len(),
            1
        );
        assert_eq!(
            disagreements(&reading("druggeri", "OB LB", 87.0), &live("LB OB")),
            []
        );
    }

    #[test]
    fn a_ratio_taken_for_percent_is_seen() {
        let found = disagreements(&reading("textfile", "OL", 0.87), &live("OL"));
        assert_eq!(found[0].what, "charge");
        assert_eq!(
            disagreements(&reading("textfile", "OL", 89.0), &live("OL")),
            []
        );
    }
}
