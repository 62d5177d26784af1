//! What `doctor` says of recordings taken from really broken hosts (`tests/bundles/record.sh`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use upsctl::model::bundle::Bundle;
use upsctl::model::verdict::{Checked, Diagnosis, Verdict};
use upsctl::observe::Recording;
use upsctl::rules::doctor::{Symptom, diagnose};

/// A recording, and the findings it must give: `HOST RULE`, the root cause first, nothing else.
type Case = (&'static str, &'static [&'static str]);

const CASES: &[Case] = &include!("bundles/cases.in");

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
        for canary in [
            "canarypve77",
            "canarynas77",
            "canaryold88",
            "SNCANARY",
            "another99",
            "late99",
        ] {
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
    assert_eq!(found(&client), ["nas password-differs"]);
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
