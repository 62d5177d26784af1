//! What the files of a host say: a pure function of the inventory, the host and its NUT version.
//!
//! Knows nothing of templates and passwords: a password is a [`Word::Password`], the name of its user.

mod delay;
mod directive;
mod file_lines;
mod listen;
mod monitor;
mod overrides;
mod section;
mod site;
mod text;
mod user;
mod value;

use std::collections::BTreeMap;

use super::error::RenderError;
use crate::model::desired::{ExpectedClient, Listen, Role};
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

pub use directive::{Line, Word};
pub(super) use listen::door;
pub use monitor::Monitor;
pub(super) use monitor::{Watched, watched_by};
pub use section::Section;
pub use site::Site;
pub use user::User;

/// Everything the files of one host say.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    pub role: Role,
    /// The version the words are chosen for.
    pub version: NutVersion,
    /// The MONITOR lines that were derived.
    pub monitors: Vec<Monitor>,
    /// The users of its upsd; empty on a client.
    pub users: Vec<User>,
    /// The addresses of its upsd; empty on a client.
    pub listen: Vec<Listen>,
    /// The sections of its ups.conf.
    pub sections: Vec<Section>,
    /// Who must be logged in to its upsd.
    pub clients: Vec<ExpectedClient>,
    /// The other directives of each file, in their order, by file.
    pub lines: BTreeMap<File, Vec<Line>>,
}

impl Derived {
    /// Derives what the files of a host say.
    ///
    /// # Errors
    /// Names the key of the inventory whose value NUT cannot hold or that leads nowhere.
    pub fn of(site: &Site<'_>, host: &HostName, version: NutVersion) -> Result<Self, RenderError> {
        let role = site.role(host)?;
        let lines = file_lines::all(site, host, role, version)?;
        let listen = listen::of_lines(lines.get(&File::Upsd).map_or(&[], Vec::as_slice));
        Ok(Self {
            role,
            version,
            monitors: monitor::lines(site, host, version)?,
            users: user::users(site, host)?,
            sections: section::sections(site, host)?,
            clients: listen::clients_of(site, host),
            listen,
            lines,
        })
    }

    /// The directives of a file.
    pub fn lines_of(&self, file: File) -> &[Line] {
        self.lines.get(&file).map_or(&[], Vec::as_slice)
    }
}
