//! The rack's draw.

use serde::Serialize;

use super::diagnostic::Diagnostic;
use super::name::HostName;
use super::observed::Seen;
use crate::nut::ups_name::UpsName;

/// What the rack draws from the wall. Watts are of real power.
#[derive(Debug, Clone, Serialize)]
pub struct RackPower {
    /// Prometheus's address.
    pub url: String,
    /// The entity or the query of the inventory.
    pub meter: String,
    /// What was asked for its watts.
    pub expression: String,
    pub now_watts: Seen<f64>,
    /// How long ago the meter reported, seconds.
    pub age_seconds: Option<f64>,
    pub mean_3d_watts: Seen<f64>,
    pub peak_7d_watts: Seen<f64>,
    /// Hours of the last 7 days for which there are readings.
    pub covered_hours: usize,
    /// The last 24 hours, oldest first, in equal steps; nothing where there was no reading.
    pub trend: Seen<Trend>,
    /// Whole days, oldest first.
    pub days: Vec<Day>,
    /// At the mean of the last 24 hours.
    pub kwh_per_day: Option<f64>,
    /// Against each UPS of the inventory.
    pub ups: Vec<UpsDraw>,
    /// The draw over what all UPSes say they supply; nothing when one of them does not say.
    pub over_ups_load: Option<f64>,
    /// What could not be looked at.
    pub not_seen: Vec<Diagnostic>,
}

/// Watts in equal steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Trend {
    /// Unix time of the first.
    pub start: u64,
    pub step_seconds: u64,
    pub watts: Vec<Option<f64>>,
}

/// One day's energy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// Unix time it began.
    pub start: u64,
    pub kwh: f64,
    /// Hours with readings; `kwh` is of these only.
    pub hours: usize,
}

/// A UPS against the draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpsDraw {
    pub ups: UpsName,
    pub host: HostName,
    /// What `upsc` says on the host.
    pub upsc: Seen<UpsLoad>,
    /// How long the battery would carry the whole draw, seconds.
    pub runtime_at_draw_seconds: Option<f64>,
}

/// A UPS's load, as far as it says.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct UpsLoad {
    pub load_percent: Option<f64>,
    /// What it can supply (`ups.realpower.nominal`, else `ups.power.nominal`).
    pub rated: Option<Rated>,
    /// What it supplies: `ups.realpower`, else load and rated power.
    pub watts: Option<f64>,
    pub runtime_seconds: Option<f64>,
    pub charge_percent: Option<f64>,
}

/// Rated power.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rated {
    Watts(f64),
    VoltAmperes(f64),
}
