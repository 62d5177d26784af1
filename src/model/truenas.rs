//! A TrueNAS as a NUT client: what its middleware's `ups.config` and `service.query` say, and should.
//!
//! Field names are the middleware's own (middleware 23.10 to 26, `plugins/ups.py`: the same 19
//! writable fields in each).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the service in the middleware.
pub const SERVICE: &str = "ups";
/// The field with the password. Its value is in no [`Fields`].
pub const PASSWORD: &str = "monpwd";

/// The upsmon.conf directives that TrueNAS has a field for, and the field.
pub const DIRECTIVES: [(&str, &str); 3] = [
    ("HOSTSYNC", "hostsync"),
    ("NOCOMMWARNTIME", "nocommwarntime"),
    ("SHUTDOWNCMD", "shutdowncmd"),
];

/// Fields of `ups.config` by name, never the password.
pub type Fields = BTreeMap<String, Value>;

/// What a TrueNAS should have; its service enabled and running.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DesiredTrueNas {
    pub fields: Fields,
    /// The NUT user whose password it has.
    pub user: String,
}

/// What was seen of a TrueNAS through its middleware.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObservedTrueNas {
    /// As `system.version` has it: `TrueNAS-25.04.2.6`.
    pub version: String,
    pub fields: Fields,
    pub password: PasswordSeen,
    /// `RUNNING`, `STOPPED` or `UNKNOWN`. That it runs proves no login.
    pub state: String,
    /// Whether the service starts at boot.
    pub enabled: bool,
    /// Its upsmon.conf, where that can be read.
    #[serde(default)]
    pub generated: Generated,
}

impl ObservedTrueNas {
    /// Whether the service runs.
    pub fn runs(&self) -> bool {
        self.state == "RUNNING"
    }
}

/// How the stored password compares with the one of the inventory. The box or upsctl compares;
/// neither says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordSeen {
    #[default]
    NotCompared,
    Same,
    Other,
    Empty,
}

/// Whether the upsmon.conf on the box is what the middleware makes of its configuration: it writes
/// the file when the service starts, and only then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Generated {
    #[default]
    NotRead,
    Absent,
    Same,
    Other,
}
