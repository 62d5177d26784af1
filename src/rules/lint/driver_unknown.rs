use super::nearest;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::driver;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "driver-unknown",
    severity: Severity::Error,
    text: include_str!("driver_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let version = view.host.version;
    let mut found = Vec::new();
    for section in view.sections() {
        let (Some(entry), Some(name)) = (section.get("driver"), section.driver()) else {
            continue;
        };
        let saw = match driver::find(name) {
            Some(driver) if driver.known_to(version) => continue,
            Some(driver) if driver.since > version => {
                format!(
                    "driver `{name}` came with NUT {}, and this host has {version}",
                    driver.since
                )
            }
            Some(_) => format!("NUT {version} no longer has the driver `{name}`"),
            None => {
                let names = driver::all().iter().map(|driver| driver.name);
                let near = nearest::nearest(name, names);
                let hint = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
                format!("NUT has no driver `{name}`{hint}")
            }
        };
        found.push(view.finding(&RULE, saw, view.at_entry(section, entry), &[]));
    }
    found
}
