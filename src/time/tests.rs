use super::*;
use crate::model::finding::Severity;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::proxmox::{Guest, GuestKind, Node, Policy};
use crate::nut::files::UpsmonConf;
use crate::nut::timing::Timing;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;
use crate::time::guests::Guests;
use crate::time::line::at;

fn ups_name(name: &str) -> UpsName {
    UpsName::new(name).unwrap()
}

fn host_name(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn ups(name: &str, server: &str) -> Ups {
    Ups {
        name: ups_name(name),
        server: host_name(server),
        driver: "usbhid-ups".into(),
        battery: Battery::default(),
        off_delay: Some(Figure::new(20.0, "test")),
        on_delay: None,
        strangers: 0,
    }
}

/// A host that watches UPSes: `+ups` as their primary.
fn host(name: &str, version: NutVersion, watches: &[&str], upsmon: &str) -> Host {
    let watches: Vec<Watch> = watches
        .iter()
        .map(|word| Watch {
            ups: ups_name(word.trim_start_matches('+')),
            primary: word.starts_with('+'),
            power: 1,
        })
        .collect();
    let conf = UpsmonConf::parse(upsmon.as_bytes());
    Host {
        name: host_name(name),
        platform: Platform::Debian,
        version,
        delays: Timing::of(&conf, version),
        fed_by: watches.iter().map(|watch| watch.ups.clone()).collect(),
        watches,
        min_supplies: 1,
        cuts: name.starts_with("pve"),
        logged_in: None,
        leaves: Leaves::WhenTold,
        way_down: WayDown::stated(10.0),
        guests: Guests::None,
        mounts: Vec::new(),
    }
}

fn moment(line: &TimeLine, name: &str, kind: Kind) -> Span {
    let hosts = line.chains.iter().flat_map(|chain| &chain.hosts);
    let host = hosts.into_iter().find(|host| host.name.as_str() == name);
    at(&host.unwrap().moments, kind).unwrap_or(Span::NEVER)
}

fn of_ups(line: &TimeLine, name: &str) -> UpsLine {
    let all = line.chains.iter().flat_map(|chain| &chain.ups);
    all.into_iter()
        .find(|ups| ups.name.as_str() == name)
        .unwrap()
        .clone()
}

#[track_caller]
fn within(span: Span, seconds: f64) {
    assert!(
        span.earliest_s - 0.6 <= seconds && seconds <= span.latest_s + 0.6,
        "{seconds} is not within {span:?}"
    );
}

const OLD: NutVersion = NutVersion::V2_7_4;
const MID: NutVersion = NutVersion::V2_8_0;
const NEW: NutVersion = NutVersion::V2_8_1;

/// Seconds after OB LB that were measured on three real sites with NUT's own delays: the primary sees
/// it, its secondaries call SHUTDOWNCMD, it waits no longer, it calls its own.
#[test]
fn what_was_measured_lies_in_what_is_computed() {
    for (primary, others, [sees, first, last, waited, own]) in [
        (MID, [NEW, OLD], [1.39, 6.7, 6.9, 7.2, 12.2]),
        (NEW, [MID, OLD], [1.08, 6.5, 6.8, 6.9, 11.9]),
        (OLD, [NEW, MID], [1.28, 7.4, 7.4, 7.5, 12.6]),
    ] {
        let outage = Outage {
            ups: vec![ups("ups", "pve")],
            hosts: vec![
                host("pve", primary, &["+ups"], ""),
                host("nas", others[0], &["ups"], ""),
                host("old", others[1], &["ups"], ""),
            ],
        };
        let line = time_line(&outage);
        within(moment(&line, "pve", Kind::Called), sees);
        within(moment(&line, "nas", Kind::Shutdown), first);
        within(moment(&line, "old", Kind::Shutdown), last);
        within(moment(&line, "pve", Kind::WaitOver), waited);
        within(moment(&line, "pve", Kind::Shutdown), own);
        // Once it is known when the primary saw it, the rest is known to a poll of each client.
        let lag = sees - moment(&line, "pve", Kind::Called).earliest_s;
        let after = moment(&line, "pve", Kind::Shutdown).plus(lag);
        assert!(own - after.earliest_s < 5.6, "{own} {after:?}");
        assert_eq!(troubles(&outage, &line), Vec::new());
    }
}

/// NUT's own delays, one secondary: measured 6.0 to 11.0 s and 11.2 to 16.0 s.
#[test]
fn the_default_delays() {
    let outage = pair("", "", NEW);
    let line = time_line(&outage);
    assert_eq!(
        moment(&line, "nas", Kind::Shutdown),
        Span::new(5.0, 10.0, 15.0)
    );
    assert_eq!(
        moment(&line, "pve", Kind::Shutdown),
        Span::new(10.0, 15.125, 20.25)
    );
    assert_eq!(
        moment(&line, "pve", Kind::Down),
        Span::new(11.0, 25.125, 30.25)
    );
    let ups = of_ups(&line, "ups");
    assert_eq!(
        at(&ups.moments, Kind::OutletsOff),
        Some(Span::new(31.0, 45.125, 50.25))
    );
    let terms: Vec<_> = ups
        .terms
        .iter()
        .map(|term| (term.what, term.typical_s))
        .collect();
    assert_eq!(
        terms,
        [
            (What::Noticing, 2.5),
            (What::Waiting, 7.625),
            (What::FinalDelay, 5.0),
            (What::GoingDown, 10.0),
            (What::OffDelay, 20.0)
        ]
    );
    assert_eq!(ups.verdict.fits, Fits::Unknown);
}

fn pair(primary: &str, secondary: &str, version: NutVersion) -> Outage {
    Outage {
        ups: vec![ups("ups", "pve")],
        hosts: vec![
            host("pve", version, &["+ups"], primary),
            host("nas", version, &["ups"], secondary),
        ],
    }
}

/// Measured: HOSTSYNC 5 against a FINALDELAY of 20 ends at +11.5 s, the secondary calls at +21.0 s.
#[test]
fn a_hostsync_that_runs_out() {
    let outage = pair("HOSTSYNC 5\n", "FINALDELAY 20\n", NEW);
    let line = time_line(&outage);
    within(moment(&line, "pve", Kind::Shutdown), 11.5);
    within(moment(&line, "nas", Kind::Shutdown), 21.0);
    let found = troubles(&outage, &line);
    assert_eq!(found[0].rule, "hostsync-below-logout");
    assert_eq!(found[0].severity, Severity::Error);
    assert!(
        found[0].saw.contains("nas is not logged out"),
        "{}",
        found[0].saw
    );
}

/// Measured with HOSTSYNC 15 and polls of 5 s: 26 s, the FINALDELAY of 5 s included.
#[test]
fn a_secondary_that_nobody_calls() {
    let mut outage = pair("", "", NEW);
    outage.hosts[0].min_supplies = 0;
    let line = time_line(&outage);
    assert_eq!(moment(&line, "pve", Kind::Called), Span::NEVER);
    within(moment(&line, "nas", Kind::Shutdown), 26.0);
}

/// upsd takes a client for gone after a minute: measured, with SHUTDOWNEXIT no, +71.6 s at a
/// HOSTSYNC of 130.
#[test]
fn upsd_forgets_a_silent_client() {
    let mut outage = pair("HOSTSYNC 130\n", "SHUTDOWNEXIT no\n", NEW);
    outage.hosts[1].way_down = WayDown::stated(300.0);
    let line = time_line(&outage);
    within(moment(&line, "pve", Kind::Shutdown), 71.6);
    let wait = |version| {
        let mut outage = pair("HOSTSYNC 130\n", "FINALDELAY 90\n", version);
        outage.hosts[0].way_down = WayDown::stated(1.0);
        moment(&time_line(&outage), "pve", Kind::WaitOver).latest_s
    };
    assert_eq!([wait(NEW), wait(NutVersion::V2_8_5)], [70.25, 70.25]);
}

/// SHUTDOWNEXIT is unknown to 2.8.0, holds a login for at most a minute up to 2.8.4, and as long as
/// it says from 2.8.5 on.
#[test]
fn shutdownexit_by_version() {
    let latest = |version| {
        let outage = pair("HOSTSYNC 200\n", "SHUTDOWNEXIT 100\n", version);
        moment(&time_line(&outage), "nas", Kind::LoggedOut).latest_s
    };
    let versions = [OLD, MID, NEW, NutVersion::V2_8_4, NutVersion::V2_8_5];
    assert_eq!(versions.map(latest), [15.0, 15.0, 70.0, 70.0, 115.0]);
}

#[test]
fn a_low_battery_may_have_to_last_since_2_8_3() {
    let called = |version| {
        let outage = pair("OBLBDURATION 7\n", "", version);
        moment(&time_line(&outage), "pve", Kind::Called)
    };
    assert_eq!(called(NEW), Span::new(0.0, 2.5, 5.0));
    assert_eq!(called(NutVersion::V2_8_3), Span::new(7.0, 9.5, 12.0));
}

#[test]
fn two_supplies_count_together() {
    let mut outage = Outage {
        ups: vec![ups("a", "pve-a"), ups("b", "pve-b")],
        hosts: vec![
            host("pve-a", MID, &["+a"], ""),
            host("pve-b", MID, &["+b"], ""),
            host("both", MID, &["a", "b"], ""),
        ],
    };
    for (ups, runtime) in outage.ups.iter_mut().zip([600.0, 1000.0]) {
        ups.battery = Battery {
            charge: Some(100.0),
            runtime: Some(runtime),
            runtime_low: Some(120.0),
            decides: Decides::Ups,
            ..Battery::default()
        };
    }
    let line = time_line(&outage);
    let [chain] = line.chains.as_slice() else {
        panic!("one chain")
    };
    assert_eq!(chain.mains_fail_s, Some(-480.0));
    // The first UPS is low at 0, the second 400 s later; only then does the host with both go.
    assert_eq!(
        moment(&line, "both", Kind::Called),
        Span::new(400.0, 405.0, 410.0)
    );
    // It stays logged in to the first one, whose primary therefore waits its HOSTSYNC out.
    assert_eq!(
        moment(&line, "pve-a", Kind::WaitOver),
        Span::new(15.0, 18.125, 21.25)
    );
    let rules: Vec<_> = troubles(&outage, &line).iter().map(|t| t.rule).collect();
    assert_eq!(rules, ["hostsync-runs-out"]);
}

#[test]
fn primaries_that_wait_for_each_other_do_not_wait_for_ever() {
    let outage = Outage {
        ups: vec![ups("a", "pve-a"), ups("b", "pve-b")],
        hosts: vec![
            host("pve-a", MID, &["+a", "b"], "HOSTSYNC 15\n"),
            host("pve-b", MID, &["+b", "a"], "HOSTSYNC 40\n"),
        ],
    };
    let mut outage = outage;
    for host in &mut outage.hosts {
        host.min_supplies = 2;
    }
    let line = time_line(&outage);
    assert_eq!(moment(&line, "pve-a", Kind::WaitOver).earliest_s, 15.0);
    assert_eq!(moment(&line, "pve-b", Kind::WaitOver).earliest_s, 20.0);
}

#[test]
fn an_appliance_that_leaves_by_itself() {
    let mut outage = pair("", "", MID);
    outage.hosts[1].leaves = Leaves::WhenLow;
    let line = time_line(&outage);
    assert_eq!(moment(&line, "nas", Kind::Called), Span::new(0.0, 3.5, 7.0));
    outage.hosts[1].leaves = Leaves::AfterOnBattery(30.0);
    outage.ups[0].battery = Battery {
        charge: Some(90.0),
        runtime: Some(900.0),
        charge_low: Some(30.0),
        decides: Decides::Driver,
        ..Battery::default()
    };
    let line = time_line(&outage);
    let chain = &line.chains[0];
    assert!((chain.mains_fail_s.unwrap() + 600.0).abs() < 1e-6);
    let called = moment(&line, "nas", Kind::Called).plus(600.0);
    assert!((called.earliest_s - 30.0).abs() < 1e-6 && (called.latest_s - 37.0).abs() < 1e-6);
    assert_eq!(
        moment(&line, "pve", Kind::WaitOver),
        Span::new(0.0, 2.625, 5.25)
    );
    assert_eq!(chain.hosts[0].name.as_str(), "nas");
}

#[test]
fn a_client_that_is_not_logged_in_is_not_waited_for() {
    let mut outage = pair("", "", MID);
    outage.hosts[1].logged_in = Some(false);
    let line = time_line(&outage);
    assert_eq!(
        moment(&line, "pve", Kind::WaitOver),
        moment(&line, "pve", Kind::Called)
    );
    outage.ups[0].strangers = 1;
    let line = time_line(&outage);
    assert_eq!(moment(&line, "pve", Kind::WaitOver).latest_s, 21.25);
}

#[test]
fn a_slow_host_loses_its_power() {
    let mut outage = pair("", "", MID);
    outage.hosts[1].way_down = WayDown::stated(120.0);
    let line = time_line(&outage);
    let found = troubles(&outage, &line);
    assert_eq!(found[0].rule, "power-gone-early");
    assert_eq!(found[0].severity, Severity::Error);
    // The primary's 5 s and 10 s, the UPS's 20 s: 35 s are there where 120 s are needed.
    let nas = line.chains[0]
        .hosts
        .iter()
        .find(|host| host.name.as_str() == "nas");
    assert_eq!(nas.unwrap().spare_typical_s, Some(-84.875));
    // At worst the primary is down in a second.
    assert_eq!(nas.unwrap().spare_worst_s, Some(-94.0));
    outage.hosts[0].delays.finaldelay = 120;
    let line = time_line(&outage);
    assert_eq!(troubles(&outage, &line), Vec::new());
}

#[test]
fn a_battery_and_what_it_has_to_carry() {
    let mut outage = pair("", "", MID);
    let fits = |outage: &Outage| of_ups(&time_line(outage), "ups").verdict.fits;
    outage.ups[0].battery = Battery {
        charge: Some(100.0),
        runtime: Some(600.0),
        runtime_low: Some(72.0),
        decides: Decides::Ups,
        ..Battery::default()
    };
    // 50.25 s at worst, of 72 s of which an old battery holds 50.4 s.
    assert_eq!(fits(&outage), Fits::Always);
    outage.ups[0].battery.runtime_low = Some(70.0);
    assert_eq!(fits(&outage), Fits::Usually);
    outage.ups[0].battery.runtime_low = Some(40.0);
    assert_eq!(fits(&outage), Fits::No);
    let found = troubles(&outage, &time_line(&outage));
    assert_eq!(found[0].rule, "battery-too-short");
    assert!(
        found[0]
            .saw
            .contains("lasts 40 s once its battery is low, and 45 s are needed")
    );
    outage.ups[0].battery.decides = Decides::Unknown;
    assert_eq!(fits(&outage), Fits::Unknown);
}

#[test]
fn a_threshold_that_nobody_heeds_says_nothing() {
    let battery = Battery {
        charge: Some(100.0),
        runtime: Some(600.0),
        charge_low: Some(20.0),
        decides: Decides::Unknown,
        ..Battery::default()
    };
    let reserve = battery.reserve();
    assert_eq!((reserve.low_after_s, reserve.low_at_percent), (None, None));
    let heeded = Battery {
        decides: Decides::Driver,
        ..battery
    };
    let reserve = heeded.reserve();
    assert_eq!(
        (reserve.low_after_s, reserve.low_at_percent),
        (Some(480.0), Some(20.0))
    );
    assert_eq!(reserve.from, "the driver says low at 20 %");
}

#[test]
fn a_mount_of_a_host_that_goes_first() {
    let mut outage = pair("", "", MID);
    let mount = |hard| Mount {
        at: "/mnt/backup".into(),
        kind: "nfs4".into(),
        server: host_name("nas"),
        hard,
    };
    outage.hosts[0].mounts = vec![mount(true), mount(false)];
    let found = troubles(&outage, &time_line(&outage));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rule, "mount-outlives-server");
}

fn guest(id: u32, kind: GuestKind) -> Guest {
    Guest {
        id,
        kind,
        name: String::new(),
        running: true,
        order: None,
        down: None,
        broken_startup: None,
        agent: false,
        lock: None,
        hook: false,
        ha: false,
    }
}

fn node(guests: Vec<Guest>) -> Node {
    Node {
        manager: "8.4.21".into(),
        threads: 8,
        guests,
        ..Node::default()
    }
}

/// Ten VMs without an agent and without an order, eight at a time: two rounds of 191 s.
#[test]
fn guests_are_stopped_in_rounds() {
    let vms: Vec<Guest> = (100..110).map(|id| guest(id, GuestKind::Vm)).collect();
    let parts = guests::bound(&node(vms.clone()));
    assert_eq!((parts.guests, parts.system, parts.ha), (383.0, 90.0, 0.0));
    // Nine leaves one processor thread alone, and stops at eight.
    for (manager, threads, most, workers) in [
        ("8.4.21", 32, None, 32),
        ("9.1.0", 32, None, 32),
        ("9.1.1", 32, None, 8),
        ("9.2.11", 4, None, 3),
        ("9.2.11", 1, None, 1),
        ("9.2.11", 4, Some(6), 6),
    ] {
        let node = Node {
            manager: manager.into(),
            threads,
            max_workers: most,
            ..Node::default()
        };
        assert_eq!(guests::workers(&node), workers, "{manager} {threads}");
    }
}

#[test]
fn orders_are_stopped_one_after_the_other() {
    let mut all = vec![guest(100, GuestKind::Vm), guest(101, GuestKind::Container)];
    all[0].agent = true;
    assert_eq!(guests::bound(&node(all.clone())).guests, 195.0);
    all[0].order = Some(1);
    // The container has no order, so it ends first; then the VM.
    assert_eq!(guests::bound(&node(all.clone())).guests, 186.0 + 195.0);
    all[0].down = Some(30);
    assert_eq!(guests::bound(&node(all.clone())).guests, 186.0 + 45.0);
    all[1].running = false;
    assert_eq!(guests::bound(&node(all.clone())).guests, 45.0);
    all[0].lock = Some("backup".into());
    assert_eq!(guests::bound(&node(all)).guests, 0.0);
}

#[test]
fn guests_of_the_ha_manager_end_after_the_others() {
    let mut all: Vec<Guest> = (100..105).map(|id| guest(id, GuestKind::Vm)).collect();
    for guest in &mut all {
        guest.ha = true;
    }
    let mut node = node(all);
    // Five services, four at a time.
    assert_eq!(guests::bound(&node).ha, 142.0);
    assert_eq!(guests::bound(&node).guests, 0.0);
    node.policy = Policy::Migrate;
    node.nodes = ["pve", "pve2"].map(str::to_string).into();
    let mut outage = pair("", "", MID);
    outage.hosts[0].guests = Guests::Seen(node);
    let rules = |outage: &Outage| -> Vec<&str> {
        let found = troubles(outage, &time_line(outage));
        found.iter().map(|trouble| trouble.rule).collect()
    };
    assert_eq!(rules(&outage), ["ha-migrates-on-battery"]);
    // With a node on another UPS there is somewhere to go.
    outage.ups.push(ups("other", "pve2"));
    outage.hosts.push(host("pve2", MID, &["+other"], ""));
    assert_eq!(rules(&outage), Vec::<&str>::new());
}

#[test]
fn a_node_may_take_longer_than_its_owner_says() {
    let node = node((100..110).map(|id| guest(id, GuestKind::Vm)).collect());
    let way = guests::way_down(&node, Some(60.0));
    assert_eq!(way.takes, Span::new(1.0, 60.0, 473.0));
    assert_eq!(
        way.from,
        "shutdown_takes; at worst 10 running guests, 8 at a time"
    );
    let way = guests::way_down(&node, None);
    assert_eq!(way.takes.typical_s, 61.0);
    let mut outage = pair("", "", MID);
    outage.hosts[1].guests = Guests::Seen(node.clone());
    outage.hosts[1].way_down = guests::way_down(&node, None);
    let found = troubles(&outage, &time_line(&outage));
    assert_eq!(found[0].rule, "guests-outlast-power");
}

#[test]
fn a_guest_that_is_not_stopped_is_told() {
    let mut vm = guest(100, GuestKind::Vm);
    vm.name = "web".into();
    vm.lock = Some("backup".into());
    vm.broken_startup = Some("order=first".into());
    let mut outage = pair("", "", MID);
    outage.hosts[0].guests = Guests::Seen(node(vec![vm]));
    let found = troubles(&outage, &time_line(&outage));
    let said: Vec<&str> = found.iter().map(|trouble| trouble.saw.as_str()).collect();
    assert_eq!(
        said,
        [
            "pve does not stop guest 100 (web): locked",
            "pve ignores `startup` of guest 100 (web)"
        ]
    );
}

#[test]
fn what_is_measured_stands_beside_what_is_computed() {
    let mut line = time_line(&pair("", "", MID));
    let host = &mut line.chains[0].hosts[0];
    host.moments
        .push(Moment::measured(Kind::Shutdown, 6.7, 0.1));
    assert_eq!(
        at(&host.moments, Kind::Shutdown),
        Some(Span::new(5.0, 10.0, 15.0))
    );
    let seen = line::of_source(&host.moments, Kind::Shutdown, Source::Measured);
    assert_eq!(seen.map(|span| span.typical_s), Some(6.7));
}
