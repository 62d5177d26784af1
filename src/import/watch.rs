//! Who watches which UPS, under which address and as whom.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::build::Build;
use super::draft::list;
use super::found::Found;
use crate::model::import::Fate;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::files::Monitor;
use crate::nut::ups_name::UpsName;
use crate::site::address;

/// A MONITOR line with what it leads to.
pub(super) struct SeenWatch<'f> {
    pub monitor: &'f Monitor,
    pub server: Option<HostName>,
    pub ups: Option<UpsName>,
}

impl Build<'_> {
    /// The MONITOR lines of a host.
    pub fn watches<'f>(&self, found: &'f Found<'_>) -> Vec<SeenWatch<'f>> {
        let all = found.monitors().iter().map(|monitor| {
            let server = monitor
                .host()
                .and_then(|host| self.host_at(found.name(), host));
            let section = monitor.ups().map(str::to_string);
            let key = server.clone().zip(section);
            SeenWatch {
                ups: key.and_then(|key| self.names.get(&key).cloned()),
                monitor,
                server,
            }
        });
        all.collect()
    }

    /// Writes what feeds each host, and as whom it logs in.
    pub fn write_feeds(&mut self) -> Result<(), String> {
        for at in 0..self.founds.len() {
            let found = &self.founds[at];
            let watches = self.watches(found);
            let mut notes = Vec::new();
            let mut fed: Vec<UpsName> = Vec::new();
            for watch in &watches {
                notes.extend(odd(found, watch));
                let power = watch.monitor.power_value().unwrap_or(0);
                if let Some(ups) = watch.ups.clone().filter(|_| power > 0) {
                    if !fed.contains(&ups) {
                        fed.push(ups);
                    }
                }
            }
            let user = login(found, &watches);
            for watch in &watches {
                notes.extend(other_user(found, watch, user.as_deref()));
            }
            let name = found.name().clone();
            let own = self.names.iter().filter(|((host, _), _)| *host == name);
            let own: BTreeSet<&UpsName> = own.map(|(_, ups)| ups).collect();
            let derived = own == fed.iter().collect();
            let key = |last| ["hosts", name.as_str(), last];
            if !derived {
                self.draft.set(
                    &key("powered_by"),
                    list(fed.iter().map(UpsName::as_str)),
                    "",
                );
            }
            if let Some(user) = user.filter(|user| user != name.as_str()) {
                self.draft.set(&key("nut_user"), user.as_str(), "");
            }
            self.notes.extend(notes);
        }
        Ok(())
    }

    /// Writes under which address clients reach a server, where `address` is none.
    pub fn write_addresses(&mut self) -> Result<(), String> {
        let mut chosen: Vec<(HostName, IpAddr)> = Vec::new();
        for found in &self.founds {
            for watch in self.watches(found) {
                let asked = watch.monitor.host().and_then(|host| host.parse().ok());
                let remote = watch.server.filter(|server| server != found.name());
                if let Some((server, asked)) = remote.zip(asked) {
                    chosen.push((server, asked));
                }
            }
        }
        for found in self.founds.iter().filter(|found| found.serves()) {
            if let Some(own) = own_address(found) {
                chosen.push((found.name().clone(), own));
            }
        }
        for (server, address) in chosen {
            let path = ["hosts", server.as_str(), "nut_address"];
            let inventory = self.draft.inventory()?;
            let host = inventory.hosts.get(&server);
            let is_ip = host.is_some_and(|host| host.address == address.to_string());
            let found = self.founds.iter().any(|found| *found.name() == server);
            if found && !self.draft.has(&path) && !is_ip {
                self.draft.set(&path, address.to_string(), "");
            }
        }
        Ok(())
    }
}

/// The address that clients most likely use: one that upsd listens on, else the first one.
fn own_address(found: &Found<'_>) -> Option<IpAddr> {
    if address::is_ip(&found.target.address) {
        return None;
    }
    let listens = found.upsd.listens.iter().map(|l| l.address.value.as_str());
    let own = |asked: &&str| found.look.addresses.iter().any(|own| own == asked);
    let listened: Option<&str> = listens
        .filter(|l| own(l))
        .find(|l| !address::is_loopback(l));
    let v4 = found.look.addresses.iter().find(|own| !own.contains(':'));
    listened.or(v4.map(String::as_str))?.parse().ok()
}

/// As whom a host logs in: on its own upsd first, else where it is fed from.
fn login(found: &Found<'_>, watches: &[SeenWatch<'_>]) -> Option<String> {
    let known = || watches.iter().filter(|watch| watch.ups.is_some());
    let own = known().find(|watch| watch.server.as_ref() == Some(found.name()));
    let fed = || known().find(|watch| watch.monitor.power_value().unwrap_or(0) > 0);
    let chosen = own.or_else(fed).or_else(|| known().next());
    if let Some(watch) = chosen {
        return Some(watch.monitor.user.value.clone());
    }
    // Nobody watches the UPS here: whoever was meant to is known already.
    let primary = Some(crate::nut::files::Role::Primary);
    let mut users = found.users.users.iter();
    let user = users.find(|user| user.role() == primary && user.password.is_some())?;
    found.serves().then(|| user.name.clone())
}

fn text(monitor: &Monitor) -> String {
    format!(
        "MONITOR {} {} {} (password) {}",
        monitor.system.value, monitor.power_word.value, monitor.user.value, monitor.role_word.value
    )
}

/// What a MONITOR line says and the inventory cannot.
fn odd(found: &Found<'_>, watch: &SeenWatch<'_>) -> Vec<crate::model::import::ImportNote> {
    let monitor = watch.monitor;
    let note = |why: &str| {
        let line = Some(monitor.place.line);
        found.note(Fate::Changes, File::Upsmon, line, text(monitor), why)
    };
    let own = watch.server.as_ref() == Some(found.name());
    let power = monitor.power_value().unwrap_or(0);
    let mut notes = Vec::new();
    if watch.server.is_none() {
        notes.push(note(
            "this names no server: NUT takes such a UPS as on mains for ever",
        ));
    } else if watch.ups.is_none() {
        notes.push(note("its server has no such UPS: the line is left out"));
    } else if power > 1 {
        notes.push(note(
            "a UPS feeds a host or does not: the power value becomes 1",
        ));
    } else if power == 0 && !own {
        notes.push(note(
            "it only watches a UPS that does not feed it, which upsctl does not derive: the line \
             is left out",
        ));
    }
    notes
}

fn other_user(
    found: &Found<'_>,
    watch: &SeenWatch<'_>,
    user: Option<&str>,
) -> Option<crate::model::import::ImportNote> {
    let user = user?;
    let monitor = watch.monitor;
    let other = watch.ups.is_some() && monitor.user.value != user;
    other.then(|| {
        let why = format!("a host logs in as one user everywhere: from now on as `{user}`");
        let line = Some(monitor.place.line);
        found.note(Fate::Changes, File::Upsmon, line, text(monitor), why)
    })
}
