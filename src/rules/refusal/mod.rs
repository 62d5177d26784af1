//! Texts of what keeps a plan from being applied, or a TrueNAS from being proven. The checks are the
//! gate of `plan/`, the look for unfinished transactions of `flow/`, and those of `truenas/`: they
//! need the plan or the middleware, which no rule sees.

use super::Rule;
use crate::model::finding::Severity;

/// The rules of this pass, sorted by id.
pub static RULES: [Rule; 28] = [
    warning("client-leaves", include_str!("text/client-leaves.md")),
    refusal(
        "config-dir-absent",
        include_str!("text/config-dir-absent.md"),
    ),
    refusal("config-dir-odd", include_str!("text/config-dir-odd.md")),
    refusal(
        "config-dir-unreadable",
        include_str!("text/config-dir-unreadable.md"),
    ),
    refusal("file-is-odd", include_str!("text/file-is-odd.md")),
    refusal("file-is-symlink", include_str!("text/file-is-symlink.md")),
    refusal("file-unreadable", include_str!("text/file-unreadable.md")),
    warning("first-deploy", include_str!("text/first-deploy.md")),
    refusal("host-not-debian", include_str!("text/host-not-debian.md")),
    refusal(
        "host-without-systemd",
        include_str!("text/host-without-systemd.md"),
    ),
    refusal(
        "nut-not-installed",
        include_str!("text/nut-not-installed.md"),
    ),
    refusal(
        "packages-unreadable",
        include_str!("text/packages-unreadable.md"),
    ),
    warning(
        "password-held-back",
        include_str!("text/password-held-back.md"),
    ),
    refusal("port-held", include_str!("text/port-held.md")),
    refusal(
        "transaction-unfinished",
        include_str!("text/transaction-unfinished.md"),
    ),
    refusal(
        "truenas-backup-unreadable",
        include_str!("text/truenas-backup-unreadable.md"),
    ),
    refusal(
        "truenas-configuration-differs",
        include_str!("text/truenas-configuration-differs.md"),
    ),
    refusal(
        "truenas-file-differs",
        include_str!("text/truenas-file-differs.md"),
    ),
    refusal(
        "truenas-middleware",
        include_str!("text/truenas-middleware.md"),
    ),
    refusal("truenas-password", include_str!("text/truenas-password.md")),
    refusal(
        "truenas-service-not-at-boot",
        include_str!("text/truenas-service-not-at-boot.md"),
    ),
    refusal(
        "truenas-service-not-running",
        include_str!("text/truenas-service-not-running.md"),
    ),
    refusal(
        "truenas-service-unknown",
        include_str!("text/truenas-service-unknown.md"),
    ),
    refusal("truenas-version", include_str!("text/truenas-version.md")),
    refusal(
        "truenas-without-server",
        include_str!("text/truenas-without-server.md"),
    ),
    refusal("unit-masked", include_str!("text/unit-masked.md")),
    refusal("units-unreadable", include_str!("text/units-unreadable.md")),
    refusal("ups-on-battery", include_str!("text/ups-on-battery.md")),
];

/// What is said of a plan, and does not keep it from being applied.
const fn warning(id: &'static str, text: &'static str) -> Rule {
    Rule {
        id,
        severity: Severity::Warning,
        text,
    }
}

const fn refusal(id: &'static str, text: &'static str) -> Rule {
    Rule {
        id,
        severity: Severity::Error,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_that_is_said_has_a_text() {
        let said = [
            include_str!("../../plan/gate.rs"),
            include_str!("../../flow/verify.rs"),
            include_str!("../../flow/deploy/leaving.rs"),
            include_str!("../../truenas/plan.rs"),
            include_str!("../../truenas/verify.rs"),
        ]
        .concat();
        for rule in &RULES {
            assert!(
                said.contains(&format!("\"{}\"", rule.id)),
                "{} is never said",
                rule.id
            );
        }
        let gate = include_str!("../../plan/gate.rs");
        let mut calls = 0;
        for call in gate.split("error(").skip(1) {
            if let Some(id) = call
                .trim_start()
                .strip_prefix('"')
                .and_then(|rest| rest.split('"').next())
            {
                assert!(RULES.iter().any(|rule| rule.id == id), "{id} has no text");
                calls += 1;
            }
        }
        assert!(calls >= 11, "the gate was not read: {calls}");
    }
}
