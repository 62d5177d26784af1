//! What Prometheus has of a UPS that nobody could read.

use std::collections::BTreeMap;

use crate::model::metrics::MetricReading;
use crate::model::status::FromPrometheus;

/// The youngest reading that has a status, and its values under NUT's names. One that is too old has
/// no values: nobody shall take it for what is.
pub(super) fn newest(
    readings: &[MetricReading],
) -> Option<(FromPrometheus, BTreeMap<String, String>)> {
    let age = |reading: &MetricReading| reading.age_seconds.unwrap_or(f64::INFINITY);
    let told = readings.iter().filter(|reading| {
        reading
            .values
            .status
            .as_ref()
            .is_some_and(|said| !said.is_empty())
    });
    let reading = told.min_by(|one, other| age(one).total_cmp(&age(other)))?;
    let values = &reading.values;
    let stale = age(reading) > reading.stale_after_seconds;
    let from = FromPrometheus {
        exporter: reading.exporter.into(),
        instance: reading.instance.clone(),
        status: values.status.clone()?,
        age_seconds: reading.age_seconds,
        stale,
    };
    let number = |name: &str, value: Option<f64>| Some((name.to_string(), value?.to_string()));
    let variables = [
        Some(("ups.status".to_string(), from.status.clone())),
        number("battery.charge", values.charge_percent),
        number("battery.runtime", values.runtime_seconds),
        number("input.voltage", values.input_voltage_volts),
    ];
    let variables = variables.into_iter().flatten().filter(|_| !stale);
    Some((from, variables.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metrics::UpsValues;

    fn reading(exporter: &'static str, status: Option<&str>, age: Option<f64>) -> MetricReading {
        MetricReading {
            family: "hon95",
            exporter,
            job: String::new(),
            instance: "pve:9995".into(),
            label: "ups".into(),
            values: UpsValues {
                status: status.map(str::to_string),
                charge_percent: Some(87.0),
                ..UpsValues::default()
            },
            age_seconds: age,
            stale_after_seconds: 60.0,
            asks: Vec::new(),
            disagrees: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn the_youngest_that_has_a_status_counts() {
        let all = [
            reading("old", Some("OL"), Some(50.0)),
            reading("mute", None, Some(1.0)),
            reading("all zero", Some(""), Some(1.0)),
            reading("young", Some("OB"), Some(5.0)),
            reading("ageless", Some("OL"), None),
        ];
        let (from, variables) = newest(&all).expect("one");
        assert_eq!((from.exporter.as_str(), from.stale), ("young", false));
        assert_eq!(variables["battery.charge"], "87");
        assert!(newest(&all[1..3]).is_none());
    }

    #[test]
    fn what_is_too_old_or_of_no_known_age_has_no_values() {
        for age in [Some(61.0), None] {
            let (from, variables) = newest(&[reading("x", Some("OL"), age)]).expect("one");
            assert!(from.stale && variables.is_empty());
        }
    }
}
