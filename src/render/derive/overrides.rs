//! The owner's own directives, on top of the derived ones: first `[defaults.FILE]`, then
//! `[hosts.NAME.FILE]`.

use super::directive::DerivedLine;
use super::{InventoryIndex, value};
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{DirectiveValue, Directives, Host};
use crate::model::key_path::KeyPath;
use crate::model::name::HostName;
use crate::nut::directive::{File, Scope, lookup};

/// The directives with the owner's on top: each replaces all lines of its name, where they stand.
///
/// # Errors
/// Names the key whose value cannot stand in the file.
pub(super) fn on_top(
    index: &InventoryIndex<'_>,
    name: &HostName,
    file: File,
    mut lines: Vec<DerivedLine>,
) -> Result<Vec<DerivedLine>, Diagnostic> {
    let host = index.host(name)?;
    let table = table_name(file);
    if let Some(directives) = index.inventory.defaults.of(file) {
        apply(&["defaults", table].into(), file, directives, &mut lines)?;
    }
    if let Some(directives) = host.overrides(file) {
        apply(
            &["hosts", name.as_str(), table].into(),
            file,
            directives,
            &mut lines,
        )?;
    }
    Ok(lines)
}

/// The name of the file's table in the inventory.
fn table_name(file: File) -> &'static str {
    file.name().trim_end_matches(".conf")
}

fn apply(
    key: &KeyPath,
    file: File,
    directives: &Directives,
    lines: &mut Vec<DerivedLine>,
) -> Result<(), Diagnostic> {
    for (name, written) in directives {
        let new = value::lines(&key.then(name), file, Scope::Top, name, written)?;
        let at = lines.iter().position(|line| same(file, &line.name, name));
        lines.retain(|line| !same(file, &line.name, name));
        let at = at.unwrap_or(lines.len()).min(lines.len());
        lines.splice(at..at, new);
    }
    Ok(())
}

/// Whether NUT takes two names for the same directive.
fn same(file: File, one: &str, other: &str) -> bool {
    one == other || lookup(file, Scope::Top, one).is_some_and(|d| d.any_case && d.is_named(other))
}

/// What the owner wrote for a directive of a host, if anything.
pub(super) fn find<'a>(
    index: &InventoryIndex<'a>,
    host: &'a Host,
    file: File,
    name: &str,
) -> Option<&'a DirectiveValue> {
    let own = host.overrides(file).and_then(|own| own.get(name));
    own.or_else(|| index.inventory.defaults.of(file)?.get(name))
}

/// The number the owner wrote for a directive of a host, if any.
pub(super) fn seconds(
    index: &InventoryIndex<'_>,
    host: &Host,
    file: File,
    name: &str,
) -> Option<u64> {
    match find(index, host, file, name)? {
        DirectiveValue::Integer(number) => u64::try_from(*number).ok(),
        DirectiveValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}
