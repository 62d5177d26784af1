use crate::flow::interrupt::Interrupt;
use crate::flow::look::Looker;
use crate::flow::{Options, Progress};
use crate::host::Change;
use crate::model::secret::SecretStore;

/// Writes to hosts what was planned for them, and ends what others left there.
pub struct Writer<'a> {
    pub(in crate::flow) hosts: &'a dyn Change,
    /// Where another host is asked for the proof: whether a TrueNAS is logged in.
    pub(in crate::flow) looker: Looker<'a>,
    pub(in crate::flow) secrets: &'a SecretStore,
    pub(in crate::flow) progress: &'a dyn Progress,
    pub(in crate::flow) interrupt: &'a Interrupt,
    pub(in crate::flow) options: &'a Options,
}
