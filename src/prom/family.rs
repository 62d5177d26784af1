//! The exporters for NUT, known by the series that are there.
//!
//! Names, labels and units were read from the exporters' own output: DRuggeri/nut_exporter 3.2.5,
//! HON95/prometheus-nut-exporter 1.2.1 and collectd 5.12 (src/nut.c, write_prometheus) over NUT 2.8.0.

use std::collections::BTreeSet;

/// A kind of exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Druggeri,
    Hon95,
    Collectd,
    /// upsctl's own `status --format prometheus`, by node_exporter's textfile collector.
    Upsctl,
    /// Scripts for node_exporter's textfile collector and small exporters: names by habit.
    Textfile,
}

/// One of the values that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// One series for each status word, 0 or 1.
    Status,
    Charge,
    Runtime,
    InputVoltage,
}

/// The unit of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Percent,
    /// 0 to 1.
    Ratio,
    /// The name does not tell: only a value above 1 does.
    Unclear,
}

/// A series that is one of the measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub measure: Measure,
    /// Labels that choose it among others of that name.
    pub filter: Option<(&'static str, &'static str)>,
}

/// When upsctl's own textfile was written.
pub const LOOKED_AT: &str = "upsctl_looked_at_timestamp_seconds";

/// Names that are looked for, as a regular expression of Prometheus: the measures, and what tells a
/// family. No more, so that 10^5 series of something else cost nothing.
pub const NAMES: &str = "(network_ups_tools|nut|node_nut|node_ups|ups|upsd)_\
    (ups_status|battery_charge|battery_charge_percent|battery_charge_ratio|battery_runtime|\
    battery_runtime_seconds|input_voltage|input_voltage_volts|input_volts|device_info|ups_info|\
    server_info|info)|collectd_nut_(percent|timeleft|voltage)|upsctl_looked_at_timestamp_seconds";

/// The beginnings of names that may be of an exporter for NUT.
const PREFIXES: [&str; 8] = [
    "network_ups_tools_",
    "collectd_nut_",
    "nut_",
    "node_nut_",
    "node_ups_",
    "ups_",
    "upsd_",
    "upsctl_",
];

/// Whether a name may be of an exporter for NUT.
pub fn is_ups_name(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

impl Family {
    /// A word for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Druggeri => "druggeri",
            Self::Hon95 => "hon95",
            Self::Collectd => "collectd",
            Self::Upsctl => "upsctl",
            Self::Textfile => "textfile",
        }
    }

    /// Its name, for people.
    pub fn exporter(self) -> &'static str {
        match self {
            Self::Druggeri => "DRuggeri/nut_exporter",
            Self::Hon95 => "HON95/prometheus-nut-exporter",
            Self::Collectd => "collectd (nut, write_prometheus)",
            Self::Upsctl => "upsctl's own textfile",
            Self::Textfile => "textfile or script",
        }
    }

    /// The family of a series, by its name and the names that its target has.
    pub fn of(name: &str, beside: &BTreeSet<&str>) -> Self {
        let has = |names: &[&str]| names.iter().any(|name| beside.contains(name));
        match name {
            name if name.starts_with("collectd_nut_") => Self::Collectd,
            _ if has(&[LOOKED_AT]) => Self::Upsctl,
            name if name.starts_with("network_ups_tools_")
                && has(&["network_ups_tools_device_info"]) =>
            {
                Self::Druggeri
            }
            name if name.starts_with("nut_")
                && has(&["nut_ups_info", "nut_server_info", "nut_info"]) =>
            {
                Self::Hon95
            }
            _ => Self::Textfile,
        }
    }

    /// How its charge is to be read.
    pub fn scale(self, name: &str) -> Scale {
        match self {
            Self::Hon95 => Scale::Ratio,
            Self::Druggeri | Self::Collectd => Scale::Percent,
            Self::Upsctl if name.starts_with("nut_") => Scale::Ratio,
            _ if name.ends_with("_percent") || name.starts_with("network_ups_tools_") => {
                Scale::Percent
            }
            _ if name.ends_with("_ratio") => Scale::Ratio,
            _ => Scale::Unclear,
        }
    }
}

/// The measure that a name stands for.
pub fn known(name: &str) -> Vec<Known> {
    let one = |measure, filter| Known {
        name: name.into(),
        measure,
        filter,
    };
    match name {
        "collectd_nut_percent" => return vec![one(Measure::Charge, Some(("type", "charge")))],
        "collectd_nut_timeleft" => return vec![one(Measure::Runtime, Some(("type", "battery")))],
        "collectd_nut_voltage" => return vec![one(Measure::InputVoltage, Some(("type", "input")))],
        _ => {}
    }
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    let measure = match rest {
        Some("ups_status") => Measure::Status,
        Some("battery_charge" | "battery_charge_percent" | "battery_charge_ratio") => {
            Measure::Charge
        }
        Some("battery_runtime" | "battery_runtime_seconds") => Measure::Runtime,
        Some("input_voltage" | "input_voltage_volts" | "input_volts") => Measure::InputVoltage,
        _ => return Vec::new(),
    };
    vec![one(measure, None)]
}

impl Known {
    /// The query for all its series.
    pub fn query(&self) -> String {
        match self.filter {
            None => self.name.clone(),
            Some((label, value)) => format!("{}{{{label}=\"{value}\"}}", self.name),
        }
    }
}

impl Measure {
    /// Its key in the output.
    pub fn key(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Charge => "charge",
            Self::Runtime => "runtime",
            Self::InputVoltage => "input_voltage",
        }
    }
}

/// Names that dashboards and instructions ask for; no exporter has all of them.
pub const HABITUAL: [&str; 7] = [
    "nut_ups_status",
    "network_ups_tools_ups_status",
    "nut_battery_charge",
    "network_ups_tools_battery_charge",
    "nut_battery_runtime_seconds",
    "network_ups_tools_battery_runtime_seconds",
    "nut_input_voltage",
];

/// What is to be known of names that people ask for and that no exporter has.
pub fn word_about(name: &str) -> Option<&'static str> {
    match name {
        "network_ups_tools_battery_runtime_seconds" => Some(
            "is in no exporter but upsctl's own textfile: DRuggeri's is \
             `network_ups_tools_battery_runtime`, and only when `--nut.vars_enable` lists battery.runtime",
        ),
        "nut_input_voltage" => Some(
            "is in neither of the two common exporters: HON95's is `nut_input_voltage_volts`, \
             DRuggeri's `network_ups_tools_input_voltage`",
        ),
        "nut_input_volts" => {
            Some("is the name that HON95's exporter gave up for `nut_input_voltage_volts`")
        }
        "nut_status" => Some(
            "is deprecated in HON95's exporter, and 0 (unknown) for `OB DISCHRG LB`: ask \
             `nut_ups_status{status=\"OB\"}`",
        ),
        _ => None,
    }
}

/// The measure that a name asks for, even where no exporter has that name.
pub fn asked_for(name: &str) -> Option<Measure> {
    match known(name).first() {
        Some(known) => Some(known.measure),
        None if name == "nut_status" => Some(Measure::Status),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_family_is_told_by_what_is_beside_a_name() {
        let of = |name: &str, beside: &[&str]| Family::of(name, &beside.iter().copied().collect());
        assert_eq!(of("nut_ups_status", &["nut_ups_info"]), Family::Hon95);
        assert_eq!(of("nut_ups_status", &[]), Family::Textfile);
        assert_eq!(of("nut_ups_status", &[LOOKED_AT]), Family::Upsctl);
        let name = "network_ups_tools_ups_status";
        assert_eq!(
            of(name, &["network_ups_tools_device_info"]),
            Family::Druggeri
        );
        assert_eq!(of(name, &[name]), Family::Textfile);
        assert_eq!(of("collectd_nut_percent", &[]), Family::Collectd);
    }

    #[test]
    fn every_prefix_is_in_the_expression() {
        for prefix in PREFIXES {
            assert!(NAMES.contains(prefix.trim_end_matches('_')), "{prefix}");
        }
    }
}
