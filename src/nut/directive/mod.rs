//! Every directive of NUT's files: since when, what it takes, what a change of it needs.
//!
//! From the man pages nut.conf(5), ups.conf(5), upsd.conf(5), upsd.users(5) and upsmon.conf(5), and
//! from the programs that read them (common/upsconf.c, drivers/main.c, server/conf.c, server/user.c,
//! clients/upsmon.c) of 2.7.4 to 2.8.5.

mod file;
mod kind;
mod notify;
mod nut_conf;
#[cfg(test)]
mod tests;
mod ups_conf;
mod upsd_conf;
mod upsd_users;
mod upsmon_conf;

use std::ops::RangeInclusive;

use super::version::NutVersion;
pub use file::{File, UnknownFile};
pub use kind::Kind;
pub use notify::{NOTIFY_FLAGS, NOTIFY_TYPES, NotifyType, notify_type};

/// Which part of a file a directive belongs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// In front of every section, or in a file without sections.
    Top,
    /// Inside a `[section]`.
    Section,
}

/// What makes a changed value effective.
///
/// A deleted line never restores the default on reload: that always takes a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Apply {
    /// `upsd -c reload`, `upsmon -c reload`.
    Reload,
    /// A restart of the program that reads the file.
    Restart,
}

/// One directive of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The file it belongs in.
    pub file: File,
    /// The part of the file it belongs in.
    pub scope: Scope,
    /// Its name, spelt as in the man page; `default.*` and `override.*` stand for a family.
    pub name: &'static str,
    /// The first version that knows it; 2.7.4 also for everything older.
    pub since: NutVersion,
    /// The first version that no longer knows it.
    pub until: Option<NutVersion>,
    /// What it takes.
    pub kind: Kind,
    /// What NUT uses without it.
    pub default: Option<&'static str>,
    /// What makes a change effective.
    pub apply: Apply,
    /// What is worth knowing, or nothing.
    pub note: &'static str,
    /// May stand more than once, each line adding something.
    pub repeatable: bool,
    /// How many words it takes behind its name (and the `=`).
    pub args: RangeInclusive<usize>,
    /// Whether its name matches in any case.
    pub any_case: bool,
}

/// The number that NUT has for a directive without it; 0 where that is none.
pub fn own_number(file: File, scope: Scope, name: &str) -> i64 {
    let known = lookup(file, scope, name).and_then(|known| known.default);
    known.and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Directive {
    const fn new(file: File, scope: Scope, name: &'static str, kind: Kind) -> Self {
        Self {
            file,
            scope,
            name,
            since: NutVersion::V2_7_4,
            until: None,
            kind,
            default: None,
            apply: Apply::Reload,
            note: "",
            repeatable: false,
            args: kind.args(),
            any_case: false,
        }
    }

    const fn since(mut self, version: NutVersion) -> Self {
        self.since = version;
        self
    }

    const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    const fn restart(mut self) -> Self {
        self.apply = Apply::Restart;
        self
    }

    const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    const fn any_case(mut self) -> Self {
        self.any_case = true;
        self
    }

    /// Whether a version knows the directive.
    pub fn known_to(&self, version: NutVersion) -> bool {
        self.since <= version && self.until.is_none_or(|until| version < until)
    }

    /// Whether a name in a file means this directive, by the case rules of its reader.
    pub fn is_named(&self, name: &str) -> bool {
        if let Some(prefix) = self.name.strip_suffix('*') {
            let head = name.get(..prefix.len());
            return name.len() > prefix.len()
                && head.is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        }
        if self.any_case {
            self.name.eq_ignore_ascii_case(name)
        } else {
            self.name == name
        }
    }
}

/// The directive a name means at this place of a file.
///
/// Case counts where it counts for NUT: `pollfreq` is nothing in `upsmon.conf`, `PASSWORD` is
/// `password` in `upsd.users`.
pub fn lookup(file: File, scope: Scope, name: &str) -> Option<&'static Directive> {
    all(file)
        .iter()
        .find(|d| d.scope == scope && d.is_named(name))
}

/// Every directive of a file, in the order of its man page.
pub fn all(file: File) -> &'static [Directive] {
    match file {
        File::Nut => nut_conf::TABLE,
        File::Ups => ups_conf::TABLE,
        File::Upsd => upsd_conf::TABLE,
        File::UpsdUsers => upsd_users::TABLE,
        File::Upsmon => upsmon_conf::TABLE,
    }
}
