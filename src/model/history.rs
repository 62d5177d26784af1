//! Earlier deploys of a host.

use std::collections::BTreeMap;

use serde::Serialize;

use super::secret::Secret;
use crate::nut::directive::File;

/// What a host remembers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct History {
    /// Oldest first.
    pub entries: Vec<PastDeploy>,
    /// The deploy that was asked for, and its backups: files as they were before it.
    #[serde(skip)]
    pub target: Option<String>,
    #[serde(skip)]
    pub backups: BTreeMap<File, Option<Backup>>,
    /// What a TrueNAS has kept of its configuration, without the password.
    #[serde(skip)]
    pub settings: Option<String>,
}

/// One deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastDeploy {
    pub id: String,
    /// Which deploy of its host it is, as the host counts; 0 where none was counted.
    pub number: u64,
    /// `confirmed`, `undone`, `undo-failed`, or where it stopped.
    pub state: String,
    /// Who did it.
    pub holder: String,
    /// Unix time on the host, seconds.
    pub started: u64,
    pub files: Vec<String>,
    /// `ACTION UNIT`.
    pub units: Vec<String>,
    /// The deploy that this one, a rollback, undid with all later ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
}

/// A file as it was.
#[derive(Debug, Clone)]
pub struct Backup {
    /// `OWNER:GROUP/MODE`.
    pub meta: String,
    pub content: Secret,
}
