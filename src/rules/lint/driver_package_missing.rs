use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::driver;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "driver-package-missing",
    severity: Severity::Error,
    text: include_str!("driver_package_missing.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(packages) = view.host.packages.as_ref().filter(|all| !all.is_empty()) else {
        return Vec::new();
    };
    let sections = view.sections().filter_map(|section| {
        let package = driver::package(section.driver()?, view.host.version)?;
        (!packages.contains(package)).then_some((section, section.get("driver")?, package))
    });
    sections
        .map(|(section, entry, package)| {
            let driver = section.driver().unwrap_or_default();
            let saw = format!("the driver `{driver}` is in {package}, which is not installed");
            view.finding(
                &RULE,
                saw,
                view.at_entry(section, entry),
                &[("package", package)],
            )
        })
        .collect()
}
