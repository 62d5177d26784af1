//! The plan for a TrueNAS and the proof of one: each rule where it fires and where it must not.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use upsctl::model::desired::DesiredHost;
use upsctl::model::finding::Finding;
use upsctl::model::inventory::Inventory;
use upsctl::model::name::HostName;
use upsctl::model::observed::{ObservedHost, Seen};
use upsctl::model::plan::HostPlan;
use upsctl::model::secret::{Secret, SecretStore};
use upsctl::model::truenas::{Generated, ObservedTrueNas, PasswordSeen};
use upsctl::observe;
use upsctl::render::{self, InventoryIndex, Templates};
use upsctl::rules::refusal;
use upsctl::truenas::{self, Task};

const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
[hosts.pve]
address = "192.0.2.10"
[hosts.nas]
address = "192.0.2.20"
platform = "truenas"
powered_by = ["ups"]
truenas = { over = "ssh" }
"#;

fn nas() -> HostName {
    HostName::new("nas").expect("a name")
}

fn desired(site: &str) -> DesiredHost {
    let inventory: Inventory = toml::from_str(site).expect("an inventory");
    let index = InventoryIndex::new(&inventory, &|_| None);
    let templates = Templates::built_in().expect("built in");
    render::desired(&index, &nas(), None, &templates).unwrap_or_else(|why| panic!("{why}"))
}

/// A box that is as the inventory has it.
fn seen(desired: &DesiredHost) -> ObservedTrueNas {
    ObservedTrueNas {
        version: "TrueNAS-25.10.3".into(),
        fields: desired.truenas.as_ref().expect("settings").fields.clone(),
        password: PasswordSeen::Same,
        state: "RUNNING".into(),
        enabled: true,
        generated: Generated::Same,
    }
}

fn observed(truenas: Seen<ObservedTrueNas>) -> ObservedHost {
    let host = observe::parse(&nas(), "n", b"\n--n end\n").expect("an answer");
    ObservedHost { truenas, ..host }
}

fn secrets(password: &str) -> SecretStore {
    let mut secrets = SecretStore::default();
    secrets.insert("nas", Secret::new(password));
    secrets
}

fn plan(site: &str, password: &str, change: impl FnOnce(&mut ObservedTrueNas)) -> HostPlan {
    let desired = desired(site);
    let mut have = seen(&desired);
    change(&mut have);
    truenas::plan(&desired, &observed(Seen::Is(have)), &secrets(password))
}

fn set(field: &'static str, value: Value) -> impl FnOnce(&mut ObservedTrueNas) {
    move |have| drop(have.fields.insert(field.into(), value))
}

fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_box_as_it_must_be_has_no_steps_and_nothing_against_it() {
    let plan = plan(SITE, "canary", |_| {});
    assert!(plan.in_sync() && plan.blocked.is_empty(), "{plan:?}");
    let desired = desired(SITE);
    assert_eq!(truenas::check(&desired, &Seen::Is(seen(&desired))), []);
}

#[test]
fn steps_are_the_differences_and_the_service() {
    let plan = plan(SITE, "canary", |have| {
        have.fields.insert("mode".into(), json!("MASTER"));
        have.fields.insert("hostsync".into(), json!(99));
        have.fields.insert("driver".into(), json!("usbhid-ups$x"));
        have.password = PasswordSeen::Empty;
        (have.enabled, have.state) = (false, "STOPPED".into());
    });
    let steps = plan.settings.iter();
    let steps: Vec<_> = steps
        .map(|s| format!("{} {} {}", s.field, s.old, s.new))
        .collect();
    let password = "monpwd empty <password of nas>";
    assert_eq!(steps, ["mode MASTER SLAVE", "hostsync 99 15", password]);
    let units: Vec<_> = plan.units.iter().map(|step| step.action).collect();
    assert_eq!(
        serde_json::to_value(units).expect("json"),
        json!(["enable", "start"])
    );
    assert!(
        !serde_json::to_string(&plan)
            .expect("json")
            .contains("canary")
    );
}

#[test]
fn the_moment_to_go_down_and_upsmon_s_directives_have_their_fields() {
    let timed = SITE.replace("\"ssh\" }", "\"ssh\", on_battery_for = \"2m\" }")
        + "[hosts.nas.upsmon]\nHOSTSYNC = 40\nNOCOMMWARNTIME = 600\n";
    let desired = desired(&timed);
    let fields = &desired.truenas.as_ref().expect("settings").fields;
    assert_eq!(
        [
            "shutdown",
            "shutdowntimer",
            "hostsync",
            "nocommwarntime",
            "powerdown"
        ]
        .map(|f| &fields[f]),
        [
            &json!("BATT"),
            &json!(120),
            &json!(40),
            &json!(600),
            &json!(false)
        ]
    );
}

#[test]
fn calls_go_by_the_release_and_the_password_only_by_stdin() {
    for (version, method) in [
        ("TrueNAS-SCALE-24.10.2", "service.start"),
        ("TrueNAS-25.04.2", "service.start"),
        ("TrueNAS-25.10.3", "service.control"),
        ("TrueNAS-26.0.0", "service.control"),
    ] {
        let stopped = |have: &mut ObservedTrueNas| {
            have.version = version.into();
            have.state = "STOPPED".into();
            have.password = PasswordSeen::Other;
        };
        let plan = plan(SITE, "canary", stopped);
        let mut have = seen(&desired(SITE));
        stopped(&mut have);
        let task = Task {
            id: "1",
            nonce: "n",
            holder: "me",
            confirm: 60,
            keep: 10,
            undoes: None,
        };
        let (program, input) =
            truenas::program(&plan, &have, &secrets("canary"), &task).expect("a program");
        assert!(!program.contains("canary"));
        let input: Value = serde_json::from_str(input.expose()).expect("json");
        assert_eq!(input["calls"][0]["method"], method, "{version}");
        assert_eq!(input["set"], json!({"monpwd": "canary"}));
    }
}

/// Every rule of a TrueNAS is said of what it is about, and of nothing else in [`seen`].
#[test]
fn each_rule_fires_and_names_itself() {
    let mut said = BTreeSet::new();
    let mut one = |found: &[Finding], id: &'static str| {
        assert_eq!(ids(found), [id]);
        assert!(found[0].host.is_some());
        said.insert(id);
    };
    let old = plan(SITE, "x", |have| have.version = "TrueNAS-13.0-U6".into());
    one(&old.blocked, "truenas-version");
    let odd = plan(SITE, "a#b", |have| have.password = PasswordSeen::Other);
    one(&odd.blocked, "truenas-password");
    let unknown = plan(SITE, "x", |have| {
        have.state = "UNKNOWN".into();
        have.enabled = false;
    });
    one(&unknown.blocked, "truenas-service-unknown");

    let desired = desired(SITE);
    let mute = || Seen::Unknown("[EACCES] Not authorized".into());
    let plan = truenas::plan(&desired, &observed(mute()), &secrets("x"));
    one(&plan.blocked, "truenas-middleware");
    one(&truenas::check(&desired, &mute()), "truenas-middleware");
    let mut unfed = desired.clone();
    unfed.truenas = None;
    let plan = truenas::plan(&unfed, &observed(Seen::Is(seen(&desired))), &secrets("x"));
    one(&plan.blocked, "truenas-without-server");
    let back = truenas::back(&desired, &observed(Seen::Is(seen(&desired))), "no json");
    one(&back.blocked, "truenas-backup-unreadable");

    let checked = |change: &dyn Fn(&mut ObservedTrueNas)| {
        let mut have = seen(&desired);
        change(&mut have);
        truenas::check(&desired, &Seen::Is(have))
    };
    let stopped = checked(&|have| have.state = "STOPPED".into());
    one(&stopped, "truenas-service-not-running");
    one(
        &checked(&|have| have.enabled = false),
        "truenas-service-not-at-boot",
    );
    let file = checked(&|have| have.generated = Generated::Other);
    one(&file, "truenas-file-differs");
    let other = checked(&|have| set("monuser", json!("upsmon"))(have));
    one(&other, "truenas-configuration-differs");

    let all = refusal::RULES.iter().map(|rule| rule.id);
    let all: BTreeSet<_> = all.filter(|id| id.starts_with("truenas-")).collect();
    assert_eq!(said, all);
}
