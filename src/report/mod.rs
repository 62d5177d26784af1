//! Data in, text out.

pub mod diagnostic;
