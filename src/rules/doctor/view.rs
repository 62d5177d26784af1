//! The bundles, ready for rules: files parsed, servers found, subjects listed.

use std::net::IpAddr;

use crate::model::bundle::{Bundle, Deep, HostLook, JournalLine};
use crate::model::name::HostName;
use crate::model::observed::{ObservedFile, ObservedHost, Reading, Seen, Unit};
use crate::nut::directive::File;
use crate::nut::files::{
    Monitor, NutConf, Section, Trap, UpsConf, UpsdConf, UpsdUsers, UpsmonConf,
};
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;

pub(super) const SERVER: &str = "nut-server.service";
pub(super) const MONITOR: &str = "nut-monitor.service";

/// Every host of a run.
pub(super) struct Site<'a> {
    pub hosts: Vec<HostView<'a>>,
    pub upses: Vec<UpsView<'a>>,
    pub watches: Vec<Watch<'a>>,
}

/// One host with its files parsed.
#[derive(Debug, Clone)]
pub(super) struct HostView<'a> {
    pub bundle: &'a Bundle,
    pub look: Option<&'a HostLook>,
    pub all: &'a [Bundle],
    pub nut: Option<NutConf>,
    pub ups: Option<UpsConf>,
    pub upsd: Option<UpsdConf>,
    pub users: Option<UpsdUsers>,
    pub upsmon: Option<UpsmonConf>,
}

/// One UPS of a server.
#[derive(Debug, Clone)]
pub(super) struct UpsView<'a> {
    pub host: HostView<'a>,
    pub section: Section,
}

/// One MONITOR line and the server it points to, when that was looked at or is known.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub host: HostView<'a>,
    pub monitor: Monitor,
    pub server: Option<&'a Bundle>,
}

impl<'a> Site<'a> {
    pub fn new(bundles: &'a [Bundle]) -> Self {
        let mut hosts: Vec<HostView<'a>> = bundles
            .iter()
            .map(|bundle| HostView::new(bundle, bundles))
            .collect();
        // Servers first: what is broken there is the cause of what clients see.
        hosts.sort_by_key(|host| !host.is_server());
        let upses = hosts
            .iter()
            .filter(|host| host.is_server())
            .flat_map(HostView::ups_views)
            .collect();
        let watches = hosts.iter().flat_map(HostView::watches).collect();
        Self {
            hosts,
            upses,
            watches,
        }
    }
}

impl<'a> HostView<'a> {
    pub fn new(bundle: &'a Bundle, all: &'a [Bundle]) -> Self {
        let look = bundle.look();
        let bytes = |file: File| {
            let seen = look.and_then(|look| look.observed.files.get(&file))?;
            seen.is().map(|file| file.content.expose().as_bytes())
        };
        Self {
            bundle,
            look,
            all,
            nut: bytes(File::Nut).map(NutConf::parse),
            ups: bytes(File::Ups).map(UpsConf::parse),
            upsd: bytes(File::Upsd).map(UpsdConf::parse),
            users: bytes(File::UpsdUsers).map(UpsdUsers::parse),
            upsmon: bytes(File::Upsmon).map(UpsmonConf::parse),
        }
    }

    pub fn name(&self) -> &HostName {
        &self.bundle.host
    }

    /// Whether drivers and upsd should run here.
    pub fn is_server(&self) -> bool {
        self.bundle.wish.role.is_server()
    }

    /// The wider look.
    pub fn deep(&self) -> Option<&'a Deep> {
        Some(&self.look?.deep)
    }

    /// The plain look.
    pub fn observed(&self) -> Option<&'a ObservedHost> {
        Some(&self.look?.observed)
    }

    pub fn version(&self) -> Option<NutVersion> {
        self.look?.observed.nut.is().copied()
    }

    /// Nothing unless the installed version lies in `from..before`.
    pub fn version_in(&self, from: NutVersion, before: NutVersion) -> Option<()> {
        (from..before).contains(&self.version()?).then_some(())
    }

    pub fn unit(&self, name: &str) -> Option<&'a Unit> {
        self.look?.observed.units.get(name)
    }

    pub fn unit_runs(&self, name: &str) -> bool {
        self.unit(name).is_some_and(|unit| unit.active == "active")
    }

    pub fn file(&self, file: File) -> Option<&'a Seen<ObservedFile>> {
        self.look?.observed.files.get(&file)
    }

    /// What NUT reads otherwise than a person would in a file.
    pub fn traps(&self, file: File) -> &[Trap] {
        let traps = match file {
            File::Nut => self.nut.as_ref().map(|conf| &conf.traps),
            File::Ups => self.ups.as_ref().map(|conf| &conf.traps),
            File::Upsd => self.upsd.as_ref().map(|conf| &conf.traps),
            File::UpsdUsers => self.users.as_ref().map(|conf| &conf.traps),
            File::Upsmon => self.upsmon.as_ref().map(|conf| &conf.traps),
        };
        traps.map_or(&[], Vec::as_slice)
    }

    /// The first word of a directive of upsmon.conf.
    pub fn upsmon_value(&self, name: &str) -> Option<&str> {
        let setting = self.upsmon.as_ref()?.get(name)?;
        setting.value().map(|word| word.value.as_str())
    }

    /// A number of upsmon.conf, or its default.
    pub fn upsmon_number(&self, name: &str, default: i64) -> i64 {
        self.upsmon_value(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    }

    pub fn owns(&self, address: &str) -> bool {
        owns(self.bundle, address)
    }

    /// Its sections of ups.conf.
    pub fn upses(&self) -> impl Iterator<Item = &Section> {
        self.ups.iter().flat_map(|conf| &conf.sections)
    }

    /// Its LISTEN lines: address and port.
    pub fn listens(&self) -> impl Iterator<Item = (&str, u16)> {
        let lines = self.upsd.iter().flat_map(|conf| &conf.listens);
        lines.map(|listen| {
            let port = listen.port().unwrap_or(PORT);
            (listen.address.value.as_str(), port)
        })
    }

    fn ups_views(&self) -> Vec<UpsView<'a>> {
        self.upses()
            .filter(|section| section.exists())
            .map(|section| UpsView {
                host: self.clone(),
                section: section.clone(),
            })
            .collect()
    }

    fn watches(&self) -> Vec<Watch<'a>> {
        let monitors = self.upsmon.iter().flat_map(|conf| &conf.monitors);
        monitors
            .map(|monitor| Watch {
                server: monitor
                    .host()
                    .and_then(|host| self.server_at(host, &monitor.system.value)),
                host: self.clone(),
                monitor: monitor.clone(),
            })
            .collect()
    }

    /// The hosts that its MONITOR lines point to.
    pub fn servers(&self) -> Vec<HostName> {
        self.watches()
            .iter()
            .filter_map(|watch| Some(watch.server?.host.clone()))
            .collect()
    }

    /// The host that has an address: as the inventory says, or as the hosts say.
    fn server_at(&self, address: &str, system: &str) -> Option<&'a Bundle> {
        if is_loopback(address) {
            return Some(self.bundle);
        }
        let wished = self
            .bundle
            .wish
            .expect
            .monitors
            .iter()
            .find(|monitor| monitor.system == system);
        let by_wish =
            wished.and_then(|wish| self.all.iter().find(|bundle| bundle.host == wish.server));
        by_wish
            .or_else(|| self.all.iter().find(|bundle| owns(bundle, address)))
            .or_else(|| {
                self.all
                    .iter()
                    .find(|bundle| bundle.address == address || bundle.host.as_str() == address)
            })
    }

    /// Every other bundle whose MONITOR lines or wishes point to this host.
    pub fn has_remote_clients(&self) -> bool {
        let wished = self
            .bundle
            .wish
            .expect
            .clients
            .iter()
            .any(|client| !client.own);
        wished
            || self
                .bundle
                .wish
                .expect
                .listen
                .iter()
                .any(|listen| !is_loopback(&listen.address))
    }

    /// The journal lines of a unit since it was started last.
    pub fn since_start(
        &self,
        lines: &'a Seen<Vec<JournalLine>>,
        unit: &str,
    ) -> Vec<&'a JournalLine> {
        let since = self.unit(unit).map_or(0, |unit| unit.since);
        let lines = lines.is().into_iter().flatten();
        lines.filter(|entry| entry.time + 1 >= since).collect()
    }
}

impl UpsView<'_> {
    pub fn name(&self) -> &str {
        &self.section.name
    }

    /// The unit that runs its driver.
    pub fn unit(&self) -> String {
        match self.host.version() {
            Some(version) if version < NutVersion::V2_8_0 => "nut-driver.service".into(),
            _ => format!("nut-driver@{}.service", self.name()),
        }
    }

    /// What the server's own upsd says of it.
    pub fn reading(&self) -> Option<&Reading> {
        let ups = &self.host.look?.observed.ups;
        ups.get(&format!("{}@127.0.0.1", self.name()))
    }

    /// Whether upsd has a status of it.
    pub fn delivers(&self) -> bool {
        self.reading().and_then(Reading::status).is_some()
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        match self.reading()? {
            Reading::Variables(variables) => variables.get(name).map(String::as_str),
            Reading::Error(_) | Reading::TimedOut => None,
        }
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.variable(name)?.trim().parse().ok()
    }
}

impl Watch<'_> {
    pub fn ups(&self) -> &str {
        self.monitor.ups().unwrap_or_default()
    }

    pub fn system(&self) -> &str {
        &self.monitor.system.value
    }

    pub fn address(&self) -> &str {
        self.monitor.host().unwrap_or_default()
    }

    pub fn port(&self) -> u16 {
        self.monitor.port().unwrap_or(PORT)
    }

    /// The name of its server; its address when it is no host of the run.
    pub fn server_name(&self) -> String {
        self.server.map_or_else(
            || self.address().to_string(),
            |server| server.host.to_string(),
        )
    }

    /// Whether the server is the host itself.
    pub fn is_own(&self) -> bool {
        self.server
            .is_some_and(|server| server.host == *self.host.name())
    }

    /// What `upsc` said of it on the host that watches.
    pub fn reading(&self) -> Option<&Reading> {
        let ups = &self.host.look?.observed.ups;
        let loopback = || ups.get(&format!("{}@127.0.0.1", self.ups()));
        let bare = self.system().replace("@localhost", "@127.0.0.1");
        ups.get(&bare)
            .or_else(|| if self.is_own() { loopback() } else { None })
    }

    /// The server with its files parsed, if it was looked at.
    pub fn server_view(&self) -> Option<HostView<'_>> {
        let server = self.server?;
        server.look()?;
        Some(HostView::new(server, self.host.all))
    }

    /// Whether upsmon, or the upsd it asks, was started just now: a login comes with the next poll.
    pub fn is_young(&self) -> bool {
        let young = |look: Option<&HostLook>, unit: &str, seconds: u64| {
            look.is_some_and(|look| {
                let clock = look.observed.system.clock;
                let unit = look.observed.units.get(unit);
                unit.is_some_and(|unit| clock.saturating_sub(unit.since) < seconds)
            })
        };
        let server = self.server.and_then(Bundle::look);
        young(self.host.look, MONITOR, 10) || young(server, SERVER, 15)
    }

    /// Whether the server counts the host as logged in; `None` when that is not known.
    pub fn logged_in(&self) -> Option<bool> {
        let server = self.server?.look()?;
        let own = format!("{}@127.0.0.1", self.ups());
        let at_server = server.observed.clients.get(&own);
        let system = self.system().replace("@localhost", "@127.0.0.1");
        let seen = at_server.or_else(|| self.host.look?.observed.clients.get(&system))?;
        let list = seen.is()?;
        Some(
            list.iter()
                .any(|from| self.host.owns(plain(from)) || self.is_own() && is_loopback(from)),
        )
    }
}

/// Whether an address is one of the host's own.
fn owns(bundle: &Bundle, address: &str) -> bool {
    let own = bundle
        .look()
        .is_some_and(|look| look.observed.addresses.iter().any(|own| own == address));
    own || bundle.address == address
}

/// An IPv4 client of a dual-stack socket is listed as a mapped address.
pub(super) fn plain(address: &str) -> &str {
    address.strip_prefix("::ffff:").unwrap_or(address)
}

pub(super) fn is_loopback(address: &str) -> bool {
    address.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn is_ip(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok()
}

/// The last journal lines that say something, for showing.
pub(super) fn tail(lines: &Seen<Vec<JournalLine>>, count: usize) -> Vec<String> {
    let Some(lines) = lines.is() else {
        return Vec::new();
    };
    let telling: Vec<&JournalLine> = lines
        .iter()
        .filter(|entry| !is_noise(&entry.text))
        .collect();
    telling
        .iter()
        .rev()
        .take(count)
        .rev()
        .map(|entry| entry.text.clone())
        .collect()
}

/// Lines that healthy hosts write too.
pub(super) fn is_noise(text: &str) -> bool {
    const NOISE: [&str; 12] = [
        ".pid either: No such file",
        "fopen /run/nut/",
        "Could not find PID file",
        "Running as foreground process",
        "mainloop: Interrupted system call",
        "upsnotify: failed to notify",
        "Init SSL without certificate",
        "send_to_all",
        "Network UPS Tools",
        "Consumed ",
        "Using power down flag",
        "systemd[1]: Stopped",
    ];
    NOISE.iter().any(|noise| text.contains(noise))
}
