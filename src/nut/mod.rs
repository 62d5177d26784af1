//! NUT's own language: lexer, directives per file and version, status words. Pure.

pub mod battery;
pub mod conf;
pub mod directive;
pub mod driver;
pub mod files;
pub mod log;
pub mod secret_words;
pub mod shutdown_command;
pub mod status;
pub mod timing;
pub mod unit;
pub mod ups_name;
pub mod upsc;
pub mod version;
