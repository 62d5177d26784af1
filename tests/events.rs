//! `events`: what is read from recorded journals (`tests/journals/record.sh`), and from the same ones
//! changed. `UPDATE=1 cargo test --test events` writes the texts anew.

use std::fs;
use std::path::Path;

use upsctl::events::{Source, history, read};
use upsctl::inventory::Loaded;
use upsctl::model::event::{Event, EventKind, History, OutageEnd};
use upsctl::model::journal::HostJournal;
use upsctl::model::name::HostName;
use upsctl::observe::read_journal;
use upsctl::render::{InventoryIndex, Templates, desired};

const VERSIONS: &[&str] = &["2.7.4", "2.8.0", "2.8.1"];
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
shutdown_takes = "5s"
"#;

fn site() -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    fs::write(&path, SITE).expect("a file");
    upsctl::inventory::load(&path).expect("an inventory")
}

/// Both hosts' journals, with what `change` makes of the recorded text, and a clock for each.
struct Site {
    pve: (HostJournal, (f64, f64)),
    nas: (HostJournal, (f64, f64)),
}

impl Site {
    fn recorded(version: &str) -> Self {
        Self::changed(version, |_, text| text)
    }

    fn changed(version: &str, change: impl Fn(&str, String) -> String) -> Self {
        let journal = |host: &str| {
            let text =
                fs::read_to_string(format!("tests/journals/{version}/{host}.txt")).expect(host);
            let text = change(host, text);
            (
                read_journal("nonce", text.as_bytes()).expect(host),
                (0.0, 0.01),
            )
        };
        Self {
            pve: journal("pve"),
            nas: journal("nas"),
        }
    }

    fn history(&self) -> (History, Vec<String>) {
        let loaded = site();
        let index = InventoryIndex::new(&loaded.inventory, &|_| None);
        let templates = Templates::built_in().expect("templates");
        let (mut events, mut unrecorded) = (Vec::new(), Vec::new());
        for (name, (journal, clock)) in [("pve", &self.pve), ("nas", &self.nas)] {
            let name = HostName::new(name).expect("a name");
            let desired = desired(&index, &name, None, &templates).expect("it renders");
            let source = Source {
                inventory: &loaded.inventory,
                desired: &desired,
                journal,
                clock: *clock,
            };
            let (of_host, not) = read(&source);
            events.extend(of_host);
            unrecorded.extend(not.into_iter().map(|event| format!("{name} {event}")));
        }
        (history(&loaded.inventory, Vec::new(), events), unrecorded)
    }
}

fn line(event: &Event, zero: f64) -> String {
    format!(
        "{:8.1} {} {} {} {}\n",
        event.at_unix_seconds - zero,
        event.host,
        serde_json::to_string(&event.kind)
            .expect("a word")
            .trim_matches('"'),
        event.ups.as_deref().unwrap_or("-"),
        event.who.as_deref().unwrap_or("-")
    )
}

#[test]
fn every_version_s_journals_tell_the_same_story() {
    for version in VERSIONS {
        let (history, _) = Site::recorded(version).history();
        let zero = history.events[0].at_unix_seconds;
        let text: String = history
            .events
            .iter()
            .map(|event| line(event, zero))
            .collect();
        let path = Path::new("tests/journals").join(version).join("events.txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).expect("it can be written");
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap_or_default(),
            text,
            "{version}"
        );

        let [.., first, second] = history.outages.as_slice() else {
            panic!("{version}: two outages")
        };
        let (first, second) = match version {
            // There mains went once more, an hour later.
            &"2.8.0" => (&history.outages[0], first),
            _ => (first, second),
        };
        assert_eq!(
            (first.end, first.low_battery, first.hosts.len()),
            (OutageEnd::Seen, false, 0),
            "{version}"
        );
        assert!(
            (10.0..17.0)
                .contains(&(first.ended_unix_seconds.unwrap() - first.started_unix_seconds))
        );
        assert!(second.low_battery && second.forced_shutdown);
        assert_eq!(second.end, OutageEnd::AtTheLatest, "{version}");
        assert_eq!(second.in_order, Some(true), "{version}: {:?}", second.order);
        let went: Vec<_> = second
            .hosts
            .iter()
            .map(|course| (course.host.as_str(), course.clean, course.times))
            .collect();
        assert_eq!(
            went,
            [("nas", Some(true), 1), ("pve", Some(true), 1)],
            "{version}"
        );
        for course in &second.hosts {
            assert!(
                (0.0..3.0).contains(&course.took_seconds.unwrap()),
                "{version}: {course:?}"
            );
            assert!(
                course.back_unix_seconds > course.down_unix_seconds,
                "{version}"
            );
        }
        let proposal = &history.proposals[0];
        assert_eq!(
            (
                proposal.host.as_str(),
                proposal.shutdown_takes.as_str(),
                proposal.now.as_deref()
            ),
            ("nas", "5s", Some("5s"))
        );
        let refused: Vec<_> = history
            .events
            .iter()
            .filter(|event| event.kind == EventKind::LoginRefused)
            .collect();
        assert_eq!(
            (
                refused.len(),
                refused[0].host.as_str(),
                refused[0].ups.as_deref()
            ),
            (1, "nas", Some("ups")),
            "{version}"
        );
        assert!(
            history
                .events
                .iter()
                .any(|event| event.kind == EventKind::Deployed && event.host == "nas")
        );
        // Debian's 2.8.0 writes upsd's lines twice.
        let logins = history
            .events
            .iter()
            .filter(|event| event.kind == EventKind::ForcedShutdownSet)
            .count();
        assert_eq!(logins, 1, "{version}");
    }
}

#[test]
fn own_texts_blind_nothing() {
    let site = Site::changed("2.8.1", |_, text| {
        text.replace("--nonce upsmon\n", "--nonce upsmon\nNOTIFYMSG ONBATT \"Strom weg an %s\"\nNOTIFYMSG ONLINE \"Strom wieder da\"\n")
            .replace("UPS ups@127.0.0.1 on battery", "Strom weg an ups@127.0.0.1")
            .replace("UPS ups@192.0.2.10 on battery", "Strom weg an ups@192.0.2.10")
            .replace("UPS ups@127.0.0.1 on line power", "Strom wieder da")
            .replace("UPS ups@192.0.2.10 on line power", "Strom wieder da")
    });
    let kinds = |history: History| -> Vec<_> {
        history
            .events
            .into_iter()
            .map(|event| (event.host, event.kind, event.ups))
            .collect()
    };
    assert_eq!(
        kinds(site.history().0),
        kinds(Site::recorded("2.8.1").history().0)
    );
}

#[test]
fn what_leaves_no_line_is_said() {
    let site = Site::changed("2.8.0", |host, text| match host {
        "nas" => text.replace(
            "--nonce upsmon\n",
            "--nonce upsmon\nNOTIFYFLAG ONBATT EXEC\nNOTIFYFLAG ONLINE SYSLOG\n",
        ),
        _ => text,
    });
    assert_eq!(site.history().1, ["nas ONBATT EXEC"]);
}

#[test]
fn a_journal_that_breaks_off_is_a_cut_or_a_crash() {
    let site = Site::changed("2.8.1", |host, text| {
        let lines = text
            .lines()
            .filter(|line| host != "nas" || !line.contains("Journal stopped"));
        lines.map(|line| format!("{line}\n")).collect()
    });
    let (history, _) = site.history();
    let course = &history.outages[1].hosts[0];
    assert_eq!(
        (course.host.as_str(), course.clean, course.took_seconds),
        ("nas", Some(false), None)
    );
    assert!(
        history
            .events
            .iter()
            .any(|event| event.host == "nas" && event.kind == EventKind::BrokeOff)
    );
}

#[test]
fn a_server_that_leaves_first_or_waits_no_longer_is_out_of_order() {
    // All of nas an hour later, as if it went down long after pve.
    let mut late = Site::recorded("2.8.1");
    for entry in &mut late.nas.0.entries {
        let about = entry.about == "nut-monitor.service";
        if about || entry.message == "Journal stopped" {
            entry.realtime += 8_000_000;
            entry.monotonic += 8_000_000;
        }
    }
    let outage = &late.history().0.outages[1];
    assert_eq!(outage.in_order, Some(false), "{outage:?}");
    assert!(outage.order[0].contains("AFTER pve"), "{:?}", outage.order);
    let expired = Site::changed("2.8.1", |host, text| match host {
        "pve" => text.replace(
            "Auto logout and shutdown proceeding",
            "Host sync timer expired, forcing shutdown",
        ),
        _ => text,
    });
    let outage = &expired.history().0.outages[1];
    assert_eq!(outage.in_order, Some(false));
    assert!(outage.order[0].contains("HOSTSYNC"), "{:?}", outage.order);
}

#[test]
fn a_host_that_nothing_is_known_of_leaves_the_order_open() {
    let mut site = Site::recorded("2.8.0");
    site.nas.0.entries.clear();
    let (history, _) = site.history();
    let outage = &history.outages[1];
    assert_eq!(outage.in_order, None);
    assert_eq!(
        outage.order,
        ["whether nas went down is in no journal that was read"]
    );
}

/// The clock of nas is 8 s ahead, and was in all of its journal.
#[test]
fn a_clock_that_is_ahead_is_allowed_for_in_this_boot_and_told_in_earlier_ones() {
    let mut site = Site::recorded("2.8.0");
    for entry in &mut site.nas.0.entries {
        entry.realtime += 8_000_000;
    }
    site.nas.1 = (8.0, 0.02);
    let (history, _) = site.history();
    let (plain, _) = Site::recorded("2.8.0").history();
    let booted = |history: &History| {
        let all = history
            .events
            .iter()
            .filter(|event| event.host == "nas" && event.kind == EventKind::Booted);
        all.map(|event| (event.at_unix_seconds, event.plus_minus_seconds))
            .collect::<Vec<_>>()
    };
    let (now, then) = (booted(&history), booted(&plain));
    // Times of this boot are put right; those of earlier ones may be off by as much, which is said.
    assert!((now[1].0 - then[1].0).abs() < 0.001, "{now:?} {then:?}");
    assert!(
        (now[0].0 - then[0].0 - 8.0).abs() < 0.001 && now[0].1 >= 8.0,
        "{now:?}"
    );
    let mut outages = history.outages.iter();
    let outage = outages
        .find(|outage| !outage.hosts.is_empty())
        .expect("one");
    assert_eq!(outage.in_order, None, "{outage:?}");
    assert!(outage.order[0].contains("clocks"), "{outage:?}");
}

/// The clock was wrong by hours until it was set: within a boot the monotonic time tells.
#[test]
fn a_clock_that_is_set_during_a_boot_moves_nothing() {
    let mut site = Site::recorded("2.8.1");
    let boot = site.pve.0.boot.clone();
    let mut first = site
        .pve
        .0
        .entries
        .iter_mut()
        .filter(|entry| entry.boot == boot);
    first.next().expect("an entry").realtime -= 7_200_000_000;
    let (history, _) = site.history();
    let (plain, _) = Site::recorded("2.8.1").history();
    assert_eq!(history.outages, plain.outages);
}
