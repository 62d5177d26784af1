//! What concerns all kinds of output: exit codes, and that no secret gets into any.

use crate::exit::Exit;
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::{FileKind, Meta, ObservedFile};
use crate::model::outcome::{HostError, HostOutcome, HostResult, Sheet};
use crate::model::plan::{Becomes, Before, FileChange, FileStep, HostPlan, PasswordChange};
use crate::model::secret::Secret;
use crate::model::text::{Segment, Text};
use crate::nut::directive::File;
use crate::report::human::{self, Page};
use crate::report::{Verbosity, exit_code, json};

const CANARY: &str = "canary-5ecret";

fn on(result: HostResult) -> HostOutcome {
    HostOutcome {
        host: HostName::new("pve").unwrap(),
        result,
    }
}

fn plan() -> Box<HostPlan> {
    Box::new(HostPlan {
        host: HostName::new("pve").unwrap(),
        install: Vec::new(),
        files: Vec::new(),
        settings: Vec::new(),
        units: Vec::new(),
        unmanaged: Vec::new(),
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: Vec::new(),
    })
}

fn a(severity: Severity) -> Vec<Finding> {
    vec![Finding::new("rule", severity, "seen")]
}

fn failed() -> HostResult {
    HostResult::Failed {
        error: HostError::TimedOut { seconds: 1 },
    }
}

#[test]
fn each_result_has_its_exit_code() {
    use Severity::{Error, Warning};
    let by_hand = |severity| HostResult::ByHand {
        sheet: Sheet::default(),
        findings: a(severity),
    };
    let applied = |severity| HostResult::Applied {
        plan: plan(),
        findings: a(severity),
    };
    let undo_failed = HostResult::RollbackFailed {
        cause: String::new(),
        log: Vec::new(),
        hands_on: Vec::new(),
    };
    let table = [
        (
            HostResult::InSync {
                findings: Vec::new(),
            },
            0,
        ),
        (HostResult::InSync { findings: a(Error) }, 3),
        (applied(Warning), 0),
        (applied(Error), 3),
        (
            HostResult::Verified {
                findings: a(Severity::Note),
            },
            0,
        ),
        (HostResult::Verified { findings: a(Error) }, 3),
        (by_hand(Warning), 0),
        (by_hand(Error), 3),
        (
            HostResult::Skipped {
                reason: "not confirmed".into(),
            },
            1,
        ),
        (HostResult::Blocked { plan: plan() }, 3),
        (
            HostResult::Refused {
                reason: String::new(),
                hint: String::new(),
            },
            1,
        ),
        (
            HostResult::RolledBack {
                cause: String::new(),
                log: Vec::new(),
            },
            5,
        ),
        (undo_failed, 6),
        (failed(), 1),
    ];
    for (result, code) in table {
        let label = format!("{result:?}");
        assert_eq!(exit_code(&[on(result)], true).code(), code, "{label}");
    }
    let pending = || [on(HostResult::Pending { plan: plan() })];
    assert_eq!(exit_code(&pending(), true), Exit::Pending);
    assert_eq!(exit_code(&pending(), false), Exit::Done);
    assert_eq!(exit_code(&[], true), Exit::Done);
}

#[test]
fn the_worst_host_decides() {
    let rolled_back = on(HostResult::RolledBack {
        cause: String::new(),
        log: Vec::new(),
    });
    let all = [
        on(HostResult::InSync {
            findings: Vec::new(),
        }),
        rolled_back,
        on(failed()),
    ];
    assert_eq!(exit_code(&all, true), Exit::RolledBack);
}

/// A plan with the canary wherever content or a digest of it can stand.
fn with_canary() -> HostPlan {
    let step = FileStep {
        file: File::UpsdUsers,
        path: "/etc/nut/upsd.users".into(),
        change: FileChange::Content,
        before: Before::File {
            digest: CANARY.into(),
            meta: "root:nut/640".into(),
        },
        content: Text(vec![
            Segment::Plain(CANARY.into()),
            Segment::Password("nas".into()),
        ]),
        old: "password = <another password of nas>\n".into(),
        new: "password = <password of nas>\n".into(),
        old_meta: None,
        new_meta: "root:nut/640".into(),
        passwords: vec![PasswordChange::of_user("nas", Becomes::Changed)],
    };
    HostPlan {
        files: vec![step],
        ..*plan()
    }
}

#[test]
fn no_output_has_what_a_plan_would_write() {
    let plan = Box::new(with_canary());
    assert!(
        format!("{plan:?}").contains(CANARY),
        "the canary is not where this test looks for it"
    );
    let all = [
        on(HostResult::Pending { plan: plan.clone() }),
        on(HostResult::Blocked { plan: plan.clone() }),
        on(HostResult::Applied {
            plan,
            findings: Vec::new(),
        }),
    ];
    let page = Page {
        verbosity: Verbosity::Verbose,
        width: 80,
        selection: Vec::new(),
    };
    let texts = [
        json::hosts("diff", Exit::Pending, &all).unwrap(),
        human::outcomes("diff", &all, &page),
        human::endings("deploy", &all, &page),
    ];
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.contains("pve"), "{text}");
    }
}

#[test]
fn a_file_of_a_host_is_serialised_without_its_content() {
    let file = ObservedFile {
        meta: Meta {
            owner: "root".into(),
            group: "nut".into(),
            mode: 0o640,
            modified: 0,
            kind: FileKind::File,
        },
        content: Secret::new(CANARY),
        digest: CANARY.into(),
    };
    let text = json::document("status", Exit::Done, &file).unwrap();
    assert!(
        text.contains("\"owner\": \"root\"") && !text.contains(CANARY),
        "{text}"
    );
}

#[test]
fn json_is_one_document_with_the_hosts_in_order() {
    let all = [
        on(HostResult::InSync {
            findings: Vec::new(),
        }),
        on(HostResult::Failed {
            error: HostError::Lost {
                detail: "EOF\u{1b}".into(),
            },
        }),
    ];
    assert_eq!(
        json::hosts("deploy", Exit::HostFailed, &all).unwrap(),
        r#"{
  "schema": 1,
  "command": "deploy",
  "exit_code": 1,
  "hosts": [
    {
      "host": "pve",
      "result": "in_sync",
      "findings": []
    },
    {
      "host": "pve",
      "result": "failed",
      "error": {
        "kind": "lost",
        "detail": "EOF\u001b"
      }
    }
  ]
}
"#
    );
}

#[test]
fn json_lists_findings_with_their_place_and_severity() {
    let text = json::findings("check", Exit::Findings, &a(Severity::Error)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["exit_code"], 3);
    assert_eq!(value["findings"][0]["severity"], "error");
    assert_eq!(value["findings"][0]["rule"], "rule");
    assert!(value["findings"][0]["place"].is_null());
}

#[test]
fn json_refuses_a_payload_that_has_no_keys() {
    assert!(json::document("x", Exit::Done, ["a"]).is_err());
}
