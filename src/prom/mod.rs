//! Prometheus: asking it, reading what it answers, and knowing NUT's exporters.
//!
//! [`Client`] is the only I/O; everything else is text in, values out. Nothing here knows hosts or
//! reports. What the exporters call their series is a fact of each; the sources stand beside them.

pub mod agree;
pub mod alert;
pub mod answer;
mod client;
pub mod expression;
pub mod family;
pub mod plug;
mod problem;
pub mod recommended;
pub mod series;

pub use client::{Client, Login, Request, Settings};
pub use problem::{Problem, Stage};
