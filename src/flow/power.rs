//! The rack's draw: what the meter says in Prometheus, against what the UPSes say on their hosts.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::Run;
use super::look::Looks;
use super::metrics::{look_at_servers, upsc};
use super::prometheus::Prometheus;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Power;
use crate::model::observed::Seen;
use crate::model::power::{Day, RackPower, Rated, Trend, UpsDraw, UpsLoad};
use crate::prom::answer::{self, Sample, Track};
use crate::prom::plug::{self, Draw, NoPlug};
use crate::prom::{Problem, Request};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// Step of the trend of 24 hours.
const STEP: u64 = 900;

/// Asks the meter and the hosts of the UPSes, at the same time.
///
/// # Errors
/// A template that does not render; Prometheus that cannot be asked, or that has no such meter.
pub fn power(run: &Run, prometheus: &Prometheus, meter: &Power) -> Result<RackPower> {
    let (asked, looked) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(prometheus, meter, run));
        let looked = look_at_servers(run);
        (asked.join().expect("it does not panic"), looked)
    });
    let (mut power, looked) = (asked?, looked?);
    against(&mut power, run, &looked);
    Ok(power)
}

/// The meter's query, and when it reported last.
struct Meter {
    shown: String,
    draw: Draw,
    updated: Option<f64>,
}

fn ask(prometheus: &Prometheus, power: &Power, run: &Run) -> Result<RackPower, Diagnostics> {
    let meter = meter(prometheus, power, run)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let watts = meter.draw.now();
    let over = |function: &str, window: &str| Request::query(meter.draw.over(function, window));
    let average = |window: &str| meter.draw.over("avg_over_time", window);
    let requests = vec![
        Request::query(watts.as_str()),
        over("avg_over_time", "1d"),
        over("avg_over_time", "3d"),
        over("max_over_time", "7d"),
        Request::range(average("15m"), now - DAY + STEP, now, STEP),
        Request::range(average("1h"), now - 7 * DAY + HOUR, now, HOUR),
        Request::query(format!("timestamp({watts})")),
    ];
    let shown: Vec<String> = requests
        .iter()
        .map(|request| request.shown().into())
        .collect();
    let mut answers = prometheus.ask(requests).into_iter().zip(shown);
    let mut not_seen = Vec::new();
    let mut next = || answers.next().expect("one for each request");
    let mut one = |not_seen: &mut Vec<Diagnostic>| {
        let (answer, shown) = next();
        let samples = answer.and_then(|text| answer::vector(&text));
        seen(prometheus, not_seen, &shown, samples, only)
    };
    let now_watts = one(&mut not_seen);
    let mean_1d = one(&mut not_seen);
    let mean_3d_watts = one(&mut not_seen);
    let peak_7d_watts = one(&mut not_seen);
    let mut track = |not_seen: &mut Vec<Diagnostic>| {
        let (answer, shown) = next();
        let tracks = answer.and_then(|text| answer::matrix(&text));
        seen(prometheus, not_seen, &shown, tracks, only_track)
    };
    let trend = track(&mut not_seen);
    let hours = track(&mut not_seen);
    let read_at = answers.next().and_then(|(answer, _)| {
        let samples = answer::vector(&answer.ok()?).ok()?;
        Some(samples.first()?.value)
    });
    let trend = trend.map(|points| steps(&points, now - DAY + STEP, STEP, 96));
    let hours = hours
        .is()
        .map(|points| steps(points, now - 7 * DAY + HOUR, HOUR, 168).watts)
        .unwrap_or_default();
    Ok(RackPower {
        url: prometheus.url.clone(),
        meter: meter.shown,
        age_seconds: meter
            .updated
            .or(read_at)
            .map(|time| (now as f64 - time).max(0.0)),
        kwh_per_day: mean_1d.is().map(|watts| watts * 24.0 / 1000.0),
        covered_hours: hours.iter().flatten().count(),
        days: days(&hours, now),
        expression: watts,
        now_watts,
        mean_3d_watts,
        peak_7d_watts,
        trend,
        ups: Vec::new(),
        over_ups_load: None,
        not_seen,
    })
}

/// Finds the series of the entity; a query is what it is.
fn meter(prometheus: &Prometheus, power: &Power, run: &Run) -> Result<Meter, Diagnostics> {
    if let Some(query) = &power.query {
        return Ok(Meter {
            shown: query.clone(),
            draw: Draw::Expression(query.clone()),
            updated: None,
        });
    }
    let entity = power.entity.as_deref().unwrap_or_default();
    let query = plug::everything(entity);
    let answer = prometheus
        .ask(vec![Request::query(query.as_str())])
        .remove(0);
    let samples = answer
        .and_then(|text| answer::vector(&text))
        .map_err(|problem| prometheus.diagnostic(Some(&query), &problem))?;
    match plug::plug(entity, &samples) {
        Ok(found) => Ok(Meter {
            shown: entity.into(),
            draw: found.draw,
            updated: found.updated,
        }),
        Err(why) => {
            let error = no_plug(entity, &why, &prometheus.url);
            Err(error.at((run.places)(&["power", "entity"])).into())
        }
    }
}

fn no_plug(entity: &str, why: &NoPlug, url: &str) -> Diagnostic {
    match why {
        NoPlug::Unknown => Diagnostic::new(format!("Prometheus at {url} has nothing of `{entity}`")).help(
            "Home Assistant's configuration.yaml needs `prometheus:` with the entity in its filter, \
             Prometheus a scrape job for `/api/prometheus` with a long-lived access token; \
             `upsctl metrics` shows which targets are down",
        ),
        NoPlug::Unavailable => Diagnostic::new(format!("Home Assistant says that `{entity}` is not available"))
            .help("is the plug in, and in the reach of its radio? Home Assistant's page of the device shows it"),
        NoPlug::NoPower(names) => Diagnostic::new(format!("`{entity}` gives no watts: it is {}", names.join(", ")))
            .help("name the sensor whose unit is W or kW; a plug has one beside that of its energy (kWh)"),
        NoPlug::Twice(names) => Diagnostic::new(format!("`{entity}` is there in two units: {}", names.join(", ")))
            .help("choose one: `query = \"NAME{entity=\\\"…\\\"}\"` in place of `entity`"),
    }
}

/// The one thing that an answer must be; what it is not is said.
fn seen<A, T>(
    prometheus: &Prometheus,
    not_seen: &mut Vec<Diagnostic>,
    asked: &str,
    answer: Result<A, Problem>,
    one: fn(A) -> Result<Option<T>, String>,
) -> Seen<T> {
    let why = match answer.map(one) {
        Ok(Ok(Some(value))) => return Seen::Is(value),
        Ok(Ok(None)) => return Seen::Absent,
        Ok(Err(why)) => Diagnostic::new(format!("`{asked}`: {why}"))
            .help("`[power] query` must give one series, in watts"),
        Err(problem) => prometheus.diagnostic(Some(asked), &problem),
    };
    let message = why.message.clone();
    not_seen.push(why);
    Seen::Unknown(message)
}

/// The one value of an answer.
fn only(samples: Vec<Sample>) -> Result<Option<f64>, String> {
    match samples.as_slice() {
        [] => Ok(None),
        [sample] if sample.name().starts_with("node_hwmon_power") => {
            Err("it is a chip's reading, and not the draw at the wall".into())
        }
        [sample] if sample.value.is_finite() => Ok(Some(sample.value)),
        [sample] => Err(format!("it is {}", sample.value)),
        many => Err(several(many.len())),
    }
}

fn several(count: usize) -> String {
    format!("it gives {count} series and not one: choose by labels, or sum them")
}

/// The points of the one series of an answer.
fn only_track(tracks: Vec<Track>) -> Result<Option<Vec<(f64, f64)>>, String> {
    match tracks.as_slice() {
        [] => Ok(None),
        [track] => Ok(Some(track.points.clone())),
        many => Err(several(many.len())),
    }
}

/// Points as equal steps from `start`, with holes where there are none.
fn steps(points: &[(f64, f64)], start: u64, step: u64, count: usize) -> Trend {
    let mut watts = vec![None; count];
    for (time, value) in points.iter().filter(|(_, value)| value.is_finite()) {
        let at = ((time - start as f64) / step as f64).round();
        if at >= 0.0 && (at as usize) < count {
            watts[at as usize] = Some(*value);
        }
    }
    Trend {
        start,
        step_seconds: step,
        watts,
    }
}

/// Seven days of 24 hours each, up to now.
fn days(hours: &[Option<f64>], now: u64) -> Vec<Day> {
    let first = now - DAY * (hours.len() as u64 / 24);
    let day = |(index, hours): (usize, &[Option<f64>])| Day {
        start: first + index as u64 * DAY,
        kwh: hours.iter().flatten().sum::<f64>() / 1000.0,
        hours: hours.iter().flatten().count(),
    };
    hours
        .chunks(24)
        .enumerate()
        .map(day)
        .filter(|day| day.hours > 0)
        .collect()
}

/// Puts each UPS beside the draw.
fn against(power: &mut RackPower, run: &Run, looked: &Looks) {
    let draw = power.now_watts.is().copied();
    for (name, ups) in &run.inventory.ups {
        let upsc = upsc(name, &ups.host, looked).map(|variables| load(&variables));
        let carries = |load: &UpsLoad| carried(load, draw?);
        power.ups.push(UpsDraw {
            ups: name.clone(),
            host: ups.host.clone(),
            runtime_at_draw_seconds: upsc.is().and_then(carries),
            upsc,
        });
    }
    let loads = power.ups.iter().map(|ups| ups.upsc.is()?.watts);
    let supplied: Option<f64> = loads.sum();
    power.over_ups_load = match (draw, supplied) {
        (Some(draw), Some(watts)) if watts > 0.0 => Some(draw / watts),
        _ => None,
    };
}

/// How long a battery carries another draw than the one its runtime is for: in proportion, which
/// flatters a larger draw a little, as batteries give less when they give it faster.
fn carried(load: &UpsLoad, draw: f64) -> Option<f64> {
    let (runtime, watts) = (load.runtime_seconds?, load.watts?);
    (draw > 0.0 && watts > 0.0).then(|| runtime * watts / draw)
}

/// The load in `upsc`'s variables (docs/nut-names.txt: `ups.realpower` in W, `ups.power` in VA).
fn load(variables: &BTreeMap<String, String>) -> UpsLoad {
    let number = |name: &str| {
        variables
            .get(name)
            .and_then(|text| text.trim().parse::<f64>().ok())
    };
    let load_percent = number("ups.load");
    let watts_rated = number("ups.realpower.nominal");
    let rated = watts_rated
        .map(Rated::Watts)
        .or_else(|| number("ups.power.nominal").map(Rated::VoltAmperes));
    let by_load = || Some(load_percent? / 100.0 * watts_rated?);
    UpsLoad {
        load_percent,
        rated,
        watts: number("ups.realpower").or_else(by_load),
        runtime_seconds: number("battery.runtime"),
        charge_percent: number("battery.charge"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_all_its_hours_says_how_many_it_has() {
        let mut hours = vec![None; 168];
        hours[167] = Some(1000.0);
        hours[166] = Some(500.0);
        let days = days(&hours, 100 * DAY);
        assert_eq!(days.len(), 1);
        assert_eq!(
            (days[0].kwh, days[0].hours, days[0].start),
            (1.5, 2, 99 * DAY)
        );
    }

    #[test]
    fn holes_stay_holes() {
        let trend = steps(&[(0.0, 1.0), (1800.0, 3.0), (99999.0, 4.0)], 0, 900, 3);
        assert_eq!(trend.watts, [Some(1.0), None, Some(3.0)]);
    }

    #[test]
    fn the_load_is_in_watts_only_where_the_ups_says_watts() {
        let say = |pairs: &[(&str, &str)]| {
            load(
                &pairs
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_string()))
                    .collect(),
            )
        };
        let full = say(&[
            ("ups.load", "25"),
            ("ups.realpower.nominal", "800"),
            ("battery.runtime", "1200"),
        ]);
        assert_eq!(full.watts, Some(200.0));
        assert_eq!(carried(&full, 400.0), Some(600.0));
        let apparent = say(&[("ups.load", "25"), ("ups.power.nominal", "1000")]);
        assert_eq!(
            (apparent.watts, apparent.rated),
            (None, Some(Rated::VoltAmperes(1000.0)))
        );
        assert_eq!(carried(&apparent, 400.0), None);
        assert_eq!(
            say(&[("ups.realpower", "130"), ("ups.load", "25")]).watts,
            Some(130.0)
        );
    }
}
