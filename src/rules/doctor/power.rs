//! Mains, UPS and battery: what the UPS itself says.

use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::observed::Reading;
use crate::model::verdict::PowerLine;
use crate::nut::battery;
use crate::nut::status::{StatusWord, UpsStatus};
use crate::site::{ParsedHost, ParsedSite, ParsedUps};

rules! { Power
    Error   "shutdown-latched"     Ups(shutdown_latched) [];
    Error   "battery-low"          Ups(battery_low) [];
    Error   "mains-lost"           Ups(mains_lost) ["battery-low"];
    Error   "output-off"           Ups(output_off) ["mains-lost"];
    Error   "overloaded"           Ups(overloaded) ["mains-lost"];
    Error   "battery-worn"         Ups(battery_worn) [];
    Error   "battery-low-on-mains" Ups(low_on_mains) ["mains-lost", "battery-worn"];
    Warning "battery-test-failed"  Ups(test_failed) ["battery-worn"];
    Warning "discharging-on-mains" Ups(discharging) ["mains-lost", "battery-worn"];
    Warning "charge-low"           Ups(charge_low) ["battery-low-on-mains"];
    Warning "thresholds-odd"       Ups(thresholds_odd) ["mains-lost"];
    Warning "thresholds-not-used"  Ups(thresholds_not_used) [];
    Warning "load-high"            Ups(load_high) ["overloaded"];
    Warning "ups-alarm"            Ups(alarm) ["battery-worn", "overloaded", "output-off"];
    Note    "calibration-running"  Ups(calibrating) ["mains-lost"];
}

/// Words that may come and go within a second: a blip is none.
const FLEETING: [StatusWord; 10] = [
    StatusWord::Rb,
    StatusWord::Off,
    StatusWord::Bypass,
    StatusWord::Alarm,
    StatusWord::Over,
    StatusWord::Ob,
    StatusWord::Lb,
    StatusWord::Dischrg,
    StatusWord::Cal,
    StatusWord::Fsd,
];

/// What the UPS says, of the fleeting words only those that it still said a few seconds later.
fn status(ups: ParsedUps<'_>) -> Option<UpsStatus> {
    let first = UpsStatus::parse(ups.reading()?.status()?);
    let system = format!("{}@127.0.0.1", ups.name());
    let again = ups.host.deep().and_then(|deep| deep.again.get(&system));
    let status = match again.map(|text| UpsStatus::parse(text)) {
        None => first,
        Some(later) if later.waiting() => first,
        Some(mut later) => {
            later
                .words
                .retain(|word| !FLEETING.contains(word) || first.has(word));
            later
        }
    };
    (!status.waiting()).then_some(status)
}

/// Applies a test to a status that is there; a UPS that does not answer is the driver's business.
fn when(
    ups: ParsedUps<'_>,
    holds: impl Fn(&UpsStatus) -> bool,
    saw: impl Fn(&UpsStatus) -> String,
) -> Option<Says> {
    let status = status(ups).filter(|status| holds(status))?;
    let shown = [format!("ups.status: {status}")];
    bad(saw(&status)).shown(shown).into()
}

fn shutdown_latched(ups: ParsedUps<'_>) -> Option<Says> {
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
fn battery_low(ups: ParsedUps<'_>) -> Option<Says> {
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

fn mains_lost(ups: ParsedUps<'_>) -> Option<Says> {
    if status(ups).is_none() {
        let name = ups.name();
        return unknown(format!(
            "nothing could be read of {name}: it may be on battery"
        ));
    }
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
fn reserve(ups: ParsedUps<'_>) -> String {
    let charge = ups
        .number("battery.charge")
        .map(|charge| format!("{charge:.0} %"));
    let runtime = ups.variable("battery.runtime").and_then(battery::figure);
    let runtime = runtime.map(|left| format!("about {} left", minutes(left)));
    let known: Vec<String> = charge.into_iter().chain(runtime).collect();
    if known.is_empty() {
        "it does not say how long it lasts".into()
    } else {
        known.join(", ")
    }
}

/// When the UPS will report a low battery, as far as it says.
fn limits(ups: ParsedUps<'_>) -> Option<String> {
    if ups.limit_only_shown().is_some() {
        return None;
    }
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

fn output_off(ups: ParsedUps<'_>) -> Option<Says> {
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

fn overloaded(ups: ParsedUps<'_>) -> Option<Says> {
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

fn battery_worn(ups: ParsedUps<'_>) -> Option<Says> {
    when(
        ups,
        |status| status.has(&StatusWord::Rb),
        |_| format!("{} asks for a new battery", ups.name()),
    )
}

fn low_on_mains(ups: ParsedUps<'_>) -> Option<Says> {
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

fn test_failed(ups: ParsedUps<'_>) -> Option<Says> {
    let result = ups.variable("ups.test.result")?;
    battery::test_failed(result).then_some(())?;
    bad(format!(
        "the last battery test of {} ended with \"{result}\"",
        ups.name()
    ))
    .into()
}

fn discharging(ups: ParsedUps<'_>) -> Option<Says> {
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

fn charge_low(ups: ParsedUps<'_>) -> Option<Says> {
    let charge = ups
        .number("battery.charge")
        .filter(|charge| *charge < 50.0)?;
    let idle = |status: &UpsStatus| {
        status.on_line() && !status.has(&StatusWord::Chrg) && !status.fsd() && !status.calibrating()
    };
    when(ups, idle, |_| {
        let name = ups.name();
        format!("the battery of {name} is at {charge:.0} % and does not charge")
    })
}

fn thresholds_odd(ups: ParsedUps<'_>) -> Option<Says> {
    status(ups)?;
    let low = ups
        .number("battery.charge.low")
        .filter(|low| !(1.0..=70.0).contains(low))?;
    bad(format!(
        "{} reports a low battery at {low:.0} % charge",
        ups.name()
    ))
    .with("value", low)
    .into()
}

fn thresholds_not_used(ups: ParsedUps<'_>) -> Option<Says> {
    // What reads the values from a file or another upsd has no say of its own.
    (!matches!(ups.driver(), Some("dummy-ups" | "clone"))).then_some(())?;
    let key = &ups.limit_only_shown()?.key.value;
    bad(format!(
        "{key} of [{}] in ups.conf has no effect without `ignorelb`: the shutdown starts when the UPS itself says that the battery is low",
        ups.name()
    ))
    .with("value", key)
    .redeploy()
    .into()
}

fn load_high(ups: ParsedUps<'_>) -> Option<Says> {
    let load = ups
        .number("ups.load")
        .filter(|load| (90.0..=100.0).contains(load))?;
    bad(format!("{} carries {load:.0} % of what it can", ups.name())).into()
}

fn alarm(ups: ParsedUps<'_>) -> Option<Says> {
    let text = ups.variable("ups.alarm").unwrap_or("no text");
    when(
        ups,
        |status| status.has(&StatusWord::Alarm),
        |_| format!("{} has an alarm: {text}", ups.name()),
    )
}

fn calibrating(ups: ParsedUps<'_>) -> Option<Says> {
    when(ups, UpsStatus::calibrating, |_| {
        format!("{} calibrates its battery right now", ups.name())
    })
}

/// What each UPS says, once, from its own server or else from whoever can read it.
pub(super) fn lines(site: &ParsedSite<'_>) -> Vec<PowerLine> {
    let mut out: Vec<PowerLine> = Vec::new();
    let servers = site.hosts().filter(|host| host.is_server());
    for ups in servers.flat_map(ParsedHost::upses) {
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
    for watch in site.hosts().flat_map(ParsedHost::watches) {
        let Some(server) = watch.server_name() else {
            continue;
        };
        let known = out
            .iter()
            .any(|line| line.host == *server && line.ups == watch.ups());
        if let (false, Some(reading @ Reading::Variables(_))) = (known, watch.reading()) {
            let text = reading.status().unwrap_or("no status").to_string();
            let status = UpsStatus::parse(&text);
            out.push(PowerLine {
                host: server.clone(),
                ups: watch.ups().to_string(),
                text,
                on_battery: status.on_battery() || status.fsd(),
            });
        }
    }
    out
}
