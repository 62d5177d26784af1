use std::borrow::Cow;
use std::fmt;

/// The port of `upsd` (RFC 9271).
pub const PORT: u16 = 3493;

/// `ups[@host[:port]]` taken apart as `upscli_splitname` does (clients/upsclient.c).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct System {
    /// The name of the UPS on its server.
    pub ups: String,
    /// The server; an IPv6 address without its brackets. `localhost` if not given.
    pub host: String,
    /// The port; [`PORT`] if not given.
    pub port: u16,
}

/// Why NUT cannot take a system apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemError {
    /// Nothing in front of the `@`.
    NoUps,
    /// Nothing behind the `@`, or a port without a host.
    NoHost,
    /// No number from 1 to 65535 behind the `:`.
    BadPort(String),
    /// An IPv6 address without brackets, or a bracket without its partner.
    Brackets,
    /// Something else than `:PORT` behind the closing bracket.
    BehindBracket,
}

impl SystemError {
    /// What NUT makes of it all the same (`upscli_splitaddr`, clients/upsclient.c): it looks for a port
    /// behind a bracket only, and reads one by its leading digits (strtol(3)). With anything else upsmon
    /// never gets a status, which it takes for a UPS on mains.
    pub fn reading(&self) -> String {
        match self {
            Self::BehindBracket => "NUT does not look at that and asks port 3493".into(),
            Self::BadPort(port) => {
                let digits =
                    port.len() - port.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                match parse_port(&port[..digits]) {
                    Some(read) => format!("NUT asks port {read}"),
                    None => FOR_EVER.into(),
                }
            }
            Self::NoUps | Self::NoHost | Self::Brackets => FOR_EVER.into(),
        }
    }
}

const FOR_EVER: &str = "NUT takes this UPS as on line for ever";

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUps => write!(f, "no UPS name in front of the `@`"),
            Self::NoHost => write!(f, "no host: write ups@host[:port]"),
            Self::BadPort(port) => write!(f, "`{port}` is not a port"),
            Self::BehindBracket => write!(f, "something else than `:PORT` behind the `]`"),
            Self::Brackets => write!(f, "an IPv6 address stands in brackets: ups@[::1]:3493"),
        }
    }
}

impl std::error::Error for SystemError {}

impl System {
    /// Takes `ups[@host[:port]]` apart.
    pub fn parse(text: &str) -> Result<Self, SystemError> {
        let (ups, address) = match text.split_once('@') {
            Some((ups, address)) => (ups, Some(address)),
            None if text.contains(':') => return Err(SystemError::NoHost),
            None => (text, None),
        };
        if ups.is_empty() {
            return Err(SystemError::NoUps);
        }
        let (host, port) = match address {
            Some(address) => split_address(address)?,
            None => ("localhost", PORT),
        };
        Ok(Self {
            ups: ups.to_string(),
            host: host.to_string(),
            port,
        })
    }
}

impl fmt::Display for System {
    /// The shortest form that means the same; the host is always written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.ups, bracketed(&self.host))?;
        match self.port {
            PORT => Ok(()),
            port => write!(f, ":{port}"),
        }
    }
}

/// A host as NUT's clients take it, an IPv6 address in brackets.
pub fn bracketed(host: &str) -> Cow<'_, str> {
    match host.contains(':') {
        true => Cow::Owned(format!("[{host}]")),
        false => Cow::Borrowed(host),
    }
}

/// Takes `host[:port]` or `[v6][:port]` apart (`upscli_splitaddr`, clients/upsclient.c).
pub fn split_address(address: &str) -> Result<(&str, u16), SystemError> {
    let bracketed = address.starts_with('[');
    let (host, rest) = match address.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or(SystemError::Brackets)?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    if host.is_empty() {
        return Err(SystemError::NoHost);
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => PORT,
        None if bracketed => return Err(SystemError::BehindBracket),
        None => return Err(SystemError::Brackets),
        Some(port) if port.contains(':') => return Err(SystemError::Brackets),
        Some(port) => parse_port(port).ok_or_else(|| SystemError::BadPort(port.to_string()))?,
    };
    Ok((host, port))
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_taken_apart() {
        for (text, ups, host, port) in [
            ("ups", "ups", "localhost", 3493),
            ("ups@nas", "ups", "nas", 3493),
            ("ups@10.0.0.1:3494", "ups", "10.0.0.1", 3494),
            ("ups@[fd00::1]", "ups", "fd00::1", 3493),
            ("ups@[fd00::1]:99", "ups", "fd00::1", 99),
        ] {
            let system = System::parse(text).expect(text);
            assert_eq!(
                (system.ups.as_str(), system.host.as_str(), system.port),
                (ups, host, port)
            );
        }
    }

    #[test]
    fn broken_systems_are_refused() {
        for text in [
            "",
            "@host",
            "ups@",
            "ups@::1",
            "ups@fd00::1",
            "ups@[::1",
            "ups@[::1]x",
            "ups@h:",
            "ups@h:0",
            "ups@h:99999",
            "ups@h:+1",
            "ups:3493",
        ] {
            assert!(System::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_nut_makes_of_a_broken_system_is_said() {
        for (text, reading) in [
            ("ups@h:1x", "NUT asks port 1"),
            ("ups@h:x", FOR_EVER),
            ("ups@h:0", FOR_EVER),
            ("ups@h:99999", FOR_EVER),
            ("ups@[::1]x", "NUT does not look at that and asks port 3493"),
            ("ups@[::1", FOR_EVER),
            ("ups@::1", FOR_EVER),
            ("ups@", FOR_EVER),
        ] {
            assert_eq!(
                System::parse(text).unwrap_err().reading(),
                reading,
                "{text}"
            );
        }
    }

    #[test]
    fn a_system_is_written_as_it_is_read() {
        for text in ["ups@nas", "ups@[fd00::1]:99", "ups@10.0.0.1"] {
            assert_eq!(System::parse(text).expect(text).to_string(), text);
        }
    }
}
