//! The sections of ups.conf.

use super::build::Build;
use super::effective::number;
use super::found::Found;
use crate::model::import::Fate;
use crate::model::inventory::UsbId;
use crate::model::masking;
use crate::model::source::option_secret;
use crate::nut::directive::{File, Kind, Scope, lookup};
use crate::nut::files::{Entry, Section};
use crate::nut::ups_name::UpsName;
use crate::site::address::is_loopback;

impl Build<'_> {
    /// Names every UPS and writes those of the hosts that were looked at.
    pub fn write_upses(&mut self) {
        for (name, ups) in &self.known.ups {
            let key = (ups.host.clone(), name.to_string());
            self.names.insert(key, name.clone());
        }
        for at in 0..self.founds.len() {
            if !self.founds[at].serves() {
                continue;
            }
            let sections = self.founds[at].ups.sections.clone();
            for section in sections.iter().filter(|section| section.exists()) {
                self.write_ups(at, section);
            }
        }
    }

    fn write_ups(&mut self, at: usize, section: &Section) {
        let host = self.founds[at].name().clone();
        let line = section.headers.first().map(|place| place.line);
        let saw = format!("[{}]", section.name);
        let note = |found: &Found<'_>, why: String| {
            found.note(Fate::Changes, File::Ups, line, saw.clone(), why)
        };
        let (Some(driver), Some(port)) = (section.driver(), section.port()) else {
            let why = "it has no driver or no port: upsd ignores it, and it is left out";
            self.notes.push(note(&self.founds[at], why.into()));
            return;
        };
        let Some(name) = self.name_of(&host, &section.name) else {
            let why = "upsctl takes no such name for a UPS: it is left out";
            self.notes.push(note(&self.founds[at], why.into()));
            return;
        };
        if name.as_str() != section.name {
            let why = format!(
                "another host has a UPS of this name, and in an inventory each has its own: it \
                 becomes `{name}`, for its clients too"
            );
            self.notes.push(note(&self.founds[at], why));
        }
        self.names
            .insert((host.clone(), section.name.clone()), name.clone());
        let key = |last| ["ups", name.as_str(), last];
        self.draft.open(&["ups", name.as_str()], "");
        self.draft.set(&key("host"), host.as_str(), "");
        self.draft.set(&key("driver"), driver, "");
        if port != "auto" {
            self.draft.set(&key("port"), port, "");
        }
        if let Some(desc) = section.value("desc") {
            self.draft.set(&key("desc"), desc, "");
        }
        if let Some(usb) = usb_id(section) {
            self.draft.set(&key("usb"), usb.as_str(), "");
        }
        self.warn_of_repeater(at, driver, port, line);
        for entry in &section.entries {
            let key = entry.key.value.as_str();
            let counts = section.get(key) == Some(entry);
            if counts && !matches!(key, "driver" | "port" | "desc") {
                self.write_option(at, &name, section, entry);
            }
        }
    }

    fn warn_of_repeater(&mut self, at: usize, driver: &str, port: &str, line: Option<usize>) {
        let repeats = matches!(driver, "dummy-ups" | "clone") && port.contains('@');
        if repeats && !is_loopback(port.split('@').nth(1).unwrap_or_default()) {
            let why = "it repeats the UPS of another server: upsctl takes it for one with a cable \
                       of its own";
            let saw = format!("port = {port}");
            let note = self.founds[at].note(Fate::Note, File::Ups, line, saw, why);
            self.notes.push(note);
        }
    }

    fn write_option(&mut self, at: usize, ups: &UpsName, section: &Section, entry: &Entry) {
        let key = entry.key.value.as_str();
        let path = ["ups", ups.as_str(), "options", key];
        let known = lookup(File::Ups, Scope::Section, key);
        let Some(value) = entry.value.as_ref().map(|word| word.value.as_str()) else {
            if known.is_none_or(|directive| directive.kind == Kind::Flag) {
                self.draft.set(&path, true, "");
                return;
            }
            let why = "it has no value, which ends upsdrvctl or the driver: it is left out";
            let line = Some(entry.place.line);
            let note = self.founds[at].note(Fate::Changes, File::Ups, line, key, why);
            self.notes.push(note);
            return;
        };
        let secrets = masking::other_secrets(File::Ups, self.founds[at].text(File::Ups));
        let hidden = option_secret(&section.name, key);
        if let Some(secret) = secrets.get(&hidden) {
            let name = format!("{ups}.{}", key.to_ascii_lowercase());
            self.secrets.insert(name.clone(), secret.clone());
            let source = self.source(&name);
            self.draft.set(&path, source, "");
            return;
        }
        let numeric = known.is_some_and(|directive| directive.kind.takes_number());
        match number(value).filter(|number| numeric && number == value) {
            Some(number) => {
                let number: i64 = number.parse().unwrap_or_default();
                self.draft.set(&path, number, "");
            }
            None => self.draft.set(&path, value, ""),
        }
    }

    /// A name that no other host's UPS has.
    fn name_of(&self, host: &crate::model::name::HostName, section: &str) -> Option<UpsName> {
        let wanted = UpsName::new(section).ok()?;
        let taken = |name: &UpsName| {
            let mut names = self.names.iter();
            names.any(|((other, _), taken)| other != host && taken == name)
        };
        if !taken(&wanted) {
            return Some(wanted);
        }
        let other = UpsName::new(&format!("{host}-{section}")).ok()?;
        (!taken(&other)).then_some(other)
    }
}

/// The USB id, where the section has both halves of it.
fn usb_id(section: &Section) -> Option<UsbId> {
    let (vendor, product) = (section.value("vendorid")?, section.value("productid")?);
    UsbId::parse(&format!("{vendor}:{product}")).ok()
}
