//! Data in, text out: what a person reads, what a script parses, what CI annotates.
//!
//! Knows the model and nothing of how hosts are reached or plans are made. Text carries ANSI
//! styles; [`screen`] takes them out where they are not wanted. Text that came from a host is
//! shown with its control characters spelled out.

mod clock;
pub mod diagnostic;
pub mod drill;
pub mod exit_code;
pub mod github;
pub mod human;
pub mod json;
pub mod monitoring;
mod paint;
pub mod progress;
pub mod prometheus;
pub mod prompt;
pub mod rack_power;
pub mod screen;
#[cfg(test)]
mod tests;
pub mod timeline;
pub mod walkthrough;
mod wrap;

pub use exit_code::exit_code;

/// How much is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Nothing about hosts with which all is well, and no progress.
    Quiet,
    #[default]
    Normal,
    /// With evidence and whole logs.
    Verbose,
}
