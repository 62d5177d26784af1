//! Home Assistant's sensors as Prometheus has them.
//!
//! Names as `homeassistant.components.prometheus` of Home Assistant 2025.4 makes them:
//! `NAMESPACE_sensor_power_w` for a sensor of device class power in W, `…_power_kw` in kW,
//! `…_sensor_unit_w` without a device class. The namespace may be changed or empty, and
//! `friendly_name` changes with every renaming, so only `entity` chooses.

use super::answer::Sample;
use super::series::quoted;

/// Everything Prometheus has of an entity.
pub fn everything(entity: &str) -> String {
    format!("{{entity={}}}", quoted(entity))
}

/// Watts for one of the unit of a series.
pub fn watts_per_unit(name: &str) -> Option<f64> {
    let power = |unit: &str| {
        ["sensor_power_", "sensor_unit_"]
            .iter()
            .any(|middle| name.ends_with(&format!("{middle}{unit}")))
    };
    match () {
        () if power("w") => Some(1.0),
        () if power("kw") => Some(1000.0),
        () => None,
    }
}

/// What an entity's series come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Plug {
    /// What gives its draw.
    pub draw: Draw,
    /// When it reported last, Unix time.
    pub updated: Option<f64>,
}

/// What gives watts.
#[derive(Debug, Clone, PartialEq)]
pub enum Draw {
    /// One series, and what makes watts of it.
    Series { selector: String, factor: f64 },
    /// Any expression.
    Expression(String),
}

impl Draw {
    /// The watts now.
    pub fn now(&self) -> String {
        match self {
            Self::Series { selector, factor } => times(selector, *factor),
            Self::Expression(expression) => expression.clone(),
        }
    }

    /// A function such as `avg_over_time` over a window: of every value of a series, of an
    /// expression every minute.
    pub fn over(&self, function: &str, window: &str) -> String {
        match self {
            Self::Series { selector, factor } => {
                times(&format!("{function}({selector}[{window}])"), *factor)
            }
            Self::Expression(expression) => format!("{function}(({expression})[{window}:1m])"),
        }
    }
}

fn times(text: &str, factor: f64) -> String {
    match factor {
        1.0 => text.into(),
        factor => format!("{text} * {factor}"),
    }
}

/// Why an entity gives no watts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlug {
    /// Prometheus has nothing of it.
    Unknown,
    /// Home Assistant says that it is not available.
    Unavailable,
    /// It is there, and measures something else: the names of its series.
    NoPower(Vec<String>),
    /// It is there in two units; both names.
    Twice(Vec<String>),
}

/// The watts of an entity, from everything that is there of it.
///
/// # Errors
/// Why there are none.
pub fn plug(entity: &str, samples: &[Sample]) -> Result<Plug, NoPlug> {
    if samples.is_empty() {
        return Err(NoPlug::Unknown);
    }
    let ending = |end: &'static str| {
        let found = samples
            .iter()
            .filter(move |sample| sample.name().ends_with(end));
        found.map(|sample| sample.value)
    };
    let mut names: Vec<&str> = samples
        .iter()
        .map(Sample::name)
        .filter(|name| watts_per_unit(name).is_some())
        .collect();
    names.dedup();
    match names.as_slice() {
        [] if ending("entity_available").any(|available| available == 0.0) => {
            Err(NoPlug::Unavailable)
        }
        [] => Err(NoPlug::NoPower(
            samples.iter().map(|sample| sample.name().into()).collect(),
        )),
        [name] => Ok(Plug {
            draw: Draw::Series {
                selector: format!("{name}{}", everything(entity)),
                factor: watts_per_unit(name).unwrap_or(1.0),
            },
            updated: ending("last_updated_time_seconds").reduce(f64::max),
        }),
        names => Err(NoPlug::Twice(
            names.iter().map(|name| (*name).into()).collect(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, value: f64) -> Sample {
        Sample {
            labels: [("__name__".to_string(), name.to_string())].into(),
            value,
            at: 0.0,
        }
    }

    #[test]
    fn the_unit_is_in_the_name_whatever_the_namespace() {
        for (name, watts) in [
            ("homeassistant_sensor_power_w", Some(1.0)),
            ("homeassistant_sensor_power_kw", Some(1000.0)),
            ("homeassistant_sensor_unit_w", Some(1.0)),
            ("sensor_power_w", Some(1.0)),
            ("hass_sensor_energy_kwh", None),
            ("homeassistant_sensor_power_factor_percent", None),
        ] {
            assert_eq!(watts_per_unit(name), watts, "{name}");
        }
    }

    #[test]
    fn an_entity_without_watts_says_why() {
        assert_eq!(plug("sensor.x", &[]), Err(NoPlug::Unknown));
        let gone = [sample("homeassistant_entity_available", 0.0)];
        assert_eq!(plug("sensor.x", &gone), Err(NoPlug::Unavailable));
        let other = [sample("homeassistant_sensor_temperature_celsius", 20.0)];
        assert!(matches!(plug("sensor.x", &other), Err(NoPlug::NoPower(_))));
        let both = [
            sample("homeassistant_sensor_power_w", 1.0),
            sample("homeassistant_sensor_power_kw", 1.0),
        ];
        assert!(matches!(plug("sensor.x", &both), Err(NoPlug::Twice(_))));
        let kilo = plug("sensor.x", &both[1..]).expect("a plug");
        let over = kilo.draw.over("avg_over_time", "3d");
        assert_eq!(
            over,
            "avg_over_time(homeassistant_sensor_power_kw{entity=\"sensor.x\"}[3d]) * 1000"
        );
        let sum = Draw::Expression("sum(a)".into());
        assert_eq!(
            sum.over("max_over_time", "7d"),
            "max_over_time((sum(a))[7d:1m])"
        );
    }
}
