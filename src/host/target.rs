//! Where ssh goes: the words for ssh's argv, and the same for people to type.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shell::quote;
use crate::model::inventory::Host;

/// Options of every connection. Never a question, and so no unknown host key, unless the user's own
/// configuration takes it (StrictHostKeyChecking, UserKnownHostsFile); nothing of the
/// user's configuration that is for sessions at a terminal; a dead link is noticed in 15 s.
const OPTIONS: &[&str] = &[
    "BatchMode=yes",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=2",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    // From when nobody holds its socket any more, which is when this process ends or is killed.
    "ControlPersist=2s",
];

/// What is known of a way to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshTarget {
    /// Address, name or `Host` alias.
    pub address: String,
    pub user: Option<String>,
    pub port: Option<u16>,
    pub identity_file: Option<PathBuf>,
    /// Jump hosts, as for `ssh -J`.
    pub jump: Option<String>,
    /// Another configuration than the user's own.
    pub config: Option<PathBuf>,
    /// How long connecting may take.
    pub timeout: Duration,
}

impl SshTarget {
    /// The way to a host of the inventory.
    pub fn of(host: &Host, config: Option<&Path>, timeout: Duration) -> Self {
        Self {
            address: host.address.clone(),
            user: host.user.clone(),
            port: host.port,
            identity_file: host.identity_file.as_deref().map(expand_home),
            jump: host.jump.clone(),
            config: config.map(expand_home),
            timeout,
        }
    }

    /// ssh's arguments for a connection that others share through `socket`, logging to `log`.
    pub(super) fn master_argv(&self, socket: &Path, log: &Path) -> Vec<OsString> {
        // Verbose, because only then ssh leaves the jump host's ssh a stderr, and because the log
        // says which keys were offered.
        let mut argv: Vec<OsString> = ["-v", "-M", "-f", "-N", "-T"].map(OsString::from).into();
        argv.extend(["-S".into(), socket.into(), "-E".into(), log.into()]);
        for option in OPTIONS {
            argv.extend(["-o".into(), option.into()]);
        }
        let seconds = self.timeout.as_secs_f64().ceil().max(1.0);
        argv.extend(["-o".into(), format!("ConnectTimeout={seconds}").into()]);
        if self.identity_file.is_some() {
            argv.extend(["-o".into(), "IdentitiesOnly=yes".into()]);
        }
        argv.extend(self.own_options());
        if let Some(user) = &self.user {
            argv.extend(["-l".into(), user.into()]);
        }
        argv.extend(["--".into(), OsString::from(&self.address)]);
        argv
    }

    /// What is typed after `ssh` to reach the host the same way, options last.
    pub fn to_type(&self) -> String {
        let place = match &self.user {
            Some(user) => format!("{user}@{}", self.address),
            None => self.address.clone(),
        };
        let mut words = vec![place.into()];
        words.extend(self.own_options());
        words
            .iter()
            .map(|word| word_to_type(word))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn own_options(&self) -> Vec<OsString> {
        let port = self.port.map(|port| port.to_string());
        let options: [(&str, Option<&OsStr>); 4] = [
            ("-p", port.as_deref().map(OsStr::new)),
            ("-i", self.identity_file.as_deref().map(Path::as_os_str)),
            ("-J", self.jump.as_deref().map(OsStr::new)),
            ("-F", self.config.as_deref().map(Path::as_os_str)),
        ];
        let given = options
            .into_iter()
            .filter_map(|(flag, value)| Some([flag.into(), value?.into()]));
        given.flatten().collect()
    }
}

fn word_to_type(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.into_owned()
    } else {
        quote(&word)
    }
}

/// `~/x` in the home of whoever runs upsctl.
fn expand_home(path: &Path) -> PathBuf {
    match (
        path.strip_prefix("~"),
        std::env::var_os("HOME").map(PathBuf::from),
    ) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> SshTarget {
        SshTarget {
            address: "192.168.2.214".into(),
            user: None,
            port: None,
            identity_file: None,
            jump: None,
            config: None,
            timeout: Duration::from_millis(9500),
        }
    }

    fn argv(target: &SshTarget) -> String {
        let words = target.master_argv(Path::new("S"), Path::new("L"));
        words.join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn asks_nothing_and_trusts_no_unknown_key() {
        let argv = argv(&target());
        assert!(argv.contains("-o BatchMode=yes"), "{argv}");
        assert!(argv.contains("-o ConnectTimeout=10"), "{argv}");
        assert!(argv.ends_with(" -- 192.168.2.214"), "{argv}");
        assert!(!argv.contains("IdentitiesOnly"), "{argv}");
    }

    #[test]
    fn says_the_same_to_ssh_and_to_people() {
        let target = SshTarget {
            user: Some("admin".into()),
            port: Some(2222),
            identity_file: Some("/keys/my key".into()),
            jump: Some("bastion,inner:2200".into()),
            config: Some("lab.conf".into()),
            ..target()
        };
        let argv = argv(&target);
        assert!(
            argv.ends_with(
                "-o IdentitiesOnly=yes -p 2222 -i /keys/my key -J bastion,inner:2200 -F lab.conf \
                 -l admin -- 192.168.2.214"
            ),
            "{argv}"
        );
        assert_eq!(
            target.to_type(),
            "admin@192.168.2.214 -p 2222 -i '/keys/my key' -J bastion,inner:2200 -F lab.conf"
        );
    }

    #[test]
    fn an_address_is_never_taken_for_an_option() {
        let target = SshTarget {
            address: "-oProxyCommand=x".into(),
            ..target()
        };
        assert!(argv(&target).ends_with(" -- -oProxyCommand=x"));
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap();
        assert_eq!(expand_home(Path::new("~/.ssh/nut")), home.join(".ssh/nut"));
        assert_eq!(expand_home(Path::new("/a/~/b")), Path::new("/a/~/b"));
        assert_eq!(expand_home(Path::new("~other/b")), Path::new("~other/b"));
    }
}
