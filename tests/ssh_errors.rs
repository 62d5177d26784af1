//! Each way a connection can fail, on a real ssh.

#[path = "support/processes.rs"]
mod processes;
#[path = "support/sshd.rs"]
mod sshd;

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use sshd::{CLOSED_PORT, Sshd};
use upsctl::host::{Command, Silent, Ssh, SshTarget, Transport};
use upsctl::model::outcome::HostError;
use upsctl::model::secret::Secret;

fn error(target: SshTarget) -> HostError {
    let command = Command {
        program: "true".into(),
        input: Secret::new(""),
        deadline: Duration::from_secs(20),
    };
    Ssh::to(target)
        .run(&command, &mut Silent)
        .expect_err("this cannot be connected to")
}

/// A target that no sshd is behind.
fn nobody(address: &str, port: u16) -> SshTarget {
    SshTarget {
        address: address.into(),
        user: None,
        port: Some(port),
        identity_file: None,
        jump: None,
        config: Some("/dev/null".into()),
        timeout: Duration::from_secs(10),
    }
}

#[test]
fn a_host_key_that_is_not_known_is_not_trusted() {
    let Some(sshd) = Sshd::start("") else { return };
    fs::write(sshd.path("known_hosts"), "").unwrap();
    let HostError::HostKeyUnknown { address } = error(sshd.target()) else {
        panic!()
    };
    assert!(address.starts_with("127.0.0.1 -p "), "{address}");
    assert_eq!(
        fs::read_to_string(sshd.path("known_hosts")).unwrap(),
        "",
        "it was written to"
    );
}

#[test]
fn a_host_key_that_changed_is_not_trusted() {
    let Some(sshd) = Sshd::start("") else { return };
    sshd.know("other_key");
    let expected = HostError::HostKeyChanged {
        address: sshd.known_as(),
        detail: format!("{}:1", sshd.path("known_hosts").display()),
    };
    assert_eq!(error(sshd.target()), expected);
}

#[test]
fn a_refused_login_says_what_was_offered() {
    let Some(sshd) = Sshd::start("") else { return };
    fs::copy(sshd.path("other_key.pub"), sshd.path("authorized_keys")).unwrap();
    let HostError::AuthRefused { detail, .. } = error(sshd.target()) else {
        panic!()
    };
    let key = sshd.path("user_key");
    assert_eq!(
        detail,
        format!("takes publickey; offered: {}", key.display())
    );
}

#[test]
fn a_closed_port_is_unreachable() {
    let HostError::Unreachable { detail, .. } = error(nobody("127.0.0.1", CLOSED_PORT)) else {
        panic!()
    };
    assert!(detail.ends_with("Connection refused"), "{detail}");
}

#[test]
fn a_name_that_does_not_resolve_is_unknown() {
    let unknown = error(nobody("no..such.host", 22));
    assert_eq!(
        unknown,
        HostError::UnknownName {
            address: "no..such.host".into()
        }
    );
}

#[test]
fn a_host_that_never_greets_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut target = nobody("127.0.0.1", silent.local_addr().unwrap().port());
    target.timeout = Duration::from_secs(1);
    let begun = Instant::now();
    let HostError::ConnectTimeout { seconds, .. } = error(target) else {
        panic!()
    };
    assert_eq!(seconds, 1);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_jump_host_that_refuses_is_named() {
    let Some(sshd) = Sshd::start("") else { return };
    let target = SshTarget {
        jump: Some(format!("127.0.0.1:{CLOSED_PORT}")),
        ..sshd.target()
    };
    let HostError::Unreachable { address, detail } = error(target) else {
        panic!()
    };
    assert_eq!(address, format!("ssh://127.0.0.1:{CLOSED_PORT}"));
    assert!(
        detail.starts_with("the jump host: ") && detail.ends_with("Connection refused"),
        "{detail}"
    );
}

#[test]
fn a_jump_host_of_unknown_key_asks_nobody() {
    let Some(sshd) = Sshd::start("") else { return };
    fs::write(sshd.path("known_hosts"), "").unwrap();
    let begun = Instant::now();
    let expected = HostError::HostKeyUnknown {
        address: "jump".into(),
    };
    assert_eq!(error(sshd.target_behind_itself()), expected);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_host_behind_a_jump_host_that_refuses_is_unreachable_from_there() {
    let Some(sshd) = Sshd::start("") else { return };
    let target = SshTarget {
        port: Some(CLOSED_PORT),
        ..sshd.target_behind_itself()
    };
    let HostError::Unreachable { detail, .. } = error(target) else {
        panic!()
    };
    assert_eq!(detail, "from the jump host: Connection refused");
}

#[test]
fn a_bad_ssh_configuration_is_this_machine_s_fault() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    fs::write(&config, "NoSuchOption yes\n").unwrap();
    let HostError::Local { detail } = error(SshTarget {
        config: Some(config),
        ..nobody("127.0.0.1", 22)
    }) else {
        panic!()
    };
    assert!(
        detail.contains("line 1: Bad configuration option: nosuchoption"),
        "{detail}"
    );
}
