//! Sites that were set up by hand, taken over on real hosts: import, nothing that matters in the
//! diff, a deploy that leaves every client logged in.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::{Lab, available, wait_for};

/// A server as guides set one up, with a user for everybody.
const SERVER: &str = r#"set -e
cat >/etc/nut/nut.conf <<'END'
# by hand
MODE=netserver
END
cat >/etc/nut/ups.conf <<'END'
maxretry = 3
[ups]
  driver = dummy-ups
  port = ups.dev
  desc = "By hand" # the rack
END
printf 'LISTEN 127.0.0.1 3493\nLISTEN 192.0.2.10 3493\n' >/etc/nut/upsd.conf
cat >/etc/nut/upsd.users <<'END'
[admin]
  password = pvecanary1
  actions = SET
  instcmds = ALL
[upsmon]
  password = nascanary2
  upsmon master
END
cat >/etc/nut/upsmon.conf <<'END'
MONITOR ups@localhost 1 upsmon nascanary2 master
SHUTDOWNCMD "/sbin/shutdown -h +0"
POWERDOWNFLAG /etc/killpower
NOTIFYCMD /usr/local/bin/ups-event
NOTIFYFLAG ONBATT SYSLOG+EXEC
DEADTIME 20
END
printf '#!/bin/sh\necho "$@" >>/tmp/events\n' >/usr/local/bin/ups-event
chmod 755 /usr/local/bin/ups-event
chown root:nut /etc/nut/*; chmod 640 /etc/nut/*; chmod 644 /etc/nut/ups.dev
systemctl enable -q nut-server nut-monitor
if systemctl cat nut-driver-enumerator >/dev/null 2>&1; then systemctl restart nut-driver-enumerator; systemctl restart 'nut-driver@ups'; else systemctl restart nut-driver; fi
systemctl restart nut-server nut-monitor
"#;

/// A client with the same user.
const CLIENT: &str = r#"set -e
printf 'MODE=netclient\n' >/etc/nut/nut.conf
cat >/etc/nut/upsmon.conf <<'END'
MONITOR ups@192.0.2.10 1 upsmon nascanary2 slave
SHUTDOWNCMD "/sbin/shutdown -h +0"
END
systemctl enable -q nut-monitor
systemctl restart nut-monitor
"#;

fn logged_in(lab: &Lab, address: &str) -> bool {
    lab.sh("pve", "upsc -c ups").out.contains(address)
}

fn by_hand(purpose: &str, server: &str, client: &str) -> Lab {
    let lab = Lab::up(
        purpose,
        &[
            &format!("pve={server},192.0.2.10"),
            &format!("nas={client},192.0.2.11"),
        ],
    );
    lab.dummy_ups("pve");
    lab.sh("pve", SERVER).expect(0);
    lab.sh("nas", CLIENT).expect(0);
    wait_for("both are logged in", 30, || {
        logged_in(&lab, "192.0.2.11") && logged_in(&lab, "127.0.0.1")
    });
    lab
}

/// What of a host is NUT's, byte for byte, with owners, modes and what is enabled.
fn day_zero(lab: &Lab, host: &str) -> String {
    let script = "cd /etc/nut && for f in nut.conf ups.conf upsd.conf upsd.users upsmon.conf; do \
                  [ -e $f ] || continue; stat -c '%n %U:%G %a' $f; cat $f; done; \
                  systemctl is-enabled nut-server nut-monitor; systemctl is-active nut-server nut-monitor; \
                  ls -A /etc/nut; ls /etc/systemd/system";
    lab.sh(host, script).out
}

fn taken_over(lab: &Lab) {
    let import = lab.upsctl(&["import", "pve", "nas"]).expect(0);
    assert!(
        import.out.contains("NOTIFYCMD") || import.out.contains("ups-event"),
        "{}",
        import.out
    );
    let toml = fs::read_to_string(lab.dir.path().join("site.toml")).unwrap();
    assert!(!toml.contains("canary"), "{toml}");
    let secret = lab.dir.path().join("secrets/upsmon");
    let mode = fs::metadata(&secret).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    lab.upsctl(&["check"]).expect(0);
    let diff = lab.upsctl(&["diff", "--exit-code"]).expect(4);
    assert!(!diff.out.contains("password of user"), "{}", diff.out);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.upsctl(&["verify"]).expect(0);
    assert!(logged_in(lab, "192.0.2.11") && logged_in(lab, "127.0.0.1"));
}

#[test]
fn a_site_made_by_hand_is_taken_over() {
    if available() {
        let lab = by_hand("import12", "bookworm", "trixie");
        let before = ["pve", "nas"].map(|host| day_zero(&lab, host));
        taken_over(&lab);
        for host in ["nas", "pve"] {
            let removed = lab.upsctl(&["remove", "-y", host]).expect(0);
            assert!(removed.out.contains("given back"), "{}", removed.out);
            lab.sh(host, "[ ! -e /var/lib/upsctl ]").expect(0);
        }
        let after = ["pve", "nas"].map(|host| day_zero(&lab, host));
        assert_eq!(before, after);
        wait_for("both are logged in again", 30, || {
            logged_in(&lab, "192.0.2.11") && logged_in(&lab, "127.0.0.1")
        });
    }
}
