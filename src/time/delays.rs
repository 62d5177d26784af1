use crate::nut::files::UpsmonConf;
use crate::nut::version::NutVersion;

/// What upsmon.conf says of time, in seconds, as the version reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delays {
    /// POLLFREQ: how often upsmon asks on mains.
    pub poll: f64,
    /// POLLFREQALERT: how often it asks on battery.
    pub poll_alert: f64,
    /// HOSTSYNC.
    pub hostsync: f64,
    /// FINALDELAY.
    pub finaldelay: f64,
    /// OBLBDURATION, from 2.8.3 on: how long a low battery must last.
    pub low_for: f64,
    /// SHUTDOWNEXIT, from 2.8.1 on.
    pub exit: Exit,
    /// Whether upsmon keeps its login alive during SHUTDOWNEXIT: from 2.8.5 on.
    pub speaks_up: bool,
}

/// When upsmon ends after it called SHUTDOWNCMD, which is when it logs out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exit {
    /// At once.
    Now,
    /// Some seconds later.
    After(f64),
    /// When the system stops it.
    WhenStopped,
}

/// upsd takes a client for gone after 60 seconds without a word (server/upsd.c).
pub(super) const SILENCE: f64 = 60.0;

/// A logout is seen this much late at most: the primary asks every quarter of a second
/// (clients/upsmon.c).
pub(super) const ASKS_EVERY: f64 = 0.25;

/// HOSTSYNC is counted in whole seconds of the clock, and looked at every quarter.
pub(super) const HOSTSYNC_ROUNDS: f64 = 1.25;

impl Delays {
    /// What a file says to a version of upsmon; a directive it does not know is not there for it.
    pub fn of(file: &UpsmonConf, version: NutVersion) -> Self {
        let number = |name| file.number(name, version).max(0) as f64;
        let poll_alert = number("POLLFREQALERT");
        let low_for = number("OBLBDURATION");
        Self {
            poll: number("POLLFREQ"),
            poll_alert,
            hostsync: number("HOSTSYNC"),
            finaldelay: number("FINALDELAY"),
            low_for,
            exit: Exit::of(file.word("SHUTDOWNEXIT", version).unwrap_or("yes")),
            speaks_up: version >= NutVersion::V2_8_5,
        }
    }

    /// NUT's own values, for machines whose upsmon.conf nobody sees.
    pub fn unseen(version: NutVersion) -> Self {
        Self::of(&UpsmonConf::parse(b""), version)
    }

    /// Seconds between two looks while the battery is low: with OBLBDURATION upsmon looks as often as
    /// that divides both (`is_ups_critical`, clients/upsmon.c).
    pub(super) fn poll_low(&self) -> f64 {
        if self.low_for > 0.0 {
            divisor(self.poll_alert.max(1.0), self.low_for)
        } else {
            self.poll_alert
        }
    }

    /// How long after a low battery a secondary goes without having been told, as [low, high]:
    /// HOSTSYNC counts from its last look at which all was well, and ends at a look.
    pub(super) fn gives_up(&self) -> [f64; 2] {
        let poll = self.poll_alert.max(1.0);
        let wait = ((self.hostsync / poll).floor() + 1.0) * poll;
        let low_for = self.low_for + self.poll_low();
        match self.low_for > 0.0 {
            true => [wait.max(low_for) - poll, wait.max(low_for) + poll],
            false => [wait - poll, wait + 1.0],
        }
    }
}

impl Exit {
    /// As upsmon reads it: any word it does not know is a yes.
    fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "no" | "off" | "false" => Self::WhenStopped,
            other => match other.parse::<f64>() {
                Ok(seconds) if seconds > 0.0 => Self::After(seconds),
                Ok(seconds) if seconds < 0.0 => Self::WhenStopped,
                _ => Self::Now,
            },
        }
    }
}

fn divisor(one: f64, other: f64) -> f64 {
    let (mut a, mut b) = (one, other);
    while b >= 1.0 {
        (a, b) = (b, a % b);
    }
    a.max(1.0)
}
