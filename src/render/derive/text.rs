//! What a value of the inventory must be so that a file of NUT can hold it.

use crate::model::diagnostic::Diagnostic;
use crate::model::key_path::KeyPath;
use crate::nut::conf;

/// A value that stands as one word.
///
/// # Errors
/// When NUT would drop a part of it.
pub(super) fn word(key: &KeyPath, value: &str) -> Result<String, Diagnostic> {
    match conf::check(value) {
        Ok(()) => Ok(value.to_string()),
        Err(why) => Err(Diagnostic::new(why.to_string()).of(key.clone())),
    }
}

/// The name of a directive or a section: one word that needs no quotes.
///
/// # Errors
/// When NUT would read something else: a quoted name is no section, and a bare one ends at a blank.
pub(super) fn name(key: &KeyPath, name: &str) -> Result<String, Diagnostic> {
    let odd = |c: char| !c.is_ascii_graphic() || "\"'#=\\[]".contains(c);
    match name.chars().find(|c| odd(*c)) {
        Some(c) => Err(Diagnostic::new(format!("{c:?} cannot stand in this name"))
            .of(key.clone())
            .help("NUT reads a name up to the next blank; use letters, digits, `.`, `-` and `_`")),
        None if name.is_empty() => Err(Diagnostic::new("the name is empty").of(key.clone())),
        None => Ok(name.to_string()),
    }
}

/// The words of a text, by NUT's own rules: `"` joins words, `\` takes the next character as it is.
///
/// # Errors
/// When NUT would drop a part of it.
pub(super) fn split(key: &KeyPath, text: &str) -> Result<Vec<String>, Diagnostic> {
    word(key, text)?;
    let parsed = conf::parse(format!("{text}\n").as_bytes());
    if let Some((_, problem)) = parsed.problems().find(|(_, p)| p.kind.loses_text()) {
        return Err(Diagnostic::new(problem.to_string()).of(key.clone()));
    }
    let words = parsed.directives().flat_map(|line| &line.words);
    Ok(words.map(|word| word.value.clone()).collect())
}
