//! The whole chain on real hosts: a fresh site is deployed, proven, and goes down in order when the
//! battery is low.

mod support;

use support::{Lab, available, wait_for};

const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
desc = "Lab UPS"

[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"

[hosts.nas]
address = "nas"
powered_by = ["ups"]
shutdown_takes = "5s"

[users.pve]
password = { env = "PVE_PASSWORD" }

[users.nas]
password = { env = "NAS_PASSWORD" }
"#;

fn site(purpose: &str, server: &str, client: &str) -> Lab {
    let lab = Lab::up(
        purpose,
        &[
            &format!("pve={server},192.0.2.10"),
            &format!("nas={client},192.0.2.11"),
        ],
    );
    lab.write("site.toml", SITE);
    lab.dummy_ups("pve");
    lab
}

/// From fresh hosts to a proven site, with every step a user would take.
fn deploys(lab: &Lab) {
    let diff = lab.upsctl(&["diff", "--exit-code"]).expect(4);
    assert!(
        diff.out
            .contains("+MONITOR ups@127.0.0.1 1 pve <password of pve> "),
        "{}",
        diff.out
    );
    let refused = lab.upsctl(&["deploy"]);
    assert_eq!(
        refused.code, 2,
        "without a terminal and without -y it refuses: {}",
        refused.err
    );
    lab.upsctl(&["deploy", "-y"]).expect(0);

    let served = lab.sh("pve", "upsc ups@127.0.0.1 ups.status").expect(0);
    assert_eq!(served.out.trim(), "OL");
    let from_client = lab.sh("nas", "upsc ups@192.0.2.10 ups.status").expect(0);
    assert_eq!(from_client.out.trim(), "OL");
    let clients = lab.sh("pve", "upsc -c ups").expect(0);
    assert!(clients.out.contains("192.0.2.11"), "{}", clients.out);

    let before = lab
        .sh(
            "pve",
            "stat -c '%n %Y %i' /etc/nut/*; systemctl show -p MainPID nut-server",
        )
        .out;
    let again = lab.upsctl(&["deploy", "-y"]).expect(0);
    assert!(again.out.contains("in sync"), "{}", again.out);
    let after = lab
        .sh(
            "pve",
            "stat -c '%n %Y %i' /etc/nut/*; systemctl show -p MainPID nut-server",
        )
        .out;
    assert_eq!(before, after, "a host in sync is not touched");
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
    lab.upsctl(&["verify"]).expect(0);

    lab.sh("pve", "echo 'MAXAGE 99' >>/etc/nut/upsd.conf")
        .expect(0);
    let drift = lab.upsctl(&["diff", "--exit-code"]).expect(4);
    assert!(drift.out.contains("-MAXAGE 99"), "{}", drift.out);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

/// OB LB: the client powers off before the server, by NUT itself.
fn goes_down_in_order(lab: &Lab) {
    lab.ups_status("pve", "OB LB");
    let off = |host: &str| lab.ctl(&["wait", host, "off", "1"]).code == 0;
    wait_for("the client powers off", 60, || {
        assert!(!off("pve"), "the server went down before its client");
        off("nas")
    });
    wait_for("the server powers off", 60, || off("pve"));
}

#[test]
fn nut_2_8_0_is_deployed_and_goes_down_in_order() {
    if available() {
        let lab = site("site12", "bookworm", "bookworm");
        deploys(&lab);
        goes_down_in_order(&lab);
    }
}

#[test]
fn nut_2_8_1_is_deployed_and_goes_down_in_order() {
    if available() {
        let lab = site("site13", "trixie", "trixie");
        deploys(&lab);
        goes_down_in_order(&lab);
    }
}

#[test]
fn nut_2_7_4_is_deployed_with_a_newer_client() {
    if available() {
        let lab = site("site11", "bullseye", "trixie");
        deploys(&lab);
        goes_down_in_order(&lab);
    }
}

#[test]
fn a_mixed_site_goes_down_in_order() {
    if available() {
        let lab = site("mixed", "trixie", "bookworm");
        lab.upsctl(&["deploy", "-y"]).expect(0);
        goes_down_in_order(&lab);
    }
}
