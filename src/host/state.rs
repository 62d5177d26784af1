//! upsctl's own folder on a host. Whoever changes the host holds the lock in it: deploys, rollbacks
//! and drills.

/// The folder; root's alone.
pub const DIR: &str = "/var/lib/upsctl";

/// Shell functions about it: whether it is root's alone.
pub const OWN_FOLDER: &str = include_str!("state.sh");
