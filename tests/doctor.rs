//! What `doctor` says of recordings taken from really broken hosts (`tests/bundles/record.sh`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use upsctl::model::bundle::{Bundle, Deep, Facts, JournalLine};
use upsctl::model::observed::{Reading, Seen, Unit};
use upsctl::model::outcome::HostError;
use upsctl::model::verdict::{Checked, Diagnosis, Verdict};
use upsctl::observe::Recording;
use upsctl::rules::doctor::{Symptom, diagnose};

/// A recording, and the findings it must give: `HOST RULE`, the root cause first, nothing else.
type Case = (&'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    ("healthy", &[]),
    ("server-stopped", &["pve upsd-not-running"]),
    ("server-masked", &["pve upsd-masked"]),
    ("driver-stopped", &["pve driver-not-running"]),
    ("driver-masked", &["pve driver-masked"]),
    ("driver-instance-absent", &["pve driver-instance-absent"]),
    ("driver-key", &["pve driver-key-not-known"]),
    ("driver-misspelt", &["pve driver-program-absent"]),
    ("driver-crash-loop", &["pve driver-fails"]),
    ("usb-absent", &["pve usb-absent"]),
    ("device-absent", &["pve port-absent"]),
    ("section-incomplete", &["pve ups-section-incomplete"]),
    ("open-quote", &["pve config-line-lost"]),
    ("stale", &["pve data-is-stale"]),
    ("upsmon-stopped", &["nas upsmon-not-running"]),
    ("upsmon-masked", &["nas upsmon-masked"]),
    ("not-restarted", &["nas upsmon-not-restarted"]),
    ("users-not-reloaded", &["pve upsd-not-restarted"]),
    ("not-at-boot", &["nas upsmon-not-at-boot"]),
    ("minsupplies", &["nas minsupplies-too-high"]),
    ("mode-none", &["pve mode-is-none"]),
    ("mode-none-client", &["nas mode-is-none"]),
    ("mode-netclient", &["pve mode-is-netclient"]),
    ("mode-misspelt", &["pve mode-misspelt"]),
    ("wrong-password", &["nas login-password-differs"]),
    ("wrong-password-server", &["nas login-password-differs"]),
    ("unknown-user", &["nas user-not-on-server"]),
    ("hash-password", &["nas config-line-lost"]),
    ("wrong-role", &["pve role-too-weak"]),
    ("user-without-role", &["nas user-without-role"]),
    ("duplicate-user", &["pve login-user-twice"]),
    ("two-primaries", &["nas two-primaries"]),
    ("wrong-ups-name", &["nas ups-not-on-server"]),
    ("wrong-target", &["nas server-address-wrong"]),
    ("listen-loopback", &["pve listen-only-loopback"]),
    ("listen-absent", &["pve listen-address-absent"]),
    ("port-taken", &["pve port-taken"]),
    ("firewall-drop", &["nas firewall-blocks"]),
    ("firewall-reject", &["nas firewall-blocks"]),
    ("wrong-owner", &["pve config-not-readable"]),
    ("users-unreadable", &["pve config-not-readable"]),
    ("folder-shut", &["pve config-not-readable"]),
    ("world-readable", &["pve config-world-readable"]),
    ("file-absent", &["pve config-file-absent"]),
    ("on-battery", &["pve mains-lost"]),
    ("battery-low", &["pve battery-low"]),
    ("replace-battery", &["pve battery-worn"]),
    ("output-off", &["pve output-off"]),
    ("overloaded", &["pve overloaded"]),
    ("low-on-mains", &["pve battery-low-on-mains"]),
    ("fsd", &["pve shutdown-latched"]),
    (
        "calibration",
        &["pve calibration-sticks", "nas calibration-sticks"],
    ),
    ("clock", &["nas clock-wrong"]),
    ("dns", &["nas server-name-unresolved"]),
    ("disk-full", &["pve disk-full"]),
    ("shutdowncmd", &["nas shutdown-command-absent"]),
    ("shutdowncmd-cut", &["nas shutdown-command-cut"]),
    ("shutdowncmd-test", &["nas shutdown-command-harmless"]),
    ("stale-flag", &["pve killpower-flag-stale"]),
    ("notifycmd", &["nas notify-program-absent"]),
    ("truenas-absent", &["pve client-not-counted"]),
    ("unreachable", &["pve host-unreachable"]),
    // A server of another generation, the rest as above.
    ("healthy-2.8.0", &[]),
    ("mode-none-2.8.0", &["pve mode-is-none"]),
    ("wrong-password-2.8.0", &["nas login-password-differs"]),
    ("listen-absent-2.8.0", &["pve listen-address-absent"]),
    ("driver-key-2.8.0", &["pve driver-key-not-known"]),
    ("fsd-2.8.0", &["pve shutdown-latched"]),
    ("calibration-2.8.0", &["pve calibration-sticks"]),
    ("wrong-role-2.8.0", &["pve role-too-weak"]),
    ("healthy-2.7.4", &[]),
    ("mode-none-2.7.4", &["pve mode-is-none"]),
    ("wrong-password-2.7.4", &["nas login-password-differs"]),
    ("listen-absent-2.7.4", &["pve listen-address-absent"]),
    ("driver-key-2.7.4", &["pve driver-key-not-known"]),
    ("driver-stopped-2.7.4", &["pve driver-not-running"]),
    ("driver-crash-loop-2.7.4", &["pve driver-fails"]),
    ("two-primaries-2.7.4", &["nas two-primaries"]),
    ("fsd-2.7.4", &["pve shutdown-latched"]),
    ("on-battery-2.7.4", &["pve mains-lost"]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles")
}

fn bundles(name: &str) -> Vec<Bundle> {
    let path = folder().join(format!("{name}.json"));
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    Recording::read(&text).unwrap().bundles()
}

fn found(diagnosis: &Diagnosis) -> Vec<String> {
    let broken = diagnosis.failures().chain(diagnosis.warnings());
    broken
        .map(|check| format!("{} {}", check.host, check.rule))
        .collect()
}

fn findings(diagnosis: &Diagnosis) -> impl Iterator<Item = &Checked> {
    diagnosis
        .checks
        .iter()
        .filter(|check| check.verdict.finding().is_some())
}

#[test]
fn each_recording_names_its_fault_first_and_nothing_unrelated() {
    let mut wrong = Vec::new();
    for (name, expected) in CASES {
        let diagnosis = diagnose(&bundles(name), None);
        let found = found(&diagnosis);
        if found != *expected {
            wrong.push(format!(
                "{name}:\n  expected {expected:?}\n  found    {found:?}\n  {}",
                diagnosis.verdict
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recording_is_in_the_table() {
    let listed: BTreeSet<String> = CASES.iter().map(|(name, _)| (*name).to_string()).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()?
                .strip_suffix(".json")
                .map(str::to_string)
        })
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn healthy_hosts_of_every_generation_give_no_finding_and_leave_nothing_unseen() {
    let mut generations = BTreeSet::new();
    for (name, _) in CASES.iter().filter(|(name, _)| name.starts_with("healthy")) {
        let bundles = bundles(name);
        generations.extend(
            bundles
                .iter()
                .filter(|bundle| bundle.wish.role.is_server())
                .filter_map(|bundle| Some(bundle.look()?.observed.nut.is()?.to_string())),
        );
        let diagnosis = diagnose(&bundles, None);
        let other: Vec<&Checked> = diagnosis
            .checks
            .iter()
            .filter(|check| check.verdict != Verdict::Pass)
            .collect();
        assert!(other.is_empty(), "{name}: {other:#?}");
    }
    assert_eq!(
        generations.into_iter().collect::<Vec<_>>(),
        ["2.7.4", "2.8.0", "2.8.1"]
    );
}

#[test]
fn the_texts_of_what_was_found_have_no_open_places() {
    for (name, _) in CASES {
        let diagnosis = diagnose(&bundles(name), None);
        for check in findings(&diagnosis) {
            let text = serde_json::to_string(check).unwrap();
            assert!(!text.contains("{{"), "{name}: {text}");
        }
    }
}

#[test]
fn no_recording_holds_a_password_or_a_serial_number() {
    for (name, _) in CASES {
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        // The recorder writes these words into every password and serial number.
        for canary in ["canary", "CANARY", "another99", "late99", "pa#ss99"] {
            assert!(!text.contains(canary), "{canary} in {name}");
        }
    }
}

#[test]
fn a_symptom_asks_only_for_its_links() {
    let on_battery = diagnose(&bundles("on-battery"), Some(Symptom::OnBattery));
    assert_eq!(found(&on_battery), ["pve mains-lost"]);
    let other = diagnose(&bundles("wrong-password"), Some(Symptom::NotDetected));
    assert_eq!(found(&other), Vec::<String>::new());
    let client = diagnose(&bundles("wrong-password"), Some(Symptom::Client));
    assert_eq!(found(&client), ["nas login-password-differs"]);
}

#[test]
fn a_client_alone_is_still_diagnosed() {
    let mut all = bundles("firewall-drop");
    all.retain(|bundle| bundle.host.as_str() == "nas");
    assert_eq!(found(&diagnose(&all, None)), ["nas server-not-reached"]);
}

#[test]
fn meaning_is_said_and_not_raw_values() {
    let diagnosis = diagnose(&bundles("on-battery"), None);
    assert!(
        diagnosis
            .verdict
            .contains("63 %, about 14 min left; shutdown starts at 20 % or 2 min"),
        "{}",
        diagnosis.verdict
    );
}

#[test]
fn each_way_a_host_cannot_be_looked_at_is_a_diagnosis_of_its_own() {
    let address = || "192.0.2.9".to_string();
    let detail = || "why".to_string();
    let cases = [
        (
            HostError::UnknownName { address: address() },
            "host-name-unknown",
        ),
        (
            HostError::Unreachable {
                address: address(),
                detail: detail(),
            },
            "host-unreachable",
        ),
        (
            HostError::ConnectTimeout {
                address: address(),
                seconds: 4,
            },
            "host-unreachable",
        ),
        (
            HostError::HostKeyUnknown { address: address() },
            "host-key-not-trusted",
        ),
        (
            HostError::HostKeyChanged {
                address: address(),
                detail: detail(),
            },
            "host-key-not-trusted",
        ),
        (
            HostError::AuthRefused {
                address: address(),
                detail: detail(),
            },
            "ssh-login-refused",
        ),
        (
            HostError::SudoRefused {
                user: "admin".into(),
                detail: detail(),
            },
            "sudo-refused",
        ),
        (HostError::Lost { detail: detail() }, "host-look-failed"),
        (HostError::TimedOut { seconds: 60 }, "host-look-failed"),
        (HostError::Garbled { detail: detail() }, "host-look-failed"),
        (HostError::Local { detail: detail() }, "host-look-failed"),
    ];
    for (error, rule) in cases {
        let mut all = bundles("healthy");
        let server = all
            .iter_mut()
            .find(|bundle| bundle.host.as_str() == "pve")
            .unwrap();
        server.facts = Facts::Failed(error);
        let diagnosis = diagnose(&all, None);
        assert_eq!(found(&diagnosis), [format!("pve {rule}")]);
        assert!(diagnosis.unreached());
    }
}

#[test]
fn a_part_that_could_not_be_looked_at_is_neither_good_nor_bad() {
    let mut all = bundles("healthy");
    for bundle in &mut all {
        let Facts::Seen(look) = &mut bundle.facts else {
            panic!()
        };
        look.deep = Deep::default();
    }
    let diagnosis = diagnose(&all, None);
    assert_eq!(found(&diagnosis), Vec::<String>::new());
    assert!(
        diagnosis
            .checks
            .iter()
            .any(|check| matches!(check.verdict, Verdict::Unknown { .. }))
    );
    assert!(
        diagnosis.verdict.contains("could not be looked at"),
        "{}",
        diagnosis.verdict
    );
}

#[test]
fn the_lines_that_healthy_hosts_write_too_are_no_finding() {
    let harmless = [
        "fopen /run/nut/upsd.pid: No such file or directory",
        "Could not find PID file '/run/nut/upsd.pid' to see if previous upsd instance is already running!",
        "Running as foreground process, not saving a PID file",
        "mainloop: Interrupted system call",
        "upsnotify: failed to notify about state 2: no notification tech defined, will not spam more about it",
        "Network UPS Tools upsmon 2.8.1",
        "WARNING: send_to_all: write 34 bytes to socket 7 failed (ret=-1), disconnecting: Broken pipe",
    ];
    let mut all = bundles("healthy");
    for bundle in &mut all {
        let Facts::Seen(look) = &mut bundle.facts else {
            panic!()
        };
        let time = look.observed.system.clock;
        let lines = || {
            harmless
                .map(|text| JournalLine {
                    time,
                    text: format!("pve x[1]: {text}"),
                })
                .to_vec()
        };
        look.deep.journal.monitor = Seen::Is(lines());
        look.deep.journal.server = Seen::Is(lines());
        look.deep.journal.driver = Seen::Is(lines());
        // ups-monitor.service comes masked with the package; nut-client.service is an alias.
        let masked = Unit {
            load: "masked".into(),
            active: "inactive".into(),
            ..Unit::default()
        };
        look.observed
            .units
            .insert("ups-monitor.service".into(), masked);
        for reading in look.observed.ups.values_mut() {
            if let Reading::Variables(variables) = reading {
                variables.insert("ups.status".into(), "WAIT".into());
            }
        }
        for unit in look
            .observed
            .units
            .values_mut()
            .filter(|unit| unit.active == "active")
        {
            unit.since = time - 5;
            unit.loaded = time - 5;
        }
    }
    assert_eq!(found(&diagnose(&all, None)), Vec::<String>::new());
}

#[test]
fn a_replay_on_the_command_line_ends_as_the_run_did() {
    let run = |name: &str, words: &[&str]| {
        let file = folder().join(format!("{name}.json"));
        let mut command = assert_cmd::Command::cargo_bin("upsctl").unwrap();
        command
            .args(words)
            .args(["doctor", "--from"])
            .arg(file)
            .output()
            .unwrap()
    };
    let broken = run("wrong-password", &[]);
    assert_eq!(broken.status.code(), Some(3));
    let text = String::from_utf8(broken.stdout).unwrap();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "nas: it cannot log in: the password of `nas` in its upsmon.conf is not the one upsd on pve knows"
    );
    assert!(text.lines().count() <= 40, "more than a screen: {text}");
    assert_eq!(run("healthy", &[]).status.code(), Some(0));
    assert_eq!(run("unreachable", &[]).status.code(), Some(1));
    let json = run("wrong-password", &["--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["schema"], 1);
    let checks = document["checks"].as_array().unwrap();
    let fail = checks
        .iter()
        .find(|check| check["verdict"] == "fail")
        .unwrap();
    assert_eq!(fail["rule"], "login-password-differs");
    assert_eq!(fail["finding"]["rule"], "login-password-differs");
}
