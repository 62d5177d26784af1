//! Who else can read an inventory that holds passwords.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::model::inventory::{Inventory, SecretSource};
use crate::site::{Exposure, Places};

/// Looks at the files of an inventory that hold a literal password; at nothing when none does.
pub fn exposure(inventory: &Inventory, places: &Places<'_>) -> Exposure {
    let mut exposure = Exposure::default();
    for file in files(inventory, places) {
        let path = Path::new(&file);
        let mode = path.metadata().map_or(0, |meta| meta.permissions().mode());
        if mode & 0o004 != 0 {
            exposure.world_readable.insert(file.clone());
        }
        if is_tracked(path) {
            exposure.tracked.insert(file);
        }
    }
    exposure
}

fn files(inventory: &Inventory, places: &Places<'_>) -> BTreeSet<String> {
    let is_literal =
        |source: &Option<SecretSource>| matches!(source, Some(SecretSource::Literal(_)));
    let users = inventory
        .users
        .iter()
        .filter(|(_, user)| is_literal(&user.password));
    let users = users.filter_map(|(name, _)| places(&["users", name, "password"]));
    let all = Some(&inventory.secrets.password).filter(|source| is_literal(source));
    let all = all.and_then(|_| places(&["secrets", "password"]));
    users.chain(all).map(|place| place.file).collect()
}

/// Whether git keeps a file. Without git nobody knows, and nothing is said.
fn is_tracked(path: &Path) -> bool {
    let (Some(name), folder) = (path.file_name(), path.parent()) else {
        return false;
    };
    let folder = folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let git = Command::new("git")
        .args(["ls-files", "--error-unmatch", "--"])
        .arg(name)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    git.is_ok_and(|status| status.success())
}
