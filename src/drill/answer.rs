//! What a host tells in a drill, line by line.

/// Something that upsmon of the drill called.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct Did {
    /// On the host's clock, Unix seconds.
    pub at: f64,
    /// The time since its boot, which nobody sets.
    pub uptime: f64,
    /// `shutdown` for SHUTDOWNCMD, `notify` for NOTIFYCMD.
    pub kind: String,
    /// NOTIFYTYPE; `-` for SHUTDOWNCMD.
    pub notice: String,
}

/// A line of a host.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// It waits to be answered; its clock.
    Tick(f64),
    /// It did not begin: a word why, and what about it.
    Refused {
        why: String,
        what: String,
    },
    /// Whether a program that NUT would call is there: SHUTDOWNCMD or NOTIFYCMD, and its first word.
    Program {
        kind: String,
        is_there: bool,
        word: String,
    },
    Prepared,
    /// The exit status of a real login, and what upsd said, lines parted by `;`.
    Login {
        address: String,
        port: u16,
        ups: String,
        status: i32,
        said: String,
    },
    LoggedIn,
    Serving(bool),
    Watching(bool),
    /// Addresses that are logged in to the drill's upsd.
    Clients {
        ups: String,
        list: Vec<String>,
    },
    /// The exit status of connecting to a port.
    Reach {
        address: String,
        port: u16,
        status: i32,
    },
    /// The drill's UPS says OB; false when it does not.
    OnBattery {
        seen: bool,
        at: f64,
    },
    /// The drill's UPS says LB.
    Low {
        seen: bool,
        at: f64,
    },
    Did(Did),
    Log {
        daemon: String,
        line: String,
    },
    /// POWERDOWNFLAG was written.
    Flag,
    /// Things of the drill that could not be taken away.
    Left(String),
    Untouched,
    /// How the real chain differs from before.
    Touched(String),
    /// A real UPS is not on mains any more; the host has ended its part.
    MainsLost(String),
    Ended,
}

/// Reads a line; nothing where it is none of the program's.
pub fn told(nonce: &str, line: &str) -> Option<Told> {
    let rest = line.strip_prefix("--")?.strip_prefix(nonce)?;
    let rest = rest.strip_prefix(' ')?;
    let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let text = text.trim();
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default().to_string();
    let first = |text: &str| {
        let (one, other) = text.split_once(' ').unwrap_or((text, ""));
        (one.to_string(), other.to_string())
    };
    Some(match word {
        "tick" => Told::Tick(text.parse().ok()?),
        "refused" => {
            let (why, what) = first(text);
            Told::Refused { why, what }
        }
        "program" => {
            let (kind, is_there) = (next(), next() == "yes");
            Told::Program {
                kind,
                is_there,
                word: words.collect::<Vec<_>>().join(" "),
            }
        }
        "prepared" => Told::Prepared,
        "login" => Told::Login {
            address: next(),
            port: next().parse().ok()?,
            ups: next(),
            status: next().parse().ok()?,
            said: words.collect::<Vec<_>>().join(" "),
        },
        "logged-in" => Told::LoggedIn,
        "serving" => Told::Serving(true),
        "not-serving" => Told::Serving(false),
        "watching" => Told::Watching(true),
        "not-watching" => Told::Watching(false),
        "clients" => Told::Clients {
            ups: next(),
            list: words
                .filter(|word| !word.is_empty())
                .map(Into::into)
                .collect(),
        },
        "reach" => Told::Reach {
            address: next(),
            port: next().parse().ok()?,
            status: next().parse().ok()?,
        },
        "on-battery" | "low" => {
            let (seen, at) = (next() == "0", next().parse().ok()?);
            match word {
                "low" => Told::Low { seen, at },
                _ => Told::OnBattery { seen, at },
            }
        }
        "did" => Told::Did(Did {
            at: next().parse().ok()?,
            uptime: next().parse().ok()?,
            kind: next(),
            notice: next(),
        }),
        "log" => {
            let (daemon, line) = first(text);
            Told::Log { daemon, line }
        }
        "flag" => Told::Flag,
        "left" => Told::Left(text.into()),
        "untouched" => Told::Untouched,
        "touched" => Told::Touched(text.into()),
        "mains-lost" => Told::MainsLost(text.into()),
        "ended" => Told::Ended,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_program_tells_them() {
        let read = |line: &str| told("N", line);
        assert_eq!(read("--N tick 12.5"), Some(Told::Tick(12.5)));
        assert_eq!(
            read("--N clients ups 127.0.0.1 192.0.2.11 "),
            Some(Told::Clients {
                ups: "ups".into(),
                list: vec!["127.0.0.1".into(), "192.0.2.11".into()],
            })
        );
        assert_eq!(
            read("--N login 192.0.2.10 3493 ups 0 OK;ERR ACCESS-DENIED;"),
            Some(Told::Login {
                address: "192.0.2.10".into(),
                port: 3493,
                ups: "ups".into(),
                status: 0,
                said: "OK;ERR ACCESS-DENIED;".into(),
            })
        );
        assert_eq!(
            read("--N did 10.25 7.5 notify ONBATT"),
            Some(Told::Did(Did {
                at: 10.25,
                uptime: 7.5,
                kind: "notify".into(),
                notice: "ONBATT".into(),
            }))
        );
        assert_eq!(
            read("--N low 0 3.5"),
            Some(Told::Low {
                seen: true,
                at: 3.5
            })
        );
    }

    #[test]
    fn what_is_not_the_program_s_is_nothing() {
        for line in [
            "",
            "tick 1",
            "--M tick 1",
            "--N",
            "--N tick",
            "--N nonsense 1",
        ] {
            assert_eq!(told("N", line), None, "{line}");
        }
    }
}
