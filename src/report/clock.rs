//! Times as people read them, in this machine's time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `40 s`, `4 min`, `2 h 5 min`, `3 days`.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", (seconds + 30) / 60),
        7200..172_800 => {
            let minutes = seconds / 60;
            match minutes % 60 {
                0 => format!("{} h", minutes / 60),
                rest => format!("{} h {rest} min", minutes / 60),
            }
        }
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `14:05` of today, else `2026-11-24 14:05`.
pub(super) fn time(unix_seconds: u64, now: u64) -> String {
    let day = |seconds| of(seconds, "%Y-%m-%d");
    if day(unix_seconds) == day(now) {
        of(unix_seconds, "%H:%M")
    } else {
        of(unix_seconds, "%Y-%m-%d %H:%M")
    }
}

/// `2026-11-24`.
pub(super) fn day(unix_seconds: u64) -> String {
    of(unix_seconds, "%Y-%m-%d")
}

/// `14:05:09.3`.
pub(super) fn exact(unix_seconds: f64) -> String {
    let tenths = (unix_seconds * 10.0).floor() as u64;
    format!("{}.{}", of(tenths / 10, "%H:%M:%S"), tenths % 10)
}

/// `2026-11-24 14:05:09`.
pub(super) fn stamp(unix_seconds: u64) -> String {
    of(unix_seconds, "%Y-%m-%d %H:%M:%S")
}

fn of(unix_seconds: u64, format: &str) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
    match Timestamp::from_second(seconds) {
        Ok(time) => TimeZone::system()
            .to_datetime(time)
            .strftime(format)
            .to_string(),
        Err(_) => format!("second {unix_seconds}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_as_exact_as_they_are_of_use() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (560, "9 min"),
            (7199, "120 min"),
            (7200, "2 h"),
            (7500, "2 h 5 min"),
            (200_000, "2 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn a_time_that_is_none_is_no_panic() {
        assert_eq!(stamp(u64::MAX), format!("second {}", u64::MAX));
    }
}
