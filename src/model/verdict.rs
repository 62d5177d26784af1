//! What a rule of `doctor` says of one subject: a host, one of its UPSes, one of its MONITOR lines.

use serde::Serialize;

use super::finding::{Finding, Severity};
use super::name::HostName;

/// A rule's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Looked at, and as it should be.
    Pass,
    /// Worth knowing, nothing to mend.
    Note { finding: Finding },
    /// Will hurt one day.
    Warn { finding: Finding },
    /// The chain is broken here.
    Fail { finding: Finding },
    /// Not looked at, because this broken link comes before it.
    Skipped { because: &'static str },
    /// Could not be looked at, which is neither good nor bad.
    Unknown { why: String },
}

impl Verdict {
    /// By how grave the finding is.
    pub fn of(finding: Finding) -> Self {
        match finding.severity {
            Severity::Note => Self::Note { finding },
            Severity::Warning => Self::Warn { finding },
            Severity::Error => Self::Fail { finding },
        }
    }

    /// What was found, if anything was.
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Note { finding } | Self::Warn { finding } | Self::Fail { finding } => {
                Some(finding)
            }
            Self::Pass | Self::Skipped { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The same, to be completed.
    pub fn finding_mut(&mut self) -> Option<&mut Finding> {
        match self {
            Self::Note { finding } | Self::Warn { finding } | Self::Fail { finding } => {
                Some(finding)
            }
            Self::Pass | Self::Skipped { .. } | Self::Unknown { .. } => None,
        }
    }

    /// Whether what depends on it need not be looked at.
    pub fn breaks(&self) -> bool {
        matches!(self, Self::Fail { .. })
    }
}

/// A link of the chain from the mains to the shutdown command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Can the host be looked at, and is it sound.
    Host,
    /// Mains, UPS, battery.
    Power,
    /// USB device, serial port, network card of the UPS.
    Device,
    Driver,
    Upsd,
    Listen,
    /// Name, route, firewall between a client and its server.
    Network,
    /// Users, passwords, roles.
    Login,
    Upsmon,
    Notification,
    Shutdown,
}

impl Link {
    /// Every link, from the cable to the shutdown.
    pub const ALL: [Self; 11] = [
        Self::Host,
        Self::Power,
        Self::Device,
        Self::Driver,
        Self::Upsd,
        Self::Listen,
        Self::Network,
        Self::Login,
        Self::Upsmon,
        Self::Notification,
        Self::Shutdown,
    ];

    /// As people say it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Power => "mains and battery",
            Self::Device => "cable to the UPS",
            Self::Driver => "driver",
            Self::Upsd => "upsd, the server",
            Self::Listen => "address and port",
            Self::Network => "network and firewall",
            Self::Login => "users and roles",
            Self::Upsmon => "upsmon, the watcher",
            Self::Notification => "notification",
            Self::Shutdown => "shutdown",
        }
    }
}

/// One rule applied to one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub rule: &'static str,
    pub title: &'static str,
    pub link: Link,
    pub host: HostName,
    /// `ups` or `ups@server`, where the rule looks at one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The command a person would type; empty where nothing was found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub looked_at: String,
    /// How to see that it is mended; empty where nothing was found.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub check: String,
    /// The commands of the fix, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<FixCommand>,
    /// What `--fix` can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
}

/// A command that a fix names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FixCommand {
    /// Where it is typed: a host, or nothing for this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<HostName>,
    pub run: String,
}

/// A repair that cannot start a shutdown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Repair {
    /// Unmask and start.
    Unmask {
        unit: String,
    },
    Start {
        unit: String,
    },
    Restart {
        unit: String,
    },
    /// Have the driver enumerator make the instances.
    Enumerate,
    /// Bring a file back to what the inventory says.
    Redeploy,
    /// Put owner and mode right.
    Permissions,
}

impl Repair {
    /// What would be done, as a question begins: `start nut-server.service`.
    pub fn describe(&self) -> String {
        match self {
            Self::Unmask { unit } => format!("unmask and start {unit}"),
            Self::Start { unit } => format!("start {unit}"),
            Self::Restart { unit } => format!("restart {unit}"),
            Self::Enumerate => "have the driver units made anew".into(),
            Self::Redeploy => "bring NUT's files back to what the inventory says".into(),
            Self::Permissions => "put owner and mode of NUT's files right".into(),
        }
    }
}

/// What a UPS says, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PowerLine {
    pub host: HostName,
    pub ups: String,
    /// `OL CHRG, 100 %, about 40 min left`.
    pub text: String,
    pub on_battery: bool,
}

/// The whole walk along the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// One sentence: the first broken link, or that all is well.
    pub verdict: String,
    /// What the first broken link means if mains fail now; nothing where none is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// What each UPS says.
    pub power: Vec<PowerLine>,
    /// Every rule on every subject, in the order of the chain.
    pub checks: Vec<Checked>,
}

impl Diagnosis {
    /// The broken links, the root cause first.
    pub fn failures(&self) -> impl Iterator<Item = &Checked> {
        self.checks.iter().filter(|check| check.verdict.breaks())
    }

    /// What will hurt one day.
    pub fn warnings(&self) -> impl Iterator<Item = &Checked> {
        self.checks
            .iter()
            .filter(|check| matches!(check.verdict, Verdict::Warn { .. }))
    }

    /// Whether a host could not be looked at.
    pub fn unreached(&self) -> bool {
        self.failures()
            .any(|check| check.link == Link::Host && UNREACHED.contains(&check.rule))
    }
}

/// Rules that say why a host could not be looked at.
pub const UNREACHED: [&str; 6] = [
    "host-name-unknown",
    "host-unreachable",
    "host-key-not-trusted",
    "ssh-login-refused",
    "sudo-refused",
    "host-look-failed",
];
