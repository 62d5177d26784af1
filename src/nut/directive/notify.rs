use crate::nut::version::NutVersion;

/// An event upsmon can notify about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifyType {
    /// Its name in NOTIFYMSG and NOTIFYFLAG, matched in any case.
    pub name: &'static str,
    /// The first version that knows it.
    pub since: NutVersion,
    /// Takes a second `%s` in its message.
    pub two_texts: bool,
}

const fn notify(name: &'static str, since: NutVersion) -> NotifyType {
    NotifyType {
        name,
        since,
        two_texts: false,
    }
}

const fn with_text(name: &'static str, since: NutVersion) -> NotifyType {
    NotifyType {
        name,
        since,
        two_texts: true,
    }
}

/// Every notify type (`notifylist`, clients/upsmon.h), oldest first.
pub const NOTIFY_TYPES: &[NotifyType] = &[
    notify("ONLINE", NutVersion::V2_7_4),
    notify("ONBATT", NutVersion::V2_7_4),
    notify("LOWBATT", NutVersion::V2_7_4),
    notify("FSD", NutVersion::V2_7_4),
    notify("COMMOK", NutVersion::V2_7_4),
    notify("COMMBAD", NutVersion::V2_7_4),
    notify("SHUTDOWN", NutVersion::V2_7_4),
    notify("REPLBATT", NutVersion::V2_7_4),
    notify("NOCOMM", NutVersion::V2_7_4),
    notify("NOPARENT", NutVersion::V2_7_4),
    notify("CAL", NutVersion::V2_8_0),
    notify("OFF", NutVersion::V2_8_1),
    notify("NOTOFF", NutVersion::V2_8_1),
    notify("BYPASS", NutVersion::V2_8_1),
    notify("NOTBYPASS", NutVersion::V2_8_1),
    notify("NOTCAL", NutVersion::V2_8_2),
    notify("ECO", NutVersion::V2_8_3),
    notify("NOTECO", NutVersion::V2_8_3),
    with_text("ALARM", NutVersion::V2_8_3),
    notify("NOTALARM", NutVersion::V2_8_3),
    notify("OVER", NutVersion::V2_8_3),
    notify("NOTOVER", NutVersion::V2_8_3),
    notify("TRIM", NutVersion::V2_8_3),
    notify("NOTTRIM", NutVersion::V2_8_3),
    notify("BOOST", NutVersion::V2_8_3),
    notify("NOTBOOST", NutVersion::V2_8_3),
    with_text("OTHER", NutVersion::V2_8_3),
    notify("NOTOTHER", NutVersion::V2_8_3),
    notify("SUSPEND_STARTING", NutVersion::V2_8_3),
    notify("SUSPEND_FINISHED", NutVersion::V2_8_3),
    notify("SHUTDOWN_HOSTSYNC", NutVersion::V2_8_5),
    notify("SUSPEND_TIMEJUMP_UNEXPECTED", NutVersion::V2_8_6),
];

/// The flags of NOTIFYFLAG; their case counts (clients/upsmon.c). IGNORE beats all others.
pub const NOTIFY_FLAGS: &[&str] = &["IGNORE", "SYSLOG", "WALL", "EXEC"];

/// The notify type of a name, in any case.
pub fn notify_type(name: &str) -> Option<&'static NotifyType> {
    NOTIFY_TYPES
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
}
