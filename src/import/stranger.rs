//! Who is seen from the hosts and was not looked at: servers that a MONITOR line names, and clients
//! that are logged in.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Build;
use super::draft::list;
use super::found::Found;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::{Reading, Seen};
use crate::nut::files::{Role, User};
use crate::nut::log::{Said, Texts, read};
use crate::nut::ups_name::{PORT, System, UpsName};
use crate::site::address;

impl Build<'_> {
    /// Makes a host of every server that is watched and unknown.
    pub fn meet_servers(&mut self) {
        for at in 0..self.founds.len() {
            let monitors = self.founds[at].monitors().to_vec();
            for monitor in &monitors {
                let (Some(host), Some(ups)) = (monitor.host(), monitor.ups()) else {
                    continue;
                };
                let asking = self.founds[at].name().clone();
                let server = match self.host_at(&asking, host) {
                    Some(server) => server,
                    None => self.new_host("server", host, "? a server that was not looked at"),
                };
                let looked = self.founds.iter().any(|found| *found.name() == server);
                if !looked && !self.names.contains_key(&(server.clone(), ups.into())) {
                    let answer = self.founds[at].look.ups.get(&monitor.system.value).cloned();
                    self.write_foreign(&server, ups, answer.as_ref());
                    self.write_port(&server, monitor.port());
                }
            }
        }
    }

    /// A UPS of a server that was not looked at, by what its upsd says.
    fn write_foreign(&mut self, server: &HostName, ups: &str, answer: Option<&Reading>) {
        let taken = |name: &UpsName| self.names.values().any(|other| other == name);
        let same = UpsName::new(ups).ok().filter(|name| !taken(name));
        let Some(name) = same.or_else(|| UpsName::new(&format!("{server}-{ups}")).ok()) else {
            return;
        };
        self.names
            .insert((server.clone(), ups.into()), name.clone());
        let variable = |key: &str| match answer {
            Some(Reading::Variables(all)) => all.get(key).cloned(),
            _ => None,
        };
        let key = |last| ["ups", name.as_str(), last];
        self.draft.open(&["ups", name.as_str()], "");
        self.draft.set(&key("host"), server.as_str(), "");
        match variable("driver.name") {
            Some(driver) => self.draft.set(&key("driver"), driver, ""),
            None => self
                .draft
                .set(&key("driver"), "usbhid-ups", "? its server did not say"),
        }
    }

    fn write_port(&mut self, server: &HostName, port: Option<u16>) {
        if let Some(port) = port.filter(|port| *port != PORT) {
            let path = ["hosts", server.as_str(), "upsd", "LISTEN"];
            self.draft.set(&path, format!("0.0.0.0 {port}"), "");
        }
    }

    fn new_host(&mut self, what: &str, at: &str, comment: &str) -> HostName {
        let plain = address::plain(at);
        let wanted = match address::is_ip(plain) {
            true => format!("{what}-{}", plain.replace(['.', ':'], "-")),
            false => plain.split('.').next().unwrap_or(plain).to_string(),
        };
        let name = HostName::new(wanted)
            .unwrap_or_else(|_| HostName::new(what).expect("a word is a name"));
        self.draft.open(&["hosts", name.as_str()], comment);
        self.draft
            .set(&["hosts", name.as_str(), "address"], plain, "");
        self.draft.set(
            &["hosts", name.as_str(), "platform"],
            Platform::External.as_str(),
            "",
        );
        self.addresses.add(plain, &name);
        name
    }

    /// Makes a host of every client that is logged in and unknown.
    pub fn meet_clients(&mut self) -> Result<(), String> {
        let mut met: BTreeMap<String, (HostName, BTreeSet<UpsName>)> = BTreeMap::new();
        for at in 0..self.founds.len() {
            for (system, clients) in self.founds[at].look.clients.clone() {
                let Some((server, ups)) = self.served(at, &system) else {
                    continue;
                };
                for client in clients.is().into_iter().flatten() {
                    let client = address::plain(client).to_string();
                    let known =
                        address::is_loopback(&client) || self.host_at(&server, &client).is_some();
                    if !known {
                        let all = met
                            .entry(client)
                            .or_insert((server.clone(), BTreeSet::new()));
                        all.1.insert(ups.clone());
                    }
                }
            }
        }
        for (client, (server, upses)) in met {
            self.write_client(&client, &server, &upses)?;
        }
        Ok(())
    }

    /// The server and the UPS behind a name that a host asked for.
    fn served(&self, at: usize, system: &str) -> Option<(HostName, UpsName)> {
        let system = System::parse(system).ok()?;
        let server = self.host_at(self.founds[at].name(), &system.host)?;
        let ups = self.names.get(&(server.clone(), system.ups))?;
        Some((server, ups.clone()))
    }

    fn write_client(
        &mut self,
        client: &str,
        server: &HostName,
        upses: &BTreeSet<UpsName>,
    ) -> Result<(), String> {
        let inventory = self.draft.inventory()?;
        let taken: BTreeSet<&str> = inventory
            .hosts
            .keys()
            .filter_map(|host| inventory.nut_user(host))
            .collect();
        let found = self.founds.iter().find(|found| found.name() == server);
        let journal = found.and_then(|found| user_in_journal(found, client));
        let guess = found.and_then(|found| guess_user(found, &taken));
        let known = journal.is_some();
        let user = journal.or(guess);
        let platform = user
            .as_deref()
            .zip(found)
            .and_then(|(user, found)| appliance(found, user, upses, &taken));
        let who = match (&user, known) {
            (Some(user), true) => format!("logs in as `{user}`"),
            (Some(user), false) => format!("perhaps as `{user}`: no journal tells"),
            (None, _) => "as a user that no journal tells".into(),
        };
        let what = platform.map_or(
            "an appliance or a host that was not looked at".into(),
            |p| format!("a {} by its user and UPS", p.as_str()),
        );
        let name = self.new_host("client", client, &format!("? {what}; {who}"));
        let key = |last| ["hosts", name.as_str(), last];
        if let Some(platform) = platform {
            self.draft
                .set(&key("platform"), platform.as_str(), "? guessed");
        } else if let Some(user) = &user {
            self.draft.set(
                &key("nut_user"),
                user.as_str(),
                if known { "" } else { "?" },
            );
        }
        self.draft.set(
            &key("powered_by"),
            list(upses.iter().map(UpsName::as_str)),
            "",
        );
        Ok(())
    }
}

/// As whom a client logged in last, by the server's journal.
fn user_in_journal(found: &Found<'_>, client: &str) -> Option<String> {
    let lines = found.look.journal.is()?;
    let texts = Texts::default();
    lines
        .iter()
        .rev()
        .find_map(|line| match read(line.split_once("]: ")?.1, &texts)? {
            Said::LoggedIn { user, address, .. } if address::same(&address, client) => Some(user),
            _ => None,
        })
}

/// A user for an upsmon elsewhere that no known host has; else any such user.
fn guess_user(found: &Found<'_>, taken: &BTreeSet<&str>) -> Option<String> {
    let may = |user: &&User| user.password.is_some() && user.role().is_some();
    let secondary = |user: &&User| user.role() == Some(Role::Secondary);
    let users = || found.users.users.iter().filter(may);
    let free = |user: &&User| !taken.contains(user.name.as_str());
    let best = users().filter(secondary).find(free);
    let best = best
        .or_else(|| users().find(secondary))
        .or_else(|| users().find(free));
    best.map(|user| user.name.clone())
}

/// The appliance whose vendor fixed this user, password and UPS.
fn appliance(
    found: &Found<'_>,
    user: &str,
    upses: &BTreeSet<UpsName>,
    taken: &BTreeSet<&str>,
) -> Option<Platform> {
    let password = found.users.user(user)?.password.as_ref()?.value.clone();
    let fits = |platform: &Platform| {
        platform.insists().is_some_and(|fixed| {
            fixed.user == user
                && fixed.password == password
                && upses.iter().all(|ups| ups.as_str() == fixed.ups)
        })
    };
    // Nobody else may have such a user in an inventory.
    let mut all = [Platform::Synology, Platform::Qnap].into_iter();
    all.find(fits).filter(|_| !taken.contains(user))
}

/// Whether a list of clients could not be had.
pub(super) fn unread_clients(found: &Found<'_>) -> Vec<(String, String)> {
    let all = found.look.clients.iter();
    all.filter_map(|(system, seen)| match seen {
        Seen::Unknown(why) => Some((system.clone(), why.clone())),
        _ => None,
    })
    .collect()
}
