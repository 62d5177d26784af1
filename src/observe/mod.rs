//! One read-only remote command per host, and the pure function that reads its answer.

mod deep;
mod guests;
mod journal;
mod parse;
mod recording;

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

pub use deep::{DEEP, deep};
pub use guests::{GUESTS, mounts, node};
pub use journal::{
    JOURNAL_STARTED, JOURNAL_STOPPED, JournalQuestion, MOST_LINES, clock_question, read_journal,
};
pub use parse::{digest, parse};
pub use recording::{Came, Recorded, Recording};

use crate::host::{Question, shell};
use crate::model::desired::DesiredHost;
use crate::model::secret::Secret;
use crate::nut::directive::File;
use crate::nut::unit;

/// The library half of the probe: defines `observe` and `settle`, runs nothing.
pub const PROBE: &str = include_str!("probe.sh");

/// What a look asks for. Derived from the inventory alone, so that one look is enough.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// `NAME@ADDRESS` to ask with `upsc`, beside what the host's own files name.
    pub systems: Vec<String>,
    /// `NAME@ADDRESS` whose logged-in clients are listed; `*` for all that are asked for.
    pub clients_of: Vec<String>,
    /// Instances of `nut-driver@`, by UPS name.
    pub drivers: Vec<String>,
    /// Whether to run `lsusb`.
    pub usb: bool,
    /// How far back to read NUT's journal, as `journalctl --since` takes it.
    pub journal_since: Option<String>,
    /// The same, but only when a UPS says that it is on battery.
    pub journal_on_battery: Option<String>,
    /// Wait up to this long for units and UPSes to come up before looking.
    pub settle: Option<Settle>,
    /// Shell text that defines `deep`, for doctor's wider look.
    pub deep: Option<&'static str>,
    /// Shell text that defines `more`, for the rest of a look, and what it reads on stdin.
    pub more: Option<(String, Secret)>,
    /// Prefix of every path, for tests.
    pub root: String,
}

/// What to wait for before a look.
#[derive(Debug, Clone, Default)]
pub struct Settle {
    /// Upper bound of the wait.
    pub seconds: u64,
    /// Units that must be active.
    pub units: Vec<String>,
    /// UPSes that must answer and have upsmon logged in.
    pub ups: Vec<String>,
}

impl Settle {
    /// What must come up on a host after its units were started.
    pub fn of(host: &DesiredHost, seconds: u64) -> Self {
        let mut units = vec![unit::MONITOR.to_string()];
        if host.role.is_server() {
            units.push(unit::SERVER.into());
        }
        Self {
            seconds,
            units,
            ups: host.systems(),
        }
    }
}

impl Probe {
    /// The look that suits a host of the inventory.
    pub fn of(host: &DesiredHost) -> Self {
        let systems = host.systems();
        Self {
            clients_of: systems.clone(),
            systems,
            drivers: host
                .expect
                .ups
                .iter()
                .map(|ups| ups.name.to_string())
                .collect(),
            usb: host.expect.ups.iter().any(|ups| ups.usb.is_some()),
            ..Self::default()
        }
    }

    /// The look at a host of which nothing is known: what its own files name, and who logs in.
    pub fn unknown() -> Self {
        Self {
            clients_of: vec!["*".into()],
            journal_since: Some("-30d".into()),
            ..Self::default()
        }
    }

    /// The assignments that the shell functions of [`PROBE`] read.
    pub fn settings(&self, nonce: &str) -> String {
        let files: Vec<&str> = File::ALL.iter().map(|file| file.name()).collect();
        let settle = self.settle.clone().unwrap_or_default();
        shell::assignments(&[
            ("NONCE", nonce.to_string()),
            ("ROOT", self.root.clone()),
            ("FILES", files.join(" ")),
            ("UNITS", self.units().join(" ")),
            ("SYSTEMS", self.systems.join(" ")),
            ("CLIENTS_OF", self.clients_of.join(" ")),
            ("USB", if self.usb { "1" } else { "" }.into()),
            ("JOURNAL", self.journal_since.clone().unwrap_or_default()),
            (
                "JOURNAL_ON_BATTERY",
                self.journal_on_battery.clone().unwrap_or_default(),
            ),
            ("DEEP", if self.deep.is_some() { "1" } else { "" }.into()),
            ("MORE", if self.more.is_some() { "1" } else { "" }.into()),
            ("SETTLE", settle.seconds.to_string()),
            ("WANT_UNITS", settle.units.join(" ")),
            ("WANT_UPS", settle.ups.join(" ")),
            ("seen", String::new()),
        ])
    }

    /// The whole look as a question, to be answered within `deadline`.
    pub fn question(&self, nonce: &str, deadline: Duration) -> Question {
        let question = Question::new(self.program(nonce), deadline);
        match &self.more {
            Some((_, input)) => question.with_input(input.clone()),
            None => question,
        }
    }

    /// The whole program of a look.
    pub fn program(&self, nonce: &str) -> String {
        let wait = if self.settle.is_some() {
            "settle\n"
        } else {
            ""
        };
        let deep = self.deep.unwrap_or_default();
        let more = self.more.as_ref().map_or("", |(program, _)| program);
        format!(
            "{}{PROBE}\n{deep}\n{more}{wait}observe\n",
            self.settings(nonce)
        )
    }

    fn units(&self) -> Vec<String> {
        let fixed = [
            unit::SERVER,
            unit::MONITOR,
            unit::DRIVERS,
            unit::ENUMERATOR,
            unit::ENUMERATOR_PATH,
            unit::DRIVER_TARGET,
            unit::TARGET,
            "nut-driver@*.service",
        ];
        fixed
            .into_iter()
            .map(str::to_string)
            .chain(self.drivers.iter().map(|ups| unit::instance(ups)))
            .collect()
    }
}

/// A frame marker that file content cannot forge.
pub fn nonce() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
