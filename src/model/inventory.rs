//! What the owner wrote. The doc comments are the inventory reference: the JSON Schema and the
//! README's table are generated from them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::HostName;
use crate::nut::directive::File;
use crate::nut::files::Role;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// A site: its UPSes, its hosts, its NUT users and where passwords come from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Inventory {
    /// The UPSes, by the name that `upsc NAME@host` uses.
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/UpsName"}))]
    pub ups: BTreeMap<UpsName, Ups>,
    /// The machines.
    #[schemars(extend("propertyNames" = {"$ref": "#/$defs/HostName"}))]
    pub hosts: BTreeMap<HostName, Host>,
    /// NUT users beside the derived ones, or a password of its own for a derived one.
    #[schemars(extend("propertyNames" = {"format": "nut-user"}))]
    pub users: BTreeMap<String, InventoryUser>,
    /// Where passwords come from.
    pub secrets: Secrets,
    /// Directives for all hosts, under the host's own.
    pub defaults: Overrides,
    /// Rule ids to silence on every host.
    pub allow: Vec<String>,
    /// The Prometheus that scrapes an exporter for NUT; `metrics` and `power` ask it.
    pub prometheus: Option<Prometheus>,
    /// What measures the rack's draw at the wall, for `power`.
    pub power: Option<Power>,
    /// What holds for the whole site.
    pub site: Site,
}

/// What holds for the whole site.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    /// The TCP port on which `drill` rehearses; clients must reach it as they reach 3493. Default: 3494.
    #[schemars(range(min = 1))]
    pub drill_port: u16,
}

impl Default for Site {
    fn default() -> Self {
        Self { drill_port: 3494 }
    }
}

/// One UPS.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ups {
    /// The host at the other end of the cable: it runs driver and upsd and is the primary.
    pub host: HostName,
    /// NUT driver, such as `usbhid-ups`.
    #[schemars(extend("format" = "driver"))]
    pub driver: String,
    /// Port for the driver; USB drivers want `auto`.
    #[serde(default = "auto")]
    #[schemars(extend("format" = "nut-word"))]
    pub port: String,
    /// Free text that clients see.
    #[schemars(extend("format" = "nut-text"))]
    pub desc: Option<String>,
    /// USB id `vvvv:pppp` that `lsusb` must show on the host.
    pub usb: Option<UsbId>,
    /// Any other ups.conf key of the section, in NUT's spelling; `true` writes a flag, and a secret
    /// comes from a source as passwords do: `community = { env = "…" }`.
    #[serde(default)]
    pub options: Directives,
}

fn auto() -> String {
    "auto".into()
}

/// One machine.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Where ssh finds it: address, name or `Host` alias; `local` is this machine, without ssh.
    #[schemars(extend("format" = "address"))]
    pub address: String,
    /// Address under which NUT clients reach its upsd; default: `address` when that is an IP.
    pub nut_address: Option<IpAddr>,
    /// Login name; default from the ssh configuration. Others than `root` use `sudo -n`.
    #[schemars(extend("format" = "login"))]
    pub user: Option<String>,
    /// SSH port.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// SSH private key file.
    #[schemars(extend("format" = "path"))]
    pub identity_file: Option<PathBuf>,
    /// Jump hosts, as for `ssh -J`.
    #[schemars(extend("format" = "jump"))]
    pub jump: Option<String>,
    /// What runs on it; `debian` is written to, `truenas` where `truenas` has a way in.
    #[serde(default)]
    pub platform: Platform,
    /// Tags for `@tag` on the command line.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The UPSes whose outlets feed it; default: those on its own cables.
    pub powered_by: Option<Vec<UpsName>>,
    /// How long its operating system needs to go down, such as `90s` or `3m`; the primary waits that long.
    pub shutdown_takes: Option<Delay>,
    /// Its NUT user; default: its name in the inventory.
    #[schemars(extend("format" = "nut-user"))]
    pub nut_user: Option<String>,
    /// NUT version, such as `2.8.1`, for when the host cannot be asked.
    pub nut_version: Option<NutVersion>,
    /// Rule ids to silence on this host.
    #[serde(default)]
    pub allow: Vec<String>,
    /// nut.conf variables over the derived ones.
    #[serde(default)]
    pub nut: Directives,
    /// Keys of the global part of ups.conf over the derived ones.
    #[serde(default)]
    pub ups: Directives,
    /// upsd.conf directives over the derived ones.
    #[serde(default)]
    pub upsd: Directives,
    /// upsmon.conf directives over the derived ones.
    #[serde(default)]
    pub upsmon: Directives,
    /// The way in to its middleware, on platform `truenas`: with one it is written to.
    pub truenas: Option<TrueNas>,
}

/// The way in to the middleware of a TrueNAS, and what only TrueNAS has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrueNas {
    /// `ssh`: the login of the host; nothing is installed on it.
    pub over: Option<Over>,
    /// Go down after so long on battery, in whole seconds; default: when the battery is low.
    pub on_battery_for: Option<Delay>,
}

/// How a TrueNAS is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// As root over ssh, to the middleware's socket.
    Ssh,
}

impl Inventory {
    /// The NUT user a host's upsmon logs in as; nothing for a host that is not in the inventory.
    pub fn nut_user<'a>(&'a self, name: &'a HostName) -> Option<&'a str> {
        let host = self.hosts.get(name)?;
        let chosen = host.nut_user.as_deref().unwrap_or(name.as_str());
        Some(host.platform.insists().map_or(chosen, |fixed| fixed.user))
    }

    /// The UPSes on a host's own cables.
    pub fn ups_of<'a>(
        &'a self,
        host: &'a HostName,
    ) -> impl Iterator<Item = (&'a UpsName, &'a Ups)> {
        self.ups.iter().filter(move |(_, ups)| ups.host == *host)
    }

    /// The other hosts whose UPSes feed a host.
    pub fn servers_of(&self, host: &HostName) -> BTreeSet<HostName> {
        let keys = self.hosts.get(host).into_iter();
        keys.flat_map(|keys| keys.powered_by.iter().flatten())
            .filter_map(|ups| self.ups.get(ups))
            .map(|ups| ups.host.clone())
            .filter(|server| server != host)
            .collect()
    }

    /// Whether upsctl writes to a host.
    pub fn is_managed(&self, host: &HostName) -> bool {
        let keys = self.hosts.get(host);
        keys.is_some_and(Host::is_managed)
    }
}

impl Host {
    /// Whether upsctl writes to it.
    pub fn is_managed(&self) -> bool {
        match self.platform {
            Platform::Debian => true,
            Platform::Truenas => self.truenas.is_some(),
            Platform::Synology | Platform::Qnap | Platform::External => false,
        }
    }

    /// Whether its middleware is what is written to, and not its files.
    pub fn is_managed_truenas(&self) -> bool {
        self.platform == Platform::Truenas && self.is_managed()
    }

    /// The address under which NUT's clients reach it; `local` is no address for anybody else.
    pub fn nut_reach(&self) -> Option<String> {
        match self.nut_address {
            Some(address) => Some(address.to_string()),
            None if self.address == "local" => None,
            None => Some(self.address.clone()),
        }
    }

    /// The host's own directives for a file; upsd.users has none.
    pub fn overrides(&self, file: File) -> Option<&Directives> {
        by_file(file, [&self.nut, &self.ups, &self.upsd, &self.upsmon])
    }
}

impl Overrides {
    /// The directives for a file; upsd.users has none.
    pub fn of(&self, file: File) -> Option<&Directives> {
        by_file(file, [&self.nut, &self.ups, &self.upsd, &self.upsmon])
    }
}

fn by_file(file: File, [nut, ups, upsd, upsmon]: [&Directives; 4]) -> Option<&Directives> {
    match file {
        File::Nut => Some(nut),
        File::Ups => Some(ups),
        File::Upsd => Some(upsd),
        File::UpsdUsers => None,
        File::Upsmon => Some(upsmon),
    }
}

/// Directives that override what was derived, by file and NUT's own names.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    /// nut.conf variables.
    pub nut: Directives,
    /// Keys of the global part of ups.conf.
    pub ups: Directives,
    /// upsd.conf directives.
    pub upsd: Directives,
    /// upsmon.conf directives.
    pub upsmon: Directives,
}

/// Directives by name, in NUT's spelling.
pub type Directives = BTreeMap<String, DirectiveValue>;

/// The value of a directive. `false` writes none; an array writes one line for each element, a
/// table one line `NAME key value` for each key.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Value")]
pub enum DirectiveValue {
    Bool(bool),
    Integer(i64),
    #[schemars(skip)]
    Float(f64),
    Text(String),
    List(Vec<DirectiveValue>),
    Table(BTreeMap<String, DirectiveValue>),
}

/// What runs on a host.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Debian, Proxmox VE, Ubuntu: files in /etc/nut, systemd units. Managed.
    #[default]
    Debian,
    /// TrueNAS SCALE: configured through its middleware, or by hand in its UI.
    Truenas,
    /// Synology DSM: insists on UPS `ups` and user `monuser`/`secret`.
    Synology,
    /// QNAP QTS: insists on UPS `qnapups` and user `admin`/`123456`.
    Qnap,
    /// Anything else that is looked after by hand.
    External,
}

/// What an appliance insists on (its vendor fixed it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insists {
    /// The name of the UPS.
    pub ups: &'static str,
    /// The NUT user.
    pub user: &'static str,
    /// Its password, which everybody knows.
    pub password: &'static str,
}

impl Platform {
    /// The UPS name, user and password the platform insists on.
    pub fn insists(self) -> Option<Insists> {
        let (ups, user, password) = match self {
            Self::Synology => ("ups", "monuser", "secret"),
            Self::Qnap => ("qnapups", "admin", "123456"),
            Self::Debian | Self::Truenas | Self::External => return None,
        };
        Some(Insists {
            ups,
            user,
            password,
        })
    }

    /// The word in the inventory.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Truenas => "truenas",
            Self::Synology => "synology",
            Self::Qnap => "qnap",
            Self::External => "external",
        }
    }
}

/// A NUT user of upsd.users.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "User")]
pub struct InventoryUser {
    /// Hosts whose upsd knows the user; default: every one.
    pub on: Option<Vec<HostName>>,
    /// `SET`, `FSD`.
    pub actions: Vec<String>,
    /// Instant commands it may run, or `ALL`.
    pub instcmds: Vec<String>,
    /// What an upsmon that logs in as it may be, for one on a machine that is in no inventory;
    /// the users of hosts have the role that follows from the cables.
    pub upsmon: Option<UpsmonRole>,
    /// Where its password comes from; default: `[secrets] password`.
    pub password: Option<SecretSource>,
}

/// The role of an upsmon, in the words of NUT 2.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UpsmonRole {
    /// May set FSD: goes down last.
    Primary,
    /// Follows.
    Secondary,
}

impl From<UpsmonRole> for Role {
    fn from(role: UpsmonRole) -> Self {
        match role {
            UpsmonRole::Primary => Self::Primary,
            UpsmonRole::Secondary => Self::Secondary,
        }
    }
}

/// Where passwords come from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// Source for every user without one of its own; `{user}` is filled in.
    pub password: Option<SecretSource>,
}

/// The Prometheus of the site, or what speaks its HTTP API.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prometheus {
    /// Its address as a browser opens it, path prefix included: `http://192.168.2.20:9090`.
    #[schemars(extend("format" = "url"))]
    pub url: String,
    /// User name for basic authentication; then `password` too.
    #[schemars(extend("format" = "basic-user"))]
    pub username: Option<String>,
    /// Where the password for basic authentication comes from.
    pub password: Option<SecretSource>,
    /// Where a bearer token comes from, for a proxy that wants one.
    pub token: Option<SecretSource>,
    /// PEM file with the CA that signed its certificate, instead of the system's; relative to the inventory.
    #[schemars(extend("format" = "path"))]
    pub ca_file: Option<PathBuf>,
}

/// What measures the rack's draw. Either `entity` or `query`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Power {
    /// Home Assistant's name of the plug's sensor, such as `sensor.tech_shelf_power`.
    #[schemars(extend("format" = "entity"))]
    pub entity: Option<String>,
    /// A PromQL expression that gives watts, for any other meter.
    #[schemars(extend("format" = "promql"))]
    pub query: Option<String>,
}

/// One place a password comes from. `{user}` in it is replaced by the NUT user's name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretSource {
    /// An environment variable of upsctl.
    Env(String),
    /// A file; its last line end is dropped. Relative to the inventory.
    File(PathBuf),
    /// A shell command that prints it as its only line; run in the folder of the inventory.
    /// `{user}` is filled in as one shell word: write it outside of quotes.
    Command(String),
    /// The password itself.
    Literal(String),
}

impl std::fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(command) => write!(f, "command {command}"),
            Self::Literal(_) => f.write_str("literal ***"),
        }
    }
}

/// A USB id, `vvvv:pppp` in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "usb-id", "pattern" = "^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$"))]
pub struct UsbId(String);

impl UsbId {
    /// Parses `051d:0002`, in any case.
    ///
    /// # Errors
    /// Says how to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        let hex4 = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
        match text.split_once(':') {
            Some((vendor, product)) if hex4(vendor) && hex4(product) => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is not a USB id; write vendor and product as `051d:0002` (see `lsusb`)"
            )),
        }
    }

    /// The id as `lsusb` writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for UsbId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// A time with a unit, such as `90s`, `3m`, `1h30m`; whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(with = "String", extend("format" = "delay"))]
#[serde(transparent)]
pub struct Delay(pub Duration);

impl Delay {
    /// Parses `90s`, `3m`, `1h30m`, `2 min`.
    ///
    /// # Errors
    /// Says how to write it when there is no unit or it is not whole seconds.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a duration; write it with a unit, as in `90s` or `3m`");
        let duration = humantime::parse_duration(text.trim()).map_err(|_| wrong())?;
        if duration.subsec_nanos() != 0 {
            return Err(format!("`{text}` is not a whole number of seconds"));
        }
        Ok(Self(duration))
    }

    /// Whole seconds, NUT's unit.
    pub fn as_secs(self) -> u64 {
        self.0.as_secs()
    }
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}
