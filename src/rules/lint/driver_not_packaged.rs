use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::Platform;
use crate::nut::driver;
use crate::nut::version::Suite;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "driver-not-packaged",
    severity: Severity::Warning,
    text: include_str!("driver_not_packaged.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let suite = Suite::of(view.host.version);
    if view.host.platform != Platform::Debian || suite.nut() != view.host.version {
        return Vec::new();
    }
    let sections = view.sections().filter_map(|section| {
        let driver = driver::find(section.driver()?)?;
        let missing = driver.known_to(suite.nut()) && driver.package(suite).is_none();
        missing.then_some((section, section.get("driver")?, driver.name))
    });
    sections
        .map(|(section, entry, name)| {
            let saw = format!(
                "no package of Debian {} has the driver `{name}`",
                suite.number()
            );
            view.finding(&RULE, saw, view.at_entry(section, entry), &[])
        })
        .collect()
}
