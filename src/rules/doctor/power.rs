//! Mains, UPS and battery: what the UPS itself says.

use super::says::{Says, bad};
use super::view::{Site, UpsView};
use super::{DoctorRule, rule};
use crate::model::observed::Reading;
use crate::model::verdict::PowerLine;
use crate::nut::status::{StatusWord, UpsStatus};

pub(super) const RULES: &[DoctorRule] = &[
    rule!("shutdown-latched", Error, Power, [], Ups(shutdown_latched)),
    rule!("battery-low", Error, Power, [], Ups(battery_low)),
    rule!("mains-lost", Error, Power, ["battery-low"], Ups(mains_lost)),
    rule!("output-off", Error, Power, ["mains-lost"], Ups(output_off)),
    rule!("overloaded", Error, Power, ["mains-lost"], Ups(overloaded)),
    rule!("battery-worn", Error, Power, [], Ups(battery_worn)),
    rule!(
        "battery-low-on-mains",
        Error,
        Power,
        ["mains-lost", "battery-worn"],
        Ups(low_on_mains)
    ),
    rule!(
        "battery-test-failed",
        Warning,
        Power,
        ["battery-worn"],
        Ups(test_failed)
    ),
    rule!(
        "discharging-on-mains",
        Warning,
        Power,
        ["mains-lost", "battery-worn"],
        Ups(discharging)
    ),
    rule!(
        "charge-low",
        Warning,
        Power,
        ["mains-lost", "battery-worn", "battery-low-on-mains"],
        Ups(charge_low)
    ),
    rule!(
        "thresholds-odd",
        Warning,
        Power,
        ["mains-lost"],
        Ups(thresholds_odd)
    ),
    rule!(
        "load-high",
        Warning,
        Power,
        ["mains-lost", "overloaded"],
        Ups(load_high)
    ),
    rule!(
        "ups-alarm",
        Warning,
        Power,
        ["mains-lost", "battery-worn", "overloaded", "output-off"],
        Ups(alarm)
    ),
    rule!(
        "calibration-running",
        Note,
        Power,
        ["mains-lost"],
        Ups(calibrating)
    ),
];

fn status(ups: &UpsView<'_>) -> Option<UpsStatus> {
    let status = UpsStatus::parse(ups.reading()?.status()?);
    (!status.waiting()).then_some(status)
}

/// Applies a test to a status that is there; a UPS that does not answer is the driver's business.
fn when(
    ups: &UpsView<'_>,
    holds: impl Fn(&UpsStatus) -> bool,
    saw: impl Fn(&UpsStatus) -> String,
) -> Says {
    let Some(status) = status(ups).filter(|status| holds(status)) else {
        return Says::Fine;
    };
    bad(saw(&status))
        .shown([format!("ups.status: {status}")])
        .into()
}

fn shutdown_latched(ups: &UpsView<'_>) -> Says {
    let name = ups.name();
    when(
        ups,
        |status| status.fsd() && !status.on_battery(),
        |status| {
            if status.on_line() {
                format!(
                    "{name} still says forced shutdown although mains are back: every host that starts upsmon goes down again"
                )
            } else {
                format!("{name} says forced shutdown: hosts go down now")
            }
        },
    )
}

/// The primary has set FSD by then, or does with its next poll.
fn battery_low(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| status.on_battery() && (status.low_battery() || status.fsd()),
        |_| {
            format!(
                "{} is on battery and the battery is low: {}; hosts shut down now",
                ups.name(),
                reserve(ups)
            )
        },
    )
}

fn mains_lost(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| status.on_battery() && !status.fsd(),
        |_| {
            let limits = limits(ups).unwrap_or_else(|| "shutdown starts when it reports LB".into());
            format!("{} is on battery: {}; {limits}", ups.name(), reserve(ups))
        },
    )
}

/// `63 %, about 14 min left`.
fn reserve(ups: &UpsView<'_>) -> String {
    let charge = ups
        .number("battery.charge")
        .map(|charge| format!("{charge:.0} %"));
    let runtime = ups
        .number("battery.runtime")
        .filter(|left| (0.0..65_535.0).contains(left));
    let runtime = runtime.map(|left| format!("about {} left", minutes(left)));
    let known: Vec<String> = charge.into_iter().chain(runtime).collect();
    if known.is_empty() {
        "it does not say how long it lasts".into()
    } else {
        known.join(", ")
    }
}

/// When the UPS will report a low battery, as far as it says.
fn limits(ups: &UpsView<'_>) -> Option<String> {
    let charge = ups
        .number("battery.charge.low")
        .map(|low| format!("{low:.0} %"));
    let runtime = ups.number("battery.runtime.low").map(minutes);
    let known: Vec<String> = charge.into_iter().chain(runtime).collect();
    (!known.is_empty()).then(|| format!("shutdown starts at {}", known.join(" or ")))
}

fn minutes(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

fn output_off(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| status.not_protecting() && !status.calibrating(),
        |status| {
            let what = if status.has(&StatusWord::Bypass) {
                "is on bypass: the load is powered, but not protected"
            } else {
                "has its output switched off"
            };
            format!("{} {what}", ups.name())
        },
    )
}

fn overloaded(ups: &UpsView<'_>) -> Says {
    let load = ups.number("ups.load").unwrap_or(0.0);
    when(
        ups,
        |status| status.has(&StatusWord::Over) || load > 100.0,
        |_| {
            format!(
                "{} carries too much (load {load:.0} %): it drops everything when mains fail",
                ups.name()
            )
        },
    )
}

fn battery_worn(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| status.has(&StatusWord::Rb),
        |_| format!("{} asks for a new battery", ups.name()),
    )
}

fn low_on_mains(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| status.on_line() && status.low_battery() && !status.fsd(),
        |status| {
            let way = if status.has(&StatusWord::Chrg) {
                "and is charging"
            } else {
                "and does not charge"
            };
            format!(
                "the battery of {} is low ({}) while mains are there, {way}",
                ups.name(),
                reserve(ups)
            )
        },
    )
}

fn test_failed(ups: &UpsView<'_>) -> Says {
    let Some(result) = ups.variable("ups.test.result") else {
        return Says::Fine;
    };
    let lower = result.to_lowercase();
    if !["error", "fail", "bad", "warning"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return Says::Fine;
    }
    bad(format!(
        "the last battery test of {} ended with \"{result}\"",
        ups.name()
    ))
    .into()
}

fn discharging(ups: &UpsView<'_>) -> Says {
    when(
        ups,
        |status| {
            status.on_line()
                && status.has(&StatusWord::Dischrg)
                && !status.calibrating()
                && !status.fsd()
        },
        |_| {
            format!(
                "{} says that mains are there and that it discharges",
                ups.name()
            )
        },
    )
}

fn charge_low(ups: &UpsView<'_>) -> Says {
    let Some(charge) = ups.number("battery.charge").filter(|charge| *charge < 50.0) else {
        return Says::Fine;
    };
    when(
        ups,
        |status| {
            status.on_line()
                && !status.has(&StatusWord::Chrg)
                && !status.fsd()
                && !status.calibrating()
        },
        |_| {
            format!(
                "the battery of {} is at {charge:.0} % and does not charge",
                ups.name()
            )
        },
    )
}

fn thresholds_odd(ups: &UpsView<'_>) -> Says {
    let Some(low) = ups.number("battery.charge.low") else {
        return Says::Fine;
    };
    if (1.0..=70.0).contains(&low) || status(ups).is_none() {
        return Says::Fine;
    }
    bad(format!(
        "{} reports a low battery at {low:.0} % charge",
        ups.name()
    ))
    .with("value", low)
    .into()
}

fn load_high(ups: &UpsView<'_>) -> Says {
    let Some(load) = ups
        .number("ups.load")
        .filter(|load| (90.0..=100.0).contains(load))
    else {
        return Says::Fine;
    };
    bad(format!("{} carries {load:.0} % of what it can", ups.name())).into()
}

fn alarm(ups: &UpsView<'_>) -> Says {
    let text = ups.variable("ups.alarm").unwrap_or("no text").to_string();
    when(
        ups,
        |status| status.has(&StatusWord::Alarm),
        |_| format!("{} has an alarm: {text}", ups.name()),
    )
}

fn calibrating(ups: &UpsView<'_>) -> Says {
    when(ups, UpsStatus::calibrating, |_| {
        format!("{} calibrates its battery right now", ups.name())
    })
}

/// What each UPS says, once, from its own server or else from whoever can read it.
pub(super) fn lines(site: &Site<'_>) -> Vec<PowerLine> {
    let mut out: Vec<PowerLine> = Vec::new();
    for ups in &site.upses {
        let Some(status) = status(ups) else { continue };
        let mut parts = vec![status.to_string()];
        if ups.number("battery.charge").is_some() || ups.number("battery.runtime").is_some() {
            parts.push(reserve(ups));
        }
        if let Some(load) = ups.number("ups.load") {
            parts.push(format!("load {load:.0} %"));
        }
        let mut text = parts.join(", ");
        if let Some(limits) = limits(ups) {
            text = format!("{text}; {limits}");
        }
        out.push(PowerLine {
            host: ups.host.name().clone(),
            ups: ups.name().to_string(),
            text,
            on_battery: status.on_battery() || status.fsd(),
        });
    }
    for watch in &site.watches {
        let Some(server) = watch.server else { continue };
        let known = out
            .iter()
            .any(|line| line.host == server.host && line.ups == watch.ups());
        if let (false, Some(reading @ Reading::Variables(_))) = (known, watch.reading()) {
            let text = reading.status().unwrap_or("no status").to_string();
            let status = UpsStatus::parse(&text);
            out.push(PowerLine {
                host: server.host.clone(),
                ups: watch.ups().to_string(),
                text,
                on_battery: status.on_battery() || status.fsd(),
            });
        }
    }
    out
}
