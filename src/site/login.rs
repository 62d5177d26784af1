//! Who is logged in to an upsd, by the list that `upsc -c` prints.

use std::collections::BTreeSet;

use super::{ParsedHost, Watch, address};
use crate::model::name::HostName;
use crate::model::observed::Seen;

/// Whether a client is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedIn<'a> {
    Yes,
    /// It is not among these.
    No(&'a [String]),
    /// The list could not be had, or the client's address is not known.
    Unknown(String),
}

impl<'a> ParsedHost<'a> {
    /// Whether `client` is in the list that this host got when it asked `system`, a UPS of `server`.
    ///
    /// upsd lists addresses. The loopback in its list is the server itself and nobody else.
    pub fn lists(self, system: &str, server: &HostName, client: &HostName) -> LoggedIn<'a> {
        let unknown = |why: &str| LoggedIn::Unknown(why.to_string());
        let Some(look) = self.look() else {
            return unknown("the host was not looked at");
        };
        let list = match look.clients.get(system) {
            Some(Seen::Is(list)) => list,
            Some(Seen::Unknown(why)) => return unknown(why),
            Some(Seen::Absent) => return unknown("upsd has no such UPS"),
            None => return unknown("upsc -c was not run"),
        };
        let own = server == client;
        let addresses = self.addresses_of(server, client);
        let is = |from: &String| {
            own && address::is_loopback(from)
                || addresses.iter().any(|known| address::same(known, from))
        };
        match list.iter().any(is) {
            true => LoggedIn::Yes,
            false if addresses.is_empty() && !own => LoggedIn::Unknown(format!(
                "its address is not known (logged in: {})",
                words(list)
            )),
            false => LoggedIn::No(list),
        }
    }

    /// From where a client of a server may come: as it says itself, and as the inventory has it.
    fn addresses_of(self, server: &HostName, client: &HostName) -> BTreeSet<String> {
        let site = self.site;
        let expected = site.host(server).map(|server| server.expect());
        let expected = expected.into_iter().flat_map(|expect| &expect.clients);
        let expected = expected
            .filter(|expected| expected.host == *client)
            .flat_map(|expected| expected.addresses.iter().map(ToString::to_string));
        let host = site.host(client);
        let own = host.into_iter().flat_map(|host| host.data.own_addresses());
        let ssh = host
            .and_then(|host| host.bundle())
            .map(|bundle| bundle.address.clone());
        let known = own.map(str::to_string).chain(expected);
        known
            .chain(ssh.filter(|address| address::is_ip(address)))
            .filter(|known| !address::is_loopback(known))
            .collect()
    }
}

impl<'a> Watch<'a> {
    /// Whether the host is logged in for what it watches: by what it heard when it asked itself,
    /// else by what its server heard.
    pub fn logged_in(self) -> LoggedIn<'a> {
        let Some(server) = self.server_name() else {
            return LoggedIn::Unknown("its server is not known".into());
        };
        let client = self.host.name();
        let asked = |host: ParsedHost<'a>, system: &str| match host.lists(system, server, client) {
            LoggedIn::Unknown(_) => None,
            known => Some(known),
        };
        let own = self.asked_as();
        let by_itself = own.iter().find_map(|system| asked(self.host, system));
        let by_server = || {
            let server = self.server()?;
            let ups = server.expect().ups.iter();
            let system = ups.filter(|ups| ups.name.as_str() == self.ups());
            let systems = system.map(|ups| ups.system.clone());
            let systems = systems.chain([format!("{}@127.0.0.1", self.ups())]);
            systems
                .collect::<Vec<_>>()
                .iter()
                .find_map(|system| asked(server, system))
        };
        by_itself
            .or_else(by_server)
            .unwrap_or_else(|| self.host.lists(self.system(), server, client))
    }
}

/// The addresses of a list, for a message.
pub fn words(list: &[String]) -> String {
    match list {
        [] => "nobody".into(),
        list => list.join(", "),
    }
}
