//! What a host's files should be, and what must be true when they are in force.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::inventory::{Platform, UsbId};
use super::name::HostName;
use super::text::Text;
use super::truenas::DesiredTrueNas;
use crate::nut::directive::File;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// Where Debian's NUT keeps its files.
pub const CONFIG_DIR: &str = "/etc/nut";
/// Mode of every managed file: they hold passwords, and upsd reads them as group `nut`.
pub const FILE_MODE: u32 = 0o640;
/// Owner of every managed file, from Debian's nut-server.postinst.
pub const FILE_OWNER: &str = "root";
/// Group of every managed file.
pub const FILE_GROUP: &str = "nut";

/// Everything one host should have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DesiredHost {
    pub name: HostName,
    pub platform: Platform,
    pub role: HostRole,
    /// The version the files are written for.
    pub nut: NutVersion,
    /// The managed files; empty where the platform is not written to.
    pub files: BTreeMap<File, DesiredFile>,
    /// What the middleware of a TrueNAS should have, where it is written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truenas: Option<DesiredTrueNas>,
    pub expect: Expect,
}

impl DesiredHost {
    /// Every UPS that the host serves or watches; see [`Expect::systems`].
    pub fn systems(&self) -> Vec<String> {
        self.expect.systems()
    }

    /// Whether its middleware is what is planned for and written to, and not its files.
    pub fn is_truenas(&self) -> bool {
        self.platform == Platform::Truenas
    }

    /// The NUT users whose passwords are needed to write it.
    pub fn users(&self) -> BTreeSet<String> {
        let files = self.files.values();
        let in_files = files.flat_map(|file| file.content.users());
        let user = self.truenas.as_ref().map(|truenas| truenas.user.as_str());
        in_files.chain(user).map(str::to_string).collect()
    }
}

/// What NUT does on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostRole {
    /// Driver, upsd and upsmon; with `clients` others log in to it.
    Server { clients: bool },
    /// upsmon only.
    Client,
}

impl HostRole {
    /// Whether drivers and upsd run on the host.
    pub fn is_server(self) -> bool {
        matches!(self, Self::Server { .. })
    }

    /// The value of nut.conf's MODE (nut.conf(5)).
    pub fn mode(self) -> &'static str {
        match self {
            Self::Server { clients: true } => "netserver",
            Self::Server { clients: false } => "standalone",
            Self::Client => "netclient",
        }
    }

    /// Debian packages the role needs.
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Server { .. } => &["nut-server", "nut-client"],
            Self::Client => &["nut-client"],
        }
    }
}

/// One managed file. Its owner and mode are [`FILE_OWNER`], [`FILE_GROUP`], [`FILE_MODE`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DesiredFile {
    pub content: Text,
    /// Which template made it, as it is named in the file's header.
    pub template: String,
}

/// What `verify` proves on a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// The UPSes its own upsd serves.
    pub ups: Vec<ExpectedUps>,
    /// Addresses on which upsd must listen; empty on a client.
    pub listen: Vec<ListenAddress>,
    /// What its upsmon watches.
    pub monitors: Vec<ExpectedMonitor>,
    /// Who must be logged in to its upsd.
    pub clients: Vec<ExpectedClient>,
}

impl Expect {
    /// Every UPS that the host serves or watches, as `NAME@ADDRESS`, once each.
    pub fn systems(&self) -> Vec<String> {
        let own = self.ups.iter().map(|ups| &ups.system);
        let watched = self.monitors.iter().map(|monitor| &monitor.system);
        let mut systems: Vec<String> = own.chain(watched).cloned().collect();
        systems.sort();
        systems.dedup();
        systems
    }
}

/// A UPS of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedUps {
    pub name: UpsName,
    /// `NAME@ADDRESS` under which the host itself reads it.
    pub system: String,
    pub driver: String,
    pub usb: Option<UsbId>,
}

/// An address and port of upsd, as in LISTEN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListenAddress {
    pub address: String,
    pub port: u16,
}

/// A MONITOR line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedMonitor {
    pub ups: UpsName,
    /// The inventory host whose upsd is asked.
    pub server: HostName,
    /// `NAME@ADDRESS` as upsmon.conf has it.
    pub system: String,
    pub user: String,
    pub primary: bool,
    pub power_value: u32,
}

/// A host that must be logged in to a server for a UPS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedClient {
    pub ups: UpsName,
    pub host: HostName,
    /// Its NUT user. Recordings of old have none.
    #[serde(default)]
    pub user: String,
    pub platform: Platform,
    /// Addresses it may come from; empty when the inventory only knows a name.
    pub addresses: BTreeSet<IpAddr>,
    /// Whether it is the server itself.
    pub own: bool,
}
