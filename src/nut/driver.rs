//! NUT's drivers: since when, for what media, in which Debian package, with which keys.

use std::sync::LazyLock;

use super::version::{NutVersion, Suite};

const DRIVERS: &str = include_str!("data/drivers.tsv");
const KEYS: &str = include_str!("data/driver-keys.tsv");

/// What a driver talks over (drivers/Makefile.am).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Media {
    /// A serial line.
    Serial,
    /// USB.
    Usb,
    /// Either, depending on `port` and other keys (`nutdrv_qx`).
    SerialOrUsb,
    /// The network: SNMP, HTTP, another daemon.
    Network,
    /// Modbus over a serial line, TCP or USB.
    Modbus,
    /// I²C.
    I2c,
    /// GPIO lines.
    Gpio,
    /// IPMI of the same host.
    Ipmi,
    /// D-Bus.
    Dbus,
    /// Nothing: a simulation, or another UPS of NUT.
    Software,
    /// The power source of macOS.
    MacOs,
}

impl Media {
    fn parse(text: &str) -> Option<Media> {
        Some(match text.split('(').next()? {
            "serial" => Media::Serial,
            "usb" => Media::Usb,
            "serial+usb" => Media::SerialOrUsb,
            "net" => Media::Network,
            "modbus" => Media::Modbus,
            "i2c" => Media::I2c,
            "gpio" => Media::Gpio,
            "ipmi" => Media::Ipmi,
            "dbus" => Media::Dbus,
            "software" => Media::Software,
            "macos" => Media::MacOs,
            _ => return None,
        })
    }

    /// Whether such a driver may match devices by USB ids.
    pub fn may_be_usb(self) -> bool {
        matches!(self, Media::Usb | Media::SerialOrUsb)
    }
}

/// One driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// The name of its binary.
    pub name: &'static str,
    /// What it talks over.
    pub media: Media,
    /// The first version that has it; 2.7.4 also for everything older.
    pub since: NutVersion,
    /// The last version that has it, if it is gone.
    pub last: Option<NutVersion>,
    packages: [Option<&'static str>; 4],
}

impl Driver {
    /// Whether the version has the driver.
    pub fn known_to(&self, version: NutVersion) -> bool {
        self.since <= version && self.last.is_none_or(|last| version <= last)
    }

    /// The package of a suite that holds it.
    pub fn package(&self, suite: Suite) -> Option<&'static str> {
        self.packages[column(suite)]
    }
}

/// How a driver takes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// `key = value`.
    Value,
    /// A bare word.
    Flag,
    /// `key = value`, which NUT itself keeps secret.
    Secret,
}

struct DriverKey {
    driver: &'static str,
    name: &'static str,
    kinds: [Option<KeyKind>; 4],
}

static DRIVER_TABLE: LazyLock<Vec<Driver>> =
    LazyLock::new(|| rows(DRIVERS).filter_map(driver_row).collect());
static KEY_TABLE: LazyLock<Vec<DriverKey>> =
    LazyLock::new(|| rows(KEYS).filter_map(key_row).collect());

/// The cells of every line behind the header.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.skip(1).map(|line| line.split('\t').collect())
}

fn driver_row(cells: Vec<&'static str>) -> Option<Driver> {
    let [name, media, since, last, packages @ ..] = cells.as_slice() else {
        return None;
    };
    Some(Driver {
        name,
        media: Media::parse(media)?,
        since: NutVersion::parse(since).ok()?,
        last: NutVersion::parse(last).ok(),
        packages: [0, 1, 2, 3]
            .map(|at| packages.get(at).copied().filter(|package| *package != "-")),
    })
}

fn key_row(cells: Vec<&'static str>) -> Option<DriverKey> {
    let [driver, name, kinds @ ..] = cells.as_slice() else {
        return None;
    };
    Some(DriverKey {
        driver,
        name,
        kinds: [0, 1, 2, 3].map(|at| kinds.get(at).and_then(|kind| key_kind(kind))),
    })
}

fn key_kind(text: &str) -> Option<KeyKind> {
    match text {
        "value" => Some(KeyKind::Value),
        "flag" => Some(KeyKind::Flag),
        "secret" => Some(KeyKind::Secret),
        _ => None,
    }
}

fn column(suite: Suite) -> usize {
    match suite {
        Suite::Bullseye => 0,
        Suite::Bookworm => 1,
        Suite::Trixie => 2,
        Suite::Forky => 3,
    }
}

/// Every driver, by name.
pub fn all() -> &'static [Driver] {
    &DRIVER_TABLE
}

/// The driver that people mean by other programs' names for it, and by names of old.
pub fn meant(name: &str) -> Option<&'static str> {
    let meant = match name.to_ascii_lowercase().as_str() {
        "usb" | "usb-hid" | "hid" | "usbhid" | "hid-ups" | "apc" | "apc-usb" | "newhidups" => {
            "usbhid-ups"
        }
        "apcupsd" => "apcupsd-ups",
        "snmp" => "snmp-ups",
        "qx" | "nutdrv" | "megatec" | "megatec_usb" => "nutdrv_qx",
        "blazer" => "blazer_usb",
        "dummy" => "dummy-ups",
        "modbus" => "generic_modbus",
        "ipmi" => "nut-ipmipsu",
        _ => return None,
    };
    Some(meant)
}

/// The driver of a name; its case counts, it is the name of a binary.
pub fn find(name: &str) -> Option<&'static Driver> {
    DRIVER_TABLE.iter().find(|driver| driver.name == name)
}

/// Whether any version of NUT has the driver.
pub fn known(name: &str) -> bool {
    find(name).is_some()
}

/// What the driver talks over.
pub fn media(name: &str) -> Option<Media> {
    find(name).map(|driver| driver.media)
}

/// Debian's package with the driver, in the suite that ships this version or the newest one before.
pub fn package(name: &str, version: NutVersion) -> Option<&'static str> {
    find(name)?.package(Suite::of(version))
}

/// How the driver takes a key of its own; the keys every driver takes are in
/// [`crate::nut::directive`]. Drivers match keys in any case (drivers/main.c).
///
/// `None` means an unknown key, fatal for the driver, only where [`keys_known`] says so.
pub fn key(driver: &str, key: &str, version: NutVersion) -> Option<KeyKind> {
    keys(driver, version)
        .find(|(name, _)| name.eq_ignore_ascii_case(key))
        .map(|(_, kind)| kind)
}

/// Every key of a driver's own in this version.
pub fn keys(driver: &str, version: NutVersion) -> impl Iterator<Item = (&'static str, KeyKind)> {
    let at = column(Suite::of(version));
    let own = KEY_TABLE.iter().filter(move |row| row.driver == driver);
    own.filter_map(move |row| row.kinds[at].map(|kind| (row.name, kind)))
}

/// Whether the keys of the driver in this version are known completely: it is one that Debian
/// ships, and its `-L` could be read.
pub fn keys_known(driver: &str, version: NutVersion) -> bool {
    let suite = Suite::of(version);
    let unread = suite == Suite::Bullseye && matches!(driver, "nut-ipmipsu" | "powerman-pdu");
    let shipped = find(driver).is_some_and(|driver| driver.package(suite).is_some());
    suite.nut() == version && shipped && !unread
}

/// The versions of Debian in which the driver takes the key.
pub fn key_suites(driver: &str, key: &str) -> Vec<Suite> {
    let takes = |suite: &Suite| self::key(driver, key, suite.nut()).is_some();
    Suite::ALL.into_iter().filter(takes).collect()
}

/// Every key that NUT keeps secret for any driver.
pub fn secret_keys() -> impl Iterator<Item = &'static str> {
    let secret = |row: &&DriverKey| row.kinds.contains(&Some(KeyKind::Secret));
    KEY_TABLE.iter().filter(secret).map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        assert_eq!(DRIVER_TABLE.len(), rows(DRIVERS).count());
        assert_eq!(all().len(), 81);
        assert_eq!(KEY_TABLE.len(), rows(KEYS).count());
        assert!(KEY_TABLE.iter().all(|key| known(key.driver)));
        assert!(
            KEY_TABLE
                .iter()
                .all(|key| key.kinds.iter().any(Option::is_some))
        );
    }

    #[test]
    fn a_driver_lives_in_a_package_of_its_suite() {
        assert_eq!(package("snmp-ups", NutVersion::V2_8_0), Some("nut-snmp"));
        assert_eq!(
            package("usbhid-ups", NutVersion::V2_8_4),
            Some("nut-server")
        );
        assert_eq!(package("generic_modbus", NutVersion::V2_7_4), None);
        assert_eq!(
            package("generic_modbus", NutVersion::V2_8_1),
            Some("nut-modbus")
        );
        assert!(!known("megatec_usb"));
        assert!(
            find("oldmge-shut")
                .is_some_and(|d| d.known_to(NutVersion::V2_7_4) && !d.known_to(NutVersion::V2_8_0))
        );
    }

    #[test]
    fn a_driver_has_its_media() {
        assert_eq!(media("usbhid-ups"), Some(Media::Usb));
        assert_eq!(media("nutdrv_qx"), Some(Media::SerialOrUsb));
        assert_eq!(media("snmp-ups"), Some(Media::Network));
        assert_eq!(media("dummy-ups"), Some(Media::Software));
        assert_eq!(media("apc_modbus"), Some(Media::Modbus));
    }

    #[test]
    fn keys_depend_on_the_version() {
        assert_eq!(key("dummy-ups", "mode", NutVersion::V2_7_4), None);
        assert_eq!(
            key("dummy-ups", "mode", NutVersion::V2_8_0),
            Some(KeyKind::Value)
        );
        assert_eq!(
            key("usbhid-ups", "POLLONLY", NutVersion::V2_8_0),
            Some(KeyKind::Flag)
        );
        assert_eq!(
            key("snmp-ups", "community", NutVersion::V2_8_1),
            Some(KeyKind::Secret)
        );
        assert_eq!(
            key_suites("usbhid-ups", "allow_duplicates"),
            [Suite::Trixie, Suite::Forky]
        );
    }

    #[test]
    fn a_missing_key_is_an_error_only_where_all_are_known() {
        assert!(keys_known("usbhid-ups", NutVersion::V2_8_0));
        assert!(!keys_known("usbhid-ups", NutVersion::V2_8_4));
        assert!(!keys_known("powerman-pdu", NutVersion::V2_7_4));
        assert!(!keys_known("failover", NutVersion::V2_8_1));
    }

    #[test]
    fn secret_keys_are_known() {
        let mut keys: Vec<_> = secret_keys().collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "authPassword",
                "community",
                "login",
                "password",
                "privPassword",
                "secName"
            ]
        );
    }
}
