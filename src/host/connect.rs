//! The way to every host of an inventory: ssh, or none for this machine. At most one connection
//! each, opened when first used and kept until the end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{
    Change, Command, Dialogue, Local, Look, Output, Question, Silent, Ssh, SshTarget, Transport,
};
use crate::model::inventory::{Host, Inventory};
use crate::model::name::HostName;
use crate::model::outcome::HostError;

/// The `address` that means this machine.
const THIS_MACHINE: &str = "local";

/// How hosts are reached, whichever they are.
#[derive(Debug, Clone)]
pub struct Ways {
    /// Another configuration than the user's own.
    pub ssh_config: Option<PathBuf>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
}

impl Ways {
    fn to(&self, host: &Host) -> Box<dyn Transport> {
        if host.address == THIS_MACHINE {
            return Box::new(Local::default());
        }
        let config = self.ssh_config.as_deref();
        Box::new(Ssh::to(SshTarget::of(host, config, self.connect_timeout)))
    }
}

/// The connections to the hosts of an inventory.
pub struct Connector {
    hosts: BTreeMap<HostName, Mutex<Box<dyn Transport>>>,
}

impl Connector {
    /// The ways to all hosts. Opens none yet.
    pub fn to(inventory: &Inventory, ways: &Ways) -> Self {
        let hosts = inventory.hosts.iter();
        Self {
            hosts: hosts
                .map(|(name, host)| (name.clone(), Mutex::new(ways.to(host))))
                .collect(),
        }
    }

    fn run(
        &self,
        host: &HostName,
        command: &Command,
        dialogue: &mut dyn Dialogue,
    ) -> Result<Output, HostError> {
        let transport = self.hosts.get(host).ok_or_else(|| HostError::Local {
            detail: format!("{host} is not in the inventory"),
        })?;
        // A thread that panicked left no more behind than a connection that is checked before use.
        let mut transport = transport.lock().unwrap_or_else(PoisonError::into_inner);
        transport.run(command, dialogue)
    }
}

impl Look for Connector {
    fn look(&self, host: &HostName, question: &Question) -> Result<Output, HostError> {
        let command = Command {
            program: question.program.clone(),
            input: question.input.clone(),
            deadline: question.deadline,
        };
        self.run(host, &command, &mut Silent)
    }
}

impl Change for Connector {
    fn change(
        &self,
        host: &HostName,
        command: &Command,
        dialogue: &mut dyn Dialogue,
    ) -> Result<Output, HostError> {
        self.run(host, command, dialogue)
    }
}
