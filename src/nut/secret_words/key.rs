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
];

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
        || (file == File::Ups && DRIVER_KEYS.contains(&name))
}
