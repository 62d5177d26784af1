//! Passwords: where each comes from, and fetching them. No error, no `Debug` shows one.

mod command;
mod password;
mod source;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

pub use password::{unusable, unusable_word};

use crate::inventory::leaf::nut_text;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::{Inventory, SecretSource};
use crate::model::secret::{Secret, SecretStore};
use crate::model::source::{command_for, is_option_secret};

/// So long a password command may take: enough to unlock a key by hand.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why the password of some users cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretError {
    /// The NUT users that share the source.
    pub users: Vec<String>,
    /// The source, such as `env NUT_PASSWORD`; nothing when there is none.
    pub source: Option<String>,
    /// What went wrong with it.
    pub cause: String,
    /// The way out.
    pub help: Option<String>,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self
            .users
            .iter()
            .map(|user| format!("`{user}`"))
            .collect::<Vec<_>>();
        let options = self.users.iter().all(|user| is_option_secret(user));
        let what = if options {
            "secret for option"
        } else {
            "password for NUT user"
        };
        write!(f, "no {what} {}: ", users.join(", "))?;
        if let Some(source) = &self.source {
            write!(f, "{source}: ")?;
        }
        f.write_str(&self.cause)
    }
}

impl std::error::Error for SecretError {}

/// Says why a value is of no use; never shows it.
type Unusable = fn(&str) -> Option<String>;

/// A cause and, where there is one, the way out.
struct Failure {
    cause: String,
    help: Option<String>,
    /// A command hung, and the next one is likely to.
    hung: bool,
}

impl Failure {
    fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            help: None,
            hung: false,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Fetches the passwords of these NUT users, each source once.
///
/// Relative files and commands start from `root`, the folder of the inventory.
///
/// # Errors
/// One error for each source that gives no usable password, and for each user without a source.
pub fn fetch(
    inventory: &Inventory,
    root: &Path,
    users: &BTreeSet<String>,
) -> Result<SecretStore, Vec<SecretError>> {
    fetch_within(inventory, root, users, DEADLINE)
}

fn fetch_within(
    inventory: &Inventory,
    root: &Path,
    users: &BTreeSet<String>,
    deadline: Duration,
) -> Result<SecretStore, Vec<SecretError>> {
    let mut sources: BTreeMap<(SecretSource, bool), Vec<String>> = BTreeMap::new();
    let mut errors = Vec::new();
    for user in users {
        match inventory.source_of(user) {
            Some(source) => sources
                .entry((source, is_option_secret(user)))
                .or_default()
                .push(user.clone()),
            None => errors.push(no_source(user)),
        }
    }
    let mut store = SecretStore::default();
    let mut hung = false;
    for ((source, is_option), users) in sources {
        let unusable = if is_option { unusable_option } else { unusable };
        match read(&source, root, deadline, hung, unusable) {
            Ok(password) => {
                users
                    .into_iter()
                    .for_each(|user| store.insert(user, password.clone()));
            }
            Err(failure) => {
                hung |= failure.hung;
                errors.push(SecretError {
                    users,
                    source: Some(format!("{source:?}")),
                    cause: failure.cause,
                    help: failure.help,
                });
            }
        }
    }
    if errors.is_empty() {
        Ok(store)
    } else {
        Err(errors)
    }
}

/// Why a value cannot stand in ups.conf; never shows it.
fn unusable_option(value: &str) -> Option<String> {
    match value.is_empty() {
        true => Some("it is empty".into()),
        false => nut_text(value).err(),
    }
}

fn read(
    source: &SecretSource,
    root: &Path,
    deadline: Duration,
    hung: bool,
    unusable: Unusable,
) -> Result<Secret, Failure> {
    let bytes = match source {
        SecretSource::Env(name) => source::env(name),
        SecretSource::File(path) => source::file(&root.join(source::at_home(path))),
        // Every further command would cost another deadline.
        SecretSource::Command(_) if hung => {
            Err(Failure::new("not run, because an earlier command hung"))
        }
        SecretSource::Command(text) => command::run(text, root, deadline, None),
        SecretSource::Literal(value) => Ok(value.clone().into_bytes()),
    }?;
    password::check(source, bytes, unusable)
}

/// Fetches a secret that is no NUT user's: a token, or the password of some other service. `key` is
/// where the inventory has its source, such as `[prometheus] token`.
///
/// Relative files and commands start from `root`, the folder of the inventory.
///
/// # Errors
/// A source that gives none, with the way out.
pub fn fetch_word(source: &SecretSource, root: &Path, key: &str) -> Result<Secret, Diagnostics> {
    read(source, root, DEADLINE, false, unusable_word).map_err(|failure| {
        let error = Diagnostic::new(format!("`{key}`: {source:?}: {}", failure.cause));
        match failure.help {
            Some(help) => error.help(help).into(),
            None => error.into(),
        }
    })
}

/// Hands a password to a command on its stdin, `{user}` filled in, run in the folder `root`.
///
/// # Errors
/// The command's own complaint. It is not asked what it did with the password: [`fetch`] tells.
pub fn store(command: &str, root: &Path, user: &str, password: &Secret) -> Result<(), Diagnostics> {
    let text = command_for(command, user);
    command::run(&text, root, DEADLINE, Some(password))
        .map(drop)
        .map_err(|failure| {
            let message = format!("`{text}` did not take the password of `{user}`");
            Diagnostic::new(format!("{message}: {}", failure.cause)).into()
        })
}

fn no_source(user: &str) -> SecretError {
    SecretError {
        users: vec![user.into()],
        source: None,
        cause: "the inventory does not say where it comes from".into(),
        help: Some(format!(
            "write `[secrets] password = {{ env = \"NUT_PASSWORD_{{user}}\" }}`, or a `password` in \
             `[users.{user}]`"
        )),
    }
}
