//! What an outage takes its course by, from a site's files and from what its UPSes say.

use std::collections::BTreeMap;

use super::battery::{Battery, Decides};
use super::guests::{self, Guests};
use super::input::{Figure, Host, Leaves, Mount, Outage, Ups, Watch};
use super::way_down::WayDown;
use crate::model::inventory::{self, Platform};
use crate::model::name::HostName;
use crate::model::observed::Seen;
use crate::nut::battery::{self, figure};
use crate::nut::status::{StatusWord, UpsStatus};
use crate::nut::ups_name::UpsName;
use crate::site::{LoggedIn, ParsedHost, ParsedSite, ParsedUps, address};

/// What was seen of a host beside NUT.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub guests: Guests,
    pub mounts: Vec<Mount>,
}

/// The outage of a site: by the files it was read with, and by its UPSes where they were asked.
pub fn outage(site: &ParsedSite<'_>, beside: &BTreeMap<HostName, Beside>) -> Outage {
    let inventory = site.inventory();
    let ups = inventory.ups.iter();
    Outage {
        ups: ups.map(|(name, ups)| of_ups(site, name, ups)).collect(),
        hosts: site
            .hosts()
            .map(|host| of_host(site, host, beside.get(host.name())))
            .collect(),
    }
}

fn of_ups(site: &ParsedSite<'_>, name: &UpsName, ups: &inventory::Ups) -> Ups {
    let server = site.host(&ups.host);
    let parsed = server.and_then(|server| {
        let mut all = server.upses();
        all.find(|parsed| parsed.name() == name.as_str())
    });
    let driver = parsed
        .and_then(ParsedUps::driver)
        .unwrap_or(&ups.driver)
        .to_string();
    Ups {
        name: name.clone(),
        server: ups.host.clone(),
        battery: parsed.map_or_else(Battery::default, |parsed| battery(parsed, &driver)),
        off_delay: off_delay(parsed, &driver),
        on_delay: on_delay(parsed, &driver),
        strangers: server.map_or(0, |server| strangers(site, server, name)),
        driver,
    }
}

fn battery(ups: ParsedUps<'_>, driver: &str) -> Battery {
    let set = |name: &str| {
        let value = ["override", "default"]
            .iter()
            .find_map(|kind| ups.value(&format!("{kind}.{name}")));
        value.and_then(figure)
    };
    let figure = |name: &str| {
        let said = ups.variable(name).and_then(figure);
        said.or_else(|| set(name))
    };
    Battery {
        charge: figure("battery.charge"),
        runtime: figure("battery.runtime"),
        charge_low: figure("battery.charge.low"),
        runtime_low: figure("battery.runtime.low"),
        decides: match ups.limit_only_shown() {
            _ if battery::ignores_lb(ups.section) => Decides::Driver,
            None if driver != "dummy-ups" => Decides::Ups,
            _ => Decides::Unknown,
        },
        on_battery: ups
            .variable("ups.status")
            .is_some_and(|status| UpsStatus::parse(status).has(&StatusWord::Ob)),
    }
}

/// What a driver calls a delay in ups.conf, and the seconds it has by itself.
struct Delay {
    drivers: &'static [&'static str],
    key: &'static str,
    own: f64,
    /// Seconds in one of its units.
    unit: f64,
}

const fn named(drivers: &'static [&'static str], key: &'static str, own: f64, unit: f64) -> Delay {
    Delay {
        drivers,
        key,
        own,
        unit,
    }
}

const BLAZER: &[&str] = &["blazer_usb", "blazer_ser"];

/// Before the cut: the drivers' man pages and sources, up to 2.8.5.
const OFF: &[Delay] = &[
    named(&["usbhid-ups"], "offdelay", 20.0, 1.0),
    named(&["nutdrv_qx"], "offdelay", 30.0, 1.0),
    named(BLAZER, "offdelay", 30.0, 1.0),
    named(&["tripplite_usb"], "offdelay", 64.0, 1.0),
    named(&["bcmxcp", "bcmxcp_usb"], "shutdown_delay", 120.0, 1.0),
];

/// After the return of mains: likewise.
const ON: &[Delay] = &[
    named(&["usbhid-ups"], "ondelay", 30.0, 1.0),
    named(&["nutdrv_qx"], "ondelay", 180.0, 1.0),
    named(BLAZER, "ondelay", 3.0, 60.0),
];

/// How long the UPS waits with the cut; `None` where nothing cuts it.
fn off_delay(ups: Option<ParsedUps<'_>>, driver: &str) -> Option<Figure> {
    // dummy-ups has no outlets; sdorder -1 leaves a UPS out of `upsdrvctl shutdown` (ups.conf(5)).
    let left_out = ups.is_some_and(|ups| ups.value("sdorder").is_some_and(|order| order == "-1"));
    if driver == "dummy-ups" || left_out {
        return None;
    }
    let unknown = || Figure::new(0.0, "not known, taken for none");
    Some(delay(ups, driver, "ups.delay.shutdown", OFF).unwrap_or_else(unknown))
}

fn on_delay(ups: Option<ParsedUps<'_>>, driver: &str) -> Option<Figure> {
    delay(ups, driver, "ups.delay.start", ON)
}

/// A delay as the UPS tells it, else as ups.conf has it, else the driver's own.
fn delay(
    ups: Option<ParsedUps<'_>>,
    driver: &str,
    variable: &str,
    table: &[Delay],
) -> Option<Figure> {
    let good = |seconds: &f64| *seconds >= 0.0;
    if let Some(seconds) = ups.and_then(|ups| ups.number(variable)).filter(good) {
        return Some(Figure::new(seconds, variable));
    }
    let known = table.iter().find(|delay| delay.drivers.contains(&driver))?;
    let written = ups.and_then(|ups| ups.value(known.key)?.parse::<f64>().ok());
    Some(match written.filter(good) {
        Some(number) => Figure::new(number * known.unit, format!("{} in ups.conf", known.key)),
        None => Figure::new(known.own * known.unit, format!("the default of {driver}")),
    })
}

/// How many clients are logged in that are no host of the site.
fn strangers(site: &ParsedSite<'_>, server: ParsedHost<'_>, ups: &UpsName) -> usize {
    let Some(look) = server.look() else { return 0 };
    let expected = server
        .expect()
        .ups
        .iter()
        .find(|expected| expected.name == *ups);
    let system = expected.map_or_else(|| format!("{ups}@127.0.0.1"), |ups| ups.system.clone());
    let Some(Seen::Is(list)) = look.clients.get(&system) else {
        return 0;
    };
    let known = |from: &String| {
        let plain = address::plain(from);
        let expected = server.expect().clients.iter();
        let mut expected = expected.flat_map(|client| &client.addresses);
        address::is_loopback(plain)
            || server.owns(plain)
            || site.host_at(plain).is_some()
            || expected.any(|ip| ip.to_string() == plain)
    };
    list.iter().filter(|from| !known(from)).count()
}

fn of_host(site: &ParsedSite<'_>, host: ParsedHost<'_>, beside: Option<&Beside>) -> Host {
    let written = site.written(host.name());
    let stated = written.and_then(|host| host.shutdown_takes);
    let stated = stated.map(|takes| takes.as_secs() as f64);
    let version = host.version();
    let guests = beside.map_or_else(Guests::default, |beside| beside.guests.clone());
    Host {
        name: host.name().clone(),
        platform: host.platform(),
        version,
        delays: host.timing(),
        watches: host
            .watches()
            .filter_map(|watch| of_watch(site, watch))
            .collect(),
        min_supplies: host.number("MINSUPPLIES").max(0).unsigned_abs() as u32,
        fed_by: site
            .fed(host.name())
            .into_iter()
            .map(|(ups, _)| ups.clone())
            .collect(),
        cuts: host.upsmon("POWERDOWNFLAG").is_some(),
        logged_in: logged_in(host),
        leaves: match host.platform() {
            Platform::Truenas => Leaves::WhenLow,
            _ => Leaves::WhenTold,
        },
        way_down: match (&guests, stated) {
            (Guests::Seen(node), stated) => guests::way_down(node, stated),
            (_, Some(seconds)) => WayDown::stated(seconds),
            _ => WayDown::assumed(),
        },
        guests,
        mounts: beside.map_or_else(Vec::new, |beside| beside.mounts.clone()),
    }
}

/// A watch of a UPS that the inventory has; any other is none of this site.
fn of_watch(site: &ParsedSite<'_>, watch: crate::site::Watch<'_>) -> Option<Watch> {
    let (name, ups) = site
        .inventory()
        .ups
        .iter()
        .find(|(name, _)| name.as_str().eq_ignore_ascii_case(watch.ups()))?;
    (watch.server_name()? == &ups.host).then(|| Watch {
        ups: name.clone(),
        primary: watch.is_primary(),
        power: watch.power(),
    })
}

/// Whether it is logged in everywhere it should be, as far as its servers were asked.
fn logged_in(host: ParsedHost<'_>) -> Option<bool> {
    let mut known = None;
    for watch in host.watches() {
        match watch.logged_in() {
            LoggedIn::No(_) => return Some(false),
            LoggedIn::Yes => known = Some(true),
            LoggedIn::Unknown(_) => {}
        }
    }
    known
}
