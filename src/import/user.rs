//! The users of the upsds, and their passwords.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Build;
use super::draft::list;
use super::found::Found;
use super::stranger::unread_clients;
use crate::model::import::{Fate, ImportNote};
use crate::model::inventory::{Inventory, Platform};
use crate::model::name::HostName;
use crate::model::secret::Secret;
use crate::nut::directive::File;
use crate::nut::files::{Role, User};

/// A user of one server, and what upsctl derives of it there.
struct Listed<'f> {
    server: HostName,
    user: &'f User,
    derived: Option<Role>,
}

impl Build<'_> {
    /// Writes the users that are not derived, what is not derived of others, and every password.
    pub fn write_users(&mut self) -> Result<(), String> {
        let inventory = self.draft.inventory()?;
        if !self.draft.has(&["secrets", "password"]) {
            let source = self.source("{user}");
            self.draft.set(&["secrets", "password"], source, "");
        }
        let founds = std::mem::take(&mut self.founds);
        let mut all: BTreeMap<&str, Vec<Listed<'_>>> = BTreeMap::new();
        for found in founds.iter().filter(|found| found.serves()) {
            for user in &found.users.users {
                all.entry(&user.name).or_default().push(Listed {
                    server: found.name().clone(),
                    user,
                    derived: derived(&inventory, found.name(), &user.name),
                });
            }
        }
        let mut needed: BTreeSet<String> = inventory
            .hosts
            .keys()
            .filter(|host| self.is_new(host) && !is_foreign(&inventory, host))
            .filter_map(|host| inventory.nut_user(host))
            .map(str::to_string)
            .collect();
        for (name, listed) in &all {
            if self.write_user(&inventory, name, listed) {
                needed.insert((*name).to_string());
            }
        }
        for user in &needed {
            self.write_password(&inventory, &founds, user);
        }
        for found in &founds {
            for (system, why) in unread_clients(found) {
                self.notes.push(ImportNote {
                    fate: Fate::Note,
                    host: found.name().clone(),
                    file: String::new(),
                    line: None,
                    saw: format!("upsc -c {system}"),
                    why: format!("who is logged in could not be looked at: {why}"),
                });
            }
        }
        self.founds = founds;
        Ok(())
    }

    fn is_new(&self, host: &HostName) -> bool {
        let looked = self.founds.iter().any(|found| found.name() == host);
        looked || !self.known.hosts.contains_key(host)
    }

    /// Writes what is not derived of a user; whether its password is needed.
    fn write_user(&mut self, inventory: &Inventory, name: &str, listed: &[Listed<'_>]) -> bool {
        let attached = listed.iter().any(|listed| listed.derived.is_some());
        if !attached && listed.iter().all(|listed| listed.user.password.is_none()) {
            let why = "it has no password, so nobody can log in as it: it is left out";
            self.note_user(&listed[0], why);
            return false;
        }
        if name.contains(|c: char| !c.is_ascii_graphic() || "\"'#=\\[]".contains(c)) {
            self.note_user(&listed[0], "upsctl writes no such name: it is left out");
            return false;
        }
        let mut actions: Vec<String> = Vec::new();
        let mut commands: Vec<String> = Vec::new();
        let mut role = None;
        let mut on = Vec::new();
        for listed in listed {
            let words = |words: &[crate::nut::conf::Word]| {
                let values = words.iter().map(|word| word.value.clone());
                values.collect::<Vec<_>>()
            };
            let (more, also) = (words(&listed.user.actions), words(&listed.user.instcmds));
            let has = listed.user.role();
            // What is derived is never less; more than that is written.
            let own = has.filter(|has| listed.derived.is_none_or(|derived| *has < derived));
            if !more.is_empty() || !also.is_empty() || own.is_some() || listed.derived.is_none() {
                on.push(listed.server.clone());
            }
            add_new(&mut actions, more);
            add_new(&mut commands, also);
            role = role.max(own.map(std::cmp::Reverse));
        }
        if on.is_empty() {
            return true;
        }
        if self.draft.has(&["users", name]) {
            self.note_user(
                &listed[0],
                "[users] has a user of this name already: its part is kept",
            );
            return true;
        }
        let key = |last| ["users", name, last];
        self.draft.open(&["users", name], "");
        let servers: BTreeSet<&HostName> = inventory.ups.values().map(|ups| &ups.host).collect();
        if servers.len() > on.len() {
            self.draft
                .set(&key("on"), list(on.iter().map(HostName::as_str)), "");
        }
        if !actions.is_empty() {
            self.draft.set(&key("actions"), list(&actions), "");
        }
        if !commands.is_empty() {
            self.draft.set(&key("instcmds"), list(&commands), "");
        }
        if let Some(std::cmp::Reverse(role)) = role {
            let why = match attached {
                true => "more than its host needs",
                false => "no host that was seen logs in as it",
            };
            self.draft.set(&key("upsmon"), role.to_string(), why);
        }
        true
    }

    fn note_user(&mut self, listed: &Listed<'_>, why: &str) {
        self.notes.push(ImportNote {
            fate: Fate::Changes,
            host: listed.server.clone(),
            file: File::UpsdUsers.name().into(),
            line: Some(listed.user.header.line),
            saw: format!("[{}]", listed.user.name),
            why: why.into(),
        });
    }

    /// Keeps the password of a user, by the server that knows it, else by who logs in with it.
    fn write_password(&mut self, inventory: &Inventory, founds: &[Found<'_>], user: &str) {
        let fixed = inventory
            .hosts
            .values()
            .filter_map(|host| host.platform.insists())
            .any(|fixed| fixed.user == user);
        if fixed {
            return;
        }
        let served = founds.iter().filter(|found| found.serves());
        let listed = served.filter_map(|found| {
            let password = found.users.user(user)?.password.as_ref()?;
            Some((found, File::UpsdUsers, password))
        });
        let typed = founds.iter().flat_map(|found| {
            let own = found.monitors().iter();
            let own = own.filter(|monitor| monitor.user.value == user);
            own.map(move |monitor| (found, File::Upsmon, &monitor.password))
        });
        let all: Vec<_> = listed.chain(typed).collect();
        let usable = |word: &str| crate::nut::conf::is_one_word(word) && !word.is_empty();
        let good = all.iter().find(|(_, _, word)| usable(&word.value));
        let chosen = good.map(|(_, _, word)| word.value.clone());
        for (found, file, word) in &all {
            if Some(&word.value) == chosen.as_ref() {
                continue;
            }
            let why = match usable(&word.value) {
                true => {
                    "it is another one elsewhere, and a user has one password: that one is kept"
                }
                false => {
                    "upsmon sends it as more than one word, so that nobody can log in with it: \
                     there is another one from now on"
                }
            };
            let saw = format!("the password of `{user}`");
            let line = Some(word.line);
            self.notes
                .push(found.note(Fate::Changes, *file, line, saw, why));
        }
        let had = self.known_source(user);
        if had {
            return;
        }
        let password = chosen.map(Secret::new).unwrap_or_else(|| (self.invent)());
        let file_name = file_name(user);
        if file_name != user || self.known.secrets.password.is_some() {
            let source = self.source(&file_name);
            self.draft.set(&["users", user, "password"], source, "");
        }
        self.secrets.insert(file_name, password);
    }

    /// Whether the inventory said before where the password comes from.
    fn known_source(&self, user: &str) -> bool {
        let host_of = self.known.hosts.keys();
        let of_host = host_of
            .filter_map(|host| self.known.nut_user(host))
            .any(|known| known == user);
        (of_host || self.known.users.contains_key(user)) && self.known.source_of(user).is_some()
    }
}

/// The role that follows from the cables for a user on a server.
fn derived(inventory: &Inventory, server: &HostName, user: &str) -> Option<Role> {
    if inventory.nut_user(server) == Some(user) {
        return Some(Role::Primary);
    }
    let mut hosts = inventory.hosts.iter();
    let fed = hosts.any(|(name, host)| {
        let mut upses = host.powered_by.iter().flatten();
        inventory.nut_user(name) == Some(user)
            && upses.any(|ups| {
                inventory
                    .ups
                    .get(ups)
                    .is_some_and(|ups| ups.host == *server)
            })
    });
    fed.then_some(Role::Secondary)
}

/// Whether a host serves a UPS and is not written to: its own users are its own affair.
fn is_foreign(inventory: &Inventory, host: &HostName) -> bool {
    let external = inventory.hosts[host].platform != Platform::Debian;
    external && inventory.ups_of(host).next().is_some()
}

fn add_new(words: &mut Vec<String>, more: Vec<String>) {
    for word in more {
        if !words.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
}

/// A name for a file.
fn file_name(user: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+".contains(c);
    let name: String = user
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}
