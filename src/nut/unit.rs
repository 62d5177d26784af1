//! The systemd units of NUT as Debian names them (debian/nut-server.install, nut-client.install).

use super::version::NutVersion;

/// Runs upsd.
pub const SERVER: &str = "nut-server.service";
/// Runs upsmon.
pub const MONITOR: &str = "nut-monitor.service";
/// What starts NUT at boot, since 2.8.0.
pub const TARGET: &str = "nut.target";
/// What starts the drivers at boot, since 2.8.0.
pub const DRIVER_TARGET: &str = "nut-driver.target";
/// Makes the instances of `nut-driver@` from ups.conf, since 2.8.0.
pub const ENUMERATOR: &str = "nut-driver-enumerator.service";
/// Starts [`ENUMERATOR`] when ups.conf changes.
pub const ENUMERATOR_PATH: &str = "nut-driver-enumerator.path";
/// Runs every driver, before 2.8.0.
pub const DRIVERS: &str = "nut-driver.service";

/// The unit that runs the driver of a UPS: one for each since 2.8.0, one for all before.
pub fn driver(ups: &str, version: NutVersion) -> String {
    if version < NutVersion::V2_8_0 {
        DRIVERS.into()
    } else {
        instance(ups)
    }
}

/// The instance of `nut-driver@` for a UPS.
pub fn instance(ups: &str) -> String {
    format!("nut-driver@{ups}.service")
}
