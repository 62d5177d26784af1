//! Picks the way to a host: ssh, or none for this machine.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{Connect, Local, Ssh, SshTarget, Transport};
use crate::model::inventory::Host;
use crate::model::name::HostName;

/// The `address` that means this machine.
const THIS_MACHINE: &str = "local";

/// Makes the real transports.
#[derive(Debug, Clone)]
pub struct Connector {
    /// Another configuration than the user's own.
    pub ssh_config: Option<PathBuf>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// Variables for programs on this machine, over those of this process.
    pub local_environment: Vec<(OsString, OsString)>,
}

impl Connect for Connector {
    fn connect(&self, _: &HostName, host: &Host) -> Box<dyn Transport> {
        if host.address == THIS_MACHINE {
            return Box::new(Local::with_environment(self.local_environment.clone()));
        }
        Box::new(Ssh::to(SshTarget::of(
            host,
            self.ssh_config.as_deref(),
            self.connect_timeout,
        )))
    }
}
