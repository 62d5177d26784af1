//! The transaction on the fake host: whatever fails, wherever, the host ends wholly old or wholly new.

mod fake_host;

use std::collections::BTreeMap;

use fake_host::{FakeHost, Verdict};
use upsctl::apply::Answer;
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

fn assert_serving(host: &FakeHost, what: &str) {
    for unit in [
        "nut-driver@ups",
        "nut-server",
        "nut-monitor",
        "nut-driver-enumerator.path",
    ] {
        assert_eq!(host.unit(unit), "active", "{unit} after {what}");
    }
    let serving = std::fs::read_to_string(host.path("serving")).unwrap();
    assert_eq!(
        serving,
        host.files()["ups.conf"],
        "upsd serves what the files say after {what}"
    );
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
    host.undo_as(ID, "boot");
    assert_eq!(host.files(), old());
    assert!(!host.is_open());
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

#[test]
fn a_fault_at_any_step_leaves_the_host_wholly_old_or_wholly_new() {
    let calls = calls_of_a_deploy();
    assert!(calls > 40, "the shims see the deploy's commands: {calls}");
    let faults = ["refuse", "fail-after", "kill-before", "kill-after"];
    // Every step with every fault takes minutes: `make torture`. Otherwise each step with one.
    let all = std::env::var_os("UPSCTL_TORTURE").is_some();
    let cases: Vec<(usize, &str)> = (1..=calls)
        .flat_map(|at| (0..faults.len()).map(move |kind| (at, kind)))
        .filter(|(at, kind)| all || at % faults.len() == *kind)
        .map(|(at, kind)| (at, faults[kind]))
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
    assert!(
        broken.is_empty(),
        "{} of {} runs broke:\n{}",
        broken.len(),
        runs,
        broken.join("\n")
    );
}

fn one_fault((at, fault): (usize, &'static str)) -> Option<String> {
    let host = FakeHost::new();
    let answer = host.deploy(&host.plan(&NEW), Verdict::Confirm, Some((at, fault)));
    if host.is_open() {
        host.heal(ID);
    }
    let files = host.files();
    let trace = std::fs::read_to_string(host.path("trace")).unwrap_or_default();
    let call = trace
        .lines()
        .find(|line| line.starts_with(&format!("{at} ")))
        .unwrap_or_default()
        .to_string();
    let wrong = if host.is_open() {
        "still open"
    } else if files != old() && files != named(&NEW) {
        "half done"
    } else if answer == Some(Answer::Confirmed) && files == old() {
        "said confirmed and is old"
    } else if matches!(answer, Some(Answer::RolledBack(_))) && files != old() {
        "said rolled back and is not"
    } else if host.unit("nut-server") != "active"
        || host.unit("nut-driver-enumerator.path") != "active"
    {
        "a unit is down"
    } else {
        return None;
    };
    Some(format!(
        "{fault} at {call}: {wrong} ({answer:?}) {:?}",
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
