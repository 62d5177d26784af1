//! The linter on NUT's files that nobody rendered: a folder like `/etc/nut`, or one with a folder for
//! each host.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::rules::lint::{self, Report};
use crate::site::{Folder, ParsedSite};

/// The largest file that can be one of NUT's.
const BIGGEST: u64 = 16 * 1024 * 1024;

/// What the rules say of the files below `dir`, read for these versions; of one when there is none.
///
/// # Errors
/// A folder without a file of NUT's; a file that cannot be read.
pub fn check_files(dir: &Path, versions: &[NutVersion]) -> Result<Report> {
    let versions = match versions {
        [] => &[NutVersion::V2_8_0],
        some => some,
    };
    let reports = versions.iter().map(|version| {
        let folders = folders(dir, *version)?;
        let report = lint::check(&ParsedSite::of_folders(&folders));
        Ok((*version, report))
    });
    let mut reports = reports.collect::<Result<Vec<_>>>()?;
    Ok(match reports.len() {
        1 => reports.remove(0).1,
        _ => Report::merge(reports),
    })
}

/// The hosts whose files lie in a folder: itself, or its folders.
fn folders(dir: &Path, version: NutVersion) -> Result<Vec<Folder>> {
    let mut all = Vec::new();
    all.extend(folder(dir, version)?);
    if all.is_empty() {
        let entries =
            fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
        let mut paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths.iter().filter(|path| path.is_dir()) {
            all.extend(folder(path, version)?);
        }
    }
    if all.is_empty() {
        let names: Vec<&str> = File::ALL.iter().map(|file| file.name()).collect();
        bail!(
            "no file of NUT's in {}: give a folder with some of {}, or one with such a folder for each host",
            dir.display(),
            names.join(", ")
        );
    }
    Ok(all)
}

fn folder(path: &Path, version: NutVersion) -> Result<Option<Folder>> {
    let mut files = BTreeMap::new();
    for file in File::ALL {
        let at = path.join(file.name());
        let told = || format!("cannot read {}", at.display());
        match fs::metadata(&at) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(told),
            Ok(meta) if !meta.is_file() => bail!("{} is no regular file", at.display()),
            Ok(meta) if meta.len() > BIGGEST => {
                bail!("{} is too big for a file of NUT's", at.display())
            }
            Ok(_) => {
                files.insert(file, fs::read(&at).with_context(told)?);
            }
        }
    }
    let shown = path.display().to_string();
    let full = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let name = full
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // `/etc/nut` says nothing of the host.
    let name = HostName::new(&name).or_else(|_| HostName::new("host"));
    let name = name.map_err(anyhow::Error::msg)?;
    Ok((!files.is_empty()).then(|| Folder::new(name, shown, version, files)))
}
