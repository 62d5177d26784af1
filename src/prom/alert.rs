//! Alerting rules: can they fire, and do they speak when the series is gone?

use std::collections::{BTreeMap, BTreeSet};

use super::answer::AlertRule;
use super::expression::{self, Expression, Selector};
use super::family::{HABITUAL, asked_for, is_ups_name, word_about};
use super::problem::Problem;
use crate::model::metrics::{AlertVerdict, EmptySelector, JudgedAlert, MetricReading};

/// How far back a series may lie to count as one that exists.
pub const WINDOW: &str = "7d";

/// More selectors than this are not asked for.
const MOST: usize = 100;

/// Whether a selector had series within [`WINDOW`].
pub type Existence = BTreeMap<String, Result<bool, Problem>>;

/// The rules that ask for series of UPSes, read.
pub fn about_upses(rules: Vec<AlertRule>) -> Vec<(AlertRule, Expression)> {
    let read = rules.into_iter().map(|rule| {
        let expression = expression::read(&rule.expression);
        (rule, expression)
    });
    read.filter(|(_, expression)| expression.selectors.iter().any(is_about_a_ups))
        .collect()
}

fn is_about_a_ups(selector: &Selector) -> bool {
    is_ups_name(&selector.name)
}

/// The selectors whose existence decides, each once.
pub fn to_ask(rules: &[(AlertRule, Expression)]) -> Vec<String> {
    let selectors = rules
        .iter()
        .flat_map(|(_, expression)| &expression.selectors);
    let wanted = selectors.filter(|selector| !selector.in_absent && is_about_a_ups(selector));
    let texts: BTreeSet<String> = wanted.map(|selector| selector.text.clone()).collect();
    texts.into_iter().take(MOST).collect()
}

/// The query that has an answer when a selector matched anything within [`WINDOW`].
pub fn existence(selector: &str) -> String {
    format!("count(last_over_time({selector}[{WINDOW}]))")
}

/// Judges the rules. `all` are the expressions of every alerting rule, for what covers a series that
/// vanishes; `readings` what is there, for what to ask instead.
pub fn judge(
    rules: Vec<(AlertRule, Expression)>,
    all: &[Expression],
    existence: &Existence,
    readings: &[MetricReading],
) -> Vec<JudgedAlert> {
    let judge_one = |(rule, expression): (AlertRule, Expression)| {
        let empty = empty(&expression, existence, readings);
        JudgedAlert {
            verdict: verdict(&rule, &expression, all, existence, &empty),
            name: rule.name,
            group: rule.group,
            file: rule.file,
            expression: rule.expression,
            empty,
        }
    };
    rules.into_iter().map(judge_one).collect()
}

fn empty(
    expression: &Expression,
    existence: &Existence,
    readings: &[MetricReading],
) -> Vec<EmptySelector> {
    let nothing = |selector: &&Selector| {
        !selector.in_absent && existence.get(&selector.text) == Some(&Ok(false))
    };
    let empty = expression.selectors.iter().filter(nothing);
    empty
        .map(|selector| EmptySelector {
            selector: selector.text.clone(),
            word: word_about(&selector.name).map(str::to_string),
            instead: instead(&selector.name, readings),
        })
        .collect()
}

/// The names of [`HABITUAL`] that are not here, and what is here instead.
pub fn not_here(there: &BTreeSet<&str>, readings: &[MetricReading]) -> Vec<EmptySelector> {
    let absent = HABITUAL.into_iter().filter(|name| !there.contains(name));
    absent
        .map(|name| EmptySelector {
            selector: name.into(),
            word: word_about(name).map(str::to_string),
            instead: instead(name, readings),
        })
        .collect()
}

/// What the exporter at hand has for what a name asks for.
fn instead(name: &str, readings: &[MetricReading]) -> Option<String> {
    let key = asked_for(name)?.key();
    let asks = readings.iter().flat_map(|reading| &reading.asks);
    asks.into_iter()
        .find(|(measure, _)| *measure == key)
        .map(|(_, ask)| ask.clone())
}

fn verdict(
    rule: &AlertRule,
    expression: &Expression,
    all: &[Expression],
    existence: &Existence,
    empty: &[EmptySelector],
) -> AlertVerdict {
    if !rule.last_error.is_empty() {
        return AlertVerdict::Broken(rule.last_error.clone());
    }
    if !empty.is_empty() {
        return match expression.may_do_without {
            true => AlertVerdict::PartlyEmpty,
            false => AlertVerdict::NeverFires,
        };
    }
    let asked = expression
        .selectors
        .iter()
        .filter(|one| !one.in_absent && is_about_a_ups(one));
    for selector in asked {
        match existence.get(&selector.text) {
            Some(Ok(_)) => {}
            Some(Err(problem)) => return AlertVerdict::NotSeen(problem.to_string()),
            None => return AlertVerdict::NotSeen("there are too many rules to ask for all".into()),
        }
    }
    let silent = |selector: &&Selector| {
        is_low(selector) && !all.iter().any(|one| covers(one, &selector.name))
    };
    match expression.selectors.iter().find(silent) {
        Some(_) if !expression.may_do_without => AlertVerdict::SilentWhenGone,
        _ => AlertVerdict::Sound,
    }
}

/// It waits for a series to become 0, which one that is gone never does.
fn is_low(selector: &Selector) -> bool {
    let Some((operator, value)) = &selector.compared else {
        return false;
    };
    is_about_a_ups(selector)
        && matches!(
            (operator.as_str(), value),
            ("==", 0.0) | ("<", 0.0..=1.0) | ("<=", 0.0) | ("!=", 1.0)
        )
}

/// An alert on the absence of a series, or on a target that is down.
fn covers(expression: &Expression, name: &str) -> bool {
    let down = |selector: &Selector| {
        selector.name == "up"
            && matches!(&selector.compared, Some((operator, value)) if operator == "==" && *value == 0.0 || operator == "<" && *value == 1.0)
    };
    let selectors = &expression.selectors;
    selectors
        .iter()
        .any(|one| one.in_absent && one.name == name || down(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rules: &[&str], empty: &[&str]) -> Vec<AlertVerdict> {
        let rules: Vec<AlertRule> = rules
            .iter()
            .map(|expression| AlertRule {
                name: "A".into(),
                group: String::new(),
                file: String::new(),
                expression: (*expression).into(),
                last_error: String::new(),
            })
            .collect();
        let all: Vec<Expression> = rules
            .iter()
            .map(|rule| expression::read(&rule.expression))
            .collect();
        let about = about_upses(rules);
        let asked = to_ask(&about).into_iter();
        let existence = asked
            .map(|text| (text.clone(), Ok(!empty.contains(&text.as_str()))))
            .collect();
        judge(about, &all, &existence, &[])
            .into_iter()
            .map(|alert| alert.verdict)
            .collect()
    }

    #[test]
    fn an_alert_on_nothing_never_fires_unless_something_stands_in() {
        use AlertVerdict::{NeverFires, PartlyEmpty, Sound};
        for (rule, empty, verdict) in [
            ("nut_a > 1", "nut_a", NeverFires),
            ("nut_b > 1 and nut_a > 1", "nut_a", NeverFires),
            ("count(nut_a) == 0", "nut_a", NeverFires),
            ("nut_b > 1 or nut_a > 1", "nut_a", PartlyEmpty),
            ("absent(nut_a)", "nut_a", Sound),
            ("nut_a > 1", "nut_b", Sound),
        ] {
            assert_eq!(judged(&[rule], &[empty]), [verdict], "{rule}");
        }
    }

    #[test]
    fn an_alert_on_zero_needs_one_on_absence_beside_it() {
        use AlertVerdict::{SilentWhenGone, Sound};
        let rule = "nut_ups_status{status=\"OL\"} == 0";
        assert_eq!(judged(&[rule], &[]), [SilentWhenGone]);
        assert_eq!(
            judged(&[rule, "absent(nut_ups_status{ups=\"ups\"})"], &[]),
            [Sound, Sound]
        );
        assert_eq!(judged(&[rule, "up{job=\"nut\"} == 0"], &[]), [Sound]);
        assert_eq!(
            judged(&[rule, "absent(nut_other)"], &[]),
            [SilentWhenGone, Sound]
        );
        assert_eq!(
            judged(&["nut_ups_status{status=\"OB\"} == 1"], &[]),
            [Sound]
        );
        assert_eq!(judged(&["nut_battery_charge < 0.2"], &[]), [SilentWhenGone]);
    }

    #[test]
    fn alerts_on_other_things_are_not_judged() {
        assert_eq!(judged(&["node_load1 > 1", "up == 0"], &[]), []);
    }
}
