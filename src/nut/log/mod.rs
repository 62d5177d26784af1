//! What upsmon and upsd write to the log (clients/upsmon.c, clients/upsmon.h, server/upsd.c,
//! server/netuser.c; 2.7.4 to 2.8.5). All texts are English: NUT has no translations.

mod fixed;
mod notify;

pub use notify::Texts;

/// What one line of the log says. `system` is `ups[@host[:port]]` as upsmon.conf has it, `ups` the
/// bare name that upsd uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// upsmon notified: the name of the event in NOTIFYMSG, the UPS where the text names one.
    Notified {
        event: &'static str,
        system: Option<String>,
        /// What the second `%s` stood for: alarms, unknown words.
        detail: Option<String>,
    },
    /// `Executing automatic power-fail shutdown`: this host goes down; SHUTDOWNCMD follows after
    /// FINALDELAY.
    Executing,
    /// The primary waited HOSTSYNC seconds and goes down with secondaries still logged in.
    HostSyncExpired,
    /// The secondary waited HOSTSYNC seconds for FSD and goes down without.
    GaveUpOnPrimary { system: String },
    /// Someone ran `upsmon -c fsd`.
    FsdRequested,
    /// The primary could not set FSD: the secondaries never hear of it.
    FsdRefused { system: String },
    /// 2.8.5: fewer UPSes are healthy than MINSUPPLIES asks for.
    TooFewSupplies,
    /// upsd refused the login of this host's upsmon.
    LoginRefused { system: String, answer: String },
    /// The primary's user may not act as one.
    NotPrimary { system: String },
    /// upsmon cannot reach upsd.
    ConnectFailed { system: String, why: String },
    /// upsd: a client logged in.
    LoggedIn {
        user: String,
        address: String,
        ups: String,
    },
    /// upsd: a client said LOGOUT. One that goes down or loses its link leaves no line.
    LoggedOut {
        user: String,
        address: String,
        ups: String,
    },
    /// upsd: a client set FSD.
    FsdSet {
        user: String,
        address: String,
        ups: String,
    },
    /// upsd: the driver says nothing any more.
    DataStale { ups: String },
    /// upsd: the driver speaks again.
    DataFresh { ups: String },
    /// upsd: the driver's socket is gone.
    DriverLost { ups: String },
    /// upsd: the driver's socket is there.
    DriverFound { ups: String },
}

/// Reads one message with the texts of its host; nothing when it tells of no event.
pub fn read(message: &str, texts: &Texts) -> Option<Said> {
    let message = message.trim_end();
    texts.notified(message).or_else(|| fixed::read(message))
}
