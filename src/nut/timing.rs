//! How long a host takes from the primary's call to its own end (clients/upsmon.c).
//!
//! A primary sets FSD, waits at most HOSTSYNC until every secondary has logged out, then FINALDELAY,
//! and then goes down. A secondary sees FSD with its next poll, waits its own FINALDELAY, *calls* its
//! SHUTDOWNCMD, and logs out when it ends: at once, or SHUTDOWNEXIT later.

use super::version::NutVersion;

/// NUT's own values, in seconds.
pub const HOSTSYNC: i64 = 15;
/// Between two polls on battery.
pub const POLLFREQALERT: i64 = 5;
/// Between the notice and SHUTDOWNCMD.
pub const FINALDELAY: i64 = 5;

/// What a primary waits beyond the time that its secondaries need, in seconds: polls are not in
/// step, and a login takes its time.
pub const MARGIN: i64 = 5;

/// So long may upsd hear nothing of a client, in seconds: it drops one after 60 (server/upsd.c).
pub const LONGEST_SILENCE: i64 = 55;

/// `SHUTDOWNEXIT no`: upsmon does not end by itself.
pub const FOR_EVER: i64 = 1_000_000;

/// The delays of a host, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub poll: i64,
    /// POLLFREQALERT.
    pub alert: i64,
    pub dead: i64,
    pub hostsync: i64,
    pub finaldelay: i64,
    /// SHUTDOWNEXIT; [`FOR_EVER`] for `no`.
    pub exit: i64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: 5,
            alert: POLLFREQALERT,
            dead: 15,
            hostsync: HOSTSYNC,
            finaldelay: FINALDELAY,
            exit: 0,
        }
    }
}

impl Timing {
    /// How long after the primary's FSD it may log out. For ever is a matter of its own.
    pub fn logout(&self) -> i64 {
        let exit = if self.exit < FOR_EVER { self.exit } else { 0 };
        self.alert
            .saturating_add(self.finaldelay)
            .saturating_add(exit)
    }

    /// The HOSTSYNC that a primary needs for such a secondary.
    pub fn needed_hostsync(&self) -> i64 {
        self.logout().saturating_add(MARGIN)
    }

    /// How long upsd hears nothing of it before it logs out. Since 2.8.5 it speaks up in
    /// SHUTDOWNEXIT.
    pub fn silent(&self, version: NutVersion) -> i64 {
        let exit = if version < NutVersion::V2_8_5 {
            self.exit
        } else {
            0
        };
        self.finaldelay.saturating_add(exit)
    }

    /// The least DEADTIME: one lost answer on battery must not count as a dead UPS (upsmon.conf(5)
    /// asks for a multiple of POLLFREQ).
    pub fn least_deadtime(&self) -> i64 {
        self.poll.max(self.alert).saturating_mul(3)
    }
}
