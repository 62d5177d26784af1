use super::ParsedHost;
use crate::model::observed::Reading;
use crate::nut::battery::{self, Variables};
use crate::nut::driver::{self, Media};
use crate::nut::files::{Entry, Section};
use crate::nut::unit;

/// The keys by which a USB driver chooses its device (drivers/usb-common.c).
const USB_KEYS: [&str; 8] = [
    "serial",
    "vendorid",
    "productid",
    "vendor",
    "product",
    "bus",
    "device",
    "busport",
];

/// One UPS of a host's ups.conf.
#[derive(Clone, Copy)]
pub struct ParsedUps<'a> {
    pub host: ParsedHost<'a>,
    pub section: &'a Section,
}

impl<'a> ParsedHost<'a> {
    /// The UPSes of its ups.conf that exist for NUT.
    pub fn upses(self) -> impl Iterator<Item = ParsedUps<'a>> + use<'a> {
        let sections = self.ups_conf().map_or(&[][..], |conf| &conf.sections);
        let existing = sections.iter().filter(|section| section.exists());
        existing.map(move |section| ParsedUps {
            host: self,
            section,
        })
    }
}

impl<'a> ParsedUps<'a> {
    pub fn name(self) -> &'a str {
        &self.section.name
    }

    pub fn driver(self) -> Option<&'a str> {
        self.section.driver()
    }

    /// The unit that runs its driver.
    pub fn unit(self) -> String {
        unit::driver(self.name(), self.host.version())
    }

    /// The value that counts of a key, whatever its case: drivers do not tell it apart.
    pub fn value(self, key: &str) -> Option<&'a str> {
        let mut entries = self.section.entries.iter().rev();
        let entry = entries.find(|entry| entry.key.value.eq_ignore_ascii_case(key))?;
        entry.value.as_ref().map(|word| word.value.as_str())
    }

    /// Whether it has a key, as a flag or with a value.
    pub fn has(self, key: &str) -> bool {
        let mut entries = self.section.entries.iter();
        entries.any(|entry| entry.key.value.eq_ignore_ascii_case(key))
    }

    /// A limit of a low battery in ups.conf that nobody goes by; see [`battery::only_shown`].
    pub fn limit_only_shown(self) -> Option<&'a Entry> {
        let said = match self.reading() {
            Some(Reading::Variables(variables)) => Some(Variables(variables)),
            _ => None,
        };
        battery::only_shown(self.section, said)
    }

    /// Whether its driver talks over USB. nutdrv_qx does when its port is `auto` or it has a key
    /// that only makes sense there.
    pub fn is_usb(self) -> bool {
        let has = |key: &&str| self.value(key).is_some();
        match self.driver().and_then(driver::media) {
            Some(Media::Usb) => true,
            Some(Media::SerialOrUsb) => {
                let more = ["subdriver", "langid_fix"];
                self.section.port() == Some("auto") || USB_KEYS.iter().chain(&more).any(has)
            }
            _ => false,
        }
    }

    /// Whether nothing keeps its driver and that of another UPS from taking the same device.
    pub fn is_confusable(self, other: ParsedUps<'_>) -> bool {
        let has_any = |ups: ParsedUps<'_>| USB_KEYS.iter().any(|key| ups.value(key).is_some());
        let differ = |key: &&str| match (self.value(key), other.value(key)) {
            (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
            // Both have keys, of different kinds: whoever wrote them knows why.
            (Some(_), None) => has_any(other),
            (None, Some(_)) => has_any(self),
            (None, None) => false,
        };
        // Two drivers that each take the first device they know may know the same one.
        let blind = !has_any(self) && !has_any(other);
        (blind || self.driver() == other.driver()) && !USB_KEYS.iter().any(differ)
    }

    /// What the server's own upsd says of it.
    pub fn reading(self) -> Option<&'a Reading> {
        let expected = self.host.expect().ups.iter();
        let system = expected
            .filter(|ups| ups.name.as_str() == self.name())
            .map(|ups| ups.system.clone());
        let readings = &self.host.look()?.ups;
        let systems = system.chain([format!("{}@127.0.0.1", self.name())]);
        systems
            .collect::<Vec<_>>()
            .iter()
            .find_map(|system| readings.get(system))
    }

    /// Whether upsd has a status of it.
    pub fn delivers(self) -> bool {
        self.reading().and_then(Reading::status).is_some()
    }

    /// A variable of it.
    pub fn variable(self, name: &str) -> Option<&'a str> {
        match self.reading()? {
            Reading::Variables(variables) => variables.get(name).map(String::as_str),
            Reading::Error(_) | Reading::TimedOut => None,
        }
    }

    /// A variable of it that is a number.
    pub fn number(self, name: &str) -> Option<f64> {
        self.variable(name)?.trim().parse().ok()
    }
}
