//! What Prometheus knows of the UPSes of a site.

use serde::Serialize;

use super::diagnostic::Diagnostic;
use super::name::HostName;
use super::observed::Seen;
use crate::nut::ups_name::UpsName;

/// What was seen of the monitoring of a site.
#[derive(Debug, Clone, Serialize)]
pub struct Monitoring {
    /// Prometheus's address.
    pub url: String,
    /// How many series were found whose names are those of an exporter for NUT.
    pub series: usize,
    /// Every UPS of the inventory.
    pub ups: Vec<MonitoredUps>,
    /// What belongs to no UPS of the inventory, or to nobody knows which.
    pub others: Vec<MetricReading>,
    /// What is scraped that looks like an exporter for NUT.
    pub targets: Vec<ScrapeTarget>,
    /// The alerting rules that ask for series of UPSes.
    pub alerts: Vec<JudgedAlert>,
    /// Names that dashboards ask for and that are not here; nothing where there is no series at all.
    pub not_here: Vec<EmptySelector>,
    /// What could not be looked at.
    pub not_seen: Vec<Diagnostic>,
}

/// A UPS of the inventory, as Prometheus and as its host have it.
#[derive(Debug, Clone, Serialize)]
pub struct MonitoredUps {
    pub ups: UpsName,
    pub host: HostName,
    /// What `upsc` says on the host itself, just now.
    pub upsc: Seen<UpsValues>,
    /// By exporter.
    pub readings: Vec<MetricReading>,
    /// What to type to read it by hand.
    pub by_hand: String,
}

/// The few values that every exporter has, or should.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UpsValues {
    /// Words of `ups.status`.
    pub status: Option<String>,
    pub charge_percent: Option<f64>,
    pub runtime_seconds: Option<f64>,
    pub input_voltage_volts: Option<f64>,
}

/// One UPS as one exporter has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricReading {
    /// What kind of exporter, by the series that are there.
    pub family: &'static str,
    /// Its name.
    pub exporter: &'static str,
    pub job: String,
    pub instance: String,
    /// The UPS by the series' own label; empty where they have none.
    pub label: String,
    #[serde(flatten)]
    pub values: UpsValues,
    /// Age of the oldest of these values, seconds.
    pub age_seconds: Option<f64>,
    /// From when on that is too old.
    pub stale_after_seconds: f64,
    /// What to ask Prometheus for each value.
    pub asks: Vec<(&'static str, String)>,
    /// Values that are not what upsc says.
    pub disagrees: Vec<Disagreement>,
    /// What is to be known about it.
    pub notes: Vec<String>,
}

/// One value that two sources tell differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    pub what: &'static str,
    pub prometheus: String,
    pub upsc: String,
}

/// A target that looks like an exporter for NUT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScrapeTarget {
    pub job: String,
    pub instance: String,
    /// Without what may be a login.
    pub url: String,
    /// `up`, `down` or `unknown`.
    pub health: String,
    pub last_error: String,
}

/// An alerting rule, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedAlert {
    pub name: String,
    pub group: String,
    pub file: String,
    pub expression: String,
    /// Selectors in it that match nothing.
    pub empty: Vec<EmptySelector>,
    pub verdict: AlertVerdict,
}

/// A selector that matched no series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmptySelector {
    pub selector: String,
    /// What is known about that name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// What would match here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// Whether an alert can do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertVerdict {
    Sound,
    /// What it asks for does not exist.
    NeverFires,
    /// A part of it does not exist.
    PartlyEmpty,
    /// It asks for a value of a series, and no alert asks whether the series is there.
    SilentWhenGone,
    /// Prometheus cannot evaluate it.
    Broken(String),
    /// Whether its series exist could not be asked.
    NotSeen(String),
}
