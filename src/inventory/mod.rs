//! The inventory: from TOML files to the model, with every error of a run at its place.
//!
//! [`load`] goes in steps, and each reports all it can see: read and parse the files ([`read`]),
//! merge them ([`tree`]), hold them against the JSON Schema of the model's types ([`shape`]), then
//! against one another ([`check`]). What is said here is wrong beyond doubt; what may be meant is
//! left to the lint rules.

mod check;
mod duplicate;
mod leaf;
mod load;
mod mask;
mod read;
mod schema;
pub mod secrets;
mod select;
mod shape;
mod source;
mod spot;
mod tree;

pub use load::{Loaded, load};
pub use schema::schema;
pub use select::select;
pub use source::SourceMap;

/// The text of an inventory file with every password in it masked.
pub fn masked(text: &str) -> String {
    let masks = mask::masks(text);
    let lines = text.split('\n').zip(&masks);
    let lines: Vec<String> = lines.map(|(line, mask)| mask.apply(line)).collect();
    lines.join("\n")
}

/// The commented inventory that `upsctl init` writes.
pub fn starter() -> &'static str {
    include_str!("../../inventory/site.toml")
}
