//! What is wrong with the monitoring of the UPSes: their series, the exporters, the alerts.

use super::Rule;
use crate::model::finding::{Finding, Severity};
use crate::model::metrics::{AlertVerdict, JudgedAlert, MetricReading, MonitoredUps, Monitoring};

/// The rules of this pass, sorted by id.
pub static RULES: [Rule; 7] = [
    rule(
        "alert-broken",
        Severity::Error,
        include_str!("text/alert-broken.md"),
    ),
    rule(
        "alert-never-fires",
        Severity::Error,
        include_str!("text/alert-never-fires.md"),
    ),
    rule(
        "alert-silent-when-gone",
        Severity::Warning,
        include_str!("text/alert-silent-when-gone.md"),
    ),
    rule(
        "exporter-down",
        Severity::Error,
        include_str!("text/exporter-down.md"),
    ),
    rule(
        "metrics-disagree",
        Severity::Error,
        include_str!("text/metrics-disagree.md"),
    ),
    rule(
        "metrics-missing",
        Severity::Error,
        include_str!("text/metrics-missing.md"),
    ),
    rule(
        "metrics-old",
        Severity::Error,
        include_str!("text/metrics-old.md"),
    ),
];

const fn rule(id: &'static str, severity: Severity, text: &'static str) -> Rule {
    Rule { id, severity, text }
}

fn find(id: &str) -> &'static Rule {
    let found = RULES.iter().find(|rule| rule.id == id);
    found.expect("a rule of this pass")
}

/// Everything that is wrong with a monitoring.
pub fn check(seen: &Monitoring) -> Vec<Finding> {
    let mut found: Vec<Finding> = seen.ups.iter().flat_map(about_ups).collect();
    found.extend(
        seen.targets
            .iter()
            .filter(|target| target.health == "down")
            .map(|target| {
                let saw = format!(
                    "{} ({}) cannot be scraped: {}",
                    target.url, target.job, target.last_error
                );
                let values = [("url", target.url.as_str()), ("instance", &target.instance)];
                find("exporter-down").finding(saw, &values)
            }),
    );
    found.extend(seen.alerts.iter().filter_map(about_alert));
    found
}

fn about_ups(ups: &MonitoredUps) -> Vec<Finding> {
    let name = ups.ups.as_str();
    if ups.readings.is_empty() {
        let saw = format!("Prometheus has no series of UPS {name}");
        let values = [("ups", name), ("by_hand", ups.by_hand.as_str())];
        return vec![find("metrics-missing").finding(saw, &values).on(&ups.host)];
    }
    let mut found = Vec::new();
    for reading in &ups.readings {
        let from = format!("{} at {}", reading.exporter, reading.instance);
        if reading
            .age_seconds
            .is_some_and(|age| age > reading.stale_after_seconds)
        {
            found.push(old(ups, reading, &from));
        }
        for one in &reading.disagrees {
            let saw = format!(
                "UPS {name}: {} is {} in Prometheus ({from}) and {} by upsc",
                one.what, one.prometheus, one.upsc
            );
            let values = [
                ("by_hand", ups.by_hand.as_str()),
                ("instance", &reading.instance),
            ];
            found.push(find("metrics-disagree").finding(saw, &values).on(&ups.host));
        }
    }
    found
}

fn old(ups: &MonitoredUps, reading: &MetricReading, from: &str) -> Finding {
    let age = reading.age_seconds.unwrap_or_default();
    let saw = format!("UPS {}: the values of {from} are {age:.0} s old", ups.ups);
    let values = [("by_hand", ups.by_hand.as_str())];
    find("metrics-old").finding(saw, &values).on(&ups.host)
}

fn about_alert(alert: &JudgedAlert) -> Option<Finding> {
    let name = &alert.name;
    let values = [("alert", name.as_str()), ("file", &alert.file)];
    let empty = || {
        let texts = alert.empty.iter().map(|one| {
            let word = one
                .word
                .as_ref()
                .map_or(String::new(), |word| format!(" ({word})"));
            let instead = one
                .instead
                .as_ref()
                .map_or(String::new(), |ask| format!("; here it is `{ask}`"));
            format!("`{}`{word} matches nothing{instead}", one.selector)
        });
        texts.collect::<Vec<_>>().join("; ")
    };
    let finding = match &alert.verdict {
        AlertVerdict::NeverFires => find("alert-never-fires")
            .finding(format!("alert {name} can never fire: {}", empty()), &values),
        AlertVerdict::PartlyEmpty => {
            let mut finding = find("alert-never-fires").finding(
                format!("a part of alert {name} can never be true: {}", empty()),
                &values,
            );
            finding.severity = Severity::Warning;
            finding
        }
        AlertVerdict::SilentWhenGone => find("alert-silent-when-gone").finding(
            format!(
                "alert {name} (`{}`) stays silent when the series is gone",
                alert.expression
            ),
            &values,
        ),
        AlertVerdict::Broken(why) => find("alert-broken").finding(
            format!("Prometheus cannot evaluate alert {name}: {why}"),
            &values,
        ),
        AlertVerdict::Sound | AlertVerdict::NotSeen(_) => return None,
    };
    Some(finding)
}
