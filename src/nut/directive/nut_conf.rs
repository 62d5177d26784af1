//! nut.conf(5), Debian's wrappers of `upsd` and `upsmon`, and systemd's EnvironmentFile.

use super::{Directive, File, Kind, Scope};
use crate::nut::version::NutVersion;

const fn var(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::Nut, Scope::Top, name, kind).restart()
}

const TRUE_FALSE: Kind = Kind::Words(&["true", "false"]);

pub(super) static TABLE: &[Directive] = &[
    var(
        "MODE",
        Kind::Words(&["none", "standalone", "netserver", "netclient"]),
    )
    .default("none")
    .note("case counts; with any other word Debian's wrappers end without a message"),
    var("ALLOW_NO_DEVICE", Kind::BoolWord).since(NutVersion::V2_8_0),
    var("ALLOW_NOT_ALL_LISTENERS", Kind::BoolWord).since(NutVersion::V2_8_2),
    var("UPSD_OPTIONS", Kind::Text).note("ignored under systemd"),
    var("UPSMON_OPTIONS", Kind::Text).note("ignored under systemd"),
    var("POWEROFF_WAIT", Kind::Text)
        .note("Debian 12 and 13: wait so long after the UPS was told to cut, then reboot"),
    var("POWEROFF_QUIET", TRUE_FALSE).since(NutVersion::V2_8_1),
    var("NUT_DEBUG_LEVEL", Kind::Integer).since(NutVersion::V2_8_1),
    var("NUT_DEBUG_PID", TRUE_FALSE).since(NutVersion::V2_8_1),
    var("NUT_QUIET_INIT_SSL", TRUE_FALSE).since(NutVersion::V2_8_1),
    var("NUT_QUIET_INIT_UPSNOTIFY", TRUE_FALSE).since(NutVersion::V2_8_1),
    var(
        "NUT_DEBUG_SYSLOG",
        Kind::Words(&["stderr", "none", "default", "both"]),
    )
    .since(NutVersion::V2_8_3),
    var("NUT_IGNORE_CHECKPROCNAME", TRUE_FALSE).since(NutVersion::V2_8_3),
    var("NUT_PIDPATH", Kind::Path).since(NutVersion::V2_8_3),
    var("NUT_DEFAULT_CONNECT_TIMEOUT", Kind::Seconds).since(NutVersion::V2_8_3),
    var("NUT_QUIET_INIT_BANNER", TRUE_FALSE).since(NutVersion::V2_8_3),
    var("NUT_QUIET_INIT_LISTENER", TRUE_FALSE).since(NutVersion::V2_8_3),
    var("NUT_DEBUG_PROCNAME", TRUE_FALSE).since(NutVersion::V2_8_5),
];
