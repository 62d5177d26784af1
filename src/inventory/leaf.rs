//! What the `format`s of the schema mean: the values that are checked on their own.

use std::net::IpAddr;

use crate::model::inventory::{Delay, UsbId};
use crate::model::name::HostName;
use crate::nut::conf::{self, QuoteError};
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// Says what is wrong with a value.
pub(super) type LeafTest = fn(&str) -> Result<(), String>;

/// The rule behind a `format`; nothing for one that says nothing about text.
pub(super) fn rule(format: &str) -> Option<LeafTest> {
    Some(match format {
        "host-name" => |text| HostName::new(text).map(drop),
        "ups-name" => |text| UpsName::new(text).map(drop).map_err(|why| why.to_string()),
        "usb-id" => |text| UsbId::parse(text).map(drop),
        "delay" => |text| Delay::parse(text).map(drop),
        "nut-version" => |text| {
            NutVersion::parse(text)
                .map(drop)
                .map_err(|why| why.to_string())
        },
        "nut-user" => nut_user,
        "nut-text" => nut_text,
        "nut-word" => |text| not_empty(text).and_then(|()| nut_text(text)),
        "driver" => driver,
        "ip" => ip,
        "address" => address,
        "login" => |text| ssh_word("a login name", text),
        "jump" => |text| ssh_word("a jump host", text),
        "path" => not_empty,
        _ => return None,
    })
}

fn not_empty(text: &str) -> Result<(), String> {
    match text.trim() {
        "" => Err("must not be empty".into()),
        _ => Ok(()),
    }
}

/// A value that NUT's parser can hold. Does not repeat the value: some are passwords.
pub(super) fn nut_text(text: &str) -> Result<(), String> {
    conf::check(text).map_err(|why| match why {
        QuoteError::NonAscii(_, at) => format!("character {at} is not ASCII; NUT would drop it"),
        QuoteError::Control(_, at) => {
            format!("character {at} is a control character; NUT would drop it")
        }
        QuoteError::TooLong(_) => why.to_string(),
    })
}

/// A section of upsd.users that is also one word for upsd's protocol, for a shell and for a path.
fn nut_user(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if text.is_empty() {
        return Err("a NUT user needs a name".into());
    }
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "{bad:?} is not allowed in a NUT user; use letters, digits, `.`, `-`, `_`, `@` and `+`"
        ));
    }
    if text.starts_with(['-', '.']) {
        return Err(format!(
            "NUT user `{text}` must start with a letter, a digit or `_`"
        ));
    }
    nut_text(text)
}

fn driver(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().find(|c| !allowed(*c)) {
        _ if text.is_empty() => Err("must not be empty".into()),
        Some(bad) => Err(format!("{bad:?} is not allowed in the name of a driver")),
        None if text.starts_with(['-', '.']) => Err(format!("`{text}` is not a driver")),
        None => Ok(()),
    }
}

fn ip(text: &str) -> Result<(), String> {
    let why = |_| format!("`{text}` is not an IP address, such as `192.168.2.214` or `fd00::14`");
    text.parse::<IpAddr>().map(drop).map_err(why)
}

/// What stands in ssh's arguments: no option, and one word.
fn ssh_word(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("{what} must not be empty"));
    }
    if text.starts_with('-') {
        return Err(format!(
            "{what} must not start with `-`: ssh would read `{text}` as an option"
        ));
    }
    match text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(bad) => Err(format!("{what} must not contain {bad:?}")),
        None => Ok(()),
    }
}

fn address(text: &str) -> Result<(), String> {
    ssh_word("an address", text)?;
    if text.contains("://") || text.contains('/') {
        return Err("an address is a name or an IP address, not a URL or a network".into());
    }
    if let Some((user, host)) = text.split_once('@') {
        return Err(format!(
            "write `address = \"{host}\"` and `user = \"{user}\"`"
        ));
    }
    if text.contains(['[', ']']) {
        return Err("write an IPv6 address without brackets, and `port = N` for a port".into());
    }
    match text.split_once(':') {
        Some((host, port)) if text.parse::<IpAddr>().is_err() && !port.contains(':') => {
            Err(format!("write `address = \"{host}\"` and `port = {port}`"))
        }
        Some(_) if text.parse::<IpAddr>().is_err() && !text.contains('%') => {
            Err(format!("`{text}` is not an IPv6 address"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_ssh_understands_pass() {
        for text in [
            "192.168.2.214",
            "pve",
            "pve.lan",
            "fd00::14",
            "fe80::1%eth0",
            "local",
        ] {
            assert_eq!(address(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn addresses_ssh_would_misread_are_refused() {
        for text in [
            "",
            " ",
            "a b",
            "-oProxyCommand=x",
            "root@pve",
            "pve:22",
            "[fd00::1]",
            "ssh://pve",
            "fd00::xyz",
            "10.0.0.0/8",
            "a\u{7}b",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn users_that_break_something_are_refused() {
        for text in [
            "", "a b", "[a]", "ü", "a=b", "a#b", "a\"b", "-x", ".", "../x", "a$b",
        ] {
            assert!(nut_user(text).is_err(), "{text}");
        }
        for text in ["pve", "nas-2.lan", "_x", "ups@home", "1"] {
            assert_eq!(nut_user(text), Ok(()), "{text}");
        }
    }
}
