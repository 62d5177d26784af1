//! From hosts that were set up by hand to an inventory whose deploy changes nothing that matters.
//!
//! Pure: what was seen on the hosts goes in, TOML documents, passwords and notes come out. What
//! `render` derives is not written; what differs from it is ([`overrides`]), and what is left then
//! is said, line by line ([`differs`]).

mod addresses;
mod build;
mod differs;
mod draft;
mod effective;
mod found;
mod overrides;
mod stranger;
mod ups;
mod user;
mod watch;

pub use addresses::Addresses;
pub use build::{Imported, Passwords, import};
pub use differs::differs;
pub use draft::{Draft, Written};
pub use found::{LookedAt, Target, reachable, unusable};
