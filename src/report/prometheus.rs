//! `status` as a text file for node_exporter's collector, under the metric names that dashboards
//! already use. Clean as OpenMetrics too.

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::model::status::{SiteStatus, UpsReport};

/// Whose names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Family {
    /// `network_ups_tools_*`: every number under NUT's name, status words by label `flag`
    NetworkUpsTools,
    /// `nut_*`: units in the names, charge and load from 0 to 1, status words by label `status`
    Nut,
}

/// The words that always have a series, so that 0 is told from absent.
const WORDS: &[&str] = &[
    "OL", "OB", "LB", "HB", "RB", "CHRG", "DISCHRG", "BYPASS", "CAL", "OFF", "OVER", "TRIM",
    "BOOST", "FSD", "ALARM",
];

/// Samples by metric, each metric with its help.
#[derive(Default)]
struct Page(BTreeMap<String, (String, Vec<String>)>);

impl Page {
    fn gauge(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
            .collect();
        let sample = format!("{name}{{{}}} {value}\n", labels.join(","));
        let entry = self
            .0
            .entry(name.to_string())
            .or_insert_with(|| (help.to_string(), Vec::new()));
        entry.1.push(sample);
    }

    fn text(self) -> String {
        let mut out = String::new();
        for (name, (help, samples)) in self.0 {
            out.push_str(&format!(
                "# HELP {name} {}\n# TYPE {name} gauge\n",
                help.replace('\\', "\\\\")
            ));
            out.extend(samples);
        }
        out + "# EOF\n"
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// The whole file.
pub fn text(status: &SiteStatus, family: Family) -> String {
    let mut page = Page::default();
    for ups in &status.ups {
        let labels = [("ups", ups.name.as_str()), ("server", ups.server.as_str())];
        page.gauge(
            "upsctl_ups_answers",
            "Whether the UPS could be read.",
            &labels,
            one(ups.problem.is_none()),
        );
        for client in &ups.clients {
            if let Some(there) = client.logged_in {
                let labels = [labels[0], labels[1], ("host", client.host.as_str())];
                page.gauge(
                    "upsctl_client_logged_in",
                    "Whether a host is logged in to the server of its UPS.",
                    &labels,
                    one(there),
                );
            }
        }
        if ups.problem.is_none() {
            match family {
                Family::NetworkUpsTools => by_nut_names(&mut page, ups),
                Family::Nut => by_units(&mut page, ups),
            }
        }
    }
    for host in &status.hosts {
        let labels = [("host", host.name.as_str())];
        page.gauge(
            "upsctl_host_reached",
            "Whether the host could be looked at.",
            &labels,
            one(host.problem.is_none()),
        );
        for unit in &host.units {
            let labels = [labels[0], ("unit", unit.name.as_str())];
            page.gauge(
                "upsctl_unit_runs",
                "Whether a unit of NUT runs.",
                &labels,
                one(unit.runs),
            );
        }
    }
    page.gauge(
        "upsctl_looked_at_timestamp_seconds",
        "When upsctl looked, in Unix time.",
        &[],
        status.looked_at_unix_seconds as f64,
    );
    page.text().replace("{} ", " ")
}

fn one(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// Each word of the status, and 0 for those that are not there.
fn words(page: &mut Page, name: &str, label: &str, ups: &UpsReport) {
    let said = |word: &str| ups.words.iter().any(|meaning| meaning.word == word);
    let others = ups.words.iter().map(|meaning| meaning.word.as_str());
    let others = others.filter(|word| !WORDS.contains(word));
    for word in WORDS.iter().copied().chain(others) {
        let labels = [(label, word), ("ups", ups.name.as_str())];
        page.gauge(
            name,
            "Whether ups.status has the word.",
            &labels,
            one(said(word)),
        );
    }
}

/// The rule of the exporter whose names begin like this: the variable with `_` for `.` and `-`.
fn by_nut_names(page: &mut Page, ups: &UpsReport) {
    words(page, "network_ups_tools_ups_status", "flag", ups);
    let labels = [("ups", ups.name.as_str())];
    for (variable, value) in &ups.variables {
        let Some(value) = value
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite())
        else {
            continue;
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = variable.chars().map(plain).collect();
        let help = format!("NUT's variable {variable}.");
        page.gauge(&format!("network_ups_tools_{name}"), &help, &labels, value);
    }
    if let Some(seconds) = ups.battery_runtime_seconds {
        let help = "Seconds that the battery lasts under the present load; absent when the UPS does not know.";
        page.gauge(
            "network_ups_tools_battery_runtime_seconds",
            help,
            &labels,
            seconds,
        );
    }
}

fn by_units(page: &mut Page, ups: &UpsReport) {
    words(page, "nut_ups_status", "status", ups);
    let labels = [("ups", ups.name.as_str())];
    let ratio = |percent: Option<f64>| percent.map(|percent| percent / 100.0);
    for (name, help, value) in [
        (
            "nut_battery_charge",
            "Charge of the battery, from 0 to 1.",
            ratio(ups.battery_charge_percent),
        ),
        (
            "nut_battery_runtime_seconds",
            "Seconds that the battery lasts under the present load.",
            ups.battery_runtime_seconds,
        ),
        (
            "nut_battery_voltage_volts",
            "Voltage of the battery.",
            ups.battery_voltage_volts,
        ),
        (
            "nut_input_voltage_volts",
            "Voltage of the mains.",
            ups.input_voltage_volts,
        ),
        (
            "nut_input_voltage",
            "The same as nut_input_voltage_volts.",
            ups.input_voltage_volts,
        ),
        (
            "nut_output_voltage_volts",
            "Voltage of the output.",
            ups.output_voltage_volts,
        ),
        ("nut_load", "Load, from 0 to 1.", ratio(ups.load_percent)),
    ] {
        if let Some(value) = value {
            page.gauge(name, help, &labels, value);
        }
    }
}
