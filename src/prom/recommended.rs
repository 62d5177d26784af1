//! Alerting rules for the exporter that is there, as a file that Prometheus reads.

use super::series::quoted;
use crate::model::metrics::MetricReading;

/// One rule, before it is written.
struct Rule {
    name: &'static str,
    expression: String,
    wait: &'static str,
    severity: &'static str,
    summary: String,
}

/// The rules for these readings; `needed` is how many seconds the site takes to shut down. Nothing
/// without a reading that has a status or a charge.
pub fn rules(readings: &[(&str, &MetricReading, u64)]) -> String {
    let mut text = String::from(
        "# Alerts for the UPSes of this site, written by `upsctl metrics rules`.\n\
         # Check with `promtool check rules FILE`; then name FILE under `rule_files:` in prometheus.yml.\n\
         groups:\n",
    );
    for (index, (ups, reading, needed)) in readings.iter().enumerate() {
        let number = if index == 0 {
            String::new()
        } else {
            format!("-{}", index + 1)
        };
        text.push_str(&format!(
            "  - name: {}\n    rules:\n",
            quoted(&format!("ups-{ups}-{}{number}", reading.family))
        ));
        for rule in of(ups, reading, *needed) {
            text.push_str(&written(&rule));
        }
    }
    text
}

fn written(rule: &Rule) -> String {
    // A double-quoted string of YAML escapes as PromQL's does.
    format!(
        "      - alert: {}\n        expr: {}\n        for: {}\n        labels:\n          severity: {}\n        annotations:\n          summary: {}\n",
        rule.name,
        quoted(&rule.expression),
        rule.wait,
        rule.severity,
        quoted(&rule.summary)
    )
}

fn of(ups: &str, reading: &MetricReading, needed: u64) -> Vec<Rule> {
    let ask = |key: &str| {
        reading
            .asks
            .iter()
            .find(|(measure, _)| *measure == key)
            .map(|(_, ask)| ask.as_str())
    };
    let mut rules = Vec::new();
    if let Some(online) = ask("status") {
        let word = |word: &str| online.replace("=\"OL\"", &format!("=\"{word}\""));
        let summaries = [
            (
                "UPSOnBattery",
                "OB",
                "30s",
                "warning",
                format!("UPS {ups} is on battery"),
            ),
            (
                "UPSLowBattery",
                "LB",
                "0s",
                "critical",
                format!("UPS {ups} is low: hosts go down when it is on battery"),
            ),
            (
                "UPSForcedShutdown",
                "FSD",
                "0s",
                "critical",
                format!("UPS {ups}: forced shutdown, hosts go down now"),
            ),
            (
                "UPSReplaceBattery",
                "RB",
                "1h",
                "warning",
                format!("UPS {ups} wants a new battery"),
            ),
        ];
        for (name, flag, wait, severity, summary) in summaries {
            let expression = format!("{} == 1", word(flag));
            rules.push(Rule {
                name,
                expression,
                wait,
                severity,
                summary,
            });
        }
        // Without the mains flag too: a status that says neither is no good news.
        rules.push(Rule {
            name: "UPSNotOnline",
            expression: format!("{online} == 0 unless on() {} == 1", word("OB")),
            wait: "2m",
            severity: "warning",
            summary: format!("UPS {ups} is neither on mains nor on battery"),
        });
    }
    if let Some(runtime) = ask("runtime") {
        rules.push(Rule {
            name: "UPSRuntimeShort",
            expression: format!("{runtime} < {needed}"),
            wait: "1m",
            severity: "critical",
            summary: format!(
                "UPS {ups} lasts less than the {needed} s that its hosts need to shut down"
            ),
        });
    }
    if let Some((_, first)) = reading.asks.first() {
        rules.push(Rule {
            name: "UPSSeriesGone",
            expression: format!("absent({first})"),
            wait: "5m",
            severity: "critical",
            summary: format!("nothing is known of UPS {ups}: exporter, upsd or driver is down"),
        });
    }
    if !reading.job.is_empty() && !reading.instance.is_empty() {
        let target = format!(
            "job={},instance={}",
            quoted(&reading.job),
            quoted(&reading.instance)
        );
        rules.push(Rule {
            name: "UPSExporterDown",
            expression: format!("up{{{target}}} == 0"),
            wait: "5m",
            severity: "critical",
            summary: format!("the exporter of UPS {ups} cannot be scraped"),
        });
    }
    if ["textfile", "upsctl"].contains(&reading.family) && !reading.instance.is_empty() {
        rules.push(Rule {
            name: "UPSTextfileOld",
            expression: format!(
                "time() - node_textfile_mtime_seconds{{instance={},file=~\".*(nut|ups).*\"}} > 600",
                quoted(&reading.instance)
            ),
            wait: "5m",
            severity: "critical",
            summary: format!("the script that writes the values of UPS {ups} no longer runs"),
        });
    }
    rules
}
