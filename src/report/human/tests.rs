use super::*;
use crate::model::finding::Place;
use crate::model::name::HostName;
use crate::model::outcome::{HostError, Sheet};
use crate::model::plan::{
    Becomes, Before, FileChange, FileStep, HostPlan, PasswordChange, UnitAction, UnitStep,
    Unmanaged,
};
use crate::model::text::Text;
use crate::nut::directive::File;

const NORMAL: Verbosity = Verbosity::Normal;

fn page(verbosity: Verbosity) -> Page {
    Page {
        verbosity,
        width: 80,
        selection: Vec::new(),
    }
}

fn name(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn on(host: &str, result: HostResult) -> HostOutcome {
    HostOutcome {
        host: name(host),
        result,
    }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// The text without colour for one host, `pve`.
fn shown(command: &str, result: HostResult, verbosity: Verbosity) -> String {
    plain(&outcomes(command, &[on("pve", result)], &page(verbosity)))
}

fn step(file: File, change: FileChange, old: &str, new: &str) -> FileStep {
    FileStep {
        file,
        path: format!("/etc/nut/{file}"),
        change,
        before: Before::Absent,
        content: Text::plain("never shown"),
        old: old.into(),
        new: new.into(),
        old_meta: None,
        new_meta: "root:nut/640".into(),
        passwords: Vec::new(),
    }
}

fn unit(unit: &str, action: UnitAction, because: &[&str]) -> UnitStep {
    UnitStep {
        unit: unit.into(),
        action,
        because: because.iter().map(ToString::to_string).collect(),
    }
}

fn empty() -> HostPlan {
    HostPlan {
        host: name("pve"),
        install: Vec::new(),
        files: Vec::new(),
        settings: Vec::new(),
        units: Vec::new(),
        unmanaged: Vec::new(),
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: Vec::new(),
    }
}

fn plan() -> Box<HostPlan> {
    let users = FileStep {
        old_meta: Some("root:root/644".into()),
        passwords: vec![PasswordChange::of_user("truenas", Becomes::Changed)],
        ..step(
            File::UpsdUsers,
            FileChange::Content,
            "[truenas]\npassword = <another password of truenas>\nupsmon slave\n",
            "[truenas]\npassword = <password of truenas>\nupsmon slave\n",
        )
    };
    let nut = FileStep {
        old_meta: Some("root:root/644".into()),
        ..step(
            File::Nut,
            FileChange::Meta,
            "MODE=netserver\n",
            "MODE=netserver\n",
        )
    };
    Box::new(HostPlan {
        files: vec![
            nut,
            step(
                File::Upsd,
                FileChange::Create,
                "",
                "LISTEN 127.0.0.1\n\nLISTEN 10.0.0.1\n",
            ),
            users,
        ],
        units: vec![
            unit(
                "nut-server.service",
                UnitAction::Restart,
                &["upsd.conf is new", "it is failed"],
            ),
            unit(
                "nut-monitor.service",
                UnitAction::Restart,
                &["it is inactive"],
            ),
        ],
        unmanaged: vec![Unmanaged {
            path: "/etc/nut/ups.conf".into(),
            note: "present on the host, not needed for its role; left alone".into(),
        }],
        ..empty()
    })
}

fn inactive() -> Finding {
    Finding::new("unit-not-active", Severity::Error, "nut-server.service is inactive (dead)")
        .on(&name("pve"))
        .why("Without upsd no host learns of an outage, and nothing shuts this one down\nbefore the battery is empty.")
        .fix("On the host: `journalctl -u nut-server.service -n 30` says why; then `systemctl restart nut-server.service`.")
        .evidence(vec!["ActiveState=inactive".into()])
}

fn warning() -> Finding {
    Finding::new("usb-slow", Severity::Warning, "the UPS answers late").on(&name("pve"))
}

fn sheet() -> Sheet {
    Sheet {
        title: "System > Services > UPS".into(),
        fields: vec![
            ("UPS Mode".into(), "Slave".into()),
            ("Remote Host".into(), "192.168.2.214".into()),
            ("Options".into(), String::new()),
        ],
        notes: vec!["start the service and tick \"Start Automatically\"".into()],
    }
}

#[test]
fn pending_shows_files_units_and_what_to_type() {
    assert_eq!(
        shown("diff", HostResult::Pending { plan: plan() }, NORMAL),
        r"pve  1 new file, 2 files change, 2 units restart
  /etc/nut/nut.conf  (owner and mode: root:root/644 -> root:nut/640)

  /etc/nut/upsd.conf  (new file, root:nut/640)
    +LISTEN 127.0.0.1
    +
    +LISTEN 10.0.0.1

  /etc/nut/upsd.users  (content; owner and mode: root:root/644 -> root:nut/640)
    @@ -1,3 +1,3 @@
     [truenas]
    -password = <another password of truenas>
    +password = <password of truenas>
     upsmon slave
    password of user truenas: changed

  restart nut-server.service   because upsd.conf is new; it is failed
  restart nut-monitor.service  because it is inactive

  note: /etc/nut/ups.conf is present on the host, not needed for its role; left
        alone

1 host changes. Run `upsctl deploy` to apply.
"
    );
}

#[test]
fn pending_is_coloured_where_it_helps_and_reads_the_same_without() {
    let small = HostPlan {
        files: vec![step(
            File::Nut,
            FileChange::Content,
            "MODE=none\n",
            "MODE=netclient\n",
        )],
        units: vec![unit(
            "nut-monitor.service",
            UnitAction::Reload,
            &["nut.conf changes"],
        )],
        ..empty()
    };
    let result = HostResult::Pending {
        plan: Box::new(small),
    };
    assert_eq!(
        outcomes("diff", &[on("pve", result)], &page(NORMAL)).replace('\u{1b}', "ESC"),
        "ESC[1mpveESC[0m  ESC[33m1 file changes, 1 unit reloadsESC[0m
  ESC[1m/etc/nut/nut.confESC[0m  ESC[2m(content)ESC[0m
    ESC[36m@@ -1 +1 @@ESC[0m
    ESC[31m-MODE=noneESC[0m
    ESC[32m+MODE=netclientESC[0m

  ESC[33mreloadESC[0m nut-monitor.service  because nut.conf changes

1 host changes. Run `upsctl deploy` to apply.
"
    );
}

#[test]
fn deploy_offers_no_deploy_and_diff_names_the_hosts_that_were_named() {
    let pending = || {
        [on(
            "pve",
            HostResult::Pending {
                plan: Box::new(empty()),
            },
        )]
    };
    let preview = plain(&outcomes("deploy", &pending(), &page(NORMAL)));
    assert!(preview.ends_with("\n1 host changes.\n"), "{preview}");
    let selected = Page {
        selection: vec!["pve".into(), "@rack1".into()],
        ..page(NORMAL)
    };
    let diff = plain(&outcomes("diff", &pending(), &selected));
    assert!(
        diff.ends_with("Run `upsctl deploy pve @rack1` to apply.\n"),
        "{diff}"
    );
}

#[test]
fn packages_and_the_order_of_units_are_shown() {
    let install = HostPlan {
        install: vec!["nut-server".into(), "nut-client".into()],
        units: vec![
            unit(
                "nut.target",
                UnitAction::Enable,
                &["it would not start at boot"],
            ),
            unit(
                "nut-driver-enumerator.service",
                UnitAction::Enumerate,
                &["ups.conf is new"],
            ),
            unit("nut-server.service", UnitAction::Stop, &[]),
        ],
        ..empty()
    };
    assert_eq!(
        shown(
            "deploy",
            HostResult::Pending {
                plan: Box::new(install)
            },
            NORMAL
        ),
        "pve  2 packages to install, 1 unit stops, 1 unit to enable
  install nut-server, nut-client

  enable nut.target                     because it would not start at boot
  run    nut-driver-enumerator.service  because ups.conf is new
  stop   nut-server.service

1 host changes.
"
    );
}

#[test]
fn a_hidden_difference_is_said_to_be_one() {
    let hidden = HostPlan {
        files: vec![step(
            File::UpsdUsers,
            FileChange::Content,
            "same\n",
            "same\n",
        )],
        ..empty()
    };
    let text = shown(
        "deploy",
        HostResult::Pending {
            plan: Box::new(hidden),
        },
        NORMAL,
    );
    assert!(
        text.contains("    (what differs is hidden: a password, or how it is quoted)\n"),
        "{text}"
    );
}

#[test]
fn bytes_of_the_host_cannot_steer_the_terminal_and_a_lost_newline_is_seen() {
    let odd = HostPlan {
        files: vec![step(
            File::Nut,
            FileChange::Content,
            "MODE=none\u{1b}[2J\r\nX",
            "X\n",
        )],
        ..empty()
    };
    let text = shown(
        "deploy",
        HostResult::Pending {
            plan: Box::new(odd),
        },
        NORMAL,
    );
    assert!(
        text.contains(
            "    @@ -1,2 +1 @@
    -MODE=none\\x1b[2J\\r
    -X
    \\ No newline at end of file
    +X
"
        ),
        "{text}"
    );
}

#[test]
fn blocked_shows_the_plan_and_why_not() {
    let blocked = HostPlan {
        units: vec![unit(
            "nut-server.service",
            UnitAction::Restart,
            &["it is inactive"],
        )],
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: vec![inactive()],
        ..empty()
    };
    let result = || HostResult::Blocked {
        plan: Box::new(blocked.clone()),
    };
    let why = "  error[unit-not-active]: nut-server.service is inactive (dead)
    why: Without upsd no host learns of an outage, and nothing shuts this one
         down before the battery is empty.
    fix: On the host: `journalctl -u nut-server.service -n 30` says why; then
         `systemctl restart nut-server.service`.

`upsctl explain unit-not-active` says more; `-v` shows what was seen.
1 host blocked.
";
    let heading = "pve  blocked: 1 unit restarts\n";
    let units = "  restart nut-server.service  because it is inactive\n\n";
    assert_eq!(
        shown("diff", result(), NORMAL),
        format!("{heading}{units}{why}")
    );
    let ending = endings("deploy", &[on("pve", result())], &page(NORMAL));
    assert_eq!(plain(&ending), format!("{heading}{why}"));
}

#[test]
fn in_sync_is_one_line_and_nothing_when_quiet() {
    let result = || HostResult::InSync {
        findings: Vec::new(),
    };
    assert_eq!(
        shown("diff", result(), NORMAL),
        "pve  in sync\n\n1 host in sync.\n"
    );
    assert_eq!(shown("diff", result(), Verbosity::Quiet), "");
}

#[test]
fn applied_says_what_was_done_and_warns() {
    let result = |findings| HostResult::Applied {
        plan: plan(),
        findings,
    };
    assert_eq!(
        shown("deploy", result(Vec::new()), NORMAL),
        "pve  deployed: 3 files, nut-server and nut-monitor restarted, proven\n\n1 host deployed.\n"
    );
    assert_eq!(
        shown("deploy", result(vec![warning()]), NORMAL),
        "pve  deployed: 3 files, nut-server and nut-monitor restarted, proven, 1 warning
  warning[usb-slow]: the UPS answers late

`upsctl explain usb-slow` says more.
1 host deployed.
"
    );
}

#[test]
fn many_units_are_counted_instead_of_named() {
    let many = HostPlan {
        install: vec!["nut-client".into()],
        units: (0..5)
            .map(|n| {
                unit(
                    &format!("nut-driver@u{n}.service"),
                    UnitAction::Restart,
                    &[],
                )
            })
            .collect(),
        ..empty()
    };
    let result = HostResult::Applied {
        plan: Box::new(many),
        findings: Vec::new(),
    };
    assert_eq!(
        shown("deploy", result, NORMAL).lines().next(),
        Some("pve  deployed: nut-client installed, 5 units restarted, proven")
    );
}

#[test]
fn verified_is_all_proven_or_its_findings_gravest_first_with_evidence_on_demand() {
    let result = |findings| HostResult::Verified { findings };
    assert_eq!(
        shown("verify", result(Vec::new()), NORMAL),
        "pve  all proven\n\n1 host proven.\n"
    );
    assert_eq!(
        shown(
            "verify",
            result(vec![warning(), inactive()]),
            Verbosity::Verbose
        ),
        "pve  1 error, 1 warning
  error[unit-not-active]: nut-server.service is inactive (dead)
    why: Without upsd no host learns of an outage, and nothing shuts this one
         down before the battery is empty.
    fix: On the host: `journalctl -u nut-server.service -n 30` says why; then
         `systemctl restart nut-server.service`.
    seen:
      | ActiveState=inactive

  warning[usb-slow]: the UPS answers late

`upsctl explain RULE` says more.
1 host not proven.
"
    );
    assert_eq!(
        shown("verify", result(vec![warning()]), NORMAL)
            .lines()
            .next(),
        Some("pve  proven, 1 warning")
    );
}

#[test]
fn by_hand_shows_the_sheet_and_whether_the_host_is_logged_in() {
    let result = |findings| HostResult::ByHand {
        sheet: sheet(),
        findings,
    };
    let table = "  System > Services > UPS
    UPS Mode:     Slave
    Remote Host:  192.168.2.214
    Options:      (empty)
  note: start the service and tick \"Start Automatically\"
";
    assert_eq!(
        shown("diff", result(Vec::new()), NORMAL),
        format!("pve  set by hand, logged in\n{table}\n1 host by hand.\n")
    );
    assert_eq!(
        shown("diff", result(vec![warning()]), NORMAL),
        format!(
            "pve  set by hand, 1 warning\n{table}\n  warning[usb-slow]: the UPS answers late\n\n\
             `upsctl explain usb-slow` says more.\n1 host by hand.\n"
        )
    );
    let ending = endings("deploy", &[on("nas", result(Vec::new()))], &page(NORMAL));
    assert_eq!(
        plain(&ending),
        "nas  set by hand, logged in\n\n1 host by hand.\n"
    );
}

#[test]
fn skipped_says_why() {
    let result = HostResult::Skipped {
        reason: "not confirmed".into(),
    };
    assert_eq!(
        shown("deploy", result, NORMAL),
        "pve  skipped: not confirmed\n\n1 host skipped.\n"
    );
}

#[test]
fn refused_says_cause_and_way_out() {
    let result = HostResult::Refused {
        reason: "another deploy is under way: olli@desk 4711".into(),
        hint: "wait for it to end, then deploy again".into(),
    };
    assert_eq!(
        shown("deploy", result, NORMAL),
        "pve  the host refused to begin, nothing was changed
  cause: another deploy is under way: olli@desk 4711
  fix: wait for it to end, then deploy again

1 host refused.
"
    );
}

#[test]
fn rolled_back_shows_cause_and_the_tail_of_the_log() {
    let log: Vec<String> = (1..=17).map(|n| format!("line {n}")).collect();
    let result = || HostResult::RolledBack {
        cause: "not proven: x".into(),
        log: log.clone(),
    };
    let tail: String = (3..=17).map(|n| format!("      | line {n}\n")).collect();
    assert_eq!(
        shown("deploy", result(), NORMAL),
        format!(
            "pve  rolled back, the host is as it was
  cause: not proven: x
  what NUT logged (`-v` shows 2 earlier lines):
{tail}
1 host rolled back.
"
        )
    );
    let whole = shown("deploy", result(), Verbosity::Verbose);
    assert!(
        whole.contains("  what NUT logged:\n      | line 1\n"),
        "{whole}"
    );
}

#[test]
fn rollback_failed_ends_with_commands_to_copy() {
    let result = HostResult::RollbackFailed {
        cause: "cp: No space left on device".into(),
        log: vec!["upsd: bad\u{1b}[31m".into()],
        hands_on: vec![
            "rm -f /etc/nut/ups.conf".into(),
            "systemctl restart nut-server".into(),
        ],
    };
    assert_eq!(
        shown("deploy", result, NORMAL),
        "pve  ROLLBACK FAILED, hands are needed
  cause: cp: No space left on device
  what NUT logged:
      | upsd: bad\\x1b[31m

  On the host, as root, type:

    rm -f /etc/nut/ups.conf
    systemctl restart nut-server

1 host NOT rolled back.
"
    );
}

#[test]
fn failed_says_what_and_the_way_out() {
    let error = HostError::ConnectTimeout {
        address: "10.0.0.9".into(),
        seconds: 10,
    };
    assert_eq!(
        shown("verify", HostResult::Failed { error }, NORMAL),
        "pve  failed: 10.0.0.9 did not answer within 10 s
  fix: is it up, and does a firewall drop ssh? `ssh 10.0.0.9 true` must work;
       `--timeout` waits longer

1 host failed.
"
    );
}

#[test]
fn several_hosts_are_aligned_set_apart_and_summed_up_in_the_order_given() {
    let all = [
        on(
            "truenas",
            HostResult::InSync {
                findings: Vec::new(),
            },
        ),
        on(
            "nas",
            HostResult::InSync {
                findings: Vec::new(),
            },
        ),
        on(
            "pve",
            HostResult::Blocked {
                plan: Box::new(HostPlan {
                    present: Vec::new(),
                    warnings: Vec::new(),
                    blocked: vec![warning()],
                    ..empty()
                }),
            },
        ),
        on(
            "a",
            HostResult::Pending {
                plan: Box::new(empty()),
            },
        ),
        on(
            "b",
            HostResult::Pending {
                plan: Box::new(empty()),
            },
        ),
    ];
    assert_eq!(
        plain(&outcomes("diff", &all, &page(NORMAL))),
        "truenas  in sync
nas      in sync

pve      blocked
  warning[usb-slow]: the UPS answers late

a        \nb        \n
`upsctl explain usb-slow` says more.
2 hosts change, 2 in sync, 1 blocked. Run `upsctl deploy` to apply.
"
    );
    assert_eq!(outcomes("diff", &[], &page(NORMAL)), "");
}

#[test]
fn findings_are_grouped_by_host_with_the_line_and_a_caret() {
    let place = |line, column, source: Option<&str>, width| Place {
        file: "inventory/site.toml".into(),
        line,
        column,
        source: source.map(str::to_string),
        width,
    };
    let listed = [
        warning().at(place(7, 1, None, 0)),
        inactive(),
        Finding::new(
            "key-unknown",
            Severity::Error,
            "unknown key `drivr`; did you mean `driver`?",
        )
        .at(place(12, 2, Some("\tdrivr = \"usbhid-ups\""), 5)),
        Finding::new("other", Severity::Note, "fine").on(&name("nas")),
    ];
    let text = findings(&listed, &page(NORMAL));
    assert_eq!(
        plain(&text),
        "inventory  1 error
  error[key-unknown]: unknown key `drivr`; did you mean `driver`?
      --> inventory/site.toml:12:2
       |
    12 | \tdrivr = \"usbhid-ups\"
       | \t^^^^^

nas  1 note
  note[other]: fine

pve  1 error, 1 warning
  error[unit-not-active]: nut-server.service is inactive (dead)
    why: Without upsd no host learns of an outage, and nothing shuts this one
         down before the battery is empty.
    fix: On the host: `journalctl -u nut-server.service -n 30` says why; then
         `systemctl restart nut-server.service`.

  warning[usb-slow]: the UPS answers late
     --> inventory/site.toml:7:1

`upsctl explain RULE` says more; `-v` shows what was seen.
2 errors, 1 warning, 1 note.
"
    );
    assert!(
        text.contains("\u{1b}[1m\u{1b}[31merror[unit-not-active]\u{1b}[0m: nut-server"),
        "{text:?}"
    );
    let backwards: Vec<Finding> = listed.iter().rev().cloned().collect();
    assert_eq!(findings(&backwards, &page(NORMAL)), text);
}

#[test]
fn no_findings_are_said_to_be_none() {
    assert_eq!(findings(&[], &page(NORMAL)), "No findings.\n");
    assert_eq!(findings(&[], &page(Verbosity::Quiet)), "");
}
