//! Where passwords come from, as far as that can be said without looking.

use super::CrossCheck;
use crate::inventory::secrets;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::SecretSource;

pub(super) fn check(check: &mut CrossCheck<'_>) {
    if let Some(source) = &check.inventory.secrets.password {
        source_is_usable(check, &["secrets", "password"], source, secrets::unusable);
    }
    for (name, user) in &check.inventory.users {
        if let Some(source) = &user.password {
            let path = ["users", name, "password"];
            source_is_usable(check, &path, source, secrets::unusable);
        }
    }
}

/// Reports a source that can give nothing; `unusable` says what is wrong with a literal.
pub(super) fn source_is_usable(
    check: &mut CrossCheck<'_>,
    path: &[&str],
    source: &SecretSource,
    unusable: fn(&str) -> Option<String>,
) {
    let (key, why) = match source {
        SecretSource::Env(name) => ("env", env(name)),
        SecretSource::File(path) => ("file", empty(path.as_os_str().is_empty())),
        SecretSource::Command(command) => ("command", empty(command.trim().is_empty())),
        SecretSource::Literal(value) => ("literal", unusable(value)),
    };
    if let Some(why) = why {
        let path: Vec<&str> = path.iter().copied().chain([key]).collect();
        check.report(&path, Diagnostic::new(format!("`{key}`: {why}")));
    }
}

fn empty(is: bool) -> Option<String> {
    is.then(|| "it must not be empty".into())
}

fn env(name: &str) -> Option<String> {
    let rest = name.replace("{user}", "");
    let odd = rest
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "={}$".contains(*c));
    match odd {
        Some(odd) => Some(format!(
            "it names a variable, in which only `{{user}}` is filled in: {odd:?} cannot be in it"
        )),
        None => empty(name.is_empty()),
    }
}
