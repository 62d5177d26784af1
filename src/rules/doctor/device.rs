//! The cable to the UPS: USB device, its node, serial port or file.

use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::inventory::UsbId;
use crate::model::observed::{Seen, UsbDevice};
use crate::nut::driver::{self, Media};
use crate::site::{ParsedHost, ParsedUps};

/// Vendors whose USB devices are UPSes, or bridges inside them (scripts/udev/nut-usbups.rules.in).
const VENDORS: [&str; 14] = [
    "051d", "0764", "0463", "09ae", "0665", "06da", "0d9f", "10af", "0001", "050d", "0592", "04b4",
    "0483", "0925",
];

rules! { Device
    Error   "usb-taken-by-other-software" Server(rivals) [];
    Error   "usb-absent"                  Ups(absent) [];
    Error   "usb-not-permitted"           Ups(not_permitted) ["usb-absent"];
    Error   "usb-pinned-elsewhere"        Ups(pinned) ["usb-absent"];
    Error   "port-absent"                 Ups(port_absent) [];
}

/// Whether the section's driver talks to a USB device.
fn is_usb(ups: ParsedUps<'_>) -> bool {
    match ups.driver().and_then(driver::media) {
        Some(Media::Usb) => true,
        Some(media) => media.may_be_usb() && ups.section.port() == Some("auto"),
        None => false,
    }
}

fn rivals(host: ParsedHost<'_>) -> Option<Says> {
    let mut media = host.upses().filter_map(|ups| driver::media(ups.driver()?));
    media.any(Media::may_be_usb).then_some(())?;
    let mut rivals = host.deep()?.rivals.iter();
    let unit = rivals.find(|unit| !unit.starts_with("upower"))?;
    bad(format!("{unit} runs too and takes the UPS away from NUT"))
        .with("unit", unit)
        .into()
}

/// The id that identifies the UPS, if the inventory or ups.conf has one.
fn id(ups: ParsedUps<'_>) -> Option<String> {
    let mut wishes = ups.host.expect().ups.iter();
    let wish = wishes.find(|wish| wish.name.as_str() == ups.name());
    let wished = wish.and_then(|wish| wish.usb.as_ref()).map(UsbId::as_str);
    wished.map(str::to_string).or_else(|| {
        let value = |key| ups.section.value(key).map(str::to_lowercase);
        Some(format!("{}:{}", value("vendorid")?, value("productid")?))
    })
}

fn devices<'a>(ups: ParsedUps<'a>) -> Option<&'a Seen<Vec<UsbDevice>>> {
    Some(&ups.host.look()?.usb).filter(|_| is_usb(ups))
}

/// The UPS among the devices of the bus.
fn device<'a>(ups: ParsedUps<'a>) -> Option<&'a UsbDevice> {
    let id = id(ups);
    devices(ups)?.is()?.iter().find(|device| match &id {
        Some(id) => device.id == *id,
        None => VENDORS.iter().any(|vendor| device.id.starts_with(vendor)),
    })
}

fn absent(ups: ParsedUps<'_>) -> Option<Says> {
    let devices = devices(ups).filter(|_| !ups.delivers())?;
    let all = match devices {
        Seen::Is(all) => all,
        Seen::Absent => return unknown("lsusb was not run"),
        Seen::Unknown(why) if why.is_empty() => return unknown("lsusb failed without a word"),
        Seen::Unknown(why) => return unknown(format!("lsusb: {why}")),
    };
    if device(ups).is_some() {
        return None;
    }
    let what = id(ups).map_or_else(|| "a UPS".to_string(), |id| format!("USB device {id}"));
    bad(format!(
        "{what} is not on the USB bus of this host: {} is unplugged, off, or on another host",
        ups.name()
    ))
    .shown(
        all.iter()
            .map(|device| format!("{} {}", device.id, device.name)),
    )
    .into()
}

fn not_permitted(ups: ParsedUps<'_>) -> Option<Says> {
    let device = device(ups)?;
    let path = format!("/dev/bus/usb/{}/{}", device.bus, device.device);
    let mut nodes = ups.host.deep()?.usb_nodes.iter();
    let (_, owner, mode) = nodes.find(|(node, ..)| *node == path)?;
    if owner.ends_with(":nut") && mode & 0o060 == 0o060 || mode & 0o006 == 0o006 {
        return None;
    }
    bad(format!(
        "the account nut may not use {path} ({owner} {mode:04o})"
    ))
    .at(path)
    .into()
}

fn pinned(ups: ParsedUps<'_>) -> Option<Says> {
    let device = device(ups)?;
    let other = |pin: &str, have: &str| match (pin.parse::<u32>(), have.parse::<u32>()) {
        (Ok(pin), Ok(have)) => pin != have,
        // A regular expression: only the driver can tell.
        _ => false,
    };
    let pins = [("bus", &device.bus), ("device", &device.device)];
    let (key, pin, have) = pins.into_iter().find_map(|(key, have)| {
        let pin = ups.section.value(key).filter(|pin| other(pin, have))?;
        Some((key, pin, have))
    })?;
    bad(format!(
        "[{}] in ups.conf wants {key} = {pin}, but the UPS is at {key} {have}",
        ups.name()
    ))
    .with("value", key)
    .into()
}

fn port_absent(ups: ParsedUps<'_>) -> Option<Says> {
    let (port, paths) = (ups.section.port()?, &ups.host.deep()?.paths);
    let file = ups.driver()? == "dummy-ups" && !port.contains('@');
    let path = match port.starts_with('/') {
        true => port.to_string(),
        false if file => format!("/etc/nut/{port}"),
        false => return None,
    };
    match paths.get(&path) {
        Some(Seen::Is(_)) => return None,
        Some(Seen::Unknown(why)) => return unknown(why),
        Some(Seen::Absent) => {}
        // Of the folder every file was listed; of other places only what ups.conf names plainly.
        None if path.starts_with("/etc/nut/") && paths.contains_key("/etc/nut/ups.conf") => {}
        None => return None,
    }
    bad(format!(
        "{path}, the port of {}, does not exist",
        ups.name()
    ))
    .at(path)
    .into()
}
