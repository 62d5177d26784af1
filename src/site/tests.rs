use std::collections::BTreeMap;

use super::*;
use crate::model::bundle::JournalLine;
use crate::model::desired::{Expect, ExpectedClient, ExpectedMonitor, ExpectedUps, HostRole};
use crate::model::inventory::Platform;
use crate::model::observed::{FileKind, Machine, Meta, ObservedFile, Seen, Unit};
use crate::model::secret::Secret;
use crate::nut::directive::File;
use crate::nut::unit::MONITOR;
use crate::nut::version::NutVersion;

fn name(text: &str) -> HostName {
    HostName::new(text).expect("a name")
}

fn desired(host: &str, role: HostRole, expect: Expect) -> DesiredHost {
    DesiredHost {
        name: name(host),
        platform: Platform::Debian,
        role,
        nut: NutVersion::V2_8_0,
        files: BTreeMap::new(),
        truenas: None,
        expect,
    }
}

fn server() -> DesiredHost {
    let ups: UpsName = UpsName::new("ups").expect("a name");
    let client = |host: &str, address: &str| ExpectedClient {
        user: host.into(),
        ups: ups.clone(),
        host: name(host),
        platform: Platform::Debian,
        addresses: address.parse().into_iter().collect(),
        own: host == "pve",
    };
    let expect = Expect {
        ups: vec![ExpectedUps {
            name: ups.clone(),
            system: "ups@127.0.0.1".into(),
            driver: "dummy-ups".into(),
            usb: None,
        }],
        clients: vec![
            client("pve", "192.0.2.10"),
            client("nas", "192.0.2.20"),
            client("alias", ""),
        ],
        ..Expect::default()
    };
    desired("pve", HostRole::Server { clients: true }, expect)
}

fn client() -> DesiredHost {
    let monitor = ExpectedMonitor {
        ups: UpsName::new("ups").expect("a name"),
        server: name("pve"),
        system: "ups@192.0.2.10".into(),
        user: "nas".into(),
        primary: false,
        power_value: 1,
    };
    let expect = Expect {
        monitors: vec![monitor],
        ..Expect::default()
    };
    desired("nas", HostRole::Client, expect)
}

fn meta(modified: u64) -> Meta {
    Meta {
        owner: "root".into(),
        group: "nut".into(),
        mode: 0o640,
        modified,
        kind: FileKind::File,
    }
}

fn observed(host: &str, lists: &[(&str, &[&str])]) -> ObservedHost {
    let lists = lists.iter().map(|(system, list)| {
        let list = list.iter().map(ToString::to_string).collect();
        (system.to_string(), Seen::Is(list))
    });
    ObservedHost {
        name: name(host),
        system: Machine {
            booted: 1_000,
            clock: 10_000,
            ..Machine::default()
        },
        nut: Seen::Is(NutVersion::V2_8_0),
        candidate: None,
        packages: BTreeMap::new(),
        config_dir: Seen::Is(meta(0)),
        files: BTreeMap::new(),
        units: BTreeMap::new(),
        listening: Seen::Absent,
        ups: BTreeMap::new(),
        clients: lists.collect(),
        usb: Seen::Absent,
        journal: Seen::Absent,
        addresses: Vec::new(),
        truenas: Seen::Absent,
        transaction: None,
        leftovers: Vec::new(),
        unread: BTreeMap::new(),
        deep: BTreeMap::new(),
    }
}

fn with_file(mut host: ObservedHost, file: File, text: &str, modified: u64) -> ObservedHost {
    let seen = ObservedFile {
        meta: meta(modified),
        content: Secret::new(text),
        digest: String::new(),
    };
    host.files.insert(file, Seen::Is(seen));
    host
}

fn nowhere(_: &[&str]) -> Option<Place> {
    None
}

/// What the host `asker` hears of `client` at pve, when pve lists these addresses.
fn heard(asker: &str, client_name: &str, list: &[&str]) -> String {
    let inventory = Inventory::default();
    let (pve, nas) = (server(), client());
    let system = if asker == "pve" {
        "ups@127.0.0.1"
    } else {
        "ups@192.0.2.10"
    };
    let look = observed(asker, &[(system, list)]);
    let looks = [
        (&pve, Some(&look).filter(|_| asker == "pve")),
        (&nas, Some(&look).filter(|_| asker == "nas")),
    ];
    let site = ParsedSite::observed(&inventory, looks, &nowhere);
    let asker = site.host(&name(asker)).expect("it is there");
    match asker.lists(system, &name("pve"), &name(client_name)) {
        LoggedIn::Yes => "yes".into(),
        LoggedIn::No(_) => "no".into(),
        LoggedIn::Unknown(why) => why,
    }
}

#[test]
fn the_loopback_in_a_servers_list_is_the_server_and_nobody_else() {
    for loopback in ["127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1"] {
        assert_eq!(heard("pve", "pve", &[loopback]), "yes", "{loopback}");
        assert_eq!(heard("pve", "nas", &[loopback]), "no", "{loopback}");
        assert_eq!(heard("nas", "nas", &[loopback]), "no", "{loopback}");
        assert_eq!(heard("nas", "pve", &[loopback]), "yes", "{loopback}");
    }
}

#[test]
fn a_client_is_known_by_any_of_its_addresses_however_written() {
    for (client, list, wanted) in [
        ("nas", &["192.0.2.20"][..], "yes"),
        ("nas", &["127.0.0.1", "::ffff:192.0.2.20"], "yes"),
        ("nas", &["192.0.2.2", "192.0.2.200"], "no"),
        ("nas", &[], "no"),
        ("pve", &["192.0.2.10"], "yes"),
        (
            "alias",
            &["192.0.2.30"],
            "its address is not known (logged in: 192.0.2.30)",
        ),
    ] {
        assert_eq!(heard("pve", client, list), wanted, "{client} {list:?}");
    }
}

#[test]
fn a_list_that_was_not_had_says_nothing() {
    let inventory = Inventory::default();
    let pve = server();
    let mut look = observed("pve", &[]);
    let ask = |look: Option<&ObservedHost>| {
        let site = ParsedSite::observed(&inventory, [(&pve, look)], &nowhere);
        let host = site.host(&name("pve")).expect("it is there");
        matches!(
            host.lists("ups@127.0.0.1", &name("pve"), &name("pve")),
            LoggedIn::Unknown(_)
        )
    };
    assert!(ask(None));
    assert!(ask(Some(&look)));
    let failed = Seen::Unknown("exit status 1".into());
    look.clients.insert("ups@127.0.0.1".into(), failed);
    assert!(ask(Some(&look)));
}

#[test]
fn a_restart_is_owed_for_a_file_that_changed_after_it_was_read() {
    let unit = |active: &str, since, loaded| Unit {
        active: active.into(),
        since,
        loaded,
        ..Unit::default()
    };
    let owed = |unit: Unit, modified, journal: Option<u64>| {
        let mut look = with_file(observed("nas", &[]), File::Upsmon, "", modified);
        look.units.insert(MONITOR.into(), unit);
        let journal = journal.map(|time| {
            let text = "nas upsmon[7]: Reloading configuration".into();
            Seen::Is(vec![JournalLine { time, text }])
        });
        restart_owed(&look, MONITOR, &[File::Nut, File::Upsmon], journal.as_ref())
    };
    assert_eq!(
        owed(unit("active", 5_000, 5_000), 6_000, None),
        Some(File::Upsmon)
    );
    assert_eq!(
        owed(unit("active", 5_000, 5_000), 5_001, None),
        None,
        "times are rounded"
    );
    assert_eq!(
        owed(unit("active", 5_000, 6_500), 6_000, None),
        None,
        "reloaded by systemd"
    );
    assert_eq!(
        owed(unit("active", 5_000, 5_000), 6_000, Some(6_500)),
        None,
        "by hand"
    );
    assert_eq!(
        owed(unit("active", 5_000, 5_000), 6_000, Some(5_500)),
        Some(File::Upsmon)
    );
    assert_eq!(
        owed(unit("failed", 5_000, 5_000), 6_000, None),
        None,
        "it does not run"
    );
}

#[test]
fn the_server_of_a_watch_is_found_by_plan_by_loopback_and_by_address() {
    let inventory = Inventory::default();
    let (pve, nas) = (server(), client());
    let mut there = observed("pve", &[]);
    there.addresses = vec!["192.0.2.10".into(), "192.0.2.11".into()];
    let lines = "MONITOR ups@192.0.2.10 1 nas pw secondary\n\
                 MONITOR ups@192.0.2.11 1 nas pw secondary\n\
                 MONITOR ups@localhost 1 nas pw primary\n\
                 MONITOR ups@192.0.2.99 1 nas pw secondary\n";
    let here = with_file(observed("nas", &[]), File::Upsmon, lines, 0);
    let looks = [(&pve, Some(&there)), (&nas, Some(&here))];
    let site = ParsedSite::observed(&inventory, looks, &nowhere);
    let host = site.host(&name("nas")).expect("it is there");
    let servers: Vec<_> = host
        .watches()
        .map(|watch| watch.server_name().map_or("nobody", HostName::as_str))
        .collect();
    assert_eq!(servers, ["pve", "pve", "nas", "nobody"]);
    let own: Vec<bool> = host.watches().map(Watch::is_own).collect();
    assert_eq!(own, [false, false, true, false]);
    let of_pve = site.host(&name("pve")).expect("it is there");
    assert_eq!(of_pve.watchers().count(), 2);
    assert_eq!(of_pve.secondaries().len(), 1);
}
