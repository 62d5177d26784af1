//! From the journals of all hosts to one time line, and to the outages in it. Pure.

mod name;
mod outage;
mod read;

use crate::model::desired::DesiredHost;
use crate::model::event::{Event, History, HostLog};
use crate::model::inventory::Inventory;
use crate::model::journal::HostJournal;

pub use read::read;

/// One host's journal, with what is needed to read it.
pub struct Source<'a> {
    pub inventory: &'a Inventory,
    pub desired: &'a DesiredHost,
    pub journal: &'a HostJournal,
    /// The host's clock minus this machine's, seconds, and how far that may be wrong.
    pub clock: (f64, f64),
}

/// Puts what was read of all hosts together.
pub fn history(inventory: &Inventory, hosts: Vec<HostLog>, mut events: Vec<Event>) -> History {
    events.sort_by(|a, b| a.at_unix_seconds.total_cmp(&b.at_unix_seconds));
    let outages = outage::find(inventory, &events);
    History {
        proposals: outage::proposals(inventory, &outages),
        outages,
        events,
        hosts,
    }
}
