//! upsmon.conf(5), clients/upsmon.c.

use super::{Directive, File, Kind, Scope};
use crate::nut::version::NutVersion;

const fn top(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::Upsmon, Scope::Top, name, kind)
}

pub(super) static TABLE: &[Directive] = &[
    top("MONITOR", Kind::Monitor)
        .repeatable()
        .note("any type but primary and master is a secondary, without a word"),
    top("MINSUPPLIES", Kind::Integer)
        .default("1")
        .note("more than the sum of the power values: upsmon ends, also on reload; 0: it never shuts down"),
    top("SHUTDOWNCMD", Kind::Command)
        .restart()
        .note("one word: quote it"),
    top("POWERDOWNFLAG", Kind::Path)
        .restart()
        .note("without it the UPS is never cut off"),
    top("POLLFREQ", Kind::Seconds)
        .default("5")
        .note("0 is a busy loop"),
    top("POLLFREQALERT", Kind::Seconds)
        .default("5")
        .note("0 is a busy loop"),
    top("HOSTSYNC", Kind::Seconds).default("15"),
    top("DEADTIME", Kind::Seconds)
        .default("15")
        .note("2.8.1 and 2.8.2 do not honour it on battery"),
    top("FINALDELAY", Kind::Seconds).default("5"),
    top("RBWARNTIME", Kind::Seconds).default("43200"),
    top("NOCOMMWARNTIME", Kind::Seconds).default("300"),
    top("OFFDURATION", Kind::SignedSeconds)
        .since(NutVersion::V2_8_1)
        .default("30")
        .note("0 at once, below 0 never"),
    top("OBLBDURATION", Kind::Seconds)
        .since(NutVersion::V2_8_3)
        .default("0"),
    top("OVERDURATION", Kind::SignedSeconds)
        .since(NutVersion::V2_8_3)
        .default("-1"),
    top("ALARMCRITICAL", Kind::Bool01)
        .since(NutVersion::V2_8_3)
        .default("1"),
    top("POLLFAIL_LOG_THROTTLE_MAX", Kind::SignedInteger)
        .since(NutVersion::V2_8_1)
        .default("-1")
        .note("0 logs only changes"),
    top("SHUTDOWNEXIT", Kind::YesNoSeconds)
        .since(NutVersion::V2_8_1)
        .default("yes"),
    top("NOTIFYCMD", Kind::Command).note("runs as RUN_AS_USER through a shell, with the message as its argument"),
    top("NOTIFYMSG", Kind::NotifyMessage)
        .repeatable()
        .note("a printf format: at most one %s, no other %"),
    top("NOTIFYFLAG", Kind::NotifyFlags).repeatable(),
    top("RUN_AS_USER", Kind::Account)
        .default("nut")
        .restart(),
    top("CERTPATH", Kind::Path).restart(),
    top("CERTIDENT", Kind::CertIdent).restart(),
    top("CERTHOST", Kind::CertHost)
        .repeatable()
        .note("for new connections"),
    top("CERTVERIFY", Kind::Bool01)
        .default("0")
        .note("for new connections; needs CERTPATH"),
    top("FORCESSL", Kind::Bool01)
        .default("0")
        .note("for new connections"),
    top("CERTFILE", Kind::Path)
        .since(NutVersion::V2_8_6)
        .restart(),
    top("DEBUG_MIN", Kind::Integer)
        .since(NutVersion::V2_8_0)
        .default("0")
        .any_case(),
];
