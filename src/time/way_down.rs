//! How long a machine takes to go down, where nothing is known of its guests.

use super::span::Span;

/// How long an operating system takes from SHUTDOWNCMD to being down, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct WayDown {
    pub takes: Span,
    /// Where the figures are from.
    pub from: String,
    /// Whether anybody measured or stated it, or it is taken for granted.
    pub known: bool,
}

/// systemd gives a unit that does not stop 90 seconds (systemd-system.conf(5), DefaultTimeoutStopSec).
pub const UNIT_STOP: f64 = 90.0;

/// What a machine without guests usually takes.
pub const USUAL: f64 = 20.0;

/// No machine is down before this.
pub const QUICKEST: f64 = 1.0;

impl WayDown {
    /// What the owner says it takes.
    pub fn stated(seconds: f64) -> Self {
        Self {
            takes: Span::new(QUICKEST.min(seconds), seconds, seconds),
            from: "shutdown_takes".into(),
            known: true,
        }
    }

    /// Nobody says: what is usual, and a unit that hangs.
    pub fn assumed() -> Self {
        Self {
            takes: Span::new(QUICKEST, USUAL, UNIT_STOP),
            from: "assumed: 20 s, and 90 s when a unit hangs".into(),
            known: false,
        }
    }
}
