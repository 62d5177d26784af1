//! How long a host takes from the primary's call to its own end (clients/upsmon.c).
//!
//! A primary sets FSD, waits at most HOSTSYNC until every secondary has logged out, then FINALDELAY,
//! and then goes down. A secondary sees FSD with its next poll, waits its own FINALDELAY, *calls* its
//! SHUTDOWNCMD, and logs out when it ends: at once, or SHUTDOWNEXIT later.

use super::files::UpsmonConf;
use super::version::NutVersion;

/// What a primary waits beyond the time that its secondaries need, in seconds: polls are not in
/// step, and a login takes its time.
pub const MARGIN: i64 = 5;

/// upsd takes a client for gone that has said nothing for so long, in seconds (server/upsd.c).
pub const SILENCE: i64 = 60;

/// So long may a client be silent without being near that.
pub const LONGEST_SILENCE: i64 = SILENCE - MARGIN;

/// The delays of a host, in seconds, as its version of upsmon reads them: a directive that the
/// version does not know is not there for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// POLLFREQ: how often it asks on mains.
    pub poll: i64,
    /// POLLFREQALERT: how often it asks on battery.
    pub alert: i64,
    /// DEADTIME.
    pub dead: i64,
    pub hostsync: i64,
    pub finaldelay: i64,
    /// OBLBDURATION, from 2.8.3 on: how long a low battery must last.
    pub low_for: i64,
    /// SHUTDOWNEXIT, from 2.8.1 on.
    pub exit: Exit,
    /// Whether it keeps its login alive during SHUTDOWNEXIT: from 2.8.5 on.
    pub speaks_up: bool,
}

/// When upsmon ends after it called SHUTDOWNCMD, which is when it logs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// At once.
    Now,
    /// Some seconds later.
    After(i64),
    /// When the system stops it.
    WhenStopped,
}

impl Exit {
    /// As upsmon reads SHUTDOWNEXIT: any word it does not know is a yes.
    pub fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "no" | "off" | "false" => Self::WhenStopped,
            other => match other.parse::<i64>() {
                Ok(seconds) if seconds > 0 => Self::After(seconds),
                Ok(seconds) if seconds < 0 => Self::WhenStopped,
                _ => Self::Now,
            },
        }
    }
}

impl Default for Timing {
    /// NUT's own values, as every version has them.
    fn default() -> Self {
        Self::of(&UpsmonConf::default(), NutVersion::V2_8_0)
    }
}

impl Timing {
    /// What a file says to a version of upsmon.
    pub fn of(file: &UpsmonConf, version: NutVersion) -> Self {
        let number = |name| file.number(name, version);
        Self {
            poll: number("POLLFREQ"),
            alert: number("POLLFREQALERT"),
            dead: number("DEADTIME"),
            hostsync: number("HOSTSYNC"),
            finaldelay: number("FINALDELAY"),
            low_for: number("OBLBDURATION"),
            exit: Exit::of(file.word("SHUTDOWNEXIT", version).unwrap_or("yes")),
            speaks_up: version >= NutVersion::V2_8_5,
        }
    }

    /// How long after the primary's FSD it may log out. For ever is a matter of its own.
    pub fn logout(&self) -> i64 {
        let exit = match self.exit {
            Exit::After(seconds) => seconds,
            Exit::Now | Exit::WhenStopped => 0,
        };
        self.alert
            .saturating_add(self.finaldelay)
            .saturating_add(exit)
    }

    /// The HOSTSYNC that a primary needs for such a secondary.
    pub fn needed_hostsync(&self) -> i64 {
        self.logout().saturating_add(MARGIN)
    }

    /// How long upsd hears nothing of it before it logs out; nothing where that is until it is down.
    pub fn silent(&self) -> Option<i64> {
        match self.exit {
            _ if self.speaks_up => Some(self.finaldelay),
            Exit::Now => Some(self.finaldelay),
            Exit::After(seconds) => Some(self.finaldelay.saturating_add(seconds)),
            Exit::WhenStopped => None,
        }
    }

    /// The least DEADTIME: one lost answer on battery must not count as a dead UPS (upsmon.conf(5)
    /// asks for a multiple of POLLFREQ).
    pub fn least_deadtime(&self) -> i64 {
        self.poll.max(self.alert).saturating_mul(3)
    }
}
