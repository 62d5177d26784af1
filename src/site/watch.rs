use std::collections::BTreeMap;

use super::host::{HostData, WatchData};
use super::{ParsedHost, ParsedSite, address};
use crate::model::desired::ExpectedMonitor;
use crate::model::name::HostName;
use crate::model::observed::Reading;
use crate::nut::files::{Monitor, Role};
use crate::nut::ups_name::System;

/// What a host watches. A MONITOR line that NUT cannot take apart is none.
pub(super) fn of<'a>(site: &ParsedSite<'a>, host: &HostData<'a>) -> Vec<WatchData<'a>> {
    let Some(upsmon) = &host.files.upsmon else {
        let expected = host.expect.monitors.iter();
        return expected.filter_map(of_inventory).collect();
    };
    let lines = upsmon.monitors.iter().enumerate();
    lines
        .filter_map(|(at, monitor)| of_line(site, host, at, monitor))
        .collect()
}

fn of_line<'a>(
    site: &ParsedSite<'a>,
    host: &HostData<'a>,
    at: usize,
    monitor: &Monitor,
) -> Option<WatchData<'a>> {
    let target = monitor.target.clone().ok()?;
    let system = &monitor.system.value;
    let mut all = host.expect.monitors.iter();
    let expected = all.find(|expected| expected.system == *system);
    let server = match expected {
        Some(expected) => Some(expected.server.clone()),
        None if address::is_loopback(&target.host) => Some(host.name.clone()),
        None => site.host_at(&target.host).map(|host| host.name().clone()),
    };
    Some(WatchData {
        system: system.clone(),
        target,
        server,
        line: Some(at),
        expected,
    })
}

fn of_inventory(expected: &ExpectedMonitor) -> Option<WatchData<'_>> {
    Some(WatchData {
        target: System::parse(&expected.system).ok()?,
        system: expected.system.clone(),
        server: Some(expected.server.clone()),
        line: None,
        expected: Some(expected),
    })
}

/// A UPS that a host watches, and the server it asks.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    pub host: ParsedHost<'a>,
    pub(super) data: &'a WatchData<'a>,
}

impl<'a> ParsedHost<'a> {
    /// The UPSes it watches: by its upsmon.conf or, where that is not seen, by the inventory.
    pub fn watches(self) -> impl Iterator<Item = Watch<'a>> + use<'a> {
        let all = self.data.watches.iter();
        all.map(move |data| Watch { host: self, data })
    }

    /// Those who watch a UPS of this host, the host itself included.
    pub fn watchers(self) -> impl Iterator<Item = Watch<'a>> + use<'a> {
        let site = self.site;
        let clients = site
            .watchers
            .get(self.name())
            .map_or(&[][..], Vec::as_slice);
        clients.iter().map(move |(host, at)| {
            let data = &site.hosts[*host];
            Watch {
                host: ParsedHost { site, data },
                data: &data.watches[*at],
            }
        })
    }

    /// The hosts that follow this one: secondaries of its UPSes, each once, by name.
    pub fn secondaries(self) -> Vec<ParsedHost<'a>> {
        let others = self
            .watchers()
            .filter(|watch| !watch.host.is(self) && !watch.is_primary());
        let hosts: BTreeMap<_, _> = others
            .map(|watch| (watch.host.name(), watch.host))
            .collect();
        hosts.into_values().collect()
    }

    /// Whether it is the primary of a UPS on its own cable.
    pub fn is_primary(self) -> bool {
        self.watches()
            .any(|watch| watch.is_primary() && watch.is_own())
    }
}

impl<'a> Watch<'a> {
    /// `NAME@ADDRESS` as written.
    pub fn system(self) -> &'a str {
        &self.data.system
    }

    /// The name of the UPS.
    pub fn ups(self) -> &'a str {
        &self.data.target.ups
    }

    /// The address that is asked.
    pub fn address(self) -> &'a str {
        &self.data.target.host
    }

    pub fn port(self) -> u16 {
        self.data.target.port
    }

    /// Its MONITOR line, where upsmon.conf is seen.
    pub fn monitor(self) -> Option<&'a Monitor> {
        self.host.upsmon_conf()?.monitors.get(self.data.line?)
    }

    /// It was derived from the inventory as it is.
    pub fn is_derived(self) -> bool {
        self.data.expected.is_some()
    }

    pub fn user(self) -> &'a str {
        match (self.monitor(), self.data.expected) {
            (Some(line), _) => &line.user.value,
            (None, Some(expected)) => &expected.user,
            (None, None) => "",
        }
    }

    /// The password as its file has it; nothing where the file is not seen.
    pub fn password(self) -> Option<&'a str> {
        Some(&self.monitor()?.password.value)
    }

    /// NUT takes any word it does not know for a secondary; 2.7.4 does not know `primary`, which is
    /// the matter of a rule of its own: here it is what was meant.
    pub fn role(self) -> Role {
        match self.monitor() {
            Some(line) => line.role(),
            None if self.data.expected.is_some_and(|expected| expected.primary) => Role::Primary,
            None => Role::Secondary,
        }
    }

    pub fn is_primary(self) -> bool {
        self.role() == Role::Primary
    }

    /// How many supplies of the host hang on it.
    pub fn power(self) -> u32 {
        match self.monitor() {
            Some(line) => line.power_value().unwrap_or(0),
            None => self
                .data
                .expected
                .map_or(0, |expected| expected.power_value),
        }
    }

    /// The host that is asked, when it is known.
    pub fn server_name(self) -> Option<&'a HostName> {
        self.data.server.as_ref()
    }

    /// The same for people: its address when it is no host of the run.
    pub fn server_label(self) -> String {
        let name = self.server_name().map(ToString::to_string);
        name.unwrap_or_else(|| self.address().to_string())
    }

    /// The same host, when it is part of the run.
    pub fn server(self) -> Option<ParsedHost<'a>> {
        self.host.site().host(self.server_name()?)
    }

    /// Whether the server is the host itself.
    pub fn is_own(self) -> bool {
        self.server_name() == Some(self.host.name())
    }

    /// What `upsc` said of it on the host that watches.
    pub fn reading(self) -> Option<&'a Reading> {
        let readings = &self.host.look()?.ups;
        self.asked_as()
            .iter()
            .find_map(|system| readings.get(system))
    }

    /// The names under which the host may have asked.
    pub(super) fn asked_as(self) -> Vec<String> {
        let written = self.system().to_string();
        let plain = self.system().replace("@localhost", "@127.0.0.1");
        let own = format!("{}@127.0.0.1", self.ups());
        let mut names = vec![written, plain];
        names.extend(Some(own).filter(|_| self.is_own()));
        names
    }

    /// Whether upsmon, or the upsd it asks, was started just now: a login comes with the next poll.
    pub fn is_young(self) -> bool {
        let server = self.server();
        self.host.upsmon_has_just_begun() || server.is_some_and(ParsedHost::upsd_has_just_begun)
    }
}
