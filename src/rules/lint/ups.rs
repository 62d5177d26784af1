//! The UPSes of ups.conf: their drivers, keys and devices.

use super::nearest::nearest;
use crate::model::inventory::Platform;
use crate::nut::battery;
use crate::nut::directive::{self, File, Scope};
use crate::nut::driver::{self, KeyKind, Media};
use crate::nut::files::Entry;
use crate::nut::version::{NutVersion, Suite};
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{ParsedHost, ParsedUps};

rules! {
    "ups-incomplete" Error Ups incomplete;
    "driver-unknown" Error Ups driver_unknown;
    "driver-key-unknown" Error Ups keys_unknown;
    "flag-with-value" Warning Ups flags;
    "driver-not-packaged" Warning Ups not_packaged;
    "desc-quoted" Warning Ups desc;
    "driver-package-missing" Error Ups package_missing;
    "port-implausible" Warning Ups port;
    "sdorder-first" Warning Ups sdorder_first;
    "ups-never-cut" Warning Ups never_cut;
    "calibration-remembered" Warning Ups calibration;
    "ignorelb-without-threshold" Warning Ups ignorelb;
    "threshold-without-ignorelb" Warning Ups threshold;
    "usb-ambiguous" Warning Host ambiguous;
    "usb-pattern" Error Ups patterns;
}

fn incomplete(ups: ParsedUps<'_>) -> Option<Says> {
    let mut needed = ["driver", "port"].into_iter();
    let key = needed.find(|key| ups.section.get(key).is_none())?;
    Some(says(format!("ups `{}` has no {key}", ups.name())).at(ups.at_section()))
}

/// One that is read line by line as upsd sends it, with the quotes escaped: prometheus-nut-exporter
/// (HON95) answers 503 for the whole server ("Malformed list element").
fn desc(ups: ParsedUps<'_>) -> Option<Says> {
    let entry = ups.section.get("desc")?;
    let text = &entry.value.as_ref()?.value;
    let saw = format!("the desc of ups `{}` has a quote in it", ups.name());
    text.contains('"')
        .then(|| says(saw).at(ups.at_entry(entry)))
}

fn driver_unknown(ups: ParsedUps<'_>) -> Option<Says> {
    let (entry, name, version) = (
        ups.section.get("driver")?,
        ups.driver()?,
        ups.host.version(),
    );
    let saw = match driver::find(name) {
        Some(driver) if driver.known_to(version) => return None,
        Some(driver) if driver.since > version => {
            format!(
                "driver `{name}` came with NUT {}, and this host has {version}",
                driver.since
            )
        }
        Some(_) => format!("NUT {version} no longer has the driver `{name}`"),
        None => {
            let names = driver::all().iter().map(|driver| driver.name);
            let near = driver::meant(name).or_else(|| nearest(name, names));
            let hint = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
            format!("NUT has no driver `{name}`{hint}")
        }
    };
    Some(says(saw).at(ups.at_entry(entry)))
}

fn keys_unknown(ups: ParsedUps<'_>) -> impl Iterator<Item = Says> {
    let driver = ups.driver().into_iter();
    driver.flat_map(move |driver| {
        let entries = ups.section.entries.iter();
        entries.filter_map(move |entry| {
            let (why, fix) = wrong_key(driver, entry, ups.host.version())?;
            let saw = format!("ups `{}`: {why}", ups.name());
            Some(says(saw).at(ups.at_entry(entry)).fix(fix))
        })
    })
}

fn wrong_key(driver: &str, entry: &Entry, version: NutVersion) -> Option<(String, String)> {
    let key = entry.key.value.as_str();
    if let Some(known) = directive::lookup(File::Ups, Scope::Section, key) {
        let why = format!(
            "`{key}` is known since NUT {}, and this host has {version}",
            known.since
        );
        return (!known.known_to(version))
            .then(|| (why, "Remove it for this host, or upgrade NUT.".into()));
    }
    // What a driver takes is known for what Debian ships; elsewhere nothing is said.
    if !driver::keys_known(driver, version) {
        return None;
    }
    match driver::key(driver, key, version) {
        // It takes this one key with a value and without (drivers/belkinunv.c).
        Some(_) if driver == "belkinunv" && key.eq_ignore_ascii_case("wait") => None,
        None => Some(unknown_key(driver, key, version)),
        Some(KeyKind::Value | KeyKind::Secret) if entry.value.is_none() => Some((
            format!("`{key}` of {driver} needs a value"),
            "Give it a value.".into(),
        )),
        Some(_) => None,
    }
}

/// A driver takes a flag as set whatever its value (testvar, drivers/main.c).
fn flags(ups: ParsedUps<'_>) -> impl Iterator<Item = Says> {
    let entries = ups.section.entries.iter();
    entries.filter_map(move |entry| {
        let (key, driver) = (entry.key.value.as_str(), ups.driver()?);
        let value = entry.value.as_ref()?.value.as_str();
        let known = driver::key(driver, key, ups.host.version());
        let no = ["no", "false", "off", "0"].iter();
        let denied = no.into_iter().any(|no| value.eq_ignore_ascii_case(no));
        if !denied || !matches!(known, Some(KeyKind::Flag)) {
            return None;
        }
        let saw = format!(
            "ups `{}` has `{key} = {value}`, and {driver} takes it as set",
            ups.name()
        );
        Some(says(saw).at(ups.at_entry(entry)).with("key", key))
    })
}

fn unknown_key(driver: &str, key: &str, version: NutVersion) -> (String, String) {
    let suites = driver::key_suites(driver, key);
    let why = format!("{driver} of NUT {version} has no key `{key}`");
    if let Some(suite) = suites.first() {
        let fix = format!(
            "Remove it: {driver} knows it in NUT {} (Debian {}).",
            suite.nut(),
            suite.number()
        );
        return (why, fix);
    }
    let own = driver::keys(driver, version).map(|(name, _)| name);
    let core = directive::all(File::Ups).iter();
    let core = core
        .filter(|d| d.scope == Scope::Section && d.known_to(version))
        .map(|d| d.name);
    match nearest(key, own.chain(core)) {
        Some(near) => (
            format!("{why}: did you mean `{near}`?"),
            format!("Write `{near}`, or remove it."),
        ),
        None => (
            why,
            format!("Remove it; `/lib/nut/{driver} -L` on a host lists what the driver takes."),
        ),
    }
}

/// The Debian whose NUT a host has, if it is one.
pub(super) fn suite(host: ParsedHost<'_>) -> Option<Suite> {
    let suite = Suite::of(host.version());
    let debian = host.platform() == Platform::Debian && suite.nut() == host.version();
    debian.then_some(suite)
}

fn not_packaged(ups: ParsedUps<'_>) -> Option<Says> {
    let suite = suite(ups.host)?;
    let driver = driver::find(ups.driver()?)?;
    if !driver.known_to(suite.nut()) || driver.package(suite).is_some() {
        return None;
    }
    let saw = format!(
        "no package of Debian {} has the driver `{}`",
        suite.number(),
        driver.name
    );
    Some(says(saw).at(ups.at_entry(ups.section.get("driver")?)))
}

fn package_missing(ups: ParsedUps<'_>) -> Option<Says> {
    let packages = &ups.host.look()?.packages;
    let driver = ups.driver()?;
    let package = driver::package(driver, ups.host.version())?;
    if packages.is_empty() || packages.contains_key(package) {
        return None;
    }
    let saw = format!("the driver `{driver}` is in {package}, which is not installed");
    let place = ups.at_entry(ups.section.get("driver")?);
    Some(says(saw).at(place).with("package", package))
}

fn port(ups: ParsedUps<'_>) -> Option<Says> {
    let (driver, port) = (ups.driver()?, ups.section.port()?);
    let fix = wrong_port(ups, driver, port)?;
    let place = ups.at_entry(ups.section.get("port")?);
    Some(
        says(format!("port `{port}` for {driver}"))
            .at(place)
            .fix(fix),
    )
}

fn wrong_port(ups: ParsedUps<'_>, driver: &str, port: &str) -> Option<&'static str> {
    let media = driver::media(driver)?;
    let serial = "Write the serial port, such as `/dev/ttyUSB0`.";
    match (media, driver) {
        (Media::Serial, "nhs_ser") => None,
        (Media::Serial, _) if !port.starts_with('/') => Some(serial),
        (Media::SerialOrUsb, _) if !ups.is_usb() && !port.starts_with('/') => Some(serial),
        (Media::Usb, _) if port != "auto" => {
            Some("Write `auto`: USB drivers find the device by themselves.")
        }
        (Media::Network, "netxml-ups") if !port.starts_with("http") => {
            Some("Write the URL of the UPS: `http://…`.")
        }
        (Media::Network, _) if port == "auto" || port.starts_with("/dev/") => {
            Some("Write the name or address of the UPS.")
        }
        (Media::Modbus, _) if port == "auto" => {
            Some("Write the serial port, such as `/dev/ttyUSB0`, or the address of the UPS.")
        }
        (Media::Ipmi, _) if !port.starts_with("id") => Some("Write the FRU id, such as `id1`."),
        (Media::Software, "dummy-ups" | "clone" | "clone-outlet") if port == "auto" => {
            Some("Write a file of /etc/nut for dummy-ups, or `ups@host` for its repeater.")
        }
        _ => None,
    }
}

fn sdorder_first(ups: ParsedUps<'_>) -> Option<Says> {
    let lost = ["sdorder", "maxstartdelay", "maxretry", "retrydelay"];
    let entry = ups.section.entries.first()?;
    let key = entry.key.value.as_str();
    lost.contains(&key).then(|| {
        says(format!("{key} is the first line of `[{}]`", ups.name())).at(ups.at_entry(entry))
    })
}

fn never_cut(ups: ParsedUps<'_>) -> Option<Says> {
    let entry = ups.section.get("sdorder")?;
    let excluded = ups.section.value("sdorder") == Some("-1");
    let feeds = ups.host.site().feeds(ups.name(), ups.host.name());
    (excluded && feeds)
        .then(|| says(format!("ups `{}` has sdorder -1", ups.name())).at(ups.at_entry(entry)))
}

fn calibration(ups: ParsedUps<'_>) -> Option<Says> {
    let (key, version) = ("onlinedischarge_calibration", ups.host.version());
    let mut entries = ups.section.entries.iter();
    let entry = entries.find(|entry| entry.key.value.eq_ignore_ascii_case(key))?;
    (NutVersion::V2_8_0..NutVersion::V2_8_2)
        .contains(&version)
        .then(|| {
            let saw = format!("ups `{}` has {key}, and the host NUT {version}", ups.name());
            says(saw).at(ups.at_entry(entry))
        })
}

fn ignorelb(ups: ParsedUps<'_>) -> Option<Says> {
    let entry = ups.section.get("ignorelb")?;
    let limited = battery::limits(ups.section).next().is_some();
    let saw = format!("ups `{}` has ignorelb and no limit", ups.name());
    (!limited).then(|| says(saw).at(ups.at_entry(entry)))
}

fn threshold(ups: ParsedUps<'_>) -> Option<Says> {
    let entry = ups.limit_only_shown()?;
    let saw = format!(
        "ups `{}` has {} without ignorelb",
        ups.name(),
        entry.key.value
    );
    Some(says(saw).at(ups.at_entry(entry)))
}

fn ambiguous(host: ParsedHost<'_>) -> Vec<Says> {
    let all: Vec<ParsedUps<'_>> = host.upses().filter(|ups| ups.is_usb()).collect();
    let twins = all.iter().enumerate().filter_map(|(at, ups)| {
        let twin = all[..at].iter().find(|other| other.is_confusable(*ups))?;
        let saw = format!(
            "nothing tells the devices of `{}` and `{}` apart",
            twin.name(),
            ups.name()
        );
        Some(says(saw).at(ups.at_section()))
    });
    twins.collect()
}

fn patterns(ups: ParsedUps<'_>) -> impl Iterator<Item = Says> {
    let entries = ups.section.entries.iter().filter(move |_| ups.is_usb());
    entries.filter_map(move |entry| {
        let why = wrong_pattern(ups, entry)?;
        let saw = format!("ups `{}`: {} {why}", ups.name(), entry.key.value);
        Some(says(saw).at(ups.at_entry(entry)))
    })
}

fn wrong_pattern(ups: ParsedUps<'_>, entry: &Entry) -> Option<String> {
    let key = entry.key.value.to_ascii_lowercase();
    let value = entry.value.as_ref()?.value.as_str();
    let part = match key.as_str() {
        "vendorid" => Some(0),
        "productid" => Some(1),
        "vendor" | "product" | "serial" => None,
        _ => return None,
    };
    if !balanced(value) {
        return Some(format!("`{value}` is no pattern: a bracket is left open"));
    }
    let part = part.filter(|_| value.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    if value.len() != 4 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("`{value}` is not four hexadecimal digits"));
    }
    let written = ups.host.site().inventory().ups.get(ups.name())?;
    let wanted = written.usb.as_ref()?.as_str().split(':').nth(part)?;
    (!wanted.eq_ignore_ascii_case(value))
        .then(|| format!("is `{value}`, and `usb` says `{wanted}`"))
}

/// Whether every bracket of a pattern is closed.
fn balanced(pattern: &str) -> bool {
    let mut round = 0i32;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                chars.next();
            }
            '[' if !chars.by_ref().skip(1).any(|char| char == ']') => return false,
            '(' => round += 1,
            ')' => round -= 1,
            _ => {}
        }
        if round < 0 {
            return false;
        }
    }
    round == 0
}
