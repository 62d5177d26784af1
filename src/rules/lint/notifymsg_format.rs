use super::notify;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::{File, notify_type};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "notifymsg-format",
    severity: Severity::Error,
    text: include_str!("notifymsg_format.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let lines = notify::messages(view).filter_map(|line| {
        let two = notify_type(line.event).is_some_and(|event| event.two_texts);
        let why = wrong(line.text, if two { 2 } else { 1 })?;
        let texts = if two { "twice" } else { "once" };
        let saw = format!("NOTIFYMSG {} {why}", line.event);
        Some(view.finding(
            &RULE,
            saw,
            view.at_setting(File::Upsmon, line.setting),
            &[("texts", texts)],
        ))
    });
    lines.collect()
}

fn wrong(text: &str, most: usize) -> Option<String> {
    let mut texts = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, if char == '%' { chars.next() } else { None }) {
            ('%', Some('%')) => {}
            ('%', Some('s')) => texts += 1,
            ('%', Some(other)) => return Some(format!("has `%{other}`")),
            ('%', None) => return Some("ends in `%`".into()),
            _ => {}
        }
    }
    if texts > most {
        return Some(format!("has `%s` {texts} times"));
    }
    (text.len() > 400).then(|| format!("has {} bytes", text.len()))
}
