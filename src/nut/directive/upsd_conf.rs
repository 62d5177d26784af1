//! upsd.conf(5), server/conf.c.

use super::{Directive, File, Kind, Scope};
use crate::nut::version::NutVersion;

const fn top(name: &'static str, kind: Kind) -> Directive {
    Directive::new(File::Upsd, Scope::Top, name, kind)
}

pub(super) static TABLE: &[Directive] = &[
    top("MAXAGE", Kind::Seconds)
        .default("15")
        .note("a driver silent for longer is stale"),
    top("TRACKINGDELAY", Kind::Seconds)
        .since(NutVersion::V2_8_0)
        .default("3600"),
    top("ALLOW_NO_DEVICE", Kind::BoolWord)
        .since(NutVersion::V2_8_0)
        .default("no")
        .restart()
        .note("an environment variable of the same name wins"),
    top("ALLOW_NOT_ALL_LISTENERS", Kind::BoolWord)
        .since(NutVersion::V2_8_2)
        .default("no")
        .restart(),
    top("STATEPATH", Kind::Path)
        .default("/run/nut")
        .restart()
        .note("drivers do not read it: a value of its own separates upsd from them"),
    top("DATAPATH", Kind::Path).restart(),
    top("LISTEN", Kind::Listen)
        .default("127.0.0.1 3493")
        .restart()
        .repeatable()
        .note("ignored on reload"),
    top("MAXCONN", Kind::Integer)
        .note("counts drivers, listeners and clients; below 1 upsd ends, also on reload"),
    top("CERTFILE", Kind::Path)
        .restart()
        .note("only of a build with OpenSSL; Debian's is NSS and calls it invalid"),
    top("CERTPATH", Kind::Path)
        .restart()
        .note("without CERTIDENT upsd runs without TLS"),
    top("CERTIDENT", Kind::CertIdent).restart(),
    top(
        "CERTREQUEST",
        Kind::Words(&["0", "1", "2", "NO", "REQUEST", "REQUIRE"]),
    )
    .default("0")
    .restart()
    .note("Debian 12 and 13 call it invalid; the words are known since 2.8.5"),
    top("DISABLE_WEAK_SSL", Kind::BoolWord)
        .since(NutVersion::V2_8_0)
        .default("no")
        .restart(),
    top("DEBUG_MIN", Kind::Integer)
        .since(NutVersion::V2_8_0)
        .default("0")
        .any_case(),
    top("ACCEPT", Kind::Obsolete).note("no longer supported; use LISTEN"),
    top("REJECT", Kind::Obsolete).note("no longer supported; use LISTEN"),
    top("ACL", Kind::Obsolete).note("no longer supported; use LISTEN"),
];
