//! A site of a Debian server and a TrueNAS: a stand-in for the middleware writes real files for NUT's
//! real client, so that the login at the real upsd is what proves a deploy. See tests/truenas/.

mod support;

use std::process::Command;

use support::{Lab, Ran, available, wait_for};

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
platform = "truenas"
powered_by = ["ups"]
truenas = { over = "ssh" }

[users.pve]
password = { env = "PVE_PASSWORD" }

[users.nas]
password = { env = "NAS_PASSWORD" }
"#;

fn site(purpose: &str, version: &str) -> Lab {
    let lab = Lab::up(
        purpose,
        &[
            "pve=trixie,192.0.2.10",
            "--python",
            "nas=bookworm,192.0.2.11",
        ],
    );
    let root = lab.path().join("hosts/nas/root");
    let made = Command::new("tests/truenas/install.sh").arg(root).status();
    assert!(made.expect("install.sh runs").success());
    knob(&lab, &format!("state['version'] = '{version}'"));
    lab.write("site.toml", SITE);
    lab.dummy_ups("pve");
    lab
}

/// Runs python over the state of the stand-in.
fn knob(lab: &Lab, code: &str) -> Ran {
    let program = format!(
        "python3 -c \"import sys; sys.path.insert(0, '/usr/local/lib/fake-truenas')
import middleware
with middleware.Middleware() as box:
    state = box.state
    {code}\""
    );
    lab.sh("nas", &program).expect(0)
}

/// The fields that a user would find in the UI, and the service.
fn configuration(lab: &Lab) -> String {
    knob(
        lab,
        "print(sorted(state['ups'].items()), state['enable'], box.running())",
    )
    .out
}

fn logged_in(lab: &Lab) -> bool {
    let listed = lab.sh("pve", "upsc -c ups 2>/dev/null").out;
    listed.contains("192.0.2.11")
}

/// From a new box to a proven one.
fn deploys(lab: &Lab) {
    let diff = lab.upsctl(&["diff", "nas", "--exit-code"]).expect(4).out;
    for line in [
        "mode        MASTER -> SLAVE",
        "remotehost  empty -> 192.0.2.10",
        "monuser     upsmon -> nas",
        "monpwd      empty -> <password of nas>",
        "shutdown    BATT -> LOWBATT",
        "start  ups  because it does not run",
    ] {
        assert!(diff.contains(line), "no `{line}` in\n{diff}");
    }
    let done = lab.upsctl(&["deploy", "-y"]).expect(0).out;
    assert!(done.contains("settings"), "{done}");
    assert!(logged_in(lab), "{done}");
    lab.upsctl(&["verify"]).expect(0);

    let before = configuration(lab) + &lab.sh("nas", "systemctl show -p MainPID nut-monitor").out;
    let again = lab.upsctl(&["deploy", "-y"]).expect(0).out;
    assert!(again.contains("in sync"), "{again}");
    let after = configuration(lab) + &lab.sh("nas", "systemctl show -p MainPID nut-monitor").out;
    assert_eq!(before, after, "a box in sync is not touched");
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

fn drift_is_seen_and_mended(lab: &Lab) {
    lab.sh("nas", "midclt call ups.update '{\"hostsync\": 99}'")
        .expect(0);
    let drift = lab.upsctl(&["diff", "--exit-code"]).expect(4).out;
    assert!(drift.contains("hostsync  99 -> 15"), "{drift}");
    lab.upsctl(&["verify", "nas"]).expect(3);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

/// What goes wrong leaves the old configuration, and is said.
fn failures_leave_the_old_configuration(lab: &Lab) {
    let inventory = |hostsync: u32| {
        let own = format!("\n[hosts.nas.upsmon]\nHOSTSYNC = {hostsync}\n");
        lab.write("site.toml", &format!("{SITE}{own}"));
    };
    inventory(44);
    let before = configuration(lab);
    let failing = |fault: &str, code: i32, said: &str| {
        knob(lab, &format!("state['faults'] = {fault}"));
        let ran = lab.upsctl(&["deploy", "-y", "nas"]).expect(code);
        let text = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{fault}: no `{said}` in\n{}", ran.out);
        knob(lab, "state['faults'] = {}");
        assert_eq!(configuration(lab), before, "{fault}");
        wait_for("it is logged in again", 30, || logged_in(lab));
    };
    failing("{'update': '[EFAULT] no space left'}", 5, "no space left");
    failing("{'start': {'hostsync': 44}}", 5, "service failed to start");
    failing("{'denied': 1}", 3, "Not authorized");
    failing("{'daemon': 1}", 3, "Daemon not running?");

    // Whoever writes at the same time is left alone, and told of.
    knob(
        lab,
        "state['faults'] = {'another_writer': {'hostsync': 55}}",
    );
    let ran = lab.upsctl(&["deploy", "-y", "nas"]).expect(5);
    assert!(ran.out.contains("somebody else"), "{}", ran.out);
    let now = configuration(lab);
    assert!(now.contains("('hostsync', 55)"), "{now}");
    lab.upsctl(&["deploy", "-y", "nas"]).expect(0);
    lab.write("site.toml", SITE);
    lab.upsctl(&["deploy", "-y", "nas"]).expect(0);
    assert_eq!(configuration(lab), before);
}

/// The real upsd refuses the login: the box takes its old password back.
fn a_wrong_password_is_undone(lab: &Lab) {
    let before = configuration(lab);
    lab.write(
        "site.toml",
        &SITE.replace("{ env = \"NAS_PASSWORD\" }", "{ literal = \"another\" }"),
    );
    let ran = lab.upsctl(&["deploy", "-y", "nas"]).expect(5);
    assert!(ran.out.contains("is not logged in"), "{}", ran.out);
    assert_eq!(configuration(lab), before);
    wait_for("it is logged in again", 30, || logged_in(lab));
    lab.write("site.toml", SITE);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

fn history_leads_back(lab: &Lab) {
    let before = configuration(lab);
    let more = "\n[hosts.nas.upsmon]\nHOSTSYNC = 66\n";
    lab.write("site.toml", &format!("{SITE}{more}"));
    lab.upsctl(&["deploy", "-y", "nas"]).expect(0);
    let past = lab.upsctl(&["history", "nas"]).expect(0).out;
    assert!(past.contains("settings"), "{past}");
    lab.upsctl(&["rollback", "-y", "nas"]).expect(0);
    assert_eq!(configuration(lab), before);
    lab.write("site.toml", SITE);
}

#[test]
fn failures_leave_a_truenas_as_it_was() {
    if available() {
        let lab = site("tnfails", "TrueNAS-25.10.3");
        lab.upsctl(&["deploy", "-y"]).expect(0);
        failures_leave_the_old_configuration(&lab);
        a_wrong_password_is_undone(&lab);
        history_leads_back(&lab);
    }
}

#[test]
fn a_truenas_is_deployed_shows_drift_and_goes_down_first() {
    if !available() {
        return;
    }
    let lab = site("truenas", "TrueNAS-25.04.2.6");
    deploys(&lab);
    drift_is_seen_and_mended(&lab);
    lab.ups_status("pve", "OB LB");
    let off = |host: &str| lab.ctl(&["wait", host, "off", "1"]).code == 0;
    wait_for("the TrueNAS powers off", 60, || {
        assert!(!off("pve"), "the server went down before its client");
        off("nas")
    });
    wait_for("the server powers off", 60, || off("pve"));
}
