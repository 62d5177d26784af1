//! What `verify` and the gate of a plan say of a host as it was seen: on a healthy host nothing, and
//! each rule exactly where it must. Every rule of `verify` and every refusal has a case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use upsctl::inventory;
use upsctl::model::desired::DesiredHost;
use upsctl::model::finding::{Finding, Severity};
use upsctl::model::name::HostName;
use upsctl::model::observed::{
    FileKind, List, Machine, Meta, ObservedFile, ObservedHost, Reading, Seen, Socket, Transaction,
    Unit, UsbDevice,
};
use upsctl::model::secret::{Secret, SecretStore};
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::plan::{self, Policy};
use upsctl::render::{self, Templates};
use upsctl::rules::refusal;
use upsctl::rules::verify::{self, Clients};
use upsctl::site::ParsedSite;

/// A server and its client, as they should be and as they are.
struct Pair {
    desired: BTreeMap<HostName, DesiredHost>,
    seen: BTreeMap<HostName, ObservedHost>,
}

fn name(text: &str) -> HostName {
    HostName::new(text).expect("a name")
}

fn meta(kind: FileKind) -> Meta {
    Meta {
        owner: "root".into(),
        group: "nut".into(),
        mode: 0o640,
        modified: 100,
        kind,
    }
}

fn secrets(host: &DesiredHost) -> SecretStore {
    let mut secrets = SecretStore::default();
    for user in host.files.values().flat_map(|file| file.content.users()) {
        secrets.insert(user, Secret::new(format!("pw-of-{user}")));
    }
    secrets
}

fn unit(active: &str) -> Unit {
    Unit {
        load: "loaded".into(),
        active: active.into(),
        sub: "running".into(),
        enabled: "enabled".into(),
        since: 5_000,
        loaded: 5_000,
        ..Unit::default()
    }
}

fn reading(status: &str) -> Reading {
    Reading::Variables([("ups.status".to_string(), status.to_string())].into())
}

/// A host with which all is well.
fn healthy(host: &DesiredHost) -> ObservedHost {
    let secrets = secrets(host);
    let files = host.files.iter().map(|(file, made)| {
        let seen = ObservedFile {
            meta: meta(FileKind::File),
            content: made.content.reveal(&secrets).expect("known"),
            digest: String::new(),
        };
        (*file, Seen::Is(seen))
    });
    let units = [
        "nut-driver.service",
        "nut-driver@ups.service",
        "nut-server.service",
        "nut-monitor.service",
    ];
    let listed = [
        "127.0.0.1",
        "192.0.2.20",
        "192.0.2.30",
        "192.0.2.31",
        "192.0.2.50",
    ];
    let lists = host
        .systems()
        .into_iter()
        .map(|system| (system, Seen::Is(listed.map(str::to_string).to_vec())));
    let packages = host.role.packages().iter();
    ObservedHost {
        name: host.name.clone(),
        system: Machine {
            os: "Debian GNU/Linux 12 (bookworm)".into(),
            os_ids: vec!["debian".into()],
            systemd: true,
            clock: 10_000,
            booted: 1_000,
            ..Machine::default()
        },
        nut: Seen::Is(host.nut),
        candidate: None,
        packages: packages
            .map(|name| (name.to_string(), "2.8.0-7".to_string()))
            .collect(),
        config_dir: Seen::Is(meta(FileKind::Directory)),
        files: files.collect(),
        units: units.map(|name| (name.to_string(), unit("active"))).into(),
        listening: Seen::Is(vec![Socket {
            address: "0.0.0.0".into(),
            port: 3493,
            processes: vec!["upsd".into()],
        }]),
        ups: host
            .systems()
            .into_iter()
            .map(|system| (system, reading("OL CHRG")))
            .collect(),
        clients: lists.collect(),
        usb: Seen::Is(vec![UsbDevice {
            bus: "001".into(),
            device: "002".into(),
            id: "051d:0002".into(),
            name: "UPS".into(),
        }]),
        journal: Seen::Is(Vec::new()),
        addresses: match host.name.as_str() {
            "nas" => vec!["192.0.2.20".into()],
            _ => vec!["192.0.2.10".into()],
        },
        truenas: Seen::Absent,
        transaction: None,
        leftovers: Vec::new(),
        unread: BTreeMap::new(),
        deep: BTreeMap::new(),
    }
}

fn pair(version: NutVersion) -> Pair {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    fs::write(&path, include_str!("rules/clean.toml")).expect("written");
    let loaded = inventory::load(&path).unwrap_or_else(|errors| panic!("{errors}"));
    let templates = Templates::built_in().expect("built in");
    let places = loaded.places();
    let index = render::InventoryIndex::new(&loaded.inventory, &places);
    let desired = ["pve", "nas"].map(|host| {
        let host = name(host);
        let made = render::desired(&index, &host, Some(version), &templates);
        (host, made.expect("rendered"))
    });
    let desired = BTreeMap::from(desired);
    let seen = desired
        .iter()
        .map(|(name, host)| (name.clone(), healthy(host)));
    Pair {
        seen: seen.collect(),
        desired,
    }
}

impl Pair {
    fn verify(&self, host: &str, clients: Clients) -> Vec<Finding> {
        let host = name(host);
        let site = ParsedSite::of_host(&self.desired[&host], &self.seen[&host], &self.seen);
        verify::check(site.host(&host).expect("it is there"), clients)
    }

    fn gate(&self, host: &str, policy: Policy) -> Vec<Finding> {
        let (host, looked) = (name(host), &self.seen[&name(host)]);
        let desired = &self.desired[&host];
        let mut found = plan::host(desired, looked, &secrets(desired), policy).blocked;
        found.extend(plan::unfinished(looked));
        found
    }
}

type Change = fn(&mut ObservedHost);

/// What is changed on a host, and what must be said of it: nothing, or a rule with these words.
struct Case {
    host: &'static str,
    change: Change,
    rule: &'static str,
    says: Option<&'static str>,
}

const fn fires(host: &'static str, rule: &'static str, says: &'static str, change: Change) -> Case {
    Case {
        host,
        change,
        rule,
        says: Some(says),
    }
}

/// A change that is near to what the rule is about, and fine.
const fn fine(host: &'static str, rule: &'static str, change: Change) -> Case {
    Case {
        host,
        change,
        rule,
        says: None,
    }
}

fn list(host: &mut ObservedHost, clients: &[&str]) {
    for seen in host.clients.values_mut() {
        *seen = Seen::Is(clients.iter().map(ToString::to_string).collect());
    }
}

fn socket(host: &mut ObservedHost, address: &str, port: u16, process: &str) {
    host.listening = Seen::Is(vec![Socket {
        address: address.into(),
        port,
        processes: Some(process.to_string())
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect(),
    }]);
}

fn refused_at(host: &mut ObservedHost, time: u64) {
    let text = "nas nut-monitor[7]: Login on UPS [ups@192.0.2.10] failed - got [ERR ACCESS-DENIED]";
    host.journal = Seen::Is(vec![format!("{time}.000000 {text}")]);
}

fn set(host: &mut ObservedHost, unit_name: &str, change: fn(&mut Unit)) {
    change(host.units.get_mut(unit_name).expect("the unit"));
}

fn path_unit(host: &mut ObservedHost, active: &str, enabled: &str) {
    let state = Unit {
        sub: "unit-start-limit-hit".into(),
        enabled: enabled.into(),
        ..unit(active)
    };
    host.units
        .insert("nut-driver-enumerator.path".into(), state);
}

fn status(host: &mut ObservedHost, text: &str) {
    for seen in host.ups.values_mut() {
        *seen = reading(text);
    }
}

const VERIFY: &[Case] = &[
    fires(
        "pve",
        "usb-device-missing",
        "does not show ups (051d:0002)",
        |host| host.usb = Seen::Is(vec![]),
    ),
    fires("pve", "usb-device-missing", "exit status 1", |host| {
        host.usb = Seen::Unknown("exit status 1".into())
    }),
    fires("pve", "usb-device-missing", "was not run", |host| {
        host.usb = Seen::Absent
    }),
    fine("nas", "usb-device-missing", |host| {
        host.usb = Seen::Is(vec![])
    }),
    fires(
        "pve",
        "unit-not-active",
        "nut-server.service is failed",
        |host| {
            set(host, "nut-server.service", |unit| {
                unit.active = "failed".into()
            });
        },
    ),
    fires(
        "pve",
        "unit-not-active",
        "nut-driver@ups.service is masked",
        |host| {
            set(host, "nut-driver@ups.service", |unit| {
                unit.active = "inactive".into();
                unit.load = "masked".into();
            });
        },
    ),
    fires(
        "nas",
        "unit-not-active",
        "nut-monitor.service is not there",
        |host| {
            host.units.remove("nut-monitor.service");
        },
    ),
    fine("nas", "unit-not-active", |host| {
        host.units.remove("nut-server.service");
        host.units.remove("nut-driver@ups.service");
    }),
    fine("pve", "unit-not-active", |host| {
        host.units.remove("nut-driver.service");
    }),
    fires(
        "pve",
        "driver-enumerator-idle",
        "nut-driver-enumerator.path is failed (unit-start-limit-hit)",
        |host| path_unit(host, "failed", "enabled"),
    ),
    fires(
        "pve",
        "driver-enumerator-idle",
        "nut-driver-enumerator.path is inactive",
        |host| path_unit(host, "inactive", "enabled"),
    ),
    fine("pve", "driver-enumerator-idle", |host| {
        path_unit(host, "active", "enabled")
    }),
    fine("pve", "driver-enumerator-idle", |host| {
        path_unit(host, "inactive", "disabled")
    }),
    fine("nas", "driver-enumerator-idle", |host| {
        path_unit(host, "failed", "enabled")
    }),
    fires(
        "pve",
        "port-not-listening",
        "nothing listens on 0.0.0.0 port 3493",
        |host| socket(host, "127.0.0.1", 3493, "upsd"),
    ),
    fires("pve", "port-not-listening", "nothing listens", |host| {
        socket(host, "0.0.0.0", 3494, "upsd")
    }),
    fires("pve", "port-not-listening", "nothing listens", |host| {
        host.listening = Seen::Absent
    }),
    fires(
        "pve",
        "port-not-listening",
        "belongs to nc, not to upsd",
        |host| socket(host, "0.0.0.0", 3493, "nc"),
    ),
    fires(
        "pve",
        "port-not-listening",
        "could not look at the sockets",
        |host| host.listening = Seen::Unknown("ss: not found".into()),
    ),
    fine("pve", "port-not-listening", |host| {
        socket(host, "*", 3493, "upsd")
    }),
    fine("pve", "port-not-listening", |host| {
        socket(host, "0.0.0.0", 3493, "")
    }),
    fine("nas", "port-not-listening", |host| {
        host.listening = Seen::Unknown("ss: not found".into())
    }),
    fires("pve", "ups-not-answering", "Data stale", |host| {
        host.ups.insert(
            "ups@127.0.0.1".into(),
            Reading::Error("Error: Data stale".into()),
        );
    }),
    fires("nas", "ups-not-answering", "got no answer within", |host| {
        host.ups.insert("ups@192.0.2.10".into(), Reading::TimedOut);
    }),
    fires("nas", "ups-not-answering", "could not be run", |host| {
        host.ups.clear()
    }),
    fires("pve", "ups-not-answering", "WAIT", |host| {
        status(host, "WAIT")
    }),
    fires("pve", "ups-not-answering", "without ups.status", |host| {
        host.ups
            .insert("ups@127.0.0.1".into(), Reading::Variables(BTreeMap::new()));
    }),
    fine("pve", "ups-not-answering", |host| {
        status(host, "OB DISCHRG")
    }),
    fires(
        "nas",
        "client-not-logged-in",
        "this host is not logged in",
        |host| list(host, &["127.0.0.1", "192.0.2.30"]),
    ),
    fires("nas", "client-not-logged-in", "logged in: nobody", |host| {
        list(host, &[])
    }),
    fires("nas", "client-not-logged-in", "cannot tell", |host| {
        host.clients.clear()
    }),
    fires(
        "pve",
        "client-not-logged-in",
        "syno is not logged in",
        |host| {
            list(
                host,
                &["127.0.0.1", "192.0.2.20", "192.0.2.30", "192.0.2.50"],
            );
        },
    ),
    fires(
        "pve",
        "client-not-logged-in",
        "pve is not logged in",
        |host| {
            list(
                host,
                &["192.0.2.20", "192.0.2.30", "192.0.2.31", "192.0.2.50"],
            );
        },
    ),
    fine("nas", "client-not-logged-in", |host| {
        list(host, &["::ffff:192.0.2.20"])
    }),
    fine("pve", "client-not-logged-in", |host| {
        list(
            host,
            &[
                "::ffff:127.0.0.1",
                "192.0.2.20",
                "192.0.2.30",
                "192.0.2.31",
                "192.0.2.50",
            ],
        );
    }),
    fires("nas", "access-denied", "upsd refuses", |host| {
        list(host, &["192.0.2.20"]);
        host.clients.clear();
        refused_at(host, 6_000);
    }),
    fine("nas", "access-denied", |host| refused_at(host, 6_000)),
    fine("nas", "access-denied", |host| {
        host.journal = Seen::Unknown("no journal".into())
    }),
];

const REFUSALS: &[Case] = &[
    fires("pve", "nut-not-installed", "nut-server missing", |host| {
        host.packages.remove("nut-server");
    }),
    fine("nas", "nut-not-installed", |host| {
        host.packages.remove("nut-server");
    }),
    fires("pve", "config-dir-absent", "does not exist", |host| {
        host.config_dir = Seen::Absent
    }),
    fires("pve", "config-dir-odd", "is no directory", |host| {
        host.config_dir = Seen::Is(meta(FileKind::File))
    }),
    fires("pve", "config-dir-unreadable", "denied", |host| {
        host.config_dir = Seen::Unknown("denied".into())
    }),
    fine("pve", "config-dir-absent", |host| {
        host.config_dir = Seen::Is(meta(FileKind::Directory))
    }),
    fine("pve", "config-dir-odd", |host| {
        host.config_dir = Seen::Is(meta(FileKind::Directory))
    }),
    fine("pve", "config-dir-unreadable", |host| {
        host.config_dir = Seen::Is(meta(FileKind::Directory))
    }),
    fires(
        "pve",
        "file-is-symlink",
        "symbolic link to /srv/ups.conf",
        |host| {
            file(host, File::Ups, FileKind::Symlink("/srv/ups.conf".into()));
        },
    ),
    fires("pve", "file-is-odd", "no regular file", |host| {
        file(host, File::Ups, FileKind::Directory)
    }),
    fires("pve", "file-unreadable", "denied", |host| {
        host.files.insert(File::Ups, Seen::Unknown("denied".into()));
    }),
    fires("pve", "file-unreadable", "was not looked at", |host| {
        host.files.remove(&File::Ups);
    }),
    fine("nas", "file-is-symlink", |host| {
        file(host, File::Upsmon, FileKind::File)
    }),
    fine("nas", "file-is-odd", |host| {
        host.files.insert(File::Upsmon, Seen::Absent);
    }),
    fine("nas", "file-unreadable", |host| {
        host.files.insert(File::Ups, Seen::Unknown("denied".into()));
    }),
    fires(
        "pve",
        "unit-masked",
        "nut-server.service is masked",
        |host| {
            host.files.insert(File::Upsd, Seen::Absent);
            set(host, "nut-server.service", |unit| {
                unit.load = "masked".into()
            });
        },
    ),
    fine("nas", "unit-masked", |host| {
        set(host, "nut-server.service", |unit| {
            unit.load = "masked".into();
            unit.active = "inactive".into();
        });
    }),
    fires("pve", "port-held", "port 3493 belongs to nc", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        socket(host, "0.0.0.0", 3493, "nc");
    }),
    fires("pve", "port-held", "did not start", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        socket(host, "0.0.0.0", 3493, "upsd");
        set(host, "nut-server.service", |unit| {
            unit.active = "inactive".into()
        });
    }),
    fine("pve", "port-held", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        socket(host, "0.0.0.0", 3493, "upsd");
    }),
    fires("pve", "host-not-debian", "no Debian host", |host| {
        host.system.os_ids = vec!["fedora".into()]
    }),
    fine("pve", "host-not-debian", |host| {
        host.system.os_ids = vec!["ubuntu".into()]
    }),
    fires(
        "pve",
        "host-without-systemd",
        "systemd does not run",
        |host| host.system.systemd = false,
    ),
    fine("pve", "host-without-systemd", |host| {
        host.system.systemd = true
    }),
    fires("pve", "ups-on-battery", "is on battery", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        status(host, "OB DISCHRG");
    }),
    fires("pve", "ups-on-battery", "FSD latched", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        status(host, "FSD OL");
    }),
    fine("pve", "ups-on-battery", |host| status(host, "OB DISCHRG")),
    fine("pve", "ups-on-battery", |host| {
        host.files.insert(File::Upsd, Seen::Absent);
        status(host, "OL BYPASS");
    }),
    fires("pve", "packages-unreadable", "database is locked", |host| {
        host.packages.clear();
        unread(host, List::Packages, "database is locked");
    }),
    fine("nas", "packages-unreadable", |host| {
        unread(host, List::Addresses, "denied")
    }),
    fires("pve", "units-unreadable", "no bus", |host| {
        host.units.clear();
        unread(host, List::Units, "no bus");
    }),
    fine("pve", "units-unreadable", |host| {
        unread(host, List::Addresses, "denied")
    }),
    fires(
        "pve",
        "transaction-unfinished",
        "a deploy is under way: me@desk",
        |host| host.transaction = Some(open(Some("me@desk"))),
    ),
    fires(
        "pve",
        "transaction-unfinished",
        "neither confirmed nor undone",
        |host| host.transaction = Some(open(None)),
    ),
    fine("pve", "transaction-unfinished", |host| {
        host.transaction = None
    }),
];

fn unread(host: &mut ObservedHost, list: List, why: &str) {
    host.unread.insert(list, why.into());
}

fn open(holder: Option<&str>) -> Transaction {
    Transaction {
        id: "t1".into(),
        state: "units".into(),
        holder: holder.map(str::to_string),
    }
}

fn file(host: &mut ObservedHost, file: File, kind: FileKind) {
    if let Some(Seen::Is(seen)) = host.files.get_mut(&file) {
        seen.meta.kind = kind;
    }
}

/// How a finding speaks of what could not be looked at.
const UNSEEN: [&str; 4] = [
    "cannot tell",
    "could not look at the",
    "could not run lsusb",
    "was not run",
];

fn is_unseen(finding: &Finding) -> bool {
    let is_proof = verify::rules().any(|rule| rule.id == finding.rule);
    is_proof && UNSEEN.iter().any(|word| finding.saw.contains(word))
}

/// Runs the cases: where one fires, exactly its rule is said; where it must not, nothing is.
fn run(cases: &[Case], say: impl Fn(&Pair, &str) -> Vec<Finding>) {
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let mut pair = pair(NutVersion::V2_8_0);
        let host = pair.seen.get_mut(&name(case.host)).expect("the host");
        (case.change)(host);
        let found = say(&pair, case.host);
        let good = match (case.says, found.as_slice()) {
            (None, found) => found.is_empty(),
            (Some(words), [one]) => {
                one.rule == case.rule
                    && one.saw.contains(words)
                    && one.unsure == is_unseen(one)
                    && one.fix.is_some() | case.rule.starts_with("file-un")
            }
            (Some(_), _) => false,
        };
        if !good {
            let said: Vec<String> = found
                .iter()
                .map(|f| format!("{}: {}", f.rule, f.saw))
                .collect();
            wrong.push(format!(
                "case {number}, {} on {}: {said:#?}",
                case.rule, case.host
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn covered(cases: &[Case], ids: impl Iterator<Item = &'static str>) {
    // Those of a TrueNAS have theirs in tests/truenas.rs.
    let ids: BTreeSet<&str> = ids.filter(|id| !id.starts_with("truenas-")).collect();
    let of = |fires: bool| -> BTreeSet<&str> {
        let cases = cases.iter().filter(|case| case.says.is_some() == fires);
        cases.map(|case| case.rule).collect()
    };
    assert_eq!(of(true), ids, "a case in which each fires");
    assert_eq!(of(false), ids, "a case in which each must not");
}

#[test]
fn a_healthy_pair_is_proven_in_any_version() {
    for version in [
        NutVersion::V2_7_4,
        NutVersion::V2_8_0,
        NutVersion::V2_8_1,
        NutVersion::V2_8_5,
    ] {
        let pair = pair(version);
        for host in ["pve", "nas"] {
            assert_eq!(pair.verify(host, Clients::Due), [], "{host} {version}");
            assert_eq!(pair.gate(host, Policy::default()), [], "{host} {version}");
        }
    }
}

#[test]
fn verify_says_what_is_wrong_and_nothing_else() {
    let client = |case: &&Case| case.rule == "access-denied" && case.says.is_some();
    let others = VERIFY
        .iter()
        .filter(|case| !client(case))
        .collect::<Vec<_>>();
    for case in &others {
        run(std::slice::from_ref(*case), |pair, host| {
            pair.verify(host, Clients::Due)
        });
    }
    // Who is refused is not logged in either.
    for case in VERIFY.iter().filter(client) {
        run(std::slice::from_ref(case), |pair, host| {
            let mut found = pair.verify(host, Clients::Due);
            found.retain(|finding| finding.rule != "client-not-logged-in");
            found
        });
    }
}

#[test]
fn a_plan_is_refused_for_its_cause_and_for_nothing_else() {
    run(REFUSALS, |pair, host| pair.gate(host, Policy::default()));
}

#[test]
fn every_rule_of_verify_and_every_refusal_has_its_cases() {
    covered(VERIFY, verify::rules().map(|rule| rule.id));
    // What is only said before the question needs the look before it and the plan: no gate.
    let refusals = refusal::RULES.iter();
    let refusals = refusals.filter(|rule| rule.severity == Severity::Error);
    covered(REFUSALS, refusals.map(|rule| rule.id));
}

#[test]
fn a_refusal_before_what_runs_now_was_started_is_history() {
    let refused = |change: Change| {
        let mut pair = pair(NutVersion::V2_8_0);
        let host = pair.seen.get_mut(&name("nas")).expect("the host");
        host.clients.clear();
        change(host);
        let found = pair.verify("nas", Clients::Due);
        found.iter().any(|finding| finding.rule == "access-denied")
    };
    assert!(refused(|host| refused_at(host, 5_000)));
    assert!(
        !refused(|host| refused_at(host, 4_999)),
        "before upsmon was started"
    );
    assert!(!refused(|host| {
        refused_at(host, 5_500);
        set(host, "nut-monitor.service", |unit| unit.since = 6_000);
    }));
}

#[test]
fn others_are_not_due_while_a_deploy_is_under_way() {
    let mut pair = pair(NutVersion::V2_8_0);
    list(
        pair.seen.get_mut(&name("pve")).expect("the host"),
        &["127.0.0.1"],
    );
    assert_eq!(pair.verify("pve", Clients::NotYet), []);
    assert!(pair.verify("pve", Clients::Due).len() >= 2);
}

#[test]
fn a_policy_lifts_its_refusal_alone() {
    let mut pair = pair(NutVersion::V2_8_0);
    let host = pair.seen.get_mut(&name("pve")).expect("the host");
    host.files.insert(File::Upsd, Seen::Absent);
    status(host, "OB");
    let even = Policy {
        even_on_battery: true,
        ..Policy::default()
    };
    assert_eq!(pair.gate("pve", even), []);
    let install = Policy {
        install: true,
        ..Policy::default()
    };
    assert_eq!(pair.gate("pve", install).len(), 1);
}
