//! ssh's words as OpenSSH 9.2 says them, and what we make of them.

use super::*;

fn error(log: &str, stderr: &str) -> HostError {
    Attempt {
        target: "root@pve -p 2222",
        jump: None,
        seconds: 10,
        log,
        stderr,
    }
    .error()
}

fn at() -> String {
    "root@pve -p 2222".into()
}

const PROXY_CLOSED: &str = "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n\
    debug1: Executing proxy command: exec ssh -v -W '[pve]:2222' bastion\n\
    kex_exchange_identification: Connection closed by remote host\n\
    Connection closed by UNKNOWN port 65535\n";

#[test]
fn a_name_that_is_not_known() {
    let log = "ssh: Could not resolve hostname pve.lan: Name or service not known\n";
    assert_eq!(
        error(log, ""),
        HostError::UnknownName {
            address: "pve.lan".into()
        }
    );
    let mac =
        "ssh: Could not resolve hostname pve.lan: nodename nor servname provided, or not known\r\n";
    assert_eq!(
        error(mac, ""),
        HostError::UnknownName {
            address: "pve.lan".into()
        }
    );
}

#[test]
fn a_name_server_that_is_away_has_not_said_that_the_name_is_unknown() {
    let log = "ssh: Could not resolve hostname pve: Temporary failure in name resolution\n";
    let detail = "name server: Temporary failure in name resolution".into();
    assert_eq!(
        error(log, ""),
        HostError::Unreachable {
            address: at(),
            detail
        }
    );
}

#[test]
fn a_host_that_cannot_be_reached() {
    for why in [
        "Connection refused",
        "No route to host",
        "Network is unreachable",
        "Host is down",
    ] {
        let log = format!(
            "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19\ndebug1: Connecting to pve [192.0.2.1] port 22.\n\
             debug1: connect to address 192.0.2.1 port 22: {why}\nssh: connect to host pve port 22: {why}\n"
        );
        let detail = format!("connect to host pve port 22: {why}");
        assert_eq!(
            error(&log, ""),
            HostError::Unreachable {
                address: at(),
                detail
            }
        );
    }
}

#[test]
fn a_host_that_talks_no_ssh_we_know() {
    let line = "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-rsa";
    let expected = HostError::Unreachable {
        address: at(),
        detail: line.into(),
    };
    assert_eq!(error(line, ""), expected);
}

#[test]
fn silence_is_a_timeout() {
    for log in [
        "ssh: connect to host 192.0.2.1 port 22: Connection timed out\n",
        "ssh: connect to host 192.0.2.1 port 22: Operation timed out\n",
        "Connection timed out during banner exchange\nConnection to 192.0.2.1 port 22 timed out\n",
    ] {
        assert_eq!(
            error(log, ""),
            HostError::ConnectTimeout {
                address: at(),
                seconds: 10
            }
        );
    }
}

#[test]
fn a_host_key_that_is_not_known() {
    let log = "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\r\n\
        Host key verification failed.\r\n";
    assert_eq!(error(log, ""), HostError::HostKeyUnknown { address: at() });
}

#[test]
fn a_host_key_that_changed_with_the_line_that_says_otherwise() {
    let log = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        SHA256:VbuzrRAVqw7twfhFvGtYohW0MsqJbOAAw2n5nox9tNM.\n\
        Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.\n\
        Offending ED25519 key in /home/me/.ssh/known_hosts:17\n  remove with:\n\
        Host key for [127.0.0.1]:2222 has changed and you have requested strict checking.\n\
        Host key verification failed.\n";
    let expected = HostError::HostKeyChanged {
        address: "[127.0.0.1]:2222".into(),
        detail: "/home/me/.ssh/known_hosts:17".into(),
    };
    assert_eq!(error(log, ""), expected);
}

#[test]
fn a_login_that_is_refused_with_what_was_offered() {
    let log = "debug1: Authenticating to pve:2222 as 'root'\n\
        debug1: Offering public key: /home/me/.ssh/id_rsa RSA SHA256:abc agent\n\
        debug1: Authentications that can continue: publickey,password\n\
        debug1: Offering public key: /keys/my key ED25519 SHA256:def explicit\n\
        Load key \"/keys/old\": bad permissions\n\
        root@pve: Permission denied (publickey,password).\n";
    let detail = "takes publickey,password; offered: /home/me/.ssh/id_rsa, /keys/my key; \
                  Load key \"/keys/old\": bad permissions";
    assert_eq!(
        error(log, ""),
        HostError::AuthRefused {
            address: at(),
            detail: detail.into()
        }
    );
    let bare = "root@pve: Permission denied (publickey).\n";
    let detail = "takes publickey; no key was offered".into();
    assert_eq!(
        error(bare, ""),
        HostError::AuthRefused {
            address: at(),
            detail
        }
    );
}

#[test]
fn too_many_keys_are_a_refused_login() {
    let log = "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\n\
        Disconnected from 192.0.2.1 port 22\n";
    let HostError::AuthRefused { detail, .. } = error(log, "") else {
        panic!("{:?}", error(log, ""))
    };
    assert!(
        detail.contains("Too many authentication failures"),
        "{detail}"
    );
}

#[test]
fn a_configuration_that_ssh_does_not_take_is_our_machine_s() {
    for log in [
        "Can't open user config file lab.conf: No such file or directory\n",
        "/home/me/.ssh/config: line 3: Bad configuration option: foo\n\
         /home/me/.ssh/config: terminating, 1 bad configuration options\n",
        "Bad owner or permissions on /home/me/.ssh/config\n",
    ] {
        let detail = format!("ssh's configuration: {}", log.lines().next().unwrap());
        assert_eq!(
            error(log, ""),
            HostError::Local {
                detail: detail.clone()
            }
        );
        assert_eq!(error("", log), HostError::Local { detail });
    }
}

#[test]
fn a_jump_host_that_cannot_be_reached() {
    let stderr = "debug1: Connecting to bastion [192.0.2.9] port 22.\n\
        ssh: connect to host bastion port 22: Connection refused\n";
    let expected = HostError::Unreachable {
        address: "ssh://bastion:22".into(),
        detail: "the jump host: connect to host bastion port 22: Connection refused".into(),
    };
    assert_eq!(error(PROXY_CLOSED, stderr), expected);
}

#[test]
fn a_jump_host_that_refuses_the_login() {
    let stderr = "debug1: Authenticating to bastion:2200 as 'ops'\nops@bastion: Permission denied (publickey).\n";
    let expected = HostError::AuthRefused {
        address: "ssh://ops@bastion:2200".into(),
        detail: "the jump host takes publickey; no key was offered".into(),
    };
    assert_eq!(error(PROXY_CLOSED, stderr), expected);
}

#[test]
fn a_jump_host_is_called_what_the_inventory_calls_it() {
    let attempt = |jump| Attempt {
        target: "root@pve",
        jump: Some(jump),
        seconds: 10,
        log: PROXY_CLOSED,
        stderr: "debug1: Authenticating to 192.0.2.9:22 as 'ops'\n\
            No ED25519 host key is known for 192.0.2.9 and you have requested strict checking.\n",
    };
    let unknown = |address: &str| HostError::HostKeyUnknown {
        address: address.into(),
    };
    assert_eq!(attempt("bastion").error(), unknown("bastion"));
    assert_eq!(
        attempt("ops@bastion:22").error(),
        unknown("ssh://ops@bastion:22")
    );
    assert_eq!(
        attempt("outer,bastion").error(),
        unknown("ssh://ops@192.0.2.9:22")
    );
}

#[test]
fn a_jump_host_that_is_silent() {
    let log =
        "Connection timed out during banner exchange\nConnection to UNKNOWN port 65535 timed out\n";
    let stderr = "debug1: Connecting to bastion [192.0.2.9] port 22.\n";
    let expected = HostError::ConnectTimeout {
        address: "ssh://bastion:22".into(),
        seconds: 10,
    };
    assert_eq!(error(log, stderr), expected);
}

#[test]
fn a_host_behind_a_jump_host_that_cannot_be_reached_from_there() {
    let stderr = |why: &str| {
        format!(
            "debug1: Authenticating to bastion:22 as 'ops'\n\
             Authenticated to bastion ([192.0.2.9]:22) using \"publickey\".\n\
             channel 0: open failed: connect failed: {why}\nstdio forwarding failed\n"
        )
    };
    let detail = "from the jump host: No route to host".into();
    let expected = HostError::Unreachable {
        address: at(),
        detail,
    };
    assert_eq!(error(PROXY_CLOSED, &stderr("No route to host")), expected);
    let expected = HostError::UnknownName {
        address: "pve (asked at the jump host)".into(),
    };
    assert_eq!(
        error(PROXY_CLOSED, &stderr("Name or service not known")),
        expected
    );
}

#[test]
fn a_proxy_command_that_says_nothing_leaves_ssh_s_own_words() {
    let detail = "kex_exchange_identification: Connection closed by remote host".into();
    assert_eq!(
        error(PROXY_CLOSED, ""),
        HostError::Unreachable {
            address: at(),
            detail
        }
    );
}

#[test]
fn silence_of_ssh_itself_is_said() {
    let HostError::Local { detail } = error("", "debug1: x\n") else {
        panic!()
    };
    assert_eq!(detail, "ssh failed and said nothing");
}

#[test]
fn the_last_words_of_a_connection_leave_out_statistics_and_what_was_before_it() {
    let log = "Warning: something before\nAuthenticated to pve ([192.0.2.1]:22) using \"publickey\".\n\
        debug1: Entering interactive session.\nTimeout, server pve not responding.\r\n\
        Transferred: sent 3000, received 2000 bytes, in 20.0 seconds\n\
        Bytes per second: sent 150.0, received 100.0\ndebug1: Exit status -1\n";
    assert_eq!(
        last_words(log),
        Some("Timeout, server pve not responding.".into())
    );
    let log =
        "Warning: before\nAuthenticated to pve ([192.0.2.1]:22) using \"publickey\".\ndebug1: x\n";
    assert_eq!(last_words(log), None);
}

#[test]
fn the_log_knows_who_logged_in() {
    let log = "debug1: Authenticating to 127.0.0.1:2222 as 'admin'\n";
    assert_eq!(login_user(log), Some("admin".into()));
}
