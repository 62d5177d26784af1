//! From samples to readings: which UPS, which exporter, in which units, how old.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Labels, Sample, Target};
use super::family::{Family, Known, Measure, Scale};
use crate::model::metrics::{MetricReading, ScrapeTarget, UpsValues};
use crate::nut::status::{StatusWord, UpsStatus};

/// What a target is allowed to be late where its interval is not known, seconds: three times
/// Prometheus's default of a minute.
const STALE: f64 = 180.0;

/// The same for a file that a timer writes, whose interval nothing tells.
const STALE_FILE: f64 = 600.0;

/// The samples of one measure, and when each was read.
#[derive(Debug, Clone)]
pub struct Measured {
    pub known: Known,
    pub samples: Vec<Sample>,
    /// `timestamp(…)` of the same series.
    pub times: Vec<Sample>,
}

/// One UPS of one exporter on one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    family: Family,
    job: String,
    instance: String,
    label: String,
}

/// Labels that name a UPS, the most telling first.
const UPS_LABELS: [&str; 4] = ["ups", "nut", "ups_name", "upsname"];

/// The readings in samples. `names` has the names that each job and instance has; `files` the age of
/// textfiles by instance.
pub fn readings(
    measured: &[Measured],
    names: &BTreeMap<(String, String), BTreeSet<String>>,
    targets: &[Target],
    files: &[Sample],
) -> Vec<MetricReading> {
    let mut found: BTreeMap<Source, MetricReading> = BTreeMap::new();
    for one in measured {
        for sample in &one.samples {
            let source = source(sample, names, targets);
            let reading = found
                .entry(source.clone())
                .or_insert_with(|| empty(&source, targets, files));
            take(reading, &source, &one.known, sample);
            let age = age(sample, &one.times);
            reading.age_seconds = reading.age_seconds.max_of(age);
            ask(reading, one.known.measure, sample);
        }
    }
    let mut readings: Vec<MetricReading> = found.into_values().collect();
    for reading in &mut readings {
        reading
            .asks
            .sort_by_key(|(key, _)| ORDER.iter().position(|measure| measure.key() == *key));
    }
    readings
}

/// The order in which values are said; what is there is best known by its status.
const ORDER: [Measure; 4] = [
    Measure::Status,
    Measure::Charge,
    Measure::Runtime,
    Measure::InputVoltage,
];

/// The later of two ages.
trait MaxOf {
    fn max_of(self, other: Option<f64>) -> Option<f64>;
}

impl MaxOf for Option<f64> {
    fn max_of(self, other: Option<f64>) -> Option<f64> {
        match (self, other) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        }
    }
}

fn source(
    sample: &Sample,
    names: &BTreeMap<(String, String), BTreeSet<String>>,
    targets: &[Target],
) -> Source {
    let (job, instance) = (
        sample.label("job").to_string(),
        sample.label("instance").to_string(),
    );
    let key = (job.clone(), instance.clone());
    let beside = names.get(&key);
    let beside = beside.into_iter().flatten().map(String::as_str).collect();
    let label = UPS_LABELS
        .iter()
        .map(|label| sample.label(label))
        .find(|value| !value.is_empty());
    let label = label
        .map(str::to_string)
        .or_else(|| asked_ups(&key, targets));
    Source {
        family: Family::of(sample.name(), &beside),
        label: label.unwrap_or_default(),
        job,
        instance,
    }
}

/// The UPS in the address that is scraped: `?ups=NAME`.
fn asked_ups((job, instance): &(String, String), targets: &[Target]) -> Option<String> {
    let target = targets.iter().find(|target| is_of(target, job, instance))?;
    parameters(&target.scrape_url)
        .find(|(key, _)| *key == "ups")
        .map(|(_, value)| value.to_string())
}

fn is_of(target: &Target, job: &str, instance: &str) -> bool {
    let label = |name: &str| target.labels.get(name).map_or("", String::as_str);
    label("job") == job && label("instance") == instance
}

fn parameters(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('='))
}

fn empty(source: &Source, targets: &[Target], files: &[Sample]) -> MetricReading {
    let target = targets
        .iter()
        .find(|target| is_of(target, &source.job, &source.instance));
    let interval =
        target.and_then(|target| humantime::parse_duration(&target.scrape_interval).ok());
    let by_file = matches!(source.family, Family::Textfile | Family::Upsctl);
    let of_target = |file: &&Sample| by_file && file.label("instance") == source.instance;
    let file = files
        .iter()
        .filter(of_target)
        .map(|file| file.value)
        .reduce(f64::max);
    let interval = interval.map_or(STALE, |interval| (3.0 * interval.as_secs_f64()).max(15.0));
    let mut notes = Vec::new();
    if source.label.is_empty() {
        notes.push("its series name no UPS".into());
    }
    MetricReading {
        family: source.family.id(),
        exporter: source.family.exporter(),
        job: source.job.clone(),
        instance: source.instance.clone(),
        label: source.label.clone(),
        values: UpsValues::default(),
        age_seconds: file,
        stale_after_seconds: if file.is_some() {
            interval.max(STALE_FILE)
        } else {
            interval
        },
        asks: Vec::new(),
        disagrees: Vec::new(),
        notes,
    }
}

fn take(reading: &mut MetricReading, source: &Source, known: &Known, sample: &Sample) {
    let value = sample.value;
    if value.is_nan() {
        return;
    }
    match known.measure {
        Measure::Status => status_word(&mut reading.values.status, sample),
        Measure::Charge => match (source.family.scale(&known.name), value) {
            (Scale::Percent, value) => reading.values.charge_percent = Some(value),
            (Scale::Ratio, value) => reading.values.charge_percent = Some(value * 100.0),
            (Scale::Unclear, value) if value > 1.0 => reading.values.charge_percent = Some(value),
            (Scale::Unclear, value) => reading.notes.push(format!(
                "`{}` is {value}: that may be a ratio or percent, nothing tells which",
                known.name
            )),
        },
        Measure::Runtime => reading.values.runtime_seconds = Some(value),
        Measure::InputVoltage => reading.values.input_voltage_volts = Some(value),
    }
}

/// Adds the word of a series that is 1. A status without any word stays an empty one: the series are
/// there, and all are 0.
fn status_word(status: &mut Option<String>, sample: &Sample) {
    let word = ["flag", "status"]
        .iter()
        .map(|label| sample.label(label))
        .find(|word| !word.is_empty());
    let Some(word) = word else { return };
    let words = status.get_or_insert_default();
    if sample.value == 1.0 {
        let mut all: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        all.push(word);
        // Mains or battery first, the rest by name, as people read them.
        all.sort_by_key(|word| (!matches!(*word, "OL" | "OB" | "FSD"), word.to_string()));
        *words = all.join(" ");
    }
}

/// When a sample was read, as an age.
fn age(sample: &Sample, times: &[Sample]) -> Option<f64> {
    let time = times
        .iter()
        .find(|time| same_series(&time.labels, &sample.labels))?;
    Some((time.at - time.value).max(0.0))
}

/// `timestamp()` drops the name.
fn same_series(without: &Labels, with: &Labels) -> bool {
    let named = with.iter().filter(|(label, _)| *label != "__name__");
    without.iter().eq(named)
}

/// Adds what to type for a value.
fn ask(reading: &mut MetricReading, measure: Measure, sample: &Sample) {
    if reading.asks.iter().any(|(key, _)| *key == measure.key()) {
        return;
    }
    let wanted = UPS_LABELS.into_iter().chain(["type"]);
    let mut labels: Vec<String> = wanted
        .filter(|label| !sample.label(label).is_empty())
        .map(|label| format!("{label}={}", quoted(sample.label(label))))
        .collect();
    if measure == Measure::Status {
        let label = if sample.label("flag").is_empty() {
            "status"
        } else {
            "flag"
        };
        labels.push(format!("{label}=\"OL\""));
    }
    if UPS_LABELS
        .iter()
        .all(|label| sample.label(label).is_empty())
        && !sample.label("instance").is_empty()
    {
        labels.push(format!("instance={}", quoted(sample.label("instance"))));
    }
    let labels = match labels.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", labels.join(",")),
    };
    reading
        .asks
        .push((measure.key(), format!("{}{labels}", sample.name())));
}

/// A string of PromQL.
pub fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}

/// The status words that a family can tell at all.
pub fn tells(family: &str, status: &UpsStatus) -> Vec<StatusWord> {
    // HON95 has these and no other; the rest have every word.
    const HON95: [&str; 11] = [
        "OL", "OB", "LB", "CHRG", "RB", "FSD", "BYPASS", "SD", "CP", "BOOST", "OFF",
    ];
    let words = status.words.iter().cloned();
    match family {
        "hon95" => words
            .filter(|word| HON95.contains(&word.as_str()))
            .collect(),
        _ => words.collect(),
    }
}

/// The targets that look like exporters for NUT, or that series of one came from.
pub fn targets(all: &[Target], sources: &BTreeSet<(String, String)>) -> Vec<ScrapeTarget> {
    let label = |target: &Target, name: &str| target.labels.get(name).cloned().unwrap_or_default();
    all.iter()
        .filter(|target| {
            sources.contains(&(label(target, "job"), label(target, "instance")))
                || looks_like_nut(target)
        })
        .map(|target| ScrapeTarget {
            job: label(target, "job"),
            instance: label(target, "instance"),
            url: without_login(&target.scrape_url),
            health: target.health.clone(),
            last_error: scrubbed(&target.last_error, &target.scrape_url),
        })
        .collect()
}

/// The paths and ports that the exporters have unless told otherwise, and names by habit.
fn looks_like_nut(target: &Target) -> bool {
    let url = target.scrape_url.to_ascii_lowercase();
    let job = target.scrape_pool.to_ascii_lowercase();
    let word = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| matches!(word, "nut" | "ups" | "upsd"))
    };
    let place = url.split("://").nth(1).unwrap_or(&url);
    let host = place.split(['/', '?']).next().unwrap_or_default();
    let path = url.split('?').next().unwrap_or_default();
    host.ends_with(":9199")
        || host.ends_with(":9995")
        || path.ends_with("/ups_metrics")
        || path.ends_with("/nut")
        || word(&job)
}

/// An address without what may be a login: only the parameters that say whom to ask stay.
fn without_login(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let place = match (place.split_once("://"), place.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => place.to_string(),
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            ["ups=", "target=", "server="]
                .iter()
                .any(|key| pair.starts_with(key))
        })
        .collect();
    match kept.is_empty() {
        true => place,
        false => format!("{place}?{}", kept.join("&")),
    }
}

/// An error that may quote the address.
fn scrubbed(error: &str, url: &str) -> String {
    error.replace(url, &without_login(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_a_scrape_address_is_not_shown() {
        let url = "http://me:hunter2@10.0.0.1:9199/ups_metrics?ups=ups&password=hunter2&server=pve";
        assert_eq!(
            without_login(url),
            "http://10.0.0.1:9199/ups_metrics?ups=ups&server=pve"
        );
        assert!(!scrubbed(&format!("Get \"{url}\": refused"), url).contains("hunter2"));
    }

    #[test]
    fn targets_are_known_by_path_port_or_name() {
        let target = |url: &str, pool: &str| Target {
            scrape_pool: pool.into(),
            scrape_url: url.into(),
            health: "up".into(),
            last_error: String::new(),
            labels: Labels::new(),
            scrape_interval: String::new(),
        };
        for (url, pool) in [
            ("http://a:9199/metrics", "x"),
            ("http://a:1/ups_metrics?ups=a", "x"),
            ("http://a:9995/nut?target=b:3493", "x"),
            ("http://a:1/metrics", "rack-ups"),
        ] {
            assert!(looks_like_nut(&target(url, pool)), "{url} {pool}");
        }
        assert!(!looks_like_nut(&target("http://a:9100/metrics", "groups")));
    }
}
