//! What a [`HostError`] says to people: what happened, and the next thing to type.

use std::fmt;

use super::outcome::HostError;

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { address } => write!(f, "the name {address} does not resolve"),
            Self::Unreachable { address, detail } => {
                write!(f, "cannot reach {}: {detail}", place(address))
            }
            Self::ConnectTimeout { address, seconds } => {
                write!(f, "{} did not answer within {seconds} s", place(address))
            }
            Self::HostKeyUnknown { address } => {
                write!(f, "the host key of {} is not known yet", place(address))
            }
            Self::HostKeyChanged { address, detail } => {
                write!(f, "the host key of {address} is not the one in known_hosts")?;
                if detail.is_empty() {
                    Ok(())
                } else {
                    write!(f, " ({detail})")
                }
            }
            Self::AuthRefused { address, detail } => {
                write!(f, "{} did not let us in: {detail}", place(address))
            }
            Self::SudoRefused { user, detail } => {
                write!(
                    f,
                    "{} may not use sudo without a password: {detail}",
                    login(user)
                )
            }
            Self::Lost { detail } => write!(f, "the connection was lost: {detail}"),
            Self::TimedOut { seconds } => write!(f, "the host did not finish within {seconds} s"),
            Self::Garbled { detail } => write!(f, "the host's answer makes no sense: {detail}"),
            Self::Local { detail } => write!(f, "this machine could not do its part: {detail}"),
        }
    }
}

impl std::error::Error for HostError {}

impl HostError {
    /// The way out: a sentence with the next thing to type.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownName { address } => {
                let name = address.split_whitespace().next().unwrap_or_default();
                format!(
                    "`getent hosts {name}` must find it: correct `address` in the inventory or the \
                     DNS; an IP address works without"
                )
            }
            Self::Unreachable { address, .. } => {
                format!("is it up? `ssh {address} true` must work from this machine")
            }
            Self::ConnectTimeout { address, .. } => format!(
                "is it up, and does a firewall drop ssh? `ssh {address} true` must work; \
                 `--timeout` waits longer"
            ),
            Self::HostKeyUnknown { address } => format!(
                "run `ssh {address} true` once and compare the fingerprint with what \
                 `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says on the host itself"
            ),
            Self::HostKeyChanged { address, detail } => changed_key(address, detail),
            Self::AuthRefused { address, .. } => format!(
                "`ssh-add -l` lists the agent's keys, `{}` puts one on the host; or set `user` or \
                 `identity_file` in the inventory",
                copy_id(address)
            ),
            Self::SudoRefused { user, detail } => sudo(user, detail),
            Self::Lost { .. } => {
                "run it again; a host undoes an unconfirmed deploy by itself".into()
            }
            Self::TimedOut { .. } => {
                "log in and look at its load and for hanging mounts, then run it again".into()
            }
            Self::Garbled { .. } => {
                "log in and run `sh -c true`: the login shell must run it, and print nothing".into()
            }
            Self::Local { detail } if detail.contains("not installed") => {
                "install ssh: `apt install openssh-client`".into()
            }
            Self::Local { .. } => "put that right on this machine, then run it again".into(),
        }
    }
}

/// Where it is, without the options.
fn place(address: &str) -> String {
    let mut words = address.split(' ');
    let host = words.next().unwrap_or_default();
    match words.skip_while(|word| *word != "-p").nth(1) {
        Some(port) => format!("{host} port {port}"),
        None => host.to_owned(),
    }
}

fn login(user: &str) -> &str {
    if user.is_empty() {
        "the login user"
    } else {
        user
    }
}

fn changed_key(name: &str, offending: &str) -> String {
    let file = match offending.rsplit_once(':') {
        Some((file, _)) => format!("-f '{file}' "),
        None => String::new(),
    };
    format!(
        "if the host was installed anew, `ssh-keygen {file}-R '{name}'` forgets the old key; \
         if not, someone else may be answering: find out who before you log in"
    )
}

fn sudo(user: &str, detail: &str) -> String {
    if detail.contains("not found") {
        return "install sudo on the host, or set user = \"root\" in the inventory".into();
    }
    let user = if user.is_empty() { "USER" } else { user };
    format!(
        "as root on the host: `echo '{user} ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/{user}`; \
         or set user = \"root\" in the inventory"
    )
}

/// `ssh-copy-id` wants its options first, and no jump host but by `-o`.
fn copy_id(address: &str) -> String {
    let (host, options) = address.split_once(' ').unwrap_or((address, ""));
    let mut options = options.replace("-J ", "-o ProxyJump=");
    let mut host = host.to_owned();
    if let Some(uri) = address.strip_prefix("ssh://") {
        if let Some((place, port)) = uri.rsplit_once(':') {
            (host, options) = (place.into(), format!("-p {port}"));
        }
    }
    let words = ["ssh-copy-id", &options, &host];
    words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_type_for_a_changed_host_key() {
        let error = HostError::HostKeyChanged {
            address: "[192.0.2.1]:2222".into(),
            detail: "/home/me/.ssh/known_hosts:17".into(),
        };
        assert!(
            error
                .to_string()
                .ends_with("(/home/me/.ssh/known_hosts:17)"),
            "{error}"
        );
        let hint = error.hint();
        assert!(
            hint.contains("`ssh-keygen -f '/home/me/.ssh/known_hosts' -R '[192.0.2.1]:2222'`"),
            "{hint}"
        );
    }

    #[test]
    fn a_place_is_read_and_its_options_are_typed() {
        let address = "admin@pve -p 2222 -J bastion -F lab.conf".to_owned();
        let error = HostError::Unreachable {
            address,
            detail: "Connection refused".into(),
        };
        assert_eq!(
            error.to_string(),
            "cannot reach admin@pve port 2222: Connection refused"
        );
        let hint = error.hint();
        assert!(
            hint.contains("`ssh admin@pve -p 2222 -J bastion -F lab.conf true`"),
            "{hint}"
        );
    }

    #[test]
    fn a_key_is_copied_the_way_ssh_copy_id_wants_it() {
        for (address, command) in [
            ("root@pve", "ssh-copy-id root@pve"),
            (
                "root@pve -p 2222 -J bastion",
                "ssh-copy-id -p 2222 -o ProxyJump=bastion root@pve",
            ),
            ("ssh://ops@bastion:2200", "ssh-copy-id -p 2200 ops@bastion"),
        ] {
            assert_eq!(copy_id(address), command);
        }
    }

    #[test]
    fn a_missing_sudo_is_installed_and_a_refusing_one_told() {
        let refused = |detail: &str| {
            HostError::SudoRefused {
                user: "nut".into(),
                detail: detail.into(),
            }
            .hint()
        };
        assert!(refused("exec: sudo: not found").contains("install sudo"));
        assert!(refused("sudo: a password is required").contains("'nut ALL=(root) NOPASSWD: ALL'"));
    }
}
