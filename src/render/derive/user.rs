//! The users of a server's upsd.

use std::collections::BTreeMap;

use super::{InventoryIndex, text};
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory;
use crate::model::key_path::KeyPath;
use crate::model::name::HostName;
use crate::nut::files::Role;

/// A section of upsd.users. Its password is that of the user of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedUser {
    pub name: String,
    /// `SET`, `FSD`.
    pub actions: Vec<String>,
    /// Instant commands, or `ALL`.
    pub instcmds: Vec<String>,
    /// What its upsmon is, when it is the user of one.
    pub role: Option<Role>,
}

/// The users of a server: its own, those of its clients, and those the owner added, each once.
///
/// Once matters: upsd gives what stands under a repeated header to the user before it
/// (server/user.c).
///
/// # Errors
/// When a name or a word of a user cannot stand in the file.
pub(super) fn users(
    index: &InventoryIndex<'_>,
    server: &HostName,
) -> Result<Vec<DerivedUser>, Diagnostic> {
    if index.owned(server).is_empty() {
        return Ok(Vec::new());
    }
    let own = index.user_of(server)?;
    let mut users: BTreeMap<String, DerivedUser> = BTreeMap::new();
    for name in index.others(server) {
        let user = index.user_of(name)?;
        users.insert(user.into(), upsmon(user, name, Role::Secondary)?);
    }
    users.insert(own.into(), upsmon(own, server, Role::Primary)?);
    for (name, user) in &index.inventory.users {
        if user.on.as_ref().is_none_or(|on| on.contains(server)) {
            add(&mut users, name, user)?;
        }
    }
    let first = users.remove(own);
    Ok(first.into_iter().chain(users.into_values()).collect())
}

fn upsmon(user: &str, host: &HostName, role: Role) -> Result<DerivedUser, Diagnostic> {
    Ok(DerivedUser {
        name: text::name(&["hosts", host.as_str(), "nut_user"].into(), user)?,
        actions: Vec::new(),
        instcmds: Vec::new(),
        role: Some(role),
    })
}

/// Adds what the owner wrote of a user to what was derived.
fn add(
    users: &mut BTreeMap<String, DerivedUser>,
    name: &str,
    written: &inventory::InventoryUser,
) -> Result<(), Diagnostic> {
    let key = KeyPath::from(["users", name]);
    let user = users
        .entry(text::name(&key, name)?)
        .or_insert_with(|| DerivedUser {
            name: name.to_string(),
            actions: Vec::new(),
            instcmds: Vec::new(),
            role: None,
        });
    user.actions = words(&key.then("actions"), &written.actions)?;
    user.instcmds = words(&key.then("instcmds"), &written.instcmds)?;
    user.role = written.upsmon.map(Role::from).or(user.role);
    Ok(())
}

fn words(key: &KeyPath, words: &[String]) -> Result<Vec<String>, Diagnostic> {
    words.iter().map(|word| text::name(key, word)).collect()
}
