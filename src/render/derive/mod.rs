//! What the files of a host say: a pure function of the inventory, the host and its NUT version.
//!
//! Knows nothing of templates and passwords: a password is a [`DerivedWord::Password`], the name of its user.

mod client;
mod delay;
mod directive;
mod door;
mod file_lines;
mod index;
mod listen;
mod monitor;
mod overrides;
mod section;
mod text;
mod truenas;
mod user;
mod value;
mod watched;

use std::collections::BTreeMap;

use crate::model::desired::{ExpectedClient, HostRole, ListenAddress};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

pub use directive::{DerivedLine, DerivedWord};
pub(super) use door::door;
pub use index::InventoryIndex;
pub use monitor::DerivedMonitor;
pub use section::DerivedSection;
pub use truenas::truenas;
pub use user::DerivedUser;
pub(super) use watched::{Watched, watched_by};

/// Everything the files of one host say.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    pub role: HostRole,
    /// The version the words are chosen for.
    pub version: NutVersion,
    /// The MONITOR lines that were derived.
    pub monitors: Vec<DerivedMonitor>,
    /// The users of its upsd; empty on a client.
    pub users: Vec<DerivedUser>,
    /// The addresses of its upsd; empty on a client.
    pub listen: Vec<ListenAddress>,
    /// The sections of its ups.conf.
    pub sections: Vec<DerivedSection>,
    /// Who must be logged in to its upsd.
    pub clients: Vec<ExpectedClient>,
    /// The other directives of each file, in their order, by file.
    pub lines: BTreeMap<File, Vec<DerivedLine>>,
}

impl Derived {
    /// Derives what the files of a host say.
    ///
    /// # Errors
    /// Names the key of the inventory whose value NUT cannot hold or that leads nowhere.
    pub fn of(
        index: &InventoryIndex<'_>,
        host: &HostName,
        version: NutVersion,
    ) -> Result<Self, Diagnostic> {
        let role = index.role(host)?;
        let lines = file_lines::all(index, host, role, version)?;
        let listen = listen::of_lines(lines.get(&File::Upsd).map_or(&[], Vec::as_slice));
        Ok(Self {
            role,
            version,
            monitors: monitor::lines(index, host, version)?,
            users: user::users(index, host)?,
            sections: section::sections(index, host)?,
            clients: client::clients_of(index, host),
            listen,
            lines,
        })
    }

    /// The directives of a file.
    pub fn lines_of(&self, file: File) -> &[DerivedLine] {
        self.lines.get(&file).map_or(&[], Vec::as_slice)
    }
}
