//! The exact steps from observed to desired. Applying a plan makes no decisions.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::finding::Finding;
use super::name::HostName;
use super::text::Text;
use crate::nut::directive::File;

/// The steps for one host; none means in sync.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostPlan {
    pub host: HostName,
    /// Packages to install first; only with `--install`.
    pub install: Vec<String>,
    pub files: Vec<FileStep>,
    /// Fields of a TrueNAS's configuration; then `units` are the middleware's services.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<SettingStep>,
    pub units: Vec<UnitStep>,
    /// Managed names that are on the host and that nobody asked for.
    pub unmanaged: Vec<Unmanaged>,
    /// What the rules say of the files that are there now.
    pub present: Vec<Finding>,
    /// What one should know of the host while it is applied, and of the files that it makes.
    pub warnings: Vec<Finding>,
    /// Why this plan must not be applied.
    pub blocked: Vec<Finding>,
}

impl HostPlan {
    /// Whether there is nothing to do.
    pub fn in_sync(&self) -> bool {
        self.install.is_empty()
            && self.files.is_empty()
            && self.settings.is_empty()
            && self.units.is_empty()
    }

    /// The NUT users whose passwords are in what it writes.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        let in_files = self.files.iter().flat_map(|step| step.content.users());
        let in_settings = self.settings.iter().filter_map(|step| match &step.value {
            SettingValue::Password { user } => Some(user.as_str()),
            SettingValue::Plain(_) | SettingValue::PasswordOf { .. } => None,
        });
        in_files.chain(in_settings)
    }
}

/// Write one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileStep {
    pub file: File,
    pub path: String,
    pub change: FileChange,
    /// What must still be there when the step runs.
    #[serde(skip)]
    pub before: Before,
    #[serde(skip)]
    pub content: Text,
    /// Both sides, masked, for the diff.
    pub old: String,
    pub new: String,
    /// `root:nut 0640` of the file on the host, when it differs from what it should be.
    pub old_meta: Option<String>,
    pub new_meta: String,
    /// What becomes of the passwords in the file.
    pub passwords: Vec<PasswordChange>,
}

/// What becomes of a password; written out as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChange {
    pub of: PasswordOf,
    pub becomes: Becomes,
    /// The other hosts whose files hold the same one.
    pub same_on: Vec<HostName>,
}

/// Whose password it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordOf {
    /// A NUT user.
    User(String),
    /// A directive that takes a secret of the inventory.
    Directive(String),
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    New,
    Changed,
    Removed,
}

impl PasswordChange {
    /// What becomes of the password of a NUT user.
    pub fn of_user(user: &str, becomes: Becomes) -> Self {
        Self {
            of: PasswordOf::User(user.into()),
            becomes,
            same_on: Vec::new(),
        }
    }

    /// What becomes of the secret of a directive.
    pub fn of_directive(name: &str, becomes: Becomes) -> Self {
        Self {
            of: PasswordOf::Directive(name.into()),
            becomes,
            same_on: Vec::new(),
        }
    }
}

impl fmt::Display for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            PasswordOf::User(user) => write!(f, "password of user {user}: ")?,
            PasswordOf::Directive(name) => write!(f, "{name}: ")?,
        }
        f.write_str(match self.becomes {
            Becomes::New => "new",
            Becomes::Changed => "changed",
            Becomes::Removed => "removed",
        })?;
        if !self.same_on.is_empty() {
            let hosts: Vec<&str> = self.same_on.iter().map(HostName::as_str).collect();
            write!(f, ", same as on host {}", hosts.join(", "))?;
        }
        Ok(())
    }
}

impl Serialize for PasswordChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a file step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    Create,
    Content,
    /// Only owner or mode.
    Meta,
    /// A rollback to a state without the file.
    Remove,
}

/// The state a step was planned against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Before {
    #[default]
    Absent,
    /// sha256 of content, then `owner:group mode`.
    File { digest: String, meta: String },
}

/// Set one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingStep {
    pub field: String,
    /// Both sides in words; a password is never among them.
    pub old: String,
    pub new: String,
    /// What must still be there when the step runs; nothing for a password.
    #[serde(skip)]
    pub before: Option<Value>,
    #[serde(skip)]
    pub value: SettingValue,
}

/// What a field is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValue {
    Plain(Value),
    /// The password of a NUT user.
    Password {
        user: String,
    },
    /// The password that was there before a deploy, which the host itself has kept.
    PasswordOf {
        deploy: String,
    },
}

/// Do something to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitStep {
    pub unit: String,
    pub action: UnitAction,
    /// Why, one line each.
    pub because: Vec<String>,
}

/// What is done to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitAction {
    /// Let systemd start a unit again that was masked.
    Unmask,
    Enable,
    /// Run the driver enumerator, which makes the `nut-driver@` instances.
    Enumerate,
    Reload,
    Restart,
    Start,
    /// A unit that must not run for this role.
    Stop,
}

/// A file upsctl would manage on a host of another role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmanaged {
    pub path: String,
    pub note: String,
}
