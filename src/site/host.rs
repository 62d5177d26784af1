use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::ParsedSite;
use super::address;
use super::files::ParsedFiles;
use crate::model::bundle::{Bundle, Deep, JournalLine};
use crate::model::desired::{DesiredHost, Expect, ExpectedMonitor, HostRole};
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::{ObservedFile, ObservedHost, Seen, Unit};
use crate::nut::directive::File;
use crate::nut::files::{NutConf, Setting, Trap, UpsConf, UpsdConf, UpsdUsers, UpsmonConf, User};
use crate::nut::timing::Timing;
use crate::nut::unit::{MONITOR, SERVER};
use crate::nut::ups_name::{PORT, System};
use crate::nut::version::NutVersion;

/// Where the files of a host come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    Rendered,
    Observed,
    /// A folder of this machine.
    Folder(&'a str),
}

static NOTHING: LazyLock<Expect> = LazyLock::new(Expect::default);

/// An upsmon.conf that nobody has seen.
static UNSEEN: LazyLock<UpsmonConf> = LazyLock::new(UpsmonConf::default);

/// What is kept of a host.
pub(super) struct HostData<'a> {
    pub(super) name: &'a HostName,
    pub(super) platform: Platform,
    pub(super) role: HostRole,
    pub(super) version: NutVersion,
    pub(super) origin: Origin<'a>,
    pub(super) expect: &'a Expect,
    pub(super) look: Option<&'a ObservedHost>,
    pub(super) bundle: Option<&'a Bundle>,
    pub(super) files: ParsedFiles,
    pub(super) watches: Vec<WatchData<'a>>,
}

/// What is kept of a watch.
pub(super) struct WatchData<'a> {
    pub(super) system: String,
    pub(super) target: System,
    pub(super) server: Option<HostName>,
    /// Number of its line among those upsmon takes; nothing where upsmon.conf is not seen.
    pub(super) line: Option<usize>,
    pub(super) expected: Option<&'a ExpectedMonitor>,
}

impl<'a> HostData<'a> {
    pub(super) fn rendered(
        desired: &'a DesiredHost,
        mut password: impl FnMut(&str) -> String,
    ) -> Self {
        let files = desired.files.iter();
        let bytes =
            files.map(|(file, made)| (*file, made.content.fill(&mut password).into_bytes()));
        Self {
            name: &desired.name,
            platform: desired.platform,
            role: desired.role,
            version: desired.nut,
            origin: Origin::Rendered,
            expect: &desired.expect,
            look: None,
            bundle: None,
            files: ParsedFiles::new(bytes.collect()),
            watches: Vec::new(),
        }
    }

    pub(super) fn observed(desired: &'a DesiredHost, look: &'a ObservedHost) -> Self {
        Self {
            name: &desired.name,
            platform: desired.platform,
            role: desired.role,
            version: look.nut.is().copied().unwrap_or(desired.nut),
            origin: Origin::Observed,
            expect: &desired.expect,
            look: Some(look),
            bundle: None,
            files: ParsedFiles::new(bytes_of(look)),
            watches: Vec::new(),
        }
    }

    /// A host of which nobody says what it should be.
    pub(super) fn peer(look: &'a ObservedHost) -> Self {
        Self {
            name: &look.name,
            platform: Platform::Debian,
            role: HostRole::Client,
            version: look.nut.is().copied().unwrap_or(NutVersion::V2_8_0),
            origin: Origin::Observed,
            expect: &NOTHING,
            look: Some(look),
            bundle: None,
            files: ParsedFiles::new(bytes_of(look)),
            watches: Vec::new(),
        }
    }

    pub(super) fn of_bundle(bundle: &'a Bundle) -> Self {
        let look = bundle.look().map(|look| &look.observed);
        let seen = look.and_then(|look| look.nut.is().copied());
        Self {
            name: &bundle.host,
            platform: bundle.wish.platform,
            role: bundle.wish.role,
            version: seen.unwrap_or(NutVersion::V2_8_0),
            origin: Origin::Observed,
            expect: &bundle.wish.expect,
            look,
            bundle: Some(bundle),
            files: ParsedFiles::new(look.map(bytes_of).unwrap_or_default()),
            watches: Vec::new(),
        }
    }

    pub(super) fn own_addresses(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.look
            .into_iter()
            .flat_map(|look| look.addresses.iter().map(String::as_str))
    }
}

fn bytes_of(look: &ObservedHost) -> BTreeMap<File, Vec<u8>> {
    let files = look.files.iter().filter_map(|(file, seen)| {
        let content = &seen.is()?.content;
        Some((*file, content.expose().as_bytes().to_vec()))
    });
    files.collect()
}

/// One host of a site.
#[derive(Clone, Copy)]
pub struct ParsedHost<'a> {
    pub(super) site: &'a ParsedSite<'a>,
    pub(super) data: &'a HostData<'a>,
}

impl<'a> ParsedHost<'a> {
    /// The site it belongs to.
    pub fn site(self) -> &'a ParsedSite<'a> {
        self.site
    }

    pub fn name(self) -> &'a HostName {
        self.data.name
    }

    pub fn platform(self) -> Platform {
        self.data.platform
    }

    pub fn role(self) -> HostRole {
        self.data.role
    }

    /// Whether drivers and upsd should run here.
    pub fn is_server(self) -> bool {
        self.data.role.is_server()
    }

    /// Whether it is the same host.
    pub fn is(self, other: ParsedHost<'_>) -> bool {
        self.data.name == other.data.name
    }

    /// Where its files come from.
    pub fn origin(self) -> Origin<'a> {
        self.data.origin
    }

    /// The version it has, as far as that was seen; else the one its files are written for.
    pub fn version(self) -> NutVersion {
        self.data.version
    }

    /// The version that was seen on it.
    pub fn installed(self) -> Option<NutVersion> {
        self.data.look?.nut.is().copied()
    }

    /// Whether the version that was seen lies in `from..before`.
    pub fn version_in(self, from: NutVersion, before: NutVersion) -> bool {
        self.installed()
            .is_some_and(|version| version >= from && version < before)
    }

    /// What must be true on it.
    pub fn expect(self) -> &'a Expect {
        self.data.expect
    }

    /// What was seen on it, if it was looked at.
    pub fn look(self) -> Option<&'a ObservedHost> {
        self.data.look
    }

    /// Everything `doctor` has of it.
    pub fn bundle(self) -> Option<&'a Bundle> {
        self.data.bundle
    }

    /// The wider look of `doctor`.
    pub fn deep(self) -> Option<&'a Deep> {
        Some(&self.data.bundle?.look()?.deep)
    }

    pub fn nut_conf(self) -> Option<&'a NutConf> {
        self.data.files.nut.as_ref()
    }

    pub fn ups_conf(self) -> Option<&'a UpsConf> {
        self.data.files.ups.as_ref()
    }

    pub fn upsd_conf(self) -> Option<&'a UpsdConf> {
        self.data.files.upsd.as_ref()
    }

    pub fn upsd_users(self) -> Option<&'a UpsdUsers> {
        self.data.files.users.as_ref()
    }

    pub fn upsmon_conf(self) -> Option<&'a UpsmonConf> {
        self.data.files.upsmon.as_ref()
    }

    /// The bytes of a file; nothing when it is not there.
    pub fn bytes(self, file: File) -> &'a [u8] {
        self.data.files.bytes(file)
    }

    /// What NUT ignores or misreads in its files.
    pub fn traps(self) -> impl Iterator<Item = (File, &'a Trap)> + use<'a> {
        self.data.files.traps()
    }

    /// The same of one file.
    pub fn traps_of(self, file: File) -> impl Iterator<Item = &'a Trap> + use<'a> {
        let of = move |(other, trap)| (other == file).then_some(trap);
        self.traps().filter_map(of)
    }

    /// A file as it was seen, if the host was looked at.
    pub fn file(self, file: File) -> Option<&'a Seen<ObservedFile>> {
        self.look()?.files.get(&file)
    }

    /// Its LISTEN lines: address and port.
    pub fn listens(self) -> impl Iterator<Item = (&'a str, u16)> + use<'a> {
        let lines = self.upsd_conf().map_or(&[][..], |upsd| &upsd.listens);
        lines.iter().map(|listen| {
            let port = listen.port().unwrap_or(PORT);
            (listen.address.value.as_str(), port)
        })
    }

    /// The settings of upsd.conf or upsmon.conf; nothing of other files.
    pub fn settings(self, file: File) -> &'a [Setting] {
        match file {
            File::Upsd => self.upsd_conf().map_or(&[], |upsd| &upsd.settings),
            File::Upsmon => self.upsmon_conf().map_or(&[], |upsmon| &upsmon.settings),
            _ => &[],
        }
    }

    /// The setting of upsmon.conf that counts.
    pub fn upsmon(self, name: &str) -> Option<&'a Setting> {
        self.upsmon_conf()?.get(name)
    }

    /// The first word of a directive of upsmon.conf.
    pub fn upsmon_value(self, name: &str) -> Option<&'a str> {
        self.upsmon(name)?.value().map(|word| word.value.as_str())
    }

    /// The setting of upsd.conf that counts.
    pub fn upsd(self, name: &str) -> Option<&'a Setting> {
        self.upsd_conf()?.get(name)
    }

    /// The number that its upsmon has for a directive; NUT's own where its files are not seen.
    pub fn number(self, name: &str) -> i64 {
        let file = self.upsmon_conf().unwrap_or(&UNSEEN);
        file.number(name, self.version())
    }

    /// The delays of its upsmon. A host whose files are not seen has NUT's own.
    pub fn timing(self) -> Timing {
        Timing::of(self.upsmon_conf().unwrap_or(&UNSEEN), self.version())
    }

    /// A user of its upsd. Case counts.
    pub fn user(self, name: &str) -> Option<&'a User> {
        self.data.files.user(name)
    }

    /// Whether hosts beside itself are to log in to its upsd.
    pub fn has_remote_clients(self) -> bool {
        let expect = self.expect();
        let mut listens = expect.listen.iter();
        expect.clients.iter().any(|client| !client.own)
            || listens.any(|listen| !address::is_loopback(&listen.address))
    }

    /// Whether an address is one of its own: as it says itself, or as ssh finds it.
    pub fn owns(self, address: &str) -> bool {
        let ssh = self.data.bundle.map(|bundle| bundle.address.as_str());
        self.owns_exactly(address) || ssh.is_some_and(|own| address::same(own, address))
    }

    /// The same, by what the host itself says.
    pub fn owns_exactly(self, address: &str) -> bool {
        self.data
            .own_addresses()
            .any(|own| address::same(own, address))
    }

    /// A unit, if the host was looked at and has it.
    pub fn unit(self, name: &str) -> Option<&'a Unit> {
        self.data.look?.units.get(name)
    }

    /// Whether a unit was seen to run.
    pub fn unit_runs(self, name: &str) -> bool {
        self.unit(name).is_some_and(|unit| unit.active == "active")
    }

    /// Whether a unit became active less than so many seconds before the look.
    pub fn is_young(self, unit: &str, seconds: u64) -> bool {
        let system = self.data.look.map(|look| &look.system);
        // Without the host's boot the times of its units mean nothing.
        let Some(system) = system.filter(|system| system.booted != 0) else {
            return false;
        };
        self.unit(unit)
            .is_some_and(|unit| system.clock.saturating_sub(unit.since) < seconds)
    }

    /// Whether its upsmon was started just now: it logs in with its first poll.
    pub fn upsmon_has_just_begun(self) -> bool {
        self.is_young(MONITOR, 10)
    }

    /// Whether its upsd was started just now: clients log in with their next poll, which they make every
    /// five seconds, or with the one after.
    pub fn upsd_has_just_begun(self) -> bool {
        self.is_young(SERVER, 15)
    }

    /// The journal lines of a unit since it was started last.
    pub fn since_start(
        self,
        lines: &'a Seen<Vec<JournalLine>>,
        unit: &str,
    ) -> Vec<&'a JournalLine> {
        let since = self.unit(unit).map_or(0, |unit| unit.since);
        let lines = lines.is().into_iter().flatten();
        lines.filter(|entry| entry.time + 1 >= since).collect()
    }

    /// The first of `files` that an active unit has not read since it was changed; see
    /// [`super::restart_owed`].
    pub fn restart_owed(
        self,
        unit: &str,
        files: &[File],
        journal: Option<&Seen<Vec<JournalLine>>>,
    ) -> Option<File> {
        super::restart_owed(self.data.look?, unit, files, journal)
    }
}
