//! The transaction on the fake host: whatever fails, wherever, the host ends wholly old or wholly new.

#![allow(clippy::print_stdout)]

mod fake_host;

use std::collections::BTreeMap;

use fake_host::{Disks, FakeHost, Verdict, can_mount, redirects};
use upsctl::apply::Answer;
use upsctl::apply::history::RollbackTarget;
use upsctl::nut::directive::File;

const ID: &str = "20260101T000000Z-a";
const NEW: [(File, &str); 4] = [
    (File::Nut, "MODE=netserver\n"),
    (File::Ups, "[ups]\ndriver = dummy-ups\nport = new.dev\n"),
    (File::Upsd, "LISTEN 0.0.0.0 3493\n"),
    (File::Upsmon, "MONITOR ups@127.0.0.1 1 pve new primary\n"),
];

fn old() -> BTreeMap<String, String> {
    named(&FakeHost::old_files())
}

fn named(files: &[(File, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(file, text)| (file.name().to_string(), (*text).to_string()))
        .collect()
}

/// What does not run, or runs something else than the files say.
fn not_serving(host: &FakeHost) -> Option<String> {
    let units = [
        "nut-driver@ups",
        "nut-server",
        "nut-monitor",
        "nut-driver-enumerator.path",
    ];
    if let Some(unit) = units.iter().find(|unit| host.unit(unit) != "active") {
        return Some(format!("{unit} is not active"));
    }
    FakeHost::RUNS.iter().find_map(|(unit, file)| {
        let runs = std::fs::read_to_string(host.path(&format!("runs-{unit}"))).unwrap();
        (runs != host.files()[*file]).then(|| format!("{unit} does not run what {file} says"))
    })
}

fn assert_serving(host: &FakeHost, what: &str) {
    assert_eq!(not_serving(host), None, "after {what}");
}

#[test]
fn a_confirmed_deploy_leaves_the_new_files_and_nothing_else() {
    let host = FakeHost::new();
    assert_eq!(
        host.deploy(&host.plan(&NEW), Verdict::Confirm, None),
        Some(Answer::Confirmed)
    );
    assert_eq!(host.files(), named(&NEW));
    assert!(!host.is_open());
    assert!(host.path("timer-off").exists(), "the undo timer is stopped");
    assert!(
        !host
            .path("root/etc/systemd/system/upsctl-undo.service")
            .exists()
    );
    assert_serving(&host, "a deploy");
}

#[test]
fn a_deploy_that_is_not_proven_is_undone_wholly() {
    let host = FakeHost::new();
    let answer = host.deploy(&host.plan(&NEW), Verdict::Undo, None);
    assert_eq!(answer, Some(Answer::RolledBack("not proven".into())));
    assert_eq!(host.files(), old());
    assert!(!host.is_open());
    assert_serving(&host, "an undo");
}

#[test]
fn a_lost_connection_is_undone_by_the_host() {
    let host = FakeHost::new();
    host.deploy(&host.plan(&NEW), Verdict::Silence, None);
    assert_eq!(host.files(), old());
    assert!(!host.is_open());
    assert_serving(&host, "a lost connection");
}

#[test]
fn the_timer_undoes_a_deploy_that_was_killed() {
    let host = killed_in_the_middle();
    host.undo_as(ID, "timer");
    assert_eq!(host.files(), old());
    assert!(!host.is_open());
    assert_serving(&host, "the timer");
}

#[test]
fn a_reboot_in_the_middle_puts_the_files_back_before_nut_starts() {
    let host = killed_in_the_middle();
    let unit = host.path("root/etc/systemd/system/upsctl-undo.service");
    assert!(
        std::fs::read_to_string(unit)
            .unwrap()
            .contains("Before=nut-driver-enumerator.service")
    );
    host.reboot(ID);
    host.undo_as(ID, "boot");
    assert_eq!(host.files(), old());
    assert!(!host.is_open() && !host.has_leftovers());
}

#[test]
fn the_boot_unit_does_nothing_on_a_host_that_runs() {
    let host = killed_in_the_middle();
    host.undo_as(ID, "boot");
    assert!(host.is_open(), "the timer is still to come");
    assert_eq!(host.files(), named(&NEW));
}

#[test]
fn a_file_changed_since_the_plan_stops_the_deploy_before_anything_is_written() {
    let host = FakeHost::new();
    let plan = host.plan(&NEW);
    std::fs::write(
        host.path("root/etc/nut/ups.conf"),
        "[ups]\ndriver = other\n",
    )
    .unwrap();
    let before = host.files();
    match host.deploy(&plan, Verdict::Confirm, None) {
        Some(Answer::Stale(path)) => assert!(path.ends_with("/etc/nut/ups.conf")),
        other => panic!("{other:?}"),
    }
    assert_eq!(host.files(), before);
    assert!(!host.is_open());
}

#[test]
fn nothing_is_written_while_a_ups_is_on_battery() {
    let host = FakeHost::new();
    std::fs::write(host.path("on-battery"), "").unwrap();
    let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, None);
    assert_eq!(answer, Some(Answer::Battery("ups@127.0.0.1: OB".into())));
    assert_eq!(host.files(), old());
}

#[test]
fn an_open_transaction_is_not_built_upon() {
    let host = killed_in_the_middle();
    let settings = host.settings("20260101T000001Z-b");
    let answer = host.deploy_as(&settings, &host.plan(&NEW), Verdict::Confirm, None);
    assert_eq!(answer, Some(Answer::Unfinished(ID.into())));
}

#[test]
fn a_deploy_that_does_not_serve_is_undone_and_serves_as_before() {
    let host = FakeHost::new();
    let broken = [(File::Ups, "[ups]\ndriver = broken\n")];
    host.deploy(&host.plan(&broken), Verdict::Undo, None);
    assert_eq!(host.files(), old());
    assert_serving(&host, "an undo of a broken driver");
}

/// A host whose deploy died after the files were written, with its transaction open.
fn killed_in_the_middle() -> FakeHost {
    let host = FakeHost::new();
    let at = calls_of_a_deploy() * 3 / 4;
    host.deploy(
        &host.plan(&NEW),
        Verdict::Confirm,
        Some((at, "kill-before")),
    );
    assert!(host.is_open(), "the kill came in the middle");
    host
}

/// How many changing commands an undisturbed deploy runs.
fn calls_of_a_deploy() -> usize {
    let host = FakeHost::new();
    host.deploy(&host.plan(&NEW), Verdict::Confirm, None);
    host.calls()
}

const COMMAND_FAULTS: [(Disks, &str); 4] = [
    (Disks::Plain, "refuse"),
    (Disks::Plain, "fail-after"),
    (Disks::Plain, "kill-before"),
    (Disks::Plain, "kill-after"),
];
const DISK_FAULTS: [(Disks, &str); 10] = [
    (Disks::Etc, "fill-etc-blocks"),
    (Disks::Etc, "fill-etc-inodes"),
    (Disks::Var, "fill-var-blocks"),
    (Disks::Var, "fill-var-inodes"),
    (Disks::One, "fill-etc-blocks"),
    (Disks::One, "fill-var-inodes"),
    (Disks::Plain, "state-gone"),
    (Disks::Var, "state-read-only"),
    (Disks::Etc, "etc-read-only"),
    (Disks::Both, "fill-etc-blocks fill-var-inodes"),
];

const REDIRECT_FAULTS: [(Disks, &str); 2] = [
    (Disks::Plain, redirects::FAULTS[0]),
    (Disks::Plain, redirects::FAULTS[1]),
];

#[test]
fn a_fault_at_any_step_leaves_the_host_wholly_old_or_wholly_new() {
    at_each_step(&COMMAND_FAULTS);
}

#[test]
fn a_disk_that_fills_vanishes_or_turns_read_only_at_any_step_leaves_it_wholly_old_or_new() {
    if can_mount() {
        at_each_step(&DISK_FAULTS);
    }
}

#[test]
fn a_redirection_of_the_shell_that_fails_anywhere_leaves_it_wholly_old_or_new() {
    let host = FakeHost::new();
    let none = Some((0, redirects::FAULTS[0]));
    host.deploy(&host.plan(&NEW), Verdict::Undo, none);
    assert!(host.redirects() > 60, "{} redirections", host.redirects());
    at_each_of(host.redirects(), &REDIRECT_FAULTS);
}

/// Otherwise every so manyth step, with another fault each time.
const SAMPLE: usize = 4;

/// Every step with every fault takes minutes: `make torture`.
fn at_each_step(faults: &[(Disks, &'static str)]) {
    let calls = calls_of_a_deploy();
    assert!(calls > 40, "the shims see the deploy's commands: {calls}");
    at_each_of(calls, faults);
}

fn at_each_of(steps: usize, faults: &[(Disks, &'static str)]) {
    let all = std::env::var_os("UPSCTL_TORTURE").is_some();
    let cases: Vec<(usize, Disks, &str)> = (1..=steps)
        .flat_map(|at| (0..faults.len()).map(move |kind| (at, kind)))
        .filter(|(at, kind)| all || (at + kind * SAMPLE) % (faults.len() * SAMPLE) == 0)
        .map(|(at, kind)| (at, faults[kind].0, faults[kind].1))
        .collect();
    let runs = cases.len();
    let broken: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = cases
            .chunks(cases.len().div_ceil(4))
            .map(|chunk| {
                scope.spawn(|| {
                    chunk
                        .iter()
                        .copied()
                        .filter_map(one_fault)
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    for (disks, fault) in faults {
        let events = cases
            .iter()
            .filter(|case| (&case.1, &case.2) == (disks, fault));
        let half = broken
            .iter()
            .filter(|said| said.starts_with(&format!("{disks:?} {fault} ")));
        println!(
            "{fault} ({disks:?}): {} events, {} broken",
            events.count(),
            half.count()
        );
    }
    assert!(
        broken.is_empty(),
        "{} of {} runs broke:\n{}",
        broken.len(),
        runs,
        broken.join("\n")
    );
}

fn one_fault((at, disks, fault): (usize, Disks, &'static str)) -> Option<String> {
    let host = FakeHost::on(disks);
    // Half of the deploys that get through are found wanting.
    let verdict = match (at / 2) % 2 {
        0 => Verdict::Confirm,
        _ => Verdict::Undo,
    };
    let answer = host.deploy(&host.plan(&NEW), verdict, Some((at, fault)));
    let said = host.files();
    // A disk that is full is full for the undo as well; one that is read-only must first be mended.
    if fault.ends_with("read-only") {
        host.mend_disks();
    }
    if host.is_open() {
        match at % 2 {
            0 => host.undo_as(ID, "timer"),
            _ => host.heal(ID),
        }
    }
    let files = host.files();
    let open = host.is_open();
    host.mend_disks();
    host.tidy();
    let trace = std::fs::read_to_string(host.path("trace")).unwrap_or_default();
    let call = trace
        .lines()
        .find(|line| line.starts_with(&format!("{at} ")))
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect::<String>();
    let call = std::fs::read_to_string(host.path("redirect")).unwrap_or(call);
    let orphaned = fault.starts_with("state-gone") || fault == "state-torn";
    let wrong = if open {
        "still open".into()
    } else if host.has_leftovers() && !orphaned {
        "something is left".into()
    } else if files != old() && files != named(&NEW) {
        "half done".into()
    } else if fault.starts_with("fill") && matches!(answer, Some(Answer::UndoFailed(_))) {
        "the undo needed room".into()
    } else if answer == Some(Answer::Confirmed) && files == old() {
        "said confirmed and is old".into()
    } else if matches!(answer, Some(Answer::RolledBack(_) | Answer::Refused(_))) && said != old() {
        "said it is as it was and it is not".into()
    } else {
        not_serving(&host)?
    };
    Some(format!(
        "{disks:?} {fault} at {call}: {wrong} ({answer:?}) {:?}",
        files.keys()
    ))
}

/// The number of the first call whose command line begins like this.
fn call_of(command: &str) -> usize {
    let host = FakeHost::new();
    host.deploy(&host.plan(&NEW), Verdict::Confirm, None);
    let trace = std::fs::read_to_string(host.path("trace")).unwrap();
    let line = trace
        .lines()
        .find(|line| line.split_once(' ').unwrap().1.starts_with(command));
    line.unwrap().split(' ').next().unwrap().parse().unwrap()
}

fn restarts(host: &FakeHost) -> Vec<String> {
    let log = std::fs::read_to_string(host.path("log")).unwrap_or_default();
    log.lines()
        .filter(|line| !line.contains("enumerator"))
        .map(str::to_string)
        .collect()
}

#[test]
fn mains_that_fail_before_the_first_restart_have_the_files_put_back_and_nothing_restarted() {
    let first_restart = call_of("systemctl restart");
    for at in [call_of("systemd-run"), call_of("mv -fT"), first_restart - 3] {
        let host = FakeHost::new();
        let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, Some((at, "battery")));
        match answer {
            Some(Answer::RolledBack(cause)) => assert!(cause.contains("mains failed"), "{cause}"),
            other => panic!("battery at {at}: {other:?}"),
        }
        assert_eq!(host.files(), old());
        assert!(restarts(&host).is_empty(), "{:?}", restarts(&host));
        assert!(!host.is_open());
    }
}

#[test]
fn mains_that_fail_after_the_first_restart_let_the_deploy_come_to_its_end() {
    let host = FakeHost::new();
    let at = call_of("systemctl restart nut-driver");
    let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, Some((at, "battery")));
    assert_eq!(answer, Some(Answer::Confirmed));
    assert_eq!(host.files(), named(&NEW));
    assert_eq!(restarts(&host).len(), 3, "{:?}", restarts(&host));
}

#[test]
fn an_undo_on_battery_leaves_what_serves_alone_until_mains_are_back() {
    let host = FakeHost::new();
    let at = call_of("systemctl restart nut-driver");
    let answer = host.deploy(&host.plan(&NEW), Verdict::Undo, Some((at, "battery")));
    match answer {
        Some(Answer::UndoFailed(cause)) => {
            assert!(cause.contains("when mains are back"), "{cause}")
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(host.files(), old(), "the files are back");
    assert_eq!(
        restarts(&host).len(),
        3,
        "the undo restarted nothing: {:?}",
        restarts(&host)
    );
    assert!(
        host.is_open() && !host.path("timer-off").exists(),
        "the timer is still to come"
    );
    std::fs::remove_file(host.path("on-battery")).unwrap();
    host.undo_as(ID, "timer");
    assert!(!host.is_open());
    assert_serving(&host, "the timer when mains are back");
}

#[test]
fn without_systemd_a_plain_process_is_the_undo_timer() {
    let host = FakeHost::new();
    std::fs::remove_dir_all(host.path("root/run/systemd")).unwrap();
    let settings = upsctl::apply::Settings {
        undo_after: 2,
        ..host.settings(ID)
    };
    let at = calls_of_a_deploy() * 3 / 4;
    host.deploy_as(
        &settings,
        &host.plan(&NEW),
        Verdict::Confirm,
        Some((at, "kill-before")),
    );
    assert!(host.is_open(), "the kill came in the middle");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while host.is_open() {
        assert!(std::time::Instant::now() < until, "nobody undid it");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(host.files(), old());
    assert_serving(&host, "the process");
}

/// Deploys the text to ups.conf and another to upsd.conf when given.
fn deploy_named(host: &FakeHost, id: &str, keep: usize, new: &[(File, &str)]) {
    let settings = upsctl::apply::Settings {
        keep,
        ..host.settings(id)
    };
    let answer = host.deploy_as(&settings, &host.plan(new), Verdict::Confirm, None);
    assert_eq!(answer, Some(Answer::Confirmed));
}

#[test]
fn the_host_counts_its_deploys_and_no_clock_does() {
    let host = FakeHost::new();
    let text = |n: u8| format!("[ups]\ndriver = dummy-ups\nport = {n}.dev\n");
    // The laptop of the first deploy is a year ahead.
    deploy_named(&host, "20270101T000000Z-a", 10, &[(File::Ups, &text(1))]);
    deploy_named(&host, "20260101T000000Z-b", 10, &[(File::Ups, &text(2))]);
    let history = host.history(RollbackTarget::Last);
    assert_eq!(history.target.as_deref(), Some("20260101T000000Z-b"));
    let ids: Vec<&str> = history
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids, ["20270101T000000Z-a", "20260101T000000Z-b"]);
    let backup = history.backups[&File::Ups].as_ref().unwrap();
    assert_eq!(backup.content.expose(), text(1));
}

const FIRST: &str = "20260105T000000Z-1";
const LAST: &str = "20260101T000000Z-5";

/// Four deploys by a laptop whose clock goes backwards.
fn four_deploys() -> FakeHost {
    let host = FakeHost::new();
    let texts = [
        (FIRST, File::Ups, "[ups]\nport = 1\n"),
        ("20260104T000000Z-2", File::Upsmon, "MAXAGE 1\n"),
        ("20260103T000000Z-3", File::Upsd, "MAXAGE 3\n"),
        ("20260102T000000Z-4", File::Upsd, "MAXAGE 4\n"),
    ];
    for (id, file, text) in texts {
        deploy_named(&host, id, 10, &[(file, text)]);
    }
    host
}

/// The fifth, after which all but the first and this one are dropped.
fn fifth_deploy(host: &FakeHost, fault: (usize, &str)) {
    let settings = upsctl::apply::Settings {
        keep: 1,
        ..host.settings(LAST)
    };
    let plan = host.plan(&[(File::Ups, "[ups]\nport = 5\n")]);
    let answer = host.deploy_as(&settings, &plan, Verdict::Confirm, Some(fault));
    assert_eq!(answer, Some(Answer::Confirmed));
}

fn first_state(host: &FakeHost) -> BTreeMap<File, Option<String>> {
    let history = host.history(RollbackTarget::Id(FIRST));
    let backups = history.backups.into_iter();
    backups
        .map(|(file, old)| (file, old.map(|old| old.content.expose().to_string())))
        .collect()
}

fn assert_first_state(host: &FakeHost, what: &str) {
    let before = first_state(host);
    for (file, text) in FakeHost::old_files() {
        if file != File::Nut {
            assert_eq!(before[&file].as_deref(), Some(text), "{what}");
        }
    }
    assert_eq!(before[&File::Upsd], None, "it was not there: {what}");
}

#[test]
fn the_state_before_the_first_deploy_is_never_dropped() {
    let four = four_deploys();
    let host = four.copy();
    fifth_deploy(&host, (0, redirects::FAULTS[0]));
    let history = host.history(RollbackTarget::Id(FIRST));
    let ids: Vec<&str> = history
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids, [FIRST, LAST]);
    assert_first_state(&host, "five deploys");
    // Nor when something cannot be read or written while the others are dropped.
    let last = host.redirects();
    for at in last - 9..=last {
        let fault = (at, redirects::FAULTS[at % 2]);
        let host = four.copy();
        fifth_deploy(&host, fault);
        assert_first_state(&host, &format!("{fault:?}"));
    }
}

#[test]
fn a_state_folder_that_is_not_roots_alone_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let refused =
        |host: &FakeHost, why: &str| match host.deploy(&host.plan(&NEW), Verdict::Confirm, None) {
            Some(Answer::Refused(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        };
    let host = FakeHost::new();
    std::fs::create_dir(host.path("elsewhere")).unwrap();
    symlink(host.path("elsewhere"), host.path("root/var/lib/upsctl")).unwrap();
    refused(&host, "is a symbolic link");
    assert_eq!(
        std::fs::read_dir(host.path("elsewhere")).unwrap().count(),
        0
    );
    let host = FakeHost::new();
    let parent = host.path("root/var");
    std::fs::set_permissions(&parent, std::fs::Permissions::from_mode(0o777)).unwrap();
    refused(&host, "/var is not root's alone");
    assert_eq!(host.files(), old());
}

#[test]
fn an_undo_that_failed_comes_again_and_leaves_later_edits_alone() {
    let host = FakeHost::new();
    std::fs::write(host.path("units/nut-monitor.broken"), "").unwrap();
    let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, None);
    assert!(matches!(answer, Some(Answer::UndoFailed(_))), "{answer:?}");
    assert_eq!(host.files(), old(), "the files are back");
    assert!(host.is_open() && !host.path("timer-off").exists());
    let timer = std::fs::read_to_string(host.path("timer")).unwrap();
    assert!(timer.contains("--on-unit-inactive=60s"), "{timer}");
    // systemd 252 garbles these when it reloads.
    assert!(!timer.contains(['$', '"', '\'', '\\', ';', '%']), "{timer}");
    std::fs::write(
        host.path("root/etc/nut/nut.conf"),
        "MODE=netserver\n# by hand\n",
    )
    .unwrap();
    std::fs::remove_file(host.path("units/nut-monitor.broken")).unwrap();
    host.undo_as(ID, "timer");
    assert!(!host.is_open() && host.path("timer-off").exists());
    assert!(host.files()["nut.conf"].contains("by hand"));
    assert_serving(&host, "the second undo");
}

#[test]
fn a_record_that_is_torn_in_the_middle_leaves_nothing_open() {
    for at in [call_of("mv -fT"), call_of("systemctl restart nut-driver")] {
        let host = FakeHost::new();
        let fault = Some((at, "state-torn"));
        let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, fault);
        assert!(matches!(answer, Some(Answer::RolledBack(_))), "{answer:?}");
        assert_eq!(host.files(), old());
        assert!(!host.is_open());
        assert_serving(&host, "a torn record");
    }
}

#[test]
fn what_was_broken_before_is_as_it_was_when_it_is_as_broken() {
    let host = FakeHost::new();
    std::fs::write(host.path("units/nut-monitor"), "failed\n").unwrap();
    std::fs::write(host.path("units/nut-monitor.broken"), "").unwrap();
    match host.deploy(&host.plan(&NEW), Verdict::Confirm, None) {
        Some(Answer::RolledBack(_)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(host.files(), old());
    assert_ne!(host.unit("nut-monitor"), "active");
    assert!(!host.is_open());
}

#[test]
fn a_reboot_in_the_middle_leaves_disabled_units_disabled_and_unstarted() {
    let host = FakeHost::new();
    for (file, text) in [
        ("nut-monitor", "inactive\n"),
        ("nut-monitor.enabled", "disabled\n"),
    ] {
        std::fs::write(host.path("units").join(file), text).unwrap();
    }
    let mut plan = host.plan(&NEW);
    plan.units.insert(
        0,
        upsctl::model::plan::UnitStep {
            unit: "nut-monitor.service".into(),
            action: upsctl::model::plan::UnitAction::Enable,
            because: Vec::new(),
        },
    );
    let at = calls_of_a_deploy() * 3 / 4;
    host.deploy(&plan, Verdict::Confirm, Some((at, "kill-before")));
    assert_eq!(
        host.unit("nut-monitor.enabled"),
        "enabled",
        "killed after it was enabled"
    );
    host.reboot(ID);
    // systemd has asked for what is enabled.
    std::fs::write(host.path("units/nut-monitor"), "active\n").unwrap();
    host.undo_as(ID, "boot");
    assert_eq!(host.unit("nut-monitor.enabled"), "disabled");
    assert_eq!(host.unit("nut-monitor"), "inactive");
}

#[test]
fn a_file_keeps_its_access_list() {
    if std::process::Command::new("setfacl")
        .arg("--version")
        .output()
        .is_err()
    {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "no setfacl in CI: scripts/deps.sh installs it"
        );
        println!("SKIPPED, setfacl is not here");
        return;
    }
    let acl = |host: &FakeHost| {
        let path = host.path("root/etc/nut/upsmon.conf");
        let out = std::process::Command::new("getfacl")
            .arg("-cp")
            .arg(path)
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    for verdict in [Verdict::Confirm, Verdict::Undo] {
        let host = FakeHost::new();
        let path = host.path("root/etc/nut/upsmon.conf");
        let set = std::process::Command::new("setfacl")
            .args(["-m", "u:1234:r"])
            .arg(path)
            .status();
        assert!(set.unwrap().success());
        let before = acl(&host);
        host.deploy(&host.plan(&NEW), verdict, None);
        assert_eq!(acl(&host), before);
        assert!(before.contains("user:1234:r--"), "{before}");
    }
}

#[test]
fn what_a_deploy_left_is_seen_and_cleared() {
    let host = FakeHost::new();
    let at = call_of("systemd-run");
    host.deploy(&host.plan(&NEW), Verdict::Confirm, Some((at, "kill-after")));
    assert!(!host.is_open());
    let left = host.look().leftovers;
    assert!(
        left[0].ends_with(&format!("/etc/nut/.upsctl-{ID}")),
        "{left:?}"
    );
    host.tidy();
    assert!(host.look().leftovers.is_empty() && !host.has_leftovers());
    assert_eq!(host.files(), old());
}
