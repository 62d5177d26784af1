//! What ssh's own words mean. Pure: takes the log of `ssh -v` and what the ssh of a jump host
//! wrote, gives a [`HostError`]. The words are OpenSSH's and not translated.

use crate::model::outcome::HostError;

/// A connection that did not come about.
pub(super) struct Attempt<'a> {
    /// What one types after `ssh` to go there.
    pub(super) target: &'a str,
    /// The jump hosts, where the inventory names them.
    pub(super) jump: Option<&'a str>,
    /// The time limit for connecting.
    pub(super) seconds: u64,
    /// What ssh logged.
    pub(super) log: &'a str,
    /// What a jump host's ssh or a ProxyCommand wrote, and ssh before it had a log.
    pub(super) stderr: &'a str,
}

impl Attempt<'_> {
    /// Why it did not.
    pub(super) fn error(&self) -> HostError {
        // What ssh calls the other end when it is a pipe to a jump host.
        let proxied = self.log.contains("UNKNOWN port 65535");
        proxied
            .then(|| self.at_the_jump())
            .flatten()
            .or_else(|| classify(self.log, self.target, self.seconds))
            .or_else(|| classify(self.stderr, self.target, self.seconds))
            .unwrap_or_else(|| HostError::Local {
                detail: "ssh failed and said nothing".into(),
            })
    }

    /// What went wrong at a jump host or behind it, from what its ssh wrote.
    fn at_the_jump(&self) -> Option<HostError> {
        if let Some(reason) = self
            .stderr
            .lines()
            .find_map(|line| after(line, "open failed: "))
        {
            return Some(self.behind_the_jump(reason.trim_start_matches("connect failed: ")));
        }
        let jump = self.jump_host()?;
        match classify(self.stderr, &jump, self.seconds) {
            Some(HostError::Unreachable { address, detail }) => Some(HostError::Unreachable {
                address,
                detail: format!("the jump host: {detail}"),
            }),
            Some(HostError::AuthRefused { address, detail }) => Some(HostError::AuthRefused {
                address,
                detail: format!("the jump host {detail}"),
            }),
            None if is_timeout(self.log) && !self.stderr.contains("Authenticated to ") => {
                Some(HostError::ConnectTimeout {
                    address: jump,
                    seconds: self.seconds,
                })
            }
            other => other,
        }
    }

    fn behind_the_jump(&self, reason: &str) -> HostError {
        let address = self.target.to_owned();
        match reason {
            "Name or service not known" => {
                let name = address.split_whitespace().next().unwrap_or_default();
                let name = name.rsplit('@').next().unwrap_or_default();
                HostError::UnknownName {
                    address: format!("{name} (asked at the jump host)"),
                }
            }
            "Connection timed out" => HostError::ConnectTimeout {
                address,
                seconds: self.seconds,
            },
            reason => HostError::Unreachable {
                address,
                detail: format!("from the jump host: {reason}"),
            },
        }
    }

    /// What one types to reach the jump host: as in the inventory, else as its ssh says.
    fn jump_host(&self) -> Option<String> {
        if let Some(jump) = self.jump.filter(|jump| !jump.contains(',')) {
            return Some(if jump.contains(':') {
                format!("ssh://{jump}")
            } else {
                jump.into()
            });
        }
        let lines = || self.stderr.lines().rev();
        let authenticating = lines().find_map(|line| {
            let (place, user) = after(line, "debug1: Authenticating to ")?.split_once(" as '")?;
            Some(format!("ssh://{}@{place}", user.trim_end_matches('\'')))
        });
        authenticating
            .or_else(|| {
                let line = lines().find_map(|line| after(line, "debug1: Connecting to "))?;
                let (host, rest) = line.split_once(' ')?;
                let port = after(rest, "port ")?.trim_end_matches('.');
                Some(format!("ssh://{host}:{port}"))
            })
            .or_else(|| {
                let line = lines().find_map(|line| after(line, "Could not resolve hostname "))?;
                Some(line.split_once(": ")?.0.to_owned())
            })
    }
}

/// The login user, as ssh's log has it.
pub(super) fn login_user(log: &str) -> Option<String> {
    let line = log
        .lines()
        .find_map(|line| after(line, "debug1: Authenticating to "))?;
    Some(
        line.split_once(" as '")?
            .1
            .trim_end_matches('\'')
            .to_owned(),
    )
}

/// The last that ssh said of a connection that was open.
pub(super) fn last_words(log: &str) -> Option<String> {
    let (_, open) = log.split_once("\nAuthenticated to ")?;
    words(open.split_once('\n')?.1).last().map(String::from)
}

/// The lines that are for people.
fn words(text: &str) -> impl Iterator<Item = &str> {
    const NOISE: &[&str] = &[
        "debug1:",
        "OpenSSH_",
        "Authenticated to ",
        "Transferred: ",
        "Bytes per second: ",
    ];
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !NOISE.iter().any(|noise| line.starts_with(noise)))
}

fn after<'a>(line: &'a str, what: &str) -> Option<&'a str> {
    Some(line.split_once(what)?.1.trim())
}

fn is_timeout(text: &str) -> bool {
    words(text).any(|line| {
        line.contains("timed out during banner exchange")
            || (line.starts_with("Connection to ") && line.ends_with(" timed out"))
            || (line.contains("connect to host ") && line.contains("timed out"))
    })
}

/// What a log says, of a connection to `target`; `None` when it has no word for people.
fn classify(log: &str, target: &str, seconds: u64) -> Option<HostError> {
    let address = || target.to_owned();
    if let Some(error) = host_key(log, target) {
        return Some(error);
    }
    if let Some(rest) = words(log).find_map(|line| after(line, "Could not resolve hostname ")) {
        let (name, why) = rest.split_once(": ").unwrap_or((rest, ""));
        // A name server that does not answer has not said that there is no such name.
        return Some(match why {
            "Temporary failure in name resolution" => HostError::Unreachable {
                address: address(),
                detail: format!("name server: {why}"),
            },
            _ => HostError::UnknownName {
                address: name.into(),
            },
        });
    }
    if let Some(detail) = refused_login(log) {
        return Some(HostError::AuthRefused {
            address: address(),
            detail,
        });
    }
    if is_timeout(log) {
        return Some(HostError::ConnectTimeout {
            address: address(),
            seconds,
        });
    }
    let configuration = |line: &&str| {
        line.contains("Bad configuration option")
            || line.contains("Bad owner or permissions on")
            || line.contains("Can't open user config file")
            || line.contains(": line ")
            || line.starts_with("command-line")
    };
    if let Some(line) = words(log).find(configuration) {
        return Some(HostError::Local {
            detail: format!("ssh's configuration: {line}"),
        });
    }
    let said: Vec<&str> = words(log).collect();
    let best = said
        .iter()
        .find(|line| line.contains("connect to host "))
        .or(said.first())?;
    let detail = best.strip_prefix("ssh: ").unwrap_or(best).to_owned();
    Some(HostError::Unreachable {
        address: address(),
        detail,
    })
}

fn host_key(log: &str, target: &str) -> Option<HostError> {
    let strict = " and you have requested strict checking.";
    for line in words(log) {
        let Some(line) = line.strip_suffix(strict) else {
            continue;
        };
        if line.contains(" host key is known for ") {
            return Some(HostError::HostKeyUnknown {
                address: target.into(),
            });
        }
        let changed = line.strip_prefix("Host key for ");
        let changed = changed.and_then(|rest| {
            rest.strip_suffix(" has changed")
                .or_else(|| rest.strip_suffix(" was revoked"))
        });
        if let Some(name) = changed {
            let offending = |line: &str| {
                line.starts_with("Offending ")
                    .then(|| after(line, " in ").map(String::from))?
            };
            let place = words(log).filter_map(offending).last().unwrap_or_default();
            return Some(HostError::HostKeyChanged {
                address: name.into(),
                detail: place,
            });
        }
    }
    let failed = words(log).any(|line| line == "Host key verification failed.");
    failed.then(|| HostError::HostKeyUnknown {
        address: target.into(),
    })
}

/// Which ways to log in the host takes, and which keys it was offered.
fn refused_login(log: &str) -> Option<String> {
    let line = words(log).find(|line| {
        line.contains("Permission denied (")
            || line.contains("Too many authentication failures")
            || line.contains("No more authentication methods")
    })?;
    let mut offered: Vec<&str> = log
        .lines()
        .filter_map(|line| after(line, "debug1: Offering public key: "))
        .map(|key| key.split(" SHA256:").next().unwrap_or(key))
        .map(|key| key.rsplit_once(' ').map_or(key, |(file, _)| file))
        .collect();
    // A key of the command line and of the configuration is offered twice.
    offered.dedup();
    let offered = match offered.as_slice() {
        [] => "no key was offered".to_owned(),
        keys => format!("offered: {}", keys.join(", ")),
    };
    let takes = match after(line, "Permission denied (").and_then(|rest| rest.split(')').next()) {
        Some(methods) => format!("takes {methods}"),
        None => format!("says: {line}"),
    };
    let trouble =
        words(log).filter(|line| line.starts_with("Load key ") || line.contains("Identity file"));
    let all: Vec<&str> = [takes.as_str(), offered.as_str()]
        .into_iter()
        .chain(trouble)
        .collect();
    Some(all.join("; "))
}

#[cfg(test)]
#[path = "ssh_error_tests.rs"]
mod tests;
