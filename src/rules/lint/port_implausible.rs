use super::usb;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::driver::{self, Media};
use crate::nut::files::Section;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "port-implausible",
    severity: Severity::Warning,
    text: include_str!("port_implausible.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for section in view.sections() {
        let (Some(entry), Some(driver), Some(port)) =
            (section.get("port"), section.driver(), section.port())
        else {
            continue;
        };
        if let Some(fix) = wrong(section, driver, port) {
            let saw = format!("port `{port}` for {driver}");
            found.push(
                view.finding(&RULE, saw, view.at_entry(section, entry), &[])
                    .fix(fix),
            );
        }
    }
    found
}

fn wrong(section: &Section, driver: &str, port: &str) -> Option<&'static str> {
    let media = driver::media(driver)?;
    let serial = "Write the serial port, such as `/dev/ttyUSB0`.";
    match (media, driver) {
        (Media::Serial, "nhs_ser") => None,
        (Media::Serial, _) if !port.starts_with('/') => Some(serial),
        (Media::SerialOrUsb, _) if !usb::is(section) && !port.starts_with('/') => Some(serial),
        (Media::Usb, _) if port != "auto" => {
            Some("Write `auto`: USB drivers find the device by themselves.")
        }
        (Media::Network, "netxml-ups") if !port.starts_with("http") => {
            Some("Write the URL of the UPS: `http://…`.")
        }
        (Media::Network, _) if port == "auto" || port.starts_with("/dev/") => {
            Some("Write the name or address of the UPS.")
        }
        (Media::Ipmi, _) if !port.starts_with("id") => Some("Write the FRU id, such as `id1`."),
        (Media::Software, "dummy-ups" | "clone" | "clone-outlet") if port == "auto" => {
            Some("Write a file of /etc/nut for dummy-ups, or `ups@host` for its repeater.")
        }
        _ => None,
    }
}
