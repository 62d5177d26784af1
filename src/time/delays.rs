//! What of upsmon's delays only the course of an outage needs.

use crate::nut::timing::Timing;

/// A logout is seen this much late at most: the primary asks every quarter of a second
/// (clients/upsmon.c).
pub(super) const ASKS_EVERY: f64 = 0.25;

/// HOSTSYNC is counted in whole seconds of the clock, and looked at every quarter.
pub(super) const HOSTSYNC_ROUNDS: f64 = 1.25;

/// A delay as a length of time.
pub(super) fn seconds(delay: i64) -> f64 {
    delay.max(0) as f64
}

/// Seconds between two looks while the battery is low: with OBLBDURATION upsmon looks as often as
/// that divides both (`is_ups_critical`, clients/upsmon.c).
pub(super) fn poll_low(delays: &Timing) -> f64 {
    let alert = seconds(delays.alert);
    match seconds(delays.low_for) {
        0.0 => alert,
        low_for => divisor(alert.max(1.0), low_for),
    }
}

/// How long after a low battery a secondary goes without having been told, as [low, high]:
/// HOSTSYNC counts from its last look at which all was well, and ends at a look.
pub(super) fn gives_up(delays: &Timing) -> [f64; 2] {
    let poll = seconds(delays.alert).max(1.0);
    let wait = ((seconds(delays.hostsync) / poll).floor() + 1.0) * poll;
    match seconds(delays.low_for) {
        0.0 => [wait - poll, wait + 1.0],
        low_for => {
            let low_for = low_for + poll_low(delays);
            [wait.max(low_for) - poll, wait.max(low_for) + poll]
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
