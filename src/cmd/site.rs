//! What most commands begin with: the inventory, the templates, the chosen hosts; and the end: one
//! report on stdout.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::flow::{Context, Options, Progress};
use crate::host::connect::Connector;
use crate::inventory::{self, Loaded};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::outcome::HostOutcome;
use crate::model::secret::SecretStore;
use crate::plan::Policy;
use crate::render::{self, Templates};
use crate::report;

/// An inventory that is loaded, with the hosts that were named.
pub struct Site {
    pub loaded: Loaded,
    pub templates: Templates,
    pub hosts: Vec<HostName>,
    connector: Connector,
    bars: Bars,
    interrupted: Arc<AtomicBool>,
}

struct Bars(report::progress::Bars);

impl Progress for Bars {
    fn begin(&self, host: &HostName, what: &str) {
        self.0.begin(host, what);
    }

    fn end(&self, host: &HostName, how: &str) {
        self.0.end(host, how);
    }
}
