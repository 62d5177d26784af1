use std::sync::LazyLock;

use crate::nut::directive::File;
use crate::nut::driver;

/// Parts of a name that make it a secret anywhere.
const PARTS: &[&str] = &[
    "pass",
    "secret",
    "community",
    "credential",
    "token",
    "apikey",
    "api_key",
    "authorization",
    "bearer",
];

/// Names that are secrets nearly spelt as well: `pasword`, `comunity`.
const NEAR: &[&str] = &["password", "community", "authpassword", "privpassword"];

/// How many letters a name may be off.
const OFF: usize = 2;

/// Whether a word is meant to be this one, in lower case.
pub(super) fn is_nearly(word: &str, wanted: &str) -> bool {
    word.len().abs_diff(wanted.len()) <= OFF && strsim::damerau_levenshtein(word, wanted) <= OFF
}

/// Whole names that do.
const NAMES: &[&str] = &["pw", "pwd", "pin", "monpwd"];

/// The keys drivers keep secret, in lower case.
static DRIVER_KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let keys = driver::secret_keys().map(str::to_ascii_lowercase);
    keys.collect()
});

/// Whether the value of such a name is to be masked.
pub(super) fn is_secret(file: File, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let without_bypass = name.replace("bypass", "");
    PARTS.iter().any(|part| without_bypass.contains(part))
        || NAMES.contains(&name.as_str())
        || is_near(&name)
        || (file == File::Ups && DRIVER_KEYS.contains(&name))
}

/// Whether a name, in lower case, is nearly one of a secret.
pub(super) fn is_near(name: &str) -> bool {
    NEAR.iter().any(|wanted| is_nearly(name, wanted))
}
