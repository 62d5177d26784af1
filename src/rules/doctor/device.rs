//! The cable to the UPS: USB device, its node, serial port or file.

use super::says::{Says, bad};
use super::view::{HostView, UpsView};
use super::{DoctorRule, rule};
use crate::model::inventory::UsbId;
use crate::model::observed::{Seen, UsbDevice};
use crate::nut::driver::{self, Media};

/// Vendors whose USB devices are UPSes, or bridges inside them (scripts/udev/nut-usbups.rules.in).
const VENDORS: [&str; 14] = [
    "051d", "0764", "0463", "09ae", "0665", "06da", "0d9f", "10af", "0001", "050d", "0592", "04b4",
    "0483", "0925",
];

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "usb-taken-by-other-software",
        Error,
        Device,
        [],
        Host(rivals)
    ),
    rule!("usb-absent", Error, Device, [], Ups(absent)),
    rule!(
        "usb-not-permitted",
        Error,
        Device,
        ["usb-absent"],
        Ups(not_permitted)
    ),
    rule!(
        "usb-pinned-elsewhere",
        Error,
        Device,
        ["usb-absent"],
        Ups(pinned)
    ),
    rule!("port-absent", Error, Device, [], Ups(port_absent)),
];

/// Whether the section's driver talks to a USB device.
fn is_usb(ups: &UpsView<'_>) -> bool {
    let Some(name) = ups.section.driver() else {
        return false;
    };
    match driver::media(name) {
        Some(Media::Usb) => true,
        Some(media) => media.may_be_usb() && ups.section.port() == Some("auto"),
        None => false,
    }
}

fn rivals(host: &HostView<'_>) -> Says {
    let Some(look) = host.look.filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let usb = host
        .ups
        .iter()
        .flat_map(|conf| &conf.sections)
        .any(|section| {
            section
                .driver()
                .and_then(driver::media)
                .is_some_and(Media::may_be_usb)
        });
    let rival = look
        .deep
        .rivals
        .iter()
        .find(|unit| !unit.starts_with("upower"))
        .filter(|_| usb);
    rival
        .map(|unit| {
            bad(format!("{unit} runs too and takes the UPS away from NUT")).with("unit", unit)
        })
        .into()
}

/// The id that identifies the UPS, if the inventory or ups.conf has one.
fn id(ups: &UpsView<'_>) -> Option<String> {
    let expected = ups
        .host
        .bundle
        .wish
        .expect
        .ups
        .iter()
        .find(|wish| wish.name.as_str() == ups.name());
    let wished = expected
        .and_then(|wish| wish.usb.as_ref())
        .map(UsbId::as_str)
        .map(str::to_string);
    wished.or_else(|| {
        let value = |key| ups.section.value(key).map(str::to_lowercase);
        Some(format!("{}:{}", value("vendorid")?, value("productid")?))
    })
}

/// The device, as far as it can be told; the error is why one cannot look.
fn device<'a>(ups: &UpsView<'a>) -> Result<Option<&'a UsbDevice>, String> {
    let Some(look) = ups.host.look else {
        return Ok(None);
    };
    let devices = match &look.observed.usb {
        Seen::Is(devices) => devices,
        Seen::Absent => return Err("lsusb was not run".into()),
        Seen::Unknown(why) if why.is_empty() => return Err("lsusb failed without a word".into()),
        Seen::Unknown(why) => return Err(format!("lsusb: {why}")),
    };
    Ok(devices.iter().find(|device| match id(ups) {
        Some(id) => device.id == id,
        None => VENDORS.iter().any(|vendor| device.id.starts_with(vendor)),
    }))
}

fn absent(ups: &UpsView<'_>) -> Says {
    if !is_usb(ups) || matches!(ups.reading(), Some(reading) if reading.status().is_some()) {
        return Says::Fine;
    }
    let what = id(ups).map_or_else(|| "a UPS".to_string(), |id| format!("USB device {id}"));
    match device(ups) {
        Err(why) => Says::Unknown(why),
        Ok(Some(_)) => Says::Fine,
        Ok(None) => {
            let all = ups
                .host
                .look
                .and_then(|look| look.observed.usb.is())
                .into_iter()
                .flatten();
            let shown: Vec<String> = all
                .map(|device| format!("{} {}", device.id, device.name))
                .collect();
            bad(format!("{what} is not on the USB bus of this host: {} is unplugged, off, or on another host", ups.name()))
                .shown(shown)
                .into()
        }
    }
}

fn not_permitted(ups: &UpsView<'_>) -> Says {
    let (Ok(Some(device)), true) = (device(ups), is_usb(ups)) else {
        return Says::Fine;
    };
    let path = format!("/dev/bus/usb/{}/{}", device.bus, device.device);
    let nodes = ups
        .host
        .look
        .map(|look| look.deep.usb_nodes.as_slice())
        .unwrap_or_default();
    let Some((_, owner, mode)) = nodes.iter().find(|(node, ..)| *node == path) else {
        return Says::Fine;
    };
    if owner.ends_with(":nut") && mode & 0o060 == 0o060 || mode & 0o006 == 0o006 {
        return Says::Fine;
    }
    bad(format!(
        "the account nut may not use {path} ({owner} {mode:04o})"
    ))
    .with("path", path)
    .into()
}

fn pinned(ups: &UpsView<'_>) -> Says {
    let (Ok(Some(device)), true) = (device(ups), is_usb(ups)) else {
        return Says::Fine;
    };
    let same = |pin: &str, have: &str| match (pin.parse::<u32>(), have.parse::<u32>()) {
        (Ok(pin), Ok(have)) => pin == have,
        // A regular expression: only the driver can tell.
        _ => true,
    };
    for (key, have) in [("bus", &device.bus), ("device", &device.device)] {
        if let Some(pin) = ups.section.value(key).filter(|pin| !same(pin, have)) {
            return bad(format!(
                "[{}] in ups.conf wants {key} = {pin}, but the UPS is at {key} {have}",
                ups.name()
            ))
            .with("value", key)
            .into();
        }
    }
    Says::Fine
}

fn port_absent(ups: &UpsView<'_>) -> Says {
    let (Some(name), Some(port), Some(look)) =
        (ups.section.driver(), ups.section.port(), ups.host.look)
    else {
        return Says::Fine;
    };
    let dummy_file = name == "dummy-ups" && !port.contains('@');
    let path = match (port.starts_with('/'), dummy_file) {
        (true, _) => port.to_string(),
        (false, true) => format!("/etc/nut/{port}"),
        (false, false) => return Says::Fine,
    };
    let gone = match look.deep.paths.get(&path) {
        Some(Seen::Absent) => true,
        Some(Seen::Unknown(why)) => return Says::Unknown(why.clone()),
        Some(Seen::Is(_)) => false,
        // Of the folder every file was listed; of other places only what ups.conf names plainly.
        None => path.starts_with("/etc/nut/") && look.deep.paths.contains_key("/etc/nut/ups.conf"),
    };
    if !gone {
        return Says::Fine;
    }
    bad(format!(
        "{path}, the port of {}, does not exist",
        ups.name()
    ))
    .with("path", path)
    .into()
}
