//! Why `upsc` has no answer (clients/upsc.c, clients/upsclient.c).

use std::fmt;

/// Why `upsc` has no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpscError {
    /// upsd is down, not on that address, or a firewall rejects.
    ConnectionRefused,
    /// Nobody answers: a firewall drops, or the address is wrong.
    ConnectionTimedOut,
    /// No way to that address.
    NoRoute,
    /// Some other failure to connect, in the words of the system.
    ConnectionFailure(String),
    /// The name of the host does not resolve.
    NoSuchHost,
    /// No such section in the server's ups.conf, or one without driver or port.
    UnknownUps,
    /// upsd runs, the driver does not.
    DriverNotConnected,
    /// The driver is there but silent.
    DataStale,
    /// The server refuses.
    AccessDenied,
    /// The UPS has no such variable.
    VariableNotSupported,
    /// The other end hung up: upsd hangs, or it is some other program.
    ServerDisconnected,
    /// The `ups@host:port` cannot be taken apart.
    InvalidName,
    /// Anything else behind `Error: `.
    Other(String),
}

impl UpscError {
    /// The error of a text behind `Error: `.
    fn of(text: &str) -> Self {
        if let Some(why) = text.strip_prefix("Connection failure: ") {
            return Self::connection(why);
        }
        match text {
            "Unknown UPS" => Self::UnknownUps,
            "Driver not connected" => Self::DriverNotConnected,
            "Data stale" => Self::DataStale,
            "Access denied" => Self::AccessDenied,
            "Variable not supported by UPS" => Self::VariableNotSupported,
            "Server disconnected" => Self::ServerDisconnected,
            "No such host" => Self::NoSuchHost,
            text if text.starts_with("invalid UPS definition") => Self::InvalidName,
            text if text.starts_with("invalid hostname") => Self::InvalidName,
            text => Self::Other(text.to_string()),
        }
    }

    fn connection(why: &str) -> Self {
        match why {
            "Connection refused" => Self::ConnectionRefused,
            "Connection timed out" => Self::ConnectionTimedOut,
            "No route to host" | "Network is unreachable" => Self::NoRoute,
            why => Self::ConnectionFailure(why.to_string()),
        }
    }
}

impl fmt::Display for UpscError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConnectionRefused => f.write_str("connection refused"),
            Self::ConnectionTimedOut => f.write_str("connection timed out"),
            Self::NoRoute => f.write_str("no route to the server"),
            Self::ConnectionFailure(why) => write!(f, "connection failed: {why}"),
            Self::NoSuchHost => f.write_str("the host name does not resolve"),
            Self::UnknownUps => f.write_str("the server knows no such UPS"),
            Self::DriverNotConnected => f.write_str("the driver is not connected"),
            Self::DataStale => f.write_str("the data is stale"),
            Self::AccessDenied => f.write_str("access denied"),
            Self::VariableNotSupported => f.write_str("the UPS has no such variable"),
            Self::ServerDisconnected => f.write_str("the server hung up"),
            Self::InvalidName => f.write_str("not a UPS name of the form ups[@host[:port]]"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for UpscError {}

/// The error `upsc` tells on stderr, if it does.
pub fn parse_error(stderr: &str) -> Option<UpscError> {
    let mut errors = stderr
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Error: "));
    errors.next().map(|text| UpscError::of(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISY: &str = "Init SSL without certificate database\n";

    #[test]
    fn errors_are_told_apart() {
        for (text, want) in [
            (
                "Error: Connection failure: Connection refused",
                UpscError::ConnectionRefused,
            ),
            (
                "Error: Connection failure: Connection timed out",
                UpscError::ConnectionTimedOut,
            ),
            (
                "Error: Connection failure: No route to host",
                UpscError::NoRoute,
            ),
            (
                "Error: Connection failure: Odd",
                UpscError::ConnectionFailure("Odd".into()),
            ),
            ("Error: Unknown UPS", UpscError::UnknownUps),
            ("Error: Driver not connected", UpscError::DriverNotConnected),
            ("Error: Data stale", UpscError::DataStale),
            ("Error: No such host", UpscError::NoSuchHost),
            (
                "Error: Variable not supported by UPS",
                UpscError::VariableNotSupported,
            ),
            ("Error: Server disconnected", UpscError::ServerDisconnected),
            (
                "Error: invalid UPS definition.\nRequired format: upsname[@hostname[:port]]",
                UpscError::InvalidName,
            ),
            (
                "Error: SSL error: x",
                UpscError::Other("SSL error: x".into()),
            ),
        ] {
            assert_eq!(
                parse_error(&format!("{NOISY}{text}\n")),
                Some(want),
                "{text}"
            );
        }
    }

    #[test]
    fn a_server_that_hangs_up_is_recognised() {
        let text = "Error while connecting to NUT server localhost, disconnect\nError: Server disconnected\n";
        assert_eq!(parse_error(text), Some(UpscError::ServerDisconnected));
    }

    #[test]
    fn noise_is_no_error() {
        assert_eq!(parse_error(NOISY), None);
    }
}
