//! `upsctl`: a UPS, a Proxmox host and its NUT clients, deployed and checked from one inventory.
//! `ARCHITECTURE.md` has the map of the layers.

pub mod apply;
pub mod cli;
pub mod cmd;
pub mod disk;
pub mod drill;
pub mod events;
pub mod exit;
pub mod flow;
pub mod host;
pub mod import;
pub mod inventory;
pub mod model;
pub mod nut;
pub mod observe;
pub mod plan;
pub mod prom;
pub mod render;
pub mod report;
pub mod rules;
pub mod site;
pub mod status;
pub mod time;
pub mod truenas;
