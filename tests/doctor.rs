//! What `doctor` says of recordings taken from really broken hosts (`tests/doctor/record.sh`).

use std::collections::BTreeSet;

use upsctl::model::bundle::{Bundle, Deep, Facts, JournalLine};
use upsctl::model::finding::Severity;
use upsctl::model::name::HostName;
use upsctl::model::observed::{Reading, Seen, Unit};
use upsctl::model::outcome::HostError;
use upsctl::model::verdict::{Checked, Diagnosis, Link, Verdict};
use upsctl::rules::doctor::{Symptom, diagnose};
use upsctl::time::Trouble;

#[path = "doctor/recorded.rs"]
mod recorded;
use recorded::{Case, VERSIONS, base, cases};

const FAULTS: &str = "cases.toml";

fn case(name: &str) -> Case {
    let mut all = cases(FAULTS).into_iter();
    all.find(|case| case.name == name)
        .unwrap_or_else(|| panic!("no case {name}"))
}

fn bundles(name: &str) -> Vec<Bundle> {
    case(name).bundles()
}

fn healthy() -> Vec<Bundle> {
    base("2.8.1").bundles()
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
fn each_fault_is_named_first_and_nothing_unrelated() {
    let mut wrong = Vec::new();
    for case in cases(FAULTS) {
        let diagnosis = diagnose(&case.bundles(), None, &[]);
        let (found, unseen) = (found(&diagnosis), unseen(&diagnosis));
        let said = case
            .saw
            .as_ref()
            .is_none_or(|saw| diagnosis.verdict.contains(saw));
        if found != case.found || unseen != case.unseen || !said {
            wrong.push(format!(
                "{}:\n  expected {:?} {:?} {:?}\n  found    {found:?} {unseen:?}\n  {}",
                case.name, case.found, case.unseen, case.saw, diagnosis.verdict
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What could not be looked at.
fn unseen(diagnosis: &Diagnosis) -> Vec<String> {
    let checks = diagnosis.checks.iter();
    checks
        .filter(|check| matches!(check.verdict, Verdict::Unknown { .. }))
        .map(|check| format!("{} {}", check.host, check.rule))
        .collect()
}

#[test]
fn the_name_of_a_case_is_its_own() {
    let all = cases(FAULTS);
    let names: BTreeSet<&String> = all.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn every_rule_has_a_case_in_which_it_fires() {
    let mut fired: BTreeSet<&str> = BTreeSet::new();
    for case in cases(FAULTS) {
        let diagnosis = diagnose(&case.bundles(), None, &[]);
        fired.extend(findings(&diagnosis).map(|check| check.rule));
    }
    let all = upsctl::rules::doctor::all().map(|rule| rule.rule.id);
    let silent: Vec<&str> = all.filter(|id| !fired.contains(id)).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn healthy_hosts_of_every_generation_give_no_finding_and_leave_nothing_unseen() {
    for version in VERSIONS {
        let bundles = base(version).bundles();
        let seen = |bundle: &Bundle| Some(bundle.look()?.observed.nut.is()?.to_string());
        let mut servers = bundles.iter().filter(|bundle| bundle.wish.role.is_server());
        assert!(servers.any(|bundle| seen(bundle).as_deref() == Some(version)));
        let diagnosis = diagnose(&bundles, None, &[]);
        let mut other = diagnosis
            .checks
            .iter()
            .filter(|check| check.verdict != Verdict::Pass);
        assert_eq!(other.next(), None, "{version}");
    }
}

/// What is right is right in more ways than one.
#[test]
fn healthy_hosts_of_many_kinds_give_no_finding_and_leave_nothing_unseen() {
    let variants = cases("healthy.toml");
    assert!(variants.len() >= 40, "{}", variants.len());
    for case in variants {
        let diagnosis = diagnose(&case.bundles(), None, &[]);
        assert_eq!(found(&diagnosis), Vec::<String>::new(), "{}", case.name);
        assert_eq!(unseen(&diagnosis), Vec::<String>::new(), "{}", case.name);
        assert_eq!(diagnosis.meaning, None, "{}", case.name);
    }
}

/// What a broken link means if mains fail is said for each, unless they have failed.
#[test]
fn each_broken_link_says_what_it_means() {
    for case in cases(FAULTS) {
        let diagnosis = diagnose(&case.bundles(), None, &[]);
        let on_battery = diagnosis.power.iter().any(|line| line.on_battery);
        let broken = diagnosis.failures().next();
        let said = diagnosis.meaning.as_deref();
        match broken {
            None => assert_eq!(said, None, "{}", case.name),
            Some(first) if first.link == Link::Power && on_battery => {}
            Some(_) => {
                let said = said.unwrap_or_else(|| panic!("{}", case.name));
                let starts = ["if mains fail now, ", "whether "];
                assert!(
                    starts.iter().any(|start| said.starts_with(start)),
                    "{}: {said}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn every_rule_looks_at_a_healthy_site() {
    let diagnosis = diagnose(&healthy(), None, &[]);
    let passed: BTreeSet<&str> = diagnosis.checks.iter().map(|check| check.rule).collect();
    for rule in upsctl::rules::doctor::all() {
        assert!(passed.contains(rule.rule.id), "{}", rule.rule.id);
    }
}

#[test]
fn the_texts_of_what_was_found_have_no_open_places() {
    for case in cases(FAULTS) {
        for check in findings(&diagnose(&case.bundles(), None, &[])) {
            let text = serde_json::to_string(check).unwrap();
            assert!(!text.contains("{{"), "{}: {text}", case.name);
        }
    }
}

#[test]
fn no_recording_holds_a_password_or_a_serial_number() {
    let mut texts: Vec<String> = VERSIONS
        .map(|version| serde_json::to_string(&base(version)).unwrap())
        .to_vec();
    texts.push(include_str!("doctor/cases.toml").into());
    for text in texts {
        // The recorder writes these words into every password and serial number.
        for canary in ["canary", "CANARY", "another99", "late99", "pa#ss99"] {
            assert!(!text.contains(canary), "{canary}");
        }
    }
}

#[test]
fn on_battery_nothing_is_restarted_before_mains_are_back() {
    let diagnosis = diagnose(&bundles("on-battery-with-a-test-command"), None, &[]);
    for check in findings(&diagnosis).filter(|check| check.rule != "mains-lost") {
        let fix = check
            .verdict
            .finding()
            .and_then(|finding| finding.fix.clone());
        assert!(
            fix.is_some_and(|fix| fix.starts_with("When mains are back. ")),
            "{check:?}"
        );
    }
    let calm = diagnose(&bundles("shutdowncmd-test"), None, &[]);
    let mut fixes = findings(&calm).filter_map(|check| check.verdict.finding()?.fix.clone());
    assert!(fixes.all(|fix| !fix.contains("mains are back")));
}

#[test]
fn a_symptom_asks_only_for_its_links() {
    let on_battery = diagnose(&bundles("on-battery"), Some(Symptom::OnBattery), &[]);
    assert_eq!(found(&on_battery), ["pve mains-lost"]);
    let other = diagnose(&bundles("wrong-password"), Some(Symptom::NotDetected), &[]);
    assert_eq!(found(&other), Vec::<String>::new());
    let client = diagnose(&bundles("wrong-password"), Some(Symptom::Client), &[]);
    assert_eq!(found(&client), ["nas login-password-differs"]);
}

#[test]
fn a_client_alone_is_still_diagnosed() {
    let mut all = bundles("firewall-drop");
    all.retain(|bundle| bundle.host.as_str() == "nas");
    assert_eq!(
        found(&diagnose(&all, None, &[])),
        ["nas server-not-reached"]
    );
}

#[test]
fn meaning_is_said_and_not_raw_values() {
    let diagnosis = diagnose(&bundles("on-battery"), None, &[]);
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
        let mut all = healthy();
        let server = all
            .iter_mut()
            .find(|bundle| bundle.host.as_str() == "pve")
            .unwrap();
        server.facts = Facts::Failed(error);
        let diagnosis = diagnose(&all, None, &[]);
        assert_eq!(found(&diagnosis), [format!("pve {rule}")]);
        assert!(diagnosis.unreached());
    }
}

#[test]
fn a_part_that_could_not_be_looked_at_is_neither_good_nor_bad() {
    let mut all = healthy();
    for bundle in &mut all {
        let Facts::Seen(look) = &mut bundle.facts else {
            panic!()
        };
        look.deep = Deep::default();
    }
    let diagnosis = diagnose(&all, None, &[]);
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
    let mut all = healthy();
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
    assert_eq!(found(&diagnose(&all, None, &[])), Vec::<String>::new());
}

#[test]
fn a_replay_on_the_command_line_ends_as_the_run_did() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, words: &[&str]| {
        let recording = match name {
            "healthy" => base("2.8.1"),
            name => case(name).recording(),
        };
        let file = folder.path().join(name);
        std::fs::write(&file, serde_json::to_string(&recording).unwrap()).unwrap();
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

/// What is wrong with the course of an outage is said where all else is right, and only there.
#[test]
fn the_course_of_an_outage_is_the_last_link() {
    let trouble = |rule, at_worst| Trouble {
        rule,
        severity: if at_worst {
            Severity::Warning
        } else {
            Severity::Error
        },
        at_worst,
        host: HostName::new("nas").expect("a name"),
        saw: "nas usually takes 2 min to go down".into(),
        values: vec![
            ("ups", "ups".into()),
            ("server", "pve".into()),
            ("host", "nas".into()),
        ],
        evidence: Vec::new(),
    };
    let course = [
        trouble("power-gone-early", false),
        trouble("battery-too-short", true),
    ];
    let diagnosis = diagnose(&healthy(), None, &course);
    assert_eq!(found(&diagnosis), ["nas power-gone-early"]);
    assert!(
        diagnosis.verdict.starts_with("nas: nas usually takes"),
        "{}",
        diagnosis.verdict
    );
    let broken = diagnose(&bundles("wrong-password"), None, &course);
    assert!(
        !found(&broken)
            .iter()
            .any(|rule| rule.ends_with("power-gone-early"))
    );
}
