//! What templates see. README's section on templates lists it: what is removed here breaks them.

use std::collections::BTreeSet;

use minijinja::value::Value;
use serde::Serialize;

use super::derive::{
    Derived, DerivedLine, DerivedMonitor, DerivedSection, DerivedUser, DerivedWord,
};
use super::password::Password;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

/// The names a template can use.
#[derive(Debug, Serialize)]
pub(super) struct TemplateContext<'a> {
    /// Name of the host in the inventory.
    host: &'a str,
    /// Version of NUT the file is for.
    nut_version: String,
    /// Whether upsd runs on the host.
    server: bool,
    /// The directives, in their order.
    lines: Vec<LineView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sections: Option<Vec<SectionView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<UserView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monitors: Option<Vec<MonitorView<'a>>>,
    /// Whose passwords the file may hold.
    #[serde(skip)]
    pub(super) passwords: BTreeSet<&'a str>,
}

#[derive(Debug, Serialize)]
struct LineView<'a> {
    name: &'a str,
    words: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct SectionView<'a> {
    name: &'a str,
    lines: Vec<LineView<'a>>,
}

#[derive(Debug, Serialize)]
struct UserView<'a> {
    name: &'a str,
    password: Value,
    actions: &'a [String],
    instcmds: &'a [String],
    /// `primary` or `secondary` in the host's words; empty for a user without upsmon.
    upsmon: &'static str,
}

#[derive(Debug, Serialize)]
struct MonitorView<'a> {
    system: &'a str,
    ups: &'a str,
    server: &'a str,
    power_value: u32,
    user: &'a str,
    password: Value,
    role: &'static str,
}

impl<'a> TemplateContext<'a> {
    /// What the template of a file sees.
    pub(super) fn new(host: &'a HostName, file: File, derived: &'a Derived) -> Self {
        let version = derived.version;
        let lines = derived.lines_of(file);
        let of = |wanted| file == wanted;
        Self {
            host: host.as_str(),
            nut_version: version.to_string(),
            server: derived.role.is_server(),
            lines: lines.iter().map(line).collect(),
            sections: of(File::Ups).then(|| derived.sections.iter().map(section).collect()),
            users: of(File::UpsdUsers)
                .then(|| derived.users.iter().map(|u| user(u, version)).collect()),
            monitors: of(File::Upsmon).then(|| {
                derived
                    .monitors
                    .iter()
                    .map(|m| monitor(m, version))
                    .collect()
            }),
            passwords: passwords(file, derived),
        }
    }
}

fn passwords(file: File, derived: &Derived) -> BTreeSet<&str> {
    let sections = match file {
        File::Ups => derived.sections.as_slice(),
        _ => &[],
    };
    let lines = sections.iter().flat_map(|section| &section.lines);
    let words = derived.lines_of(file).iter().chain(lines);
    let words = words.flat_map(|line| &line.words);
    let mut users: BTreeSet<&str> = words
        .filter_map(|word| match word {
            DerivedWord::Plain(_) => None,
            DerivedWord::Password(user) => Some(user.as_str()),
        })
        .collect();
    match file {
        File::UpsdUsers => users.extend(derived.users.iter().map(|user| user.name.as_str())),
        File::Upsmon => users.extend(derived.monitors.iter().map(|m| m.user.as_str())),
        File::Nut | File::Ups | File::Upsd => {}
    }
    users
}

fn line(line: &DerivedLine) -> LineView<'_> {
    let words = line.words.iter().map(|word| match word {
        DerivedWord::Plain(text) => Value::from(text.as_str()),
        DerivedWord::Password(user) => Password::value(user),
    });
    LineView {
        name: &line.name,
        words: words.collect(),
    }
}

fn section(section: &DerivedSection) -> SectionView<'_> {
    SectionView {
        name: section.name.as_str(),
        lines: section.lines.iter().map(line).collect(),
    }
}

fn user(user: &DerivedUser, version: NutVersion) -> UserView<'_> {
    UserView {
        name: &user.name,
        password: Password::value(&user.name),
        actions: &user.actions,
        instcmds: &user.instcmds,
        upsmon: user.role.map_or("", |role| role.word(version)),
    }
}

fn monitor(monitor: &DerivedMonitor, version: NutVersion) -> MonitorView<'_> {
    MonitorView {
        system: &monitor.system,
        ups: monitor.ups.as_str(),
        server: monitor.server.as_str(),
        power_value: monitor.power_value,
        user: &monitor.user,
        password: Password::value(&monitor.user),
        role: monitor.role.word(version),
    }
}
