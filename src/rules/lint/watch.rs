use super::host::Host;
use super::site::Site;
use crate::model::desired::ExpectedMonitor;
use crate::model::name::HostName;
use crate::nut::conf::Position;
use crate::nut::files::{Monitor, Role};
use crate::nut::ups_name::System;

/// A UPS that a host watches.
pub(super) struct Watch {
    /// `NAME@ADDRESS` as written.
    pub(super) system: String,
    /// The system taken apart.
    pub(super) target: System,
    /// The host of the inventory that is asked, when it is known.
    pub(super) server: Option<HostName>,
    pub(super) user: String,
    /// The password as its file has it; nothing where upsctl does not see the file.
    pub(super) password: Option<String>,
    pub(super) primary: bool,
    pub(super) power: u32,
    /// Where it stands in upsmon.conf.
    pub(super) place: Option<Position>,
    /// It was derived from the inventory as it is.
    pub(super) derived: bool,
}

/// What a host watches. A MONITOR line that NUT cannot take apart is the matter of other rules.
pub(super) fn of(site: &Site<'_>, host: &Host) -> Vec<Watch> {
    match &host.upsmon {
        Some(upsmon) => upsmon
            .monitors
            .iter()
            .filter_map(|m| of_line(site, host, m))
            .collect(),
        None => host
            .expect
            .monitors
            .iter()
            .filter_map(of_inventory)
            .collect(),
    }
}

fn of_line(site: &Site<'_>, host: &Host, monitor: &Monitor) -> Option<Watch> {
    let target = monitor.target.clone().ok()?;
    let system = monitor.system.value.clone();
    let expected = host
        .expect
        .monitors
        .iter()
        .find(|expected| expected.system == system);
    let server = match expected {
        Some(expected) => Some(expected.server.clone()),
        None if is_loopback(&target.host) => Some(host.name.clone()),
        None => site.host_at(&target.host).cloned(),
    };
    Some(Watch {
        server,
        user: monitor.user.value.clone(),
        password: Some(monitor.password.value.clone()),
        primary: role(&monitor.role_word.value) == Role::Primary,
        power: monitor.power_value().unwrap_or(0),
        place: Some(monitor.place.clone()),
        derived: expected.is_some(),
        system,
        target,
    })
}

/// NUT takes any word it does not know for a secondary; 2.7.4 does not know `primary`, which is
/// the matter of a rule of its own: here it is what was meant.
fn role(word: &str) -> Role {
    Role::of_word(word).unwrap_or(Role::Secondary)
}

fn of_inventory(expected: &ExpectedMonitor) -> Option<Watch> {
    Some(Watch {
        target: System::parse(&expected.system).ok()?,
        system: expected.system.clone(),
        server: Some(expected.server.clone()),
        user: expected.user.clone(),
        password: None,
        primary: expected.primary,
        power: expected.power_value,
        place: None,
        derived: true,
    })
}

/// Whether an address always means the machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
