use super::host::{Host, Origin};
use super::place;
use super::site::Site;
use super::watch::Watch;
use crate::model::finding::{Finding, Place};
use crate::nut::conf;
use crate::nut::directive::{File, Scope, lookup};
use crate::nut::files::{Entry, Section, Setting};
use crate::rules::Rule;

/// One host, within its site.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) host: &'a Host,
}

impl<'a> View<'a> {
    /// The same site seen from another host.
    pub(super) fn of(&self, host: &'a Host) -> Self {
        Self { host, ..*self }
    }

    /// The settings of upsd.conf or upsmon.conf; nothing of other files.
    pub(super) fn settings(&self, file: File) -> &'a [Setting] {
        let host = self.host;
        match file {
            File::Upsd => host.upsd.as_ref().map_or(&[], |upsd| &upsd.settings),
            File::Upsmon => host.upsmon.as_ref().map_or(&[], |upsmon| &upsmon.settings),
            _ => &[],
        }
    }

    /// The setting of upsmon.conf that counts.
    pub(super) fn upsmon(&self, name: &str) -> Option<&'a Setting> {
        self.host.upsmon.as_ref()?.get(name)
    }

    /// The setting of upsd.conf that counts.
    pub(super) fn upsd(&self, name: &str) -> Option<&'a Setting> {
        self.host.upsd.as_ref()?.get(name)
    }

    /// The number upsmon has for a directive: what is written, or NUT's own where nothing is or
    /// where it is no number (the matter of value-invalid).
    pub(super) fn number(&self, name: &str) -> i64 {
        let written = self.upsmon(name).and_then(|setting| setting.value());
        let own = || {
            lookup(File::Upsmon, Scope::Top, name)?
                .default?
                .parse()
                .ok()
        };
        written
            .and_then(|word| word.value.parse().ok())
            .or_else(own)
            .unwrap_or(0)
    }

    /// The sections of ups.conf that exist for NUT.
    pub(super) fn sections(&self) -> impl Iterator<Item = &'a Section> + use<'a> {
        let sections = self.host.ups.as_ref().map_or(&[][..], |ups| &ups.sections);
        sections.iter().filter(|section| section.exists())
    }

    /// Those who watch a UPS of this host, the host itself included.
    pub(super) fn watchers(&self) -> impl Iterator<Item = (&'a Host, &'a Watch)> + use<'a> {
        self.site.watchers(&self.host.name)
    }

    /// The server of a watch, when its files are there to be seen.
    pub(super) fn server(&self, watch: &Watch) -> Option<&'a Host> {
        self.site.hosts.get(watch.server.as_ref()?)
    }

    /// Where a stretch of a file stands: `rendered HOST/FILE` or `HOST:/etc/nut/FILE`.
    pub(super) fn in_file(&self, file: File, at: &conf::Position) -> Place {
        place::in_file(self.host, file, at)
    }

    /// The first of these paths of keys that the inventory has, if the files come from it.
    pub(super) fn in_inventory(&self, paths: &[&[&str]]) -> Option<Place> {
        if self.host.origin == Origin::Observed {
            return None;
        }
        paths.iter().find_map(|path| self.site.key(path))
    }

    /// Where a setting stands: the key of the inventory that made it, else its file.
    pub(super) fn at_setting(&self, file: File, setting: &Setting) -> Place {
        place::of_setting(self, file, setting)
    }

    /// Where a key of a section stands.
    pub(super) fn at_entry(&self, section: &Section, entry: &Entry) -> Place {
        place::of_entry(self, Some(section), entry)
    }

    /// Where a section stands.
    pub(super) fn at_section(&self, section: &Section) -> Option<Place> {
        let header = section
            .headers
            .first()
            .map(|header| self.in_file(File::Ups, header));
        self.in_inventory(&[&["ups", &section.name]]).or(header)
    }

    /// Where what a host watches stands.
    pub(super) fn at_watch(&self, watch: &Watch) -> Option<Place> {
        place::of_watch(self, watch)
    }

    /// Where the inventory has a directive, for this host or for all.
    pub(super) fn at_key(&self, table: &str, name: &str) -> Option<Place> {
        let host = self.host.name.as_str();
        self.in_inventory(&[&["hosts", host, table, name], &["defaults", table, name]])
    }

    /// Where a key of a host of the inventory stands, or the host.
    pub(super) fn at_host(&self, key: &str) -> Option<Place> {
        let name = self.host.name.as_str();
        self.site
            .key(&["hosts", name, key])
            .or_else(|| self.site.key(&["hosts", name]))
    }

    /// A finding about this host.
    pub(super) fn finding(
        &self,
        rule: &Rule,
        saw: impl Into<String>,
        place: impl Into<Option<Place>>,
        values: &[(&str, &str)],
    ) -> Finding {
        let name = &self.host.name;
        let with_host = [values, &[("host", name.as_str())]].concat();
        let finding = rule.finding(saw, &with_host).on(name);
        match place.into() {
            Some(place) => finding.at(place),
            None => finding,
        }
    }
}
