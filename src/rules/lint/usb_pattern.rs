use super::usb;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::{Entry, Section};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "usb-pattern",
    severity: Severity::Error,
    text: include_str!("usb_pattern.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for section in view.sections().filter(|section| usb::is(section)) {
        for entry in &section.entries {
            if let Some(why) = wrong(view, section, entry) {
                let saw = format!("ups `{}`: {} {why}", section.name, entry.key.value);
                found.push(view.finding(&RULE, saw, view.at_entry(section, entry), &[]));
            }
        }
    }
    found
}

fn wrong(view: &View<'_>, section: &Section, entry: &Entry) -> Option<String> {
    let key = entry.key.value.to_ascii_lowercase();
    let value = entry.value.as_ref()?.value.as_str();
    let at = match key.as_str() {
        "vendorid" => 0,
        "productid" => 1,
        "vendor" | "product" | "serial" if !usb::balanced(value) => {
            return Some(format!("`{value}` is no pattern: a bracket is left open"));
        }
        _ => return None,
    };
    if !usb::balanced(value) {
        return Some(format!("`{value}` is no pattern: a bracket is left open"));
    }
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    if value.len() != 4 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("`{value}` is not four hexadecimal digits"));
    }
    let ups = view.site.inventory.ups.get(section.name.as_str())?;
    let wanted = ups.usb.as_ref()?.as_str().split(':').nth(at)?;
    (!wanted.eq_ignore_ascii_case(value))
        .then(|| format!("is `{value}`, and `usb` says `{wanted}`"))
}
