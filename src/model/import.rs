//! What `import` has to say of what it read: what a deploy would change, and what it would not.

use serde::Serialize;

use super::name::HostName;

/// What becomes of something that stands on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It cannot be carried: after a deploy it means something else.
    Changes,
    /// It stays on the host as it is; upsctl does not manage it.
    Stays,
    /// It is worth a look, and nothing changes.
    Note,
    /// It is written in another way and means the same.
    Form,
}

/// One thing that stands on a host, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ImportNote {
    pub fate: Fate,
    pub host: HostName,
    /// The file's name in /etc/nut; empty for what is in none.
    pub file: String,
    /// The line it stands in, from 1.
    pub line: Option<usize>,
    /// What stands there, or what a deploy would add. No secret is in it.
    pub saw: String,
    /// Why, and what becomes of it.
    pub why: String,
}
