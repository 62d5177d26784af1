//! What NUT's readers make of a value.

use super::keys::Key;
use crate::nut::directive::Kind;

/// What is wrong with a value.
pub(super) struct Wrong {
    pub(super) value: String,
    pub(super) wanted: &'static str,
    /// What NUT makes of it.
    pub(super) reads: &'static str,
}

const ATOI: &str = "NUT reads the digits in front, or 0 where there are none, and says nothing.";
const BELOW: &str = "NUT ignores a number it cannot use, or takes it as it is and misbehaves.";
const BOOL: &str = "NUT logs an invalid directive and keeps the value it had.";
const PORT: &str = "upsd looks it up as the name of a service, and ends when there is none.";
const WORDS: &str = "With a word they do not know, Debian's wrappers of upsd and upsmon end without a message; \
                     other readers keep the value they had.";

const ZERO: &str = "With MAXCONN 0 upsd ends, with MAXAGE 0 every reading is stale at once.";
const ADDRESS: &str = "upsd cannot listen there and ends.";

const YES: [&str; 8] = ["true", "on", "yes", "1", "false", "off", "no", "0"];

/// What is wrong with the value of a key; nothing when NUT reads what stands there.
pub(super) fn wrong(key: &Key<'_>) -> Option<Wrong> {
    let known = key.known?;
    let value = *key.values.first()?;
    let (wanted, reads) = match known.kind {
        Kind::Bool01 if !matches!(value, "0" | "1") => ("0 or 1", ATOI),
        Kind::CertHost => return cert_host(&key.values),
        Kind::BoolWord if !is_word(value, &YES) => ("yes or no", BOOL),
        Kind::YesNoAuto if !matches!(value, "yes" | "no" | "auto") => {
            ("yes, no or auto", "The driver takes any other text for no.")
        }
        Kind::YesNoSeconds if !is_number(value) && !is_word(value, &YES) => {
            ("yes, no or a number of seconds", "upsmon takes it for yes.")
        }
        Kind::Words(words) if !words.contains(&value) => (one_of(words), WORDS),
        Kind::Listen => return address(value).or_else(|| port(&key.values)),
        // `HOSTSYNC -1` means something, though nothing good: the matter of hostsync-off.
        Kind::Seconds | Kind::Integer if known.name == "HOSTSYNC" && is_signed(value) => {
            return None;
        }
        Kind::Seconds | Kind::Integer if !is_number(value) => (
            "a number, 0 or more",
            if is_signed(value) { BELOW } else { ATOI },
        ),
        Kind::Seconds | Kind::Integer if is_fatal_zero(known.name, value) => {
            ("a number above 0", ZERO)
        }
        Kind::Seconds if known.name == "pollinterval" && value.parse() == Ok(0u32) => (
            "a number above 0",
            "The driver ends since NUT 2.8.0, and before that it never rests.",
        ),
        Kind::SignedSeconds | Kind::SignedInteger if !is_signed(value) => ("a number", ATOI),
        _ => return None,
    };
    Some(Wrong {
        value: value.into(),
        wanted,
        reads,
    })
}

fn one_of(words: &[&str]) -> &'static str {
    match words.first() {
        Some(&"none") => "none, standalone, netserver or netclient",
        Some(&"true") => "true or false",
        Some(&"stderr") => "stderr, none, default or both",
        _ => "0, 1 or 2",
    }
}

fn cert_host(values: &[&str]) -> Option<Wrong> {
    let flags = values.get(2..4).unwrap_or_default();
    let bad = flags.iter().find(|flag| !matches!(**flag, "0" | "1"))?;
    Some(Wrong {
        value: (*bad).into(),
        wanted: "0 or 1",
        reads: ATOI,
    })
}

fn is_fatal_zero(name: &str, value: &str) -> bool {
    matches!(name, "MAXCONN" | "MAXAGE") && value.parse() == Ok(0u32)
}

/// What cannot be an address or name of a host: with a prefix length, with its port, or of numbers
/// that are no IPv4 address.
pub(super) fn address(value: &str) -> Option<Wrong> {
    let numbers = value
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let port = value
        .split_once(':')
        .is_some_and(|(_, rest)| !rest.contains(':'));
    let broken = value.parse::<std::net::IpAddr>().is_err() && (numbers || port);
    (broken || value.contains(['/', '[', ']'])).then(|| Wrong {
        value: value.into(),
        wanted: "an address or name of this host, its port behind a blank",
        reads: ADDRESS,
    })
}

fn port(values: &[&str]) -> Option<Wrong> {
    let port = values.get(1)?;
    let good = is_number(port) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let wrong = || Wrong {
        value: (*port).into(),
        wanted: "a port from 1 to 65535",
        reads: PORT,
    };
    (!good).then(wrong)
}

fn is_word(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(value))
}

pub(super) fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_signed(value: &str) -> bool {
    is_number(value.strip_prefix('-').unwrap_or(value))
}
