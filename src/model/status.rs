//! What `status` says of a site at one moment. Its JSON Schema is `docs/status.schema.json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::nut::status::Headline;

/// Everything that one run of `status` looked at.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SiteStatus {
    /// When the last answer had come, on this machine's clock.
    pub looked_at_unix_seconds: u64,
    /// The UPSes of the inventory.
    pub ups: Vec<UpsReport>,
    /// The machines.
    pub hosts: Vec<HostReport>,
    /// Why Prometheus could not be asked for what nobody could read.
    pub prometheus_problem: Option<String>,
}

/// One UPS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UpsReport {
    /// Its name in the inventory and in ups.conf.
    pub name: String,
    /// The host at the other end of its cable.
    pub server: String,
    /// What Prometheus has of it, where nobody could read it; status, charge, runtime and input voltage
    /// are then from there, unless they are too old.
    pub from_prometheus: Option<FromPrometheus>,
    /// Free text from the inventory.
    pub desc: Option<String>,
    /// The host that was asked; null when none could answer.
    pub read_on: Option<String>,
    /// How the UPS was named to `upsc` there.
    pub read_as: Option<String>,
    /// Why there is no reading.
    pub problem: Option<String>,
    /// The oldest that the reading can be: upsd's MAXAGE and the driver's pollinterval. Null when the
    /// server's files could not be read.
    pub reading_at_most_seconds_old: Option<u64>,
    /// The gravest thing that the status says.
    pub headline: Headline,
    /// `ups.status` as it is.
    pub status: Option<String>,
    /// The words of the status, each with its meaning.
    pub words: Vec<StatusMeaning>,
    /// Since when it is on battery, as far as a journal knows; on that host's clock.
    pub on_battery_since_unix_seconds: Option<u64>,
    /// When the hosts begin to shut down. Not when the battery is empty.
    pub shutdown_starts: ShutdownStarts,
    /// On battery: until the battery is empty, by the UPS's own estimate.
    pub empty_in_seconds: Option<u64>,
    /// Who goes down, in this order; those of one step at the same time.
    pub goes_down: Vec<Vec<String>>,
    pub battery_charge_percent: Option<f64>,
    pub battery_charge_low_percent: Option<f64>,
    /// How long the battery lasts under the present load, also on mains.
    pub battery_runtime_seconds: Option<f64>,
    pub battery_runtime_low_seconds: Option<f64>,
    pub battery_voltage_volts: Option<f64>,
    pub load_percent: Option<f64>,
    pub input_voltage_volts: Option<f64>,
    pub output_voltage_volts: Option<f64>,
    /// The battery's date as the UPS writes it.
    pub battery_date: Option<String>,
    pub battery_age_days: Option<i64>,
    pub replace_battery: bool,
    /// The last self-test in the words of the UPS.
    pub test_result: Option<String>,
    pub test_failed: bool,
    pub test_date: Option<String>,
    /// `ups.alarm`.
    pub alarm: Option<String>,
    /// Who is logged in and who is not.
    pub clients: Vec<ClientReport>,
    /// Addresses that are logged in and belong to no host of the inventory, with how often each.
    pub strangers: BTreeMap<String, usize>,
    /// Hosts whose addresses are not known, so that a stranger may be one of them.
    pub strangers_may_be: Vec<String>,
    /// Why nobody knows who is logged in.
    pub clients_problem: Option<String>,
    /// Every variable of NUT, under its own name.
    pub variables: BTreeMap<String, String>,
}

/// The last that Prometheus has of a UPS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FromPrometheus {
    /// What exports it, by the series that are there.
    pub exporter: String,
    pub instance: String,
    /// `ups.status`, as far as the exporter tells it.
    pub status: String,
    /// Age of the oldest of its values; null when nothing tells.
    pub age_seconds: Option<f64>,
    /// Too old to be taken for what is.
    pub stale: bool,
}

/// A word of a status.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StatusMeaning {
    pub word: String,
    /// NUT's own word again where no document knows it.
    pub meaning: String,
}

/// When the hosts begin to shut down.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum ShutdownStarts {
    /// It is under way, or begins with the next poll.
    Now,
    /// On mains: not at all.
    Not,
    /// At the first of these limits, as far as the UPS's estimate holds.
    In {
        seconds: u64,
        /// `20 % charge`, `2 min left`.
        limits: Vec<String>,
    },
    /// When the UPS itself reports a low battery; why no time can be told.
    WhenTheUpsSays { because: String },
}

/// One client of a UPS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ClientReport {
    /// Its name in the inventory.
    pub host: String,
    /// Null when it is not known.
    pub logged_in: Option<bool>,
    /// Why it is not known.
    pub problem: Option<String>,
    /// Whether it is the server itself.
    pub own: bool,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HostReport {
    pub name: String,
    /// Why it could not be looked at.
    pub problem: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// NUT's units, driver first.
    pub units: Vec<UnitReport>,
    /// An upsctl deploy that is under way or unfinished.
    pub unfinished_deploy: Option<String>,
}

/// One systemd unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnitReport {
    pub name: String,
    pub runs: bool,
    /// systemd's words: `active running`, `failed`, `not-found`.
    pub state: String,
    /// When it entered that state, on the host's clock.
    pub since_unix_seconds: Option<u64>,
}

impl UpsReport {
    /// Whether mains are there and the battery is not low, as was read.
    pub fn on_mains(&self) -> bool {
        use Headline::{Alarm, Charging, OnMains, Overloaded, ReplaceBattery};
        let fine = [ReplaceBattery, Overloaded, Alarm, Charging, OnMains].contains(&self.headline);
        let low = self.words.iter().any(|meaning| meaning.word == "LB");
        self.problem.is_none() && fine && !low
    }
}
