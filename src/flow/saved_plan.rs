//! A plan in a file: what `diff --out` saw, for `deploy --plan` to apply exactly that or refuse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::HostPlan;
use crate::model::secret::SecretStore;

/// What the file holds. No password is in it: of each only two bytes of a salted digest, enough to
/// see that it is another one, too little to guess it by.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedPlan {
    pub schema: u32,
    /// `plan`.
    pub command: String,
    salt: String,
    passwords: BTreeMap<String, u16>,
    /// The steps of each host that was to change, passwords masked.
    hosts: BTreeMap<HostName, Value>,
}

impl SavedPlan {
    /// The plan that `diff` found. Hosts that are in sync or could not be planned for are not in it.
    pub fn of(outcomes: &[HostOutcome], secrets: &SecretStore) -> Self {
        let salt = crate::observe::nonce();
        Self {
            schema: 1,
            command: "plan".into(),
            passwords: secrets
                .iter()
                .map(|(user, secret)| (user.to_string(), hint(&salt, user, secret.expose())))
                .collect(),
            hosts: outcomes
                .iter()
                .filter_map(|outcome| Some((outcome.host.clone(), steps(pending(outcome)?))))
                .collect(),
            salt,
        }
    }

    /// The hosts that it changes.
    pub fn hosts(&self) -> Vec<HostName> {
        self.hosts.keys().cloned().collect()
    }

    /// What is new is said of each host whose steps are no longer those that were saved.
    pub fn hold_to(&self, outcomes: Vec<HostOutcome>, secrets: &SecretStore) -> Vec<HostOutcome> {
        outcomes
            .into_iter()
            .map(|outcome| self.check(outcome, secrets))
            .collect()
    }

    fn check(&self, outcome: HostOutcome, secrets: &SecretStore) -> HostOutcome {
        let HostResult::Pending { plan } = &outcome.result else {
            return outcome;
        };
        let reason = if self.hosts.get(&outcome.host) != Some(&steps(plan)) {
            "the saved plan is stale: other steps are needed now"
        } else if self.stale_password(plan, secrets) {
            "the saved plan is stale: a password is another one now"
        } else {
            return outcome;
        };
        let hint = "look at `upsctl diff` again, and save it with --out";
        HostOutcome {
            result: HostResult::Refused {
                reason: reason.into(),
                hint: hint.into(),
            },
            ..outcome
        }
    }

    fn stale_password(&self, plan: &HostPlan, secrets: &SecretStore) -> bool {
        plan.users().any(|user| {
            let now = secrets
                .get(user)
                .map(|secret| hint(&self.salt, user, secret.expose()));
            now.as_ref() != self.passwords.get(user)
        })
    }
}

fn pending(outcome: &HostOutcome) -> Option<&HostPlan> {
    match &outcome.result {
        HostResult::Pending { plan } => Some(plan),
        _ => None,
    }
}

fn steps(plan: &HostPlan) -> Value {
    serde_json::to_value(plan).unwrap_or_default()
}

fn hint(salt: &str, user: &str, password: &str) -> u16 {
    let digest = Sha256::digest(format!("{salt}\n{user}\n{password}"));
    u16::from_be_bytes([digest[0], digest[1]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Before, FileChange, FileStep};
    use crate::model::secret::Secret;
    use crate::model::text::{Segment, Text};
    use crate::nut::directive::File;

    fn outcome(new: &str) -> HostOutcome {
        let step = FileStep {
            file: File::UpsdUsers,
            path: "/etc/nut/upsd.users".into(),
            change: FileChange::Content,
            before: Before::Absent,
            content: Text(vec![Segment::Password("nas".into())]),
            old: "old".into(),
            new: new.into(),
            old_meta: None,
            new_meta: "root:nut/640".into(),
            passwords: Vec::new(),
        };
        let host = HostName::new("pve").unwrap();
        let plan = HostPlan {
            host: host.clone(),
            install: Vec::new(),
            files: vec![step],
            settings: Vec::new(),
            units: Vec::new(),
            unmanaged: Vec::new(),
            present: Vec::new(),
            warnings: Vec::new(),
            blocked: Vec::new(),
        };
        HostOutcome {
            host,
            result: HostResult::Pending {
                plan: Box::new(plan),
            },
        }
    }

    fn secrets(password: &str) -> SecretStore {
        let mut secrets = SecretStore::default();
        secrets.insert("nas", Secret::new(password));
        secrets
    }

    fn stale(saved: &SavedPlan, now: &str, password: &str) -> bool {
        let held = saved.hold_to(vec![outcome(now)], &secrets(password));
        matches!(held[0].result, HostResult::Refused { .. })
    }

    #[test]
    fn the_same_steps_hold_and_others_are_stale() {
        let saved = SavedPlan::of(&[outcome("new")], &secrets("canary"));
        assert!(!stale(&saved, "new", "canary"));
        assert!(stale(&saved, "newer", "canary"));
        assert!(stale(&saved, "new", "rotated"));
    }

    #[test]
    fn it_survives_the_file_and_holds_no_password() {
        let saved = SavedPlan::of(&[outcome("new")], &secrets("canary"));
        let text = serde_json::to_string(&saved).unwrap();
        assert!(!text.contains("canary"));
        let back: SavedPlan = serde_json::from_str(&text).unwrap();
        assert!(!stale(&back, "new", "canary"));
    }
}
