use std::collections::HashSet;

use super::setting::settings;
use super::{Role, Setting, Trap, TrapKind};
use crate::nut::conf::{Conf, Position, Word, parse};
use crate::nut::directive::{File, Scope, own_number};
use crate::nut::ups_name::{System, SystemError};
use crate::nut::version::NutVersion;

/// `upsmon.conf` as `loadconfig` reads it (clients/upsmon.c).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpsmonConf {
    /// Every directive in its order, MONITOR lines included.
    pub settings: Vec<Setting>,
    /// The MONITOR lines upsmon takes.
    pub monitors: Vec<Monitor>,
    /// What NUT ignores or misreads.
    pub traps: Vec<Trap>,
}

/// One MONITOR line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// `ups[@host[:port]]` as written.
    pub system: Word,
    /// The system taken apart.
    pub target: Result<System, SystemError>,
    /// The power value as written.
    pub power_word: Word,
    /// The user.
    pub user: Word,
    /// The password.
    pub password: Word,
    /// The role as written.
    pub role_word: Word,
    /// The whole directive.
    pub place: Position,
}

impl Monitor {
    fn new(setting: &Setting) -> Option<Self> {
        let [system, power, user, password, role, ..] = setting.args.as_slice() else {
            return None;
        };
        Some(Self {
            target: System::parse(&system.value),
            system: system.clone(),
            power_word: power.clone(),
            user: user.clone(),
            password: password.clone(),
            role_word: role.clone(),
            place: setting.place.clone(),
        })
    }

    /// The name of the UPS.
    pub fn ups(&self) -> Option<&str> {
        self.target.as_ref().ok().map(|system| system.ups.as_str())
    }

    /// The server.
    pub fn host(&self) -> Option<&str> {
        self.target.as_ref().ok().map(|system| system.host.as_str())
    }

    /// The port of the server.
    pub fn port(&self) -> Option<u16> {
        self.target.as_ref().ok().map(|system| system.port)
    }

    /// The power value as `strtol` reads it: leading digits, or 0. `None` below 0 and above what
    /// fits, where NUT ignores the line.
    pub fn power_value(&self) -> Option<u32> {
        let text = self.power_word.value.trim_start();
        let number = text.strip_prefix(['+', '-']).unwrap_or(text);
        let digits = number
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(number.len());
        match &number[..digits] {
            "" => Some(0),
            digits => digits
                .parse()
                .ok()
                .filter(|value| *value == 0 || !text.starts_with('-')),
        }
    }

    /// The role. NUT takes any unknown word for a secondary.
    pub fn role(&self) -> Role {
        Role::of_word(&self.role_word.value).unwrap_or(Role::Secondary)
    }
}

impl UpsmonConf {
    /// Reads the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Self {
        Self::new(&parse(bytes))
    }

    /// Reads a file that is lexed already.
    pub fn new(conf: &Conf) -> Self {
        let (settings, traps) = settings(conf, File::Upsmon);
        let mut view = Self {
            settings: Vec::new(),
            monitors: Vec::new(),
            traps,
        };
        let mut systems = HashSet::new();
        for setting in settings.iter().filter(|setting| setting.is("MONITOR")) {
            view.monitor(setting, &mut systems);
        }
        view.settings = settings;
        view
    }

    /// The setting that counts of a directive: the last one.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .rev()
            .find(|setting| setting.is(name) && setting.counts())
    }

    /// The first word of a directive that counts, if the version knows the directive.
    pub fn word(&self, name: &str, version: NutVersion) -> Option<&str> {
        let setting = self.get(name)?;
        let known = setting.directive?.known_to(version);
        let word = setting.value()?;
        known.then_some(word.value.as_str())
    }

    /// The number upsmon has for a directive: what is written, or NUT's own where nothing is, where
    /// it is no number, or where the version does not know the directive.
    pub fn number(&self, name: &str, version: NutVersion) -> i64 {
        let written = self.word(name, version).and_then(|word| word.parse().ok());
        written.unwrap_or_else(|| own_number(File::Upsmon, Scope::Top, name))
    }

    /// The sum of the power values.
    pub fn power(&self) -> u32 {
        self.monitors
            .iter()
            .filter_map(Monitor::power_value)
            .fold(0, u32::saturating_add)
    }

    fn monitor<'a>(&mut self, setting: &'a Setting, systems: &mut HashSet<&'a str>) {
        let Some(monitor) = Monitor::new(setting) else {
            let old = setting.args.len() == 4;
            let kind = if old {
                TrapKind::MonitorWithoutUser
            } else {
                TrapKind::TooFewWords
            };
            return self.trap(kind, setting.place.clone());
        };
        if let Err(error) = &monitor.target {
            self.trap(TrapKind::BadSystem(error.clone()), monitor.system.place());
        }
        if monitor.power_value().is_none() {
            return self.trap(TrapKind::PowerValueRange, monitor.power_word.place());
        }
        if monitor.power_word.value.parse::<u32>().is_err() {
            self.trap(TrapKind::BadPowerValue, monitor.power_word.place());
        }
        if Role::of_word(&monitor.role_word.value).is_none() {
            self.trap(TrapKind::UnknownRole, monitor.role_word.place());
        }
        let system = setting.args.first().map_or("", |word| &word.value);
        if !systems.insert(system) {
            return self.trap(TrapKind::DuplicateMonitor, monitor.place);
        }
        self.monitors.push(monitor);
    }

    fn trap(&mut self, kind: TrapKind, place: Position) {
        self.traps.push(Trap { kind, place });
    }
}
