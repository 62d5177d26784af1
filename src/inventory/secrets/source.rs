//! Which source a user's password has, and the sources that are only looked at.

use std::borrow::Cow;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::model::inventory::{Inventory, SecretSource};

/// What stands for the NUT user in a source.
const USER: &str = "{user}";

/// No password is longer; a file that is, is another file.
const BIGGEST: u64 = 64 * 1024;

/// Where the password of a NUT user comes from, its name filled in: what an appliance insists on,
/// its own source in `[users]`, or that of `[secrets]`. Nothing when none of these is there.
pub fn source_of(inventory: &Inventory, user: &str) -> Option<SecretSource> {
    let insisted = inventory
        .hosts
        .values()
        .filter_map(|host| host.platform.insists());
    if let Some(fixed) = insisted.into_iter().find(|fixed| fixed.user == user) {
        return Some(SecretSource::Literal(fixed.password.into()));
    }
    let own = inventory
        .users
        .get(user)
        .and_then(|user| user.password.as_ref());
    own.or(inventory.secrets.password.as_ref())
        .map(|source| filled(source, user))
}

fn filled(source: &SecretSource, user: &str) -> SecretSource {
    match source {
        SecretSource::Env(name) => SecretSource::Env(name.replace(USER, user)),
        SecretSource::File(path) => {
            SecretSource::File(path.to_string_lossy().replace(USER, user).into())
        }
        SecretSource::Command(text) => SecretSource::Command(text.replace(USER, &shell_word(user))),
        // A password is what it is.
        SecretSource::Literal(value) => SecretSource::Literal(value.clone()),
    }
}

/// A user name as one word of a shell; quoted only if it has to be.
fn shell_word(user: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if !user.is_empty() && user.chars().all(plain) {
        return Cow::Borrowed(user);
    }
    Cow::Owned(format!("'{}'", user.replace('\'', r"'\''")))
}

pub(super) fn env(name: &str) -> Result<Vec<u8>, Failure> {
    let Some(value) = std::env::var_os(name) else {
        let help = match name.contains(['-', '.', '@', '+']) {
            true => "a shell cannot set a variable of that name (`env` can): give the user a \
                     `password = { env = \"…\" }` of its own in `[users]`"
                .into(),
            false => format!("set it: `export {name}=…`"),
        };
        return Err(Failure::new("the variable is not set").help(help));
    };
    Ok(value.into_encoded_bytes())
}

/// A path that starts with `~/`, as people write it and no system call reads it.
pub(super) fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

pub(super) fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Failure::new(format!("there is no file `{shown}`")),
        _ => Failure::new(format!("cannot read `{shown}`: {error}")),
    };
    // Looked at first: opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Failure::new(format!("`{shown}` is not a regular file")));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(BIGGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > BIGGEST {
        return Err(Failure::new(format!("`{shown}` is too big for a password")));
    }
    Ok(bytes)
}
