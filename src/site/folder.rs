use std::collections::BTreeMap;

use crate::model::desired::Expect;
use crate::model::desired::HostRole;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

use super::files::ParsedFiles;
use super::host::{HostData, Origin};

/// NUT's files in a folder of this machine, that nobody rendered.
#[derive(Debug, Clone)]
pub struct Folder {
    /// What the host is called.
    pub name: HostName,
    /// The folder as it was given.
    pub path: String,
    /// For which version they are read.
    pub version: NutVersion,
    pub files: BTreeMap<File, Vec<u8>>,
    /// What is expected of the host: nothing.
    expect: Expect,
}

impl Folder {
    /// A host with these files.
    pub fn new(
        name: HostName,
        path: String,
        version: NutVersion,
        files: BTreeMap<File, Vec<u8>>,
    ) -> Self {
        Self {
            name,
            path,
            version,
            files,
            expect: Expect::default(),
        }
    }
}

impl<'a> HostData<'a> {
    pub(super) fn of_folder(folder: &'a Folder) -> Self {
        let files = ParsedFiles::new(folder.files.clone());
        let mut sections = files.ups.iter().flat_map(|conf| &conf.sections);
        let server = sections.any(|section| section.exists());
        Self {
            name: &folder.name,
            platform: Platform::Debian,
            role: match server {
                true => HostRole::Server { clients: true },
                false => HostRole::Client,
            },
            version: folder.version,
            origin: Origin::Folder(&folder.path),
            expect: &folder.expect,
            look: None,
            bundle: None,
            files,
            watches: Vec::new(),
        }
    }
}
