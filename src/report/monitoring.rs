//! What Prometheus knows of the UPSes, for a person.

use anstyle::Style;

use super::diagnostic::not_seen;
use super::human::Page;
use super::paint::{BAD, FAINT, GOOD, HOST, PLAIN, WARNING, clean, paint};
use super::wrap::hanging;
use crate::model::duration::spoken;
use crate::model::metrics::{
    AlertVerdict, EmptySelector, JudgedAlert, MetricReading, MonitoredUps, Monitoring,
    ScrapeTarget, UpsValues,
};
use crate::model::observed::Seen;

/// Everything but the findings.
pub fn text(seen: &Monitoring, page: &Page) -> String {
    let mut out = String::new();
    if seen.ups.iter().all(|ups| ups.readings.is_empty()) && seen.others.is_empty() {
        out.push_str(&nothing(seen, page));
    } else {
        for ups in &seen.ups {
            out.push_str(&one_ups(ups));
            out.push('\n');
        }
        for reading in &seen.others {
            let name = if reading.label.is_empty() {
                "(no name)"
            } else {
                &reading.label
            };
            out.push_str(&format!("{}  in no inventory\n", paint(HOST, &clean(name))));
            out.push_str(&one_reading(reading, None));
            out.push('\n');
        }
    }
    out.push_str(&targets(&seen.targets));
    out.push_str(&alerts(&seen.alerts, page));
    out.push_str(&not_here(&seen.not_here, page));
    not_seen(&mut out, 0, &seen.not_seen, page.width);
    out
}

fn nothing(seen: &Monitoring, page: &Page) -> String {
    let mut out = String::new();
    let said = format!(
        "Prometheus at {} has no series of a UPS: no exporter for NUT is scraped.",
        seen.url
    );
    hanging(&mut out, "", 0, &said, page.width);
    out.push_str("By hand:\n");
    for ups in &seen.ups {
        out.push_str(&format!("    {}\n", clean(&ups.by_hand)));
    }
    out.push('\n');
    out
}

fn one_ups(ups: &MonitoredUps) -> String {
    let mut out = format!("{}  on {}\n", paint(HOST, ups.ups.as_str()), ups.host);
    if let Seen::Unknown(why) = &ups.upsc {
        let line = format!("  upsc  could not look: {}\n", clean(why));
        out.push_str(&paint(WARNING, line.trim_end()));
        out.push('\n');
    }
    for reading in &ups.readings {
        out.push_str(&one_reading(reading, Some(&ups.upsc)));
    }
    if ups.readings.is_empty() {
        out.push_str(&format!(
            "  {}; by hand: `{}`\n",
            paint(BAD, "no series in Prometheus"),
            clean(&ups.by_hand)
        ));
    }
    out
}

fn one_reading(reading: &MetricReading, upsc: Option<&Seen<UpsValues>>) -> String {
    let mut out = format!(
        "  {} {}\n",
        reading.exporter,
        paint(
            FAINT,
            &clean(&format!(
                "job {}, instance {}",
                reading.job, reading.instance
            ))
        )
    );
    let live = upsc.and_then(Seen::is);
    let values = shown(&reading.values);
    let theirs = live.map(shown);
    for (index, (name, what, value)) in values.iter().enumerate() {
        let theirs = theirs.as_ref().and_then(|all| all[index].2.as_deref());
        let wrong = reading.disagrees.iter().any(|one| one.what == *what);
        let (style, verdict) = match (value, theirs) {
            _ if wrong => (BAD, "upsc says otherwise: "),
            (Some(_), Some(_)) => (GOOD, "upsc: "),
            (None, Some(_)) => (FAINT, "upsc: "),
            (_, None) => (PLAIN, ""),
        };
        let value = value.clone().unwrap_or_else(|| "not exported".into());
        let said = theirs.map(|theirs| paint(style, &format!("{verdict}{}", clean(theirs))));
        let line = format!(
            "    {name:8} {:20}{}",
            clean(&value),
            said.unwrap_or_default()
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push_str(&age(reading));
    for (what, ask) in &reading.asks {
        out.push_str(&format!(
            "    {} {}\n",
            paint(FAINT, &format!("ask {:13}", what.replace('_', " "))),
            clean(ask)
        ));
    }
    for note in &reading.notes {
        out.push_str(&format!("    {}\n", paint(FAINT, &clean(note))));
    }
    out
}

/// Name, the name in a disagreement, and the value.
fn shown(values: &UpsValues) -> [(&'static str, &'static str, Option<String>); 4] {
    let number =
        |value: Option<f64>, unit: &str| value.map(|value| format!("{} {unit}", rounded(value)));
    let status = values.status.as_ref().map(|status| match status.as_str() {
        "" => "no status word".into(),
        status => status.to_string(),
    });
    [
        ("status", "status", status),
        ("charge", "charge", number(values.charge_percent, "%")),
        ("runtime", "runtime", values.runtime_seconds.map(spoken)),
        (
            "input",
            "input voltage",
            number(values.input_voltage_volts, "V"),
        ),
    ]
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn age(reading: &MetricReading) -> String {
    let (style, text): (Style, String) = match reading.age_seconds {
        None => (WARNING, "unknown".into()),
        Some(age) if age > reading.stale_after_seconds => {
            (BAD, format!("{}, that is too old", spoken(age)))
        }
        Some(age) if age < 10.0 => (PLAIN, format!("{} s", rounded(age))),
        Some(age) => (PLAIN, spoken(age)),
    };
    format!("    {:8} {}\n", "age", paint(style, &text))
}

fn not_here(names: &[EmptySelector], page: &Page) -> String {
    if names.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "{}\n",
        paint(HOST, "Names that dashboards ask for and that are not here")
    );
    for one in names {
        let instead = one.instead.as_ref().map(|ask| format!("ask `{ask}`"));
        let word = one.word.as_ref().map(|word| format!("it {word}"));
        let text: Vec<String> = instead.into_iter().chain(word).collect();
        hanging(
            &mut out,
            &format!("  {}  ", one.selector),
            4,
            &text.join("; "),
            page.width,
        );
        if text.is_empty() {
            out.push_str(&format!("  {}\n", one.selector));
        }
    }
    out.push('\n');
    out
}

fn targets(targets: &[ScrapeTarget]) -> String {
    if targets.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", paint(HOST, "Scraped"));
    for target in targets {
        let style = if target.health == "up" { GOOD } else { BAD };
        out.push_str(&format!(
            "  {} {}  {}\n",
            paint(style, &format!("{:7}", target.health)),
            clean(&target.job),
            clean(&target.url)
        ));
        if !target.last_error.is_empty() {
            out.push_str(&format!("          {}\n", clean(&target.last_error)));
        }
    }
    out.push('\n');
    out
}

fn alerts(alerts: &[JudgedAlert], page: &Page) -> String {
    if alerts.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", paint(HOST, "Alerts about UPSes"));
    for alert in alerts {
        let (style, word) = match &alert.verdict {
            AlertVerdict::Sound => (GOOD, "sound".to_string()),
            AlertVerdict::NeverFires => (BAD, "can never fire".into()),
            AlertVerdict::PartlyEmpty => (WARNING, "in part without series".into()),
            AlertVerdict::SilentWhenGone => (WARNING, "silent when the series is gone".into()),
            AlertVerdict::Broken(_) => (BAD, "cannot be evaluated".into()),
            AlertVerdict::NotSeen(why) => (WARNING, format!("could not look: {why}")),
        };
        out.push_str(&format!(
            "  {}  {}\n",
            clean(&alert.name),
            paint(style, &clean(&word))
        ));
        if page.verbosity == super::Verbosity::Verbose {
            out.push_str(&format!(
                "    {}\n",
                paint(FAINT, &clean(&alert.expression))
            ));
        }
    }
    out.push('\n');
    out
}
