//! The words every layer shares: pure data, no I/O, no printing.

pub mod bundle;
pub mod desired;
pub mod diagnostic;
pub mod drill;
pub mod duration;
pub mod event;
pub mod finding;
pub mod history;
mod host_error;
pub mod import;
pub mod inventory;
pub mod journal;
pub mod key_path;
pub mod masking;
pub mod metrics;
pub mod name;
pub mod nearest;
pub mod observed;
pub mod outcome;
pub mod plan;
pub mod power;
pub mod proxmox;
pub mod secret;
pub mod source;
pub mod status;
pub mod text;
pub mod verdict;
