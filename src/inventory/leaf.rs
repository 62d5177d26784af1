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
        "url" => url,
        "basic-user" => basic_user,
        "entity" => entity,
        "promql" => promql,
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
    // What ssh itself refuses (valid_hostname and valid_ruser in its ssh.c): a shell may see it in
    // a ProxyCommand.
    let odd = |c: &char| c.is_whitespace() || c.is_control() || "'`\"$\\;&<>|(){}".contains(*c);
    match text.chars().find(odd) {
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

/// Where an HTTP API is found: no login in it, because it would be shown.
fn url(text: &str) -> Result<(), String> {
    let example = "write it as in `http://192.168.2.20:9090`";
    let Some(rest) = ["http://", "https://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme))
    else {
        return Err(format!(
            "must begin with `http://` or `https://`; {example}"
        ));
    };
    if rest.contains('@') {
        return Err("must hold no login: use `username` and `password`".into());
    }
    if let Some(odd) = rest
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || !c.is_ascii() || "?#\\\"{}".contains(*c))
    {
        return Err(format!("must not contain {odd:?}; {example}"));
    }
    let place = rest.split('/').next().unwrap_or_default();
    match place.parse::<Authority>() {
        Ok(_) => Ok(()),
        Err(why) => Err(format!("must name a host: {why}; {example}")),
    }
}

/// `HOST` or `HOST:PORT`, an IPv6 address in brackets.
struct Authority;

impl std::str::FromStr for Authority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or("`[` is never closed")?;
                host.parse::<std::net::Ipv6Addr>()
                    .map_err(|_| format!("`{host}` is not an IPv6 address"))?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if rest.is_empty() => (host, None),
                    None => return Err(format!("`{rest}` is not a port")),
                }
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() {
            return Err("there is none".into());
        }
        match port.map(str::parse::<u16>) {
            None | Some(Ok(1..)) => Ok(Self),
            Some(_) if port.is_some_and(|port| port.contains(':')) => {
                Err("an IPv6 address stands in brackets".into())
            }
            Some(_) => Err(format!("`{}` is not a port", port.unwrap_or_default())),
        }
    }
}

/// What can stand before the colon of basic authentication (RFC 7617).
fn basic_user(text: &str) -> Result<(), String> {
    not_empty(text)?;
    match text.chars().find(|c| *c == ':' || c.is_control()) {
        Some(odd) => Err(format!("must not contain {odd:?}")),
        None => Ok(()),
    }
}

/// Home Assistant's entity ids are `domain.object_id` of lower-case letters, digits and `_`.
fn entity(text: &str) -> Result<(), String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    match text.split_once('.') {
        Some((domain, object)) if plain(domain) && plain(object) => Ok(()),
        _ => Err(format!(
            "`{text}` is not an entity of Home Assistant, such as `sensor.tech_shelf_power`"
        )),
    }
}

/// Series of the kernel's hardware monitors: chips, never the wall.
const HWMON: &str = "node_hwmon_power";

/// An expression whose answer can be the draw at the wall.
fn promql(text: &str) -> Result<(), String> {
    not_empty(text)?;
    if text.contains(HWMON) {
        return Err(
            "`node_hwmon_power_watt` is not the draw at the wall: it is what single chips \
                    (CPU, GPU, NVMe) report on the PCIe bus, and in a virtual machine what the \
                    hypervisor makes up; name the sensor of a smart plug as `entity`"
                .into(),
        );
    }
    match text
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        Some(odd) => Err(format!("must not contain {odd:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_an_api_pass_and_others_say_why_not() {
        for text in [
            "http://192.168.2.20:9090",
            "https://prom.lan/prometheus/",
            "http://[fd00::1]:9090",
            "http://prom",
        ] {
            assert_eq!(url(text), Ok(()), "{text}");
        }
        for text in [
            "192.168.2.20:9090",
            "ftp://x",
            "http://",
            "http:///graph",
            "http://me:hunter2@prom",
            "http://prom:0",
            "http://prom:http",
            "http://fd00::1",
            "http://[fd00::1",
            "http://[fd00::1]x",
            "http://prom/graph?g0=1",
            "http://a b",
        ] {
            let why = url(text).expect_err(text);
            assert!(
                why.starts_with("must ") && !why.contains("hunter2"),
                "{why}"
            );
        }
    }

    #[test]
    fn entities_are_home_assistants() {
        assert_eq!(entity("sensor.tech_shelf_power"), Ok(()));
        for text in [
            "",
            "power",
            "sensor.",
            "Sensor.X",
            "sensor.a\"} or up{x=\"",
            "a.b.c",
        ] {
            assert!(entity(text).is_err(), "{text}");
        }
    }

    #[test]
    fn chips_are_not_the_wall() {
        assert_eq!(promql("ups_power_watts{ups=\"ups\"}"), Ok(()));
        for text in [
            "node_hwmon_power_watt",
            "sum(node_hwmon_power_average_watt)",
        ] {
            assert!(
                promql(text).is_err_and(|why| why.contains("PCIe")),
                "{text}"
            );
        }
        assert!(promql(" ").is_err());
    }

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
