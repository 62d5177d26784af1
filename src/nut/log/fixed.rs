//! Texts that no configuration changes.

use super::Said;

/// The event of a message whose text is fixed.
pub(super) fn read(message: &str) -> Option<Said> {
    upsmon(message).or_else(|| upsd(message))
}

fn upsmon(message: &str) -> Option<Said> {
    let system = |prefix: &str| bracketed(message.strip_prefix(prefix)?);
    if message == "Executing automatic power-fail shutdown" {
        return Some(Said::Executing);
    }
    if message == "Host sync timer expired, forcing shutdown" {
        return Some(Said::HostSyncExpired);
    }
    if message.starts_with("Signal ") && message.ends_with(": User requested FSD") {
        return Some(Said::FsdRequested);
    }
    if message.starts_with("Too few UPS(es) are healthy") {
        return Some(Said::TooFewSupplies);
    }
    // 2.7.4 says `master`.
    let gave_up = [
        "Giving up on the primary for UPS ",
        "Giving up on the master for UPS ",
    ];
    if let Some((system, _)) = gave_up.iter().find_map(|prefix| system(prefix)) {
        return Some(Said::GaveUpOnPrimary { system });
    }
    if let Some((system, rest)) = system("Login on UPS ") {
        let answer = bracketed(rest.strip_prefix(" failed - got ")?)?.0;
        return Some(Said::LoginRefused { system, answer });
    }
    let refused = [
        "Primary managerial privileges unavailable on UPS ",
        "Master privileges unavailable on UPS ",
    ];
    if let Some((system, _)) = refused.iter().find_map(|prefix| system(prefix)) {
        return Some(Said::NotPrimary { system });
    }
    if let Some((system, rest)) = message
        .strip_prefix("FSD set on UPS ")
        .and_then(|rest| rest.split_once(" failed: "))
    {
        let _ = rest;
        return Some(Said::FsdRefused {
            system: system.into(),
        });
    }
    let (system, rest) = system("UPS ")?;
    let why = rest.strip_prefix(": connect failed: ")?.to_string();
    Some(Said::ConnectFailed { system, why })
}

fn upsd(message: &str) -> Option<Said> {
    let ups = |prefix: &str| Some(bracketed(message.strip_prefix(prefix)?)?.0);
    if let Some(rest) = message.strip_prefix("User ") {
        if let Some((user, address, ups)) = who(rest, " logged into UPS ") {
            return Some(Said::LoggedIn { user, address, ups });
        }
        let (user, address, ups) = who(rest, " logged out from UPS ")?;
        return Some(Said::LoggedOut { user, address, ups });
    }
    if let Some(rest) = message.strip_prefix("Client ") {
        let (user, address, ups) = who(rest, " set FSD on UPS ")?;
        return Some(Said::FsdSet { user, address, ups });
    }
    if let Some((ups, rest)) = message.strip_prefix("Data for UPS ").and_then(bracketed) {
        return rest
            .starts_with(" is stale")
            .then_some(Said::DataStale { ups });
    }
    if let Some(ups) = ups("Can't connect to UPS ") {
        return Some(Said::DriverLost { ups });
    }
    if let Some(ups) = ups("Connected to UPS ") {
        return Some(Said::DriverFound { ups });
    }
    let (ups, rest) = bracketed(message.strip_prefix("UPS ")?)?;
    (rest == " data is no longer stale").then_some(Said::DataFresh { ups })
}

/// `name` and the rest of `[name]rest`.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let (name, rest) = text.strip_prefix('[')?.split_once(']')?;
    Some((name.into(), rest))
}

/// User, address and UPS of `user@address VERB[ups]`. An address may hold `@` no more than a user
/// name of ours does, so the last one parts them.
fn who(text: &str, verb: &str) -> Option<(String, String, String)> {
    let (client, ups) = text.split_once(verb)?;
    let (user, address) = client.rsplit_once('@')?;
    Some((user.into(), address.into(), bracketed(ups)?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three<T>(make: impl Fn(String, String, String) -> T, user: &str, address: &str) -> T {
        make(user.into(), address.into(), "ups".into())
    }

    #[test]
    fn every_fixed_text_is_read_in_the_words_of_each_version() {
        let system = || "ups@192.0.2.10".to_string();
        let ups = || "ups".to_string();
        for (text, want) in [
            ("Executing automatic power-fail shutdown", Said::Executing),
            (
                "Host sync timer expired, forcing shutdown",
                Said::HostSyncExpired,
            ),
            ("Signal 10: User requested FSD", Said::FsdRequested),
            (
                "Too few UPS(es) are healthy (0<1), initiating forced shutdown",
                Said::TooFewSupplies,
            ),
            (
                "Giving up on the master for UPS [ups@192.0.2.10]",
                Said::GaveUpOnPrimary { system: system() },
            ),
            (
                "Giving up on the primary for UPS [ups@192.0.2.10] after 15 sec since last comms",
                Said::GaveUpOnPrimary { system: system() },
            ),
            (
                "Login on UPS [ups@192.0.2.10] failed - got [ERR ACCESS-DENIED]",
                Said::LoginRefused {
                    system: system(),
                    answer: "ERR ACCESS-DENIED".into(),
                },
            ),
            (
                "Master privileges unavailable on UPS [ups@192.0.2.10]",
                Said::NotPrimary { system: system() },
            ),
            (
                "Primary managerial privileges unavailable on UPS [ups@192.0.2.10]",
                Said::NotPrimary { system: system() },
            ),
            (
                "FSD set on UPS ups@192.0.2.10 failed: ERR ACCESS-DENIED",
                Said::FsdRefused { system: system() },
            ),
            (
                "UPS [ups@192.0.2.10]: connect failed: Connection failure: Connection refused",
                Said::ConnectFailed {
                    system: system(),
                    why: "Connection failure: Connection refused".into(),
                },
            ),
            (
                "Data for UPS [ups] is stale - check driver",
                Said::DataStale { ups: ups() },
            ),
            (
                "UPS [ups] data is no longer stale",
                Said::DataFresh { ups: ups() },
            ),
            (
                "Can't connect to UPS [ups] (dummy-ups-ups): No such file or directory",
                Said::DriverLost { ups: ups() },
            ),
            (
                "Connected to UPS [ups]: dummy-ups-ups",
                Said::DriverFound { ups: ups() },
            ),
            (
                "User nas@::ffff:192.0.2.11 logged into UPS [ups] (SSL)",
                three(
                    |user, address, ups| Said::LoggedIn { user, address, ups },
                    "nas",
                    "::ffff:192.0.2.11",
                ),
            ),
            (
                "User nas@192.0.2.11 logged out from UPS [ups]",
                three(
                    |user, address, ups| Said::LoggedOut { user, address, ups },
                    "nas",
                    "192.0.2.11",
                ),
            ),
            (
                "Client pve@127.0.0.1 set FSD on UPS [ups]",
                three(
                    |user, address, ups| Said::FsdSet { user, address, ups },
                    "pve",
                    "127.0.0.1",
                ),
            ),
        ] {
            assert_eq!(read(text), Some(want), "{text}");
        }
    }

    #[test]
    fn what_tells_of_no_event_is_none() {
        for text in [
            "",
            "Network UPS Tools upsmon 2.8.0",
            "UPS: ups@192.0.2.10 (secondary) (power value 1)",
            "Poll UPS [ups@127.0.0.1] failed - Driver not connected",
            "User",
            "Client x set FSD on UPS [ups]",
            "Login on UPS [broken",
            "UPS [ups]",
            "Signal 15: exiting",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
