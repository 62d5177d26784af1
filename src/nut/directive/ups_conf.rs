//! ups.conf(5); drivers/main.c, drivers/upsdrvctl.c, drivers/usb-common.c.
//!
//! Keys of single drivers are not here but in [`crate::nut::driver`].

use super::{Directive, File, Kind, Scope};
use crate::nut::version::NutVersion;

const fn global(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::Ups, Scope::Top, name, kind).restart()
}

const fn key(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::Ups, Scope::Section, name, kind).restart()
}

pub(super) static TABLE: &[Directive] = &[
    global("chroot", Kind::Path),
    global("driverpath", Kind::Path),
    global("maxstartdelay", Kind::Seconds).default("45"),
    global("maxretry", Kind::Integer).default("1"),
    global("retrydelay", Kind::Seconds).default("5"),
    global("nowait", Kind::Flag).since(NutVersion::V2_8_0),
    global("pollinterval", Kind::Seconds)
        .default("2")
        .note("0 is fatal for a driver since 2.8.0"),
    global("synchronous", Kind::YesNoAuto)
        .default("auto")
        .note("2.7.4 knows only yes and no, and takes no as default"),
    global("user", Kind::Account).default("nut"),
    global("group", Kind::Account)
        .since(NutVersion::V2_8_0)
        .default("nut"),
    global("debug_min", Kind::Integer)
        .since(NutVersion::V2_8_0)
        .default("0")
        .note("in any case only since 2.8.3"),
    global("LIBUSB_DEBUG", Kind::Integer).since(NutVersion::V2_8_3),
    global("STATEPATH", Kind::Path)
        .since(NutVersion::V2_8_3)
        .any_case(),
    key("driver", Kind::Driver),
    key("port", Kind::Port).note("USB drivers ignore it: use `auto`"),
    key("desc", Kind::Text).note("only for upsd"),
    key("sdorder", Kind::SignedInteger).default("0").note(
        "-1 leaves the UPS out of the shutdown; upsdrvctl drops it as the first line of a section",
    ),
    key("maxstartdelay", Kind::Seconds)
        .since(NutVersion::V2_8_3)
        .note("fatal for the driver before 2.8.3"),
    key("maxretry", Kind::Integer)
        .since(NutVersion::V2_8_3)
        .note("fatal for the driver before 2.8.3"),
    key("retrydelay", Kind::Seconds)
        .since(NutVersion::V2_8_3)
        .note("fatal for the driver before 2.8.3"),
    key("nolock", Kind::Flag),
    key("ignorelb", Kind::Flag)
        .note("needs battery.charge and .low, or battery.runtime and .low; else the driver ends"),
    key("user", Kind::Account).since(NutVersion::V2_8_0),
    key("group", Kind::Account).since(NutVersion::V2_8_0),
    key("debug_min", Kind::Integer)
        .since(NutVersion::V2_8_0)
        .note("in any case only since 2.8.3, fatal before"),
    key("synchronous", Kind::YesNoAuto),
    key("pollinterval", Kind::Seconds),
    key("default.*", Kind::Variable).repeatable(),
    key("override.*", Kind::Variable)
        .repeatable()
        .note("makes the variable immutable"),
    key("sddelay", Kind::Obsolete).note("obsolete"),
    key("allow_killpower", Kind::Flag).since(NutVersion::V2_8_1),
    key("sdcommands", Kind::Text).since(NutVersion::V2_8_3),
    key("LIBUSB_DEBUG", Kind::Integer).since(NutVersion::V2_8_3),
];
