//! Things that are wrong across the inventory.
use super::source::SourceMap;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::Inventory;

pub(super) fn check(_: &Inventory, _: &SourceMap, _: &mut Vec<Diagnostic>) {}
