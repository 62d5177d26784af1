//! `status` and `events` in a real outage: what they say while it lasts, and when it is over.

mod support;

use support::{Lab, available, wait_for};

const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"

[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"

[hosts.nas]
address = "nas"
powered_by = ["ups"]

[users.pve]
password = { env = "PVE_PASSWORD" }

[users.nas]
password = { env = "NAS_PASSWORD" }
"#;

/// What `events` says of the site.
fn events(lab: &Lab) -> serde_json::Value {
    let ran = lab
        .upsctl(&["events", "--since", "1h", "--format", "json"])
        .expect(0);
    serde_json::from_str(&ran.out).expect("one document")
}

/// Whether an event of this kind was told by this host.
fn told(history: &serde_json::Value, host: &str, kind: &str) -> bool {
    let events = history["events"].as_array().expect("events");
    events
        .iter()
        .any(|event| event["host"] == host && event["kind"] == kind)
}

/// An outage that ends, and `status` in the middle of it.
fn short_outage(lab: &Lab) {
    lab.upsctl(&["status"]).expect(0);
    // One replacement, not two within a second: dummy-ups tells a changed file by its mtime in whole
    // seconds (drivers/dummy-ups.c) and would miss the second.
    lab.sh(
        "pve",
        "cd /etc/nut && { sed 's/^ups.status:.*/ups.status: OB DISCHRG/' ups.dev; echo 'battery.charge.low: 20'; } >ups.new \
         && chmod 644 ups.new && mv ups.new ups.dev",
    )
    .expect(0);
    wait_for("both notice", 20, || {
        let history = events(lab);
        ["pve", "nas"]
            .iter()
            .all(|host| told(&history, host, "on_battery"))
    });
    let said = lab.upsctl(&["status"]).expect(3).out;
    assert!(said.starts_with("ups  on battery for "), "{said}");
    assert!(
        said.contains(
            "shutdown starts in about 24 min, at 20 % charge; the battery is empty in about 30"
        ),
        "{said}"
    );
    assert!(
        said.contains("order of going down: first nas, then pve\n"),
        "{said}"
    );
    assert!(said.contains("nas  logged in\n"), "{said}");
    lab.ups_status("pve", "OL");
    wait_for("mains are seen", 20, || {
        let history = events(lab);
        ["pve", "nas"]
            .iter()
            .all(|host| told(&history, host, "on_mains"))
    });
}

fn driver_comes_and_goes(lab: &Lab) {
    lab.sh("pve", "systemctl stop nut-driver@ups").expect(0);
    wait_for("contact is lost", 20, || {
        told(&events(lab), "nas", "communication_lost")
    });
    let said = lab.upsctl(&["status"]).expect(3).out;
    assert!(said.starts_with("ups  not known: "), "{said}");
    assert!(said.contains("nut-driver@ups is inactive (dead)"), "{said}");
    lab.sh("pve", "systemctl start nut-driver@ups").expect(0);
    wait_for("contact is back", 30, || {
        told(&events(lab), "nas", "communication_back")
    });
}

/// Both go down by NUT itself, and are booted again with mains back.
fn goes_down_and_comes_back(lab: &Lab) {
    lab.ups_status("pve", "OB LB");
    for host in ["nas", "pve"] {
        lab.ctl(&["wait", host, "off", "90"]).expect(0);
    }
    let device = lab.path().join("hosts/pve/root/etc/nut/ups.dev");
    let text = std::fs::read_to_string(&device).expect("the device");
    std::fs::write(&device, text.replace("OB LB", "OL")).expect("it can be written");
    for host in ["pve", "nas"] {
        lab.ctl(&["start", host]).expect(0);
    }
    for host in ["pve", "nas"] {
        lab.ctl(&["wait", host, "up", "60"]).expect(0);
    }
}

#[test]
fn an_outage_is_told_while_it_lasts_and_reconstructed_when_it_is_over() {
    if !available() {
        return;
    }
    let lab = Lab::up(
        "events",
        &["pve=trixie,192.0.2.10", "nas=bookworm,192.0.2.11"],
    );
    lab.write("site.toml", SITE);
    lab.dummy_ups("pve");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    wait_for("nas is logged in", 30, || {
        lab.upsctl(&["status"]).out.contains("nas  logged in")
    });
    short_outage(&lab);
    driver_comes_and_goes(&lab);
    goes_down_and_comes_back(&lab);

    let history = events(&lab);
    let outages = history["outages"].as_array().expect("outages");
    assert_eq!(outages.len(), 2, "{outages:#?}");
    assert_eq!(
        (&outages[0]["end"], &outages[0]["low_battery"]),
        (&"seen".into(), &false.into())
    );
    let last = &outages[1];
    assert_eq!(last["in_order"], true, "{last:#}");
    assert_eq!(
        (&last["low_battery"], &last["end"]),
        (&true.into(), &"at_the_latest".into()),
        "{last:#}"
    );
    let went: Vec<_> = last["hosts"]
        .as_array()
        .expect("hosts")
        .iter()
        .map(|course| (course["host"].clone(), course["clean"].clone()))
        .collect();
    assert_eq!(
        went,
        [("nas".into(), true.into()), ("pve".into(), true.into())]
    );
    for (host, kind) in [
        ("pve", "deployed"),
        ("nas", "booted"),
        ("pve", "unit_stopped"),
        ("pve", "driver_lost"),
        ("pve", "logged_in"),
    ] {
        assert!(told(&history, host, kind), "{host} {kind}");
    }
    let said = lab.upsctl(&["events"]).expect(0).out;
    assert!(said.contains("\n    in order: nas left NUT "), "{said}");
    // The line that is proposed is one that the inventory takes.
    let (_, proposed) = said
        .split_once("    [hosts.nas]\n    ")
        .expect("a proposal");
    let line = proposed.lines().next().expect("a line");
    assert!(line.starts_with("shutdown_takes = \""), "{line}");
    lab.write(
        "site.toml",
        &SITE.replace("[hosts.nas]\n", &format!("[hosts.nas]\n{line}\n")),
    );
    lab.upsctl(&["check"]).expect(0);
}
