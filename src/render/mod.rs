//! From the inventory to what a host should have: derive, render by templates, check.
//!
//! Pure but for [`Templates::load`]. Passwords are never here: a rendered file has references in
//! their places.

mod by_hand;
mod check;
mod context;
pub mod derive;
mod desired;
mod env;
mod excerpt;
mod password;
mod roundtrip;
mod templates;

pub use by_hand::by_hand;
pub use check::check_text;
pub use derive::{Derived, InventoryIndex};
pub use desired::{ASSUMED, desired};
pub use roundtrip::verify as verify_roundtrip;
pub use templates::{BUILT_IN, Templates};

#[cfg(test)]
mod tests;
