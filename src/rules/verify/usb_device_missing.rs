use super::View;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Seen;
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "usb-device-missing",
    severity: Severity::Error,
    text: include_str!("usb_device_missing.md"),
};

pub fn check(view: &View<'_>) -> Vec<Finding> {
    let wanted = view
        .desired
        .expect
        .ups
        .iter()
        .filter_map(|ups| Some((ups, ups.usb.as_ref()?)));
    wanted
        .filter_map(|(ups, id)| {
            let values = [("id", id.as_str())];
            match &view.observed.usb {
                Seen::Is(devices) if devices.iter().any(|device| device.id == id.as_str()) => None,
                Seen::Is(_) => Some(RULE.finding(
                    format!("lsusb does not show {} ({})", ups.name, id.as_str()),
                    &values,
                )),
                Seen::Absent => Some(RULE.finding("lsusb was not run", &values)),
                Seen::Unknown(why) => {
                    Some(RULE.finding(format!("could not run lsusb: {why}"), &values))
                }
            }
        })
        .collect()
}
