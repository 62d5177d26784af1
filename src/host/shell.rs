//! Words for sh.

/// A word that stands for exactly this text.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Assignments, one a line, each value exactly as given.
pub fn assignments(settings: &[(&str, String)]) -> String {
    settings
        .iter()
        .map(|(name, value)| format!("{name}={}\n", quote(value)))
        .collect()
}
