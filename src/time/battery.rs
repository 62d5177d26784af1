use schemars::JsonSchema;
use serde::Serialize;

use super::span::maybe;
use crate::nut::battery::UntilLow;

/// What is known of a battery; `None` is what nobody says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Battery {
    /// `battery.charge`, percent.
    pub charge: Option<f64>,
    /// `battery.runtime` under the present load, seconds.
    pub runtime: Option<f64>,
    /// `battery.charge.low`, percent.
    pub charge_low: Option<f64>,
    /// `battery.runtime.low`, seconds.
    pub runtime_low: Option<f64>,
    /// Who takes the thresholds for what they are.
    pub decides: Decides,
    /// Mains are gone already.
    pub on_battery: bool,
}

/// Who says that a battery is low.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decides {
    /// The UPS; the thresholds it reports are its own.
    Ups,
    /// The driver, by the thresholds: `ignorelb` is set (ups.conf(5)).
    Driver,
    /// The UPS, by what nobody here knows: thresholds that ups.conf sets without `ignorelb` change
    /// only what is shown.
    #[default]
    Unknown,
}

/// When a battery is low and what is left of it then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Reserve {
    /// Seconds from the mains' failure to a low battery.
    #[serde(serialize_with = "maybe")]
    pub low_after_s: Option<f64>,
    /// Seconds from a low battery to an empty one, if it holds what it says.
    #[serde(serialize_with = "maybe")]
    pub typical_s: Option<f64>,
    /// The same for a battery that holds less than it says.
    #[serde(serialize_with = "maybe")]
    pub worst_s: Option<f64>,
    /// Percent of charge at a low battery.
    #[serde(serialize_with = "maybe")]
    pub low_at_percent: Option<f64>,
    /// How that is known, or why it is not.
    pub from: String,
}

/// What an old battery, and the load of machines that are busy going down, leave of a runtime.
pub const HOLDS: f64 = 0.7;

impl Battery {
    /// When it is low, and what is left then.
    pub fn reserve(&self) -> Reserve {
        if self.decides == Decides::Unknown {
            return Reserve {
                from: "nothing tells when the UPS says that its battery is low".into(),
                ..Reserve::default()
            };
        }
        let Some(runtime) = self.runtime else {
            return self.stated();
        };
        let charge = self.charge.unwrap_or(100.0);
        let until = UntilLow::new(runtime, self.charge, self.charge_low, self.runtime_low);
        let by_runtime = until.by_runtime;
        let Some(after) = until.first() else {
            return Reserve {
                from: "the UPS reports no battery.runtime.low and no battery.charge.low".into(),
                ..Reserve::default()
            };
        };
        let left = runtime - after;
        Reserve {
            low_after_s: Some(after),
            typical_s: Some(left),
            worst_s: Some(left * HOLDS),
            low_at_percent: Some(charge * left / runtime),
            from: self.words(by_runtime.is_some_and(|time| time <= after)),
        }
    }

    /// Without a runtime: what the driver is told to keep.
    fn stated(&self) -> Reserve {
        match (self.decides, self.runtime_low) {
            (Decides::Driver, Some(low)) => Reserve {
                low_after_s: None,
                typical_s: Some(low),
                worst_s: Some(low * HOLDS),
                low_at_percent: None,
                from: format!("the driver says low with {low} s left (battery.runtime.low)"),
            },
            _ => Reserve {
                from: "nothing tells how long the battery lasts".into(),
                ..Reserve::default()
            },
        }
    }

    fn words(&self, by_runtime: bool) -> String {
        let who = match self.decides {
            Decides::Driver => "the driver says low",
            Decides::Ups | Decides::Unknown => "the UPS reports its own threshold: low",
        };
        match (by_runtime, self.runtime_low, self.charge_low) {
            (true, Some(low), _) => format!("{who} with {low} s left"),
            (_, _, Some(low)) => format!("{who} at {low} %"),
            _ => who.to_string(),
        }
    }
}
