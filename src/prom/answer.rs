//! The JSON of Prometheus's HTTP API (its documentation, "HTTP API"), read strictly: what is not as it
//! must be is a [`Problem`], never an empty answer. Numbers come as text, `NaN` and `+Inf` included.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::{Problem, Stage};

/// Labels of a series, `__name__` among them.
pub type Labels = BTreeMap<String, String>;

/// The value of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub labels: Labels,
    pub value: f64,
    /// When the expression was evaluated, Unix time; not when the value was read.
    pub at: f64,
}

impl Sample {
    /// The name of the series; empty when the expression dropped it.
    pub fn name(&self) -> &str {
        self.label("__name__")
    }

    /// A label; empty where there is none, as Prometheus has it.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// The values of one series over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    pub labels: Labels,
    /// Unix time and value.
    pub points: Vec<(f64, f64)>,
}

/// A target that is scraped.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    #[serde(default)]
    pub scrape_pool: String,
    #[serde(default)]
    pub scrape_url: String,
    /// `up`, `down`, `unknown`.
    #[serde(default)]
    pub health: String,
    #[serde(default)]
    pub last_error: String,
    #[serde(default)]
    pub labels: Labels,
    /// Such as `15s`.
    #[serde(default)]
    pub scrape_interval: String,
}

/// An alerting rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    pub name: String,
    /// Its group and the group's file.
    pub group: String,
    pub file: String,
    pub expression: String,
    /// Why it cannot be evaluated; empty when it can.
    pub last_error: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
}

/// The `data` of an answer.
fn data<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let wrong = |why: String| Problem::said(Stage::Shape, why);
    // Twice, because the data of a refusal need not have the shape of an answer.
    let envelope: Envelope<serde::de::IgnoredAny> =
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    match envelope.status.as_str() {
        "success" => {}
        "error" => {
            let said = format!("{}: {}", envelope.error_type, envelope.error);
            return Err(Problem::said(Stage::Refused, said));
        }
        other => return Err(wrong(format!("`status` is `{other}`"))),
    }
    let envelope: Envelope<T> =
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    envelope
        .data
        .ok_or_else(|| wrong("there is no `data`".into()))
}

/// A point: Unix time, and the number as text.
type Point = (f64, String);

fn number((_, text): &Point) -> Result<f64, Problem> {
    // Rust reads `NaN`, `+Inf` and `-Inf` as Prometheus writes them.
    text.parse()
        .map_err(|_| Problem::said(Stage::Shape, format!("`{text}` is no number")))
}

/// The answer of a query: one value for each series.
///
/// # Errors
/// A refusal, or an answer of another type (`matrix`, `scalar`, `string`).
pub fn vector(text: &str) -> Result<Vec<Sample>, Problem> {
    #[derive(Deserialize)]
    struct Series {
        metric: Labels,
        value: Point,
    }
    let series: Vec<Series> = result(text, "vector")?;
    series
        .into_iter()
        .map(|series| {
            Ok(Sample {
                value: number(&series.value)?,
                at: series.value.0,
                labels: series.metric,
            })
        })
        .collect()
}

/// The answer of a query over time.
///
/// # Errors
/// A refusal, or an answer of another type.
pub fn matrix(text: &str) -> Result<Vec<Track>, Problem> {
    #[derive(Deserialize)]
    struct Series {
        metric: Labels,
        values: Vec<Point>,
    }
    let series: Vec<Series> = result(text, "matrix")?;
    series
        .into_iter()
        .map(|series| {
            let points = series
                .values
                .iter()
                .map(|point| Ok((point.0, number(point)?)));
            Ok(Track {
                points: points.collect::<Result<_, Problem>>()?,
                labels: series.metric,
            })
        })
        .collect()
}

fn result<T: DeserializeOwned>(text: &str, wanted: &str) -> Result<T, Problem> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "resultType")]
        kind: String,
    }
    #[derive(Deserialize)]
    struct Result_<T> {
        result: T,
    }
    let kind: Kind = data(text)?;
    if kind.kind != wanted {
        let said = format!("a `{}` where a `{wanted}` was asked for", kind.kind);
        return Err(Problem::said(Stage::Shape, said));
    }
    Ok(data::<Result_<T>>(text)?.result)
}

/// The active targets.
///
/// # Errors
/// A refusal, or an answer of another shape.
pub fn targets(text: &str) -> Result<Vec<Target>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Targets {
        active_targets: Vec<Target>,
    }
    Ok(data::<Targets>(text)?.active_targets)
}

/// The alerting rules; recording rules are left out.
///
/// # Errors
/// A refusal, or an answer of another shape.
pub fn alert_rules(text: &str) -> Result<Vec<AlertRule>, Problem> {
    #[derive(Deserialize)]
    struct Groups {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        name: String,
        #[serde(default)]
        file: String,
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Rule {
        name: String,
        query: String,
        #[serde(rename = "type")]
        kind: String,
        #[serde(default)]
        last_error: String,
    }
    let mut found = Vec::new();
    for group in data::<Groups>(text)?.groups {
        for rule in group
            .rules
            .into_iter()
            .filter(|rule| rule.kind == "alerting")
        {
            found.push(AlertRule {
                name: rule.name,
                group: group.name.clone(),
                file: group.file.clone(),
                expression: rule.query,
                last_error: rule.last_error,
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_text() {
        let text = r#"{"status":"success","data":{"resultType":"vector","result":[
            {"metric":{"__name__":"up","job":"nut"},"value":[1700000000.5,"1"]},
            {"metric":{},"value":[1700000000.5,"NaN"]},
            {"metric":{},"value":[1700000000.5,"+Inf"]}]}}"#;
        let samples = vector(text).expect("samples");
        assert_eq!(
            (samples[0].name(), samples[0].label("job"), samples[0].value),
            ("up", "nut", 1.0)
        );
        assert!(samples[1].value.is_nan() && samples[2].value.is_infinite());
        assert_eq!(samples[1].label("job"), "");
    }

    #[test]
    fn what_is_no_answer_is_never_an_empty_one() {
        for (text, stage) in [
            ("", Stage::Shape),
            ("{}", Stage::Shape),
            ("[]", Stage::Shape),
            (r#"{"status":"odd"}"#, Stage::Shape),
            (r#"{"status":"success"}"#, Stage::Shape),
            (
                r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#,
                Stage::Shape,
            ),
            (
                r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
                Stage::Shape,
            ),
            (
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,1]}]}}"#,
                Stage::Shape,
            ),
            (
                r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#,
                Stage::Shape,
            ),
            (
                r#"{"status":"success","data":{"resultType":"vector","result":null}}"#,
                Stage::Shape,
            ),
            (
                r#"{"status":"error","errorType":"bad_data","error":"1:3: parse error"}"#,
                Stage::Refused,
            ),
        ] {
            assert_eq!(
                vector(text).map_err(|problem| problem.stage),
                Err(stage),
                "{text}"
            );
        }
        let none = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(vector(none), Ok(Vec::new()));
    }

    #[test]
    fn recording_rules_are_no_alerts() {
        let text = r#"{"status":"success","data":{"groups":[{"name":"g","file":"f","rules":[
            {"name":"A","query":"up == 0","type":"alerting","lastError":"x","duration":60},
            {"name":"r","query":"1","type":"recording"}]}]}}"#;
        let rules = alert_rules(text).expect("rules");
        assert_eq!(rules.len(), 1);
        assert_eq!(
            (rules[0].name.as_str(), rules[0].last_error.as_str()),
            ("A", "x")
        );
    }
}
