//! What to say of a host that could not be talked to: what happened, and the way out.

use std::fmt;

use super::outcome::HostError;

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(self).0)
    }
}

impl std::error::Error for HostError {}

impl HostError {
    /// The next thing to type or look at.
    pub fn hint(&self) -> String {
        describe(self).1
    }
}

/// What happened, and the next thing to do.
fn describe(error: &HostError) -> (String, String) {
    let with = |what: String, detail: &str| {
        if detail.is_empty() {
            what
        } else {
            format!("{what}: {detail}")
        }
    };
    match error {
        HostError::UnknownName { address } => (
            format!("the name {address} does not resolve"),
            "check `address` of the host in the inventory, and the network's DNS; an IP address works without".into(),
        ),
        HostError::Unreachable { address, detail } => (
            with(format!("cannot reach {address}"), detail),
            format!("is the host up? `ssh {address} true` must work from this machine"),
        ),
        HostError::ConnectTimeout { address, seconds } => (
            format!("{address} did not answer within {seconds} s"),
            format!("is the host up, and does a firewall drop ssh? `ssh {address} true` must work; `--timeout` waits longer"),
        ),
        HostError::HostKeyUnknown { address } => (
            format!("the host key of {address} is not known yet"),
            format!("run `ssh {address}` once and compare the fingerprint with the host's own before you say yes"),
        ),
        HostError::HostKeyChanged { address, detail } => (
            with(format!("the host key of {address} is not the one in known_hosts"), detail),
            format!("if the host was installed anew: `ssh-keygen -R {address}`, then `ssh {address}` once; if not, find out who answers there"),
        ),
        HostError::AuthRefused { address, detail } => (
            with(format!("{address} accepts none of our ssh keys"), detail),
            format!("`ssh-add -l` lists your keys, `ssh-copy-id {address}` installs one; or set `user` or `identity_file` in the inventory"),
        ),
        HostError::SudoRefused { user, detail } => (
            with(format!("`sudo -n` is refused to {user}"), detail),
            format!("let {user} use sudo without a password on the host, or set user = \"root\" in the inventory"),
        ),
        HostError::Lost { detail } => (
            with("the connection was lost".into(), detail),
            "run it again; a host undoes an unconfirmed deploy by itself".into(),
        ),
        HostError::TimedOut { seconds } => (
            format!("the host did not finish within {seconds} s"),
            "log in and look at its load and at hanging mounts, then run it again".into(),
        ),
        HostError::Garbled { detail } => (
            with("the host's answer makes no sense".into(), detail),
            "does its shell start-up print something? `ssh HOST true` must print nothing".into(),
        ),
        HostError::Local { detail } => (
            with("this machine could not do its part".into(), detail),
            "`ssh -V` must work on this machine".into(),
        ),
        HostError::ReadOnly => (
            "a write was asked of a read-only connection".into(),
            "this is a bug of upsctl; nothing was changed".into(),
        ),
    }
}
