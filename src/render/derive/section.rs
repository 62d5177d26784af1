//! The sections of a server's ups.conf.

use super::directive::{DerivedLine, DerivedWord};
use super::{InventoryIndex, text, value};
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::Ups;
use crate::model::key_path::KeyPath;
use crate::model::name::HostName;
use crate::model::source::option_secret;
use crate::nut::directive::{File, Scope};
use crate::nut::ups_name::UpsName;

/// A section of ups.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedSection {
    pub name: UpsName,
    /// `driver`, `port` and `desc`, then the options by name.
    ///
    /// `driver` is first because upsdrvctl drops some keys in the first line of a section
    /// (drivers/upsdrvctl.c).
    pub lines: Vec<DerivedLine>,
}

/// The sections for the UPSes on a host's cables.
///
/// # Errors
/// Names the key whose value cannot stand in the file.
pub(super) fn sections(
    index: &InventoryIndex<'_>,
    host: &HostName,
) -> Result<Vec<DerivedSection>, Diagnostic> {
    let owned = index.owned(host).iter();
    owned.map(|(name, ups)| section(name, ups)).collect()
}

fn section(name: &UpsName, ups: &Ups) -> Result<DerivedSection, Diagnostic> {
    let key = KeyPath::from(["ups", name.as_str()]);
    let mut lines = vec![
        DerivedLine::value("driver", text::word(&key.then("driver"), &ups.driver)?),
        DerivedLine::value("port", text::word(&key.then("port"), &ups.port)?),
    ];
    if let Some(desc) = &ups.desc {
        lines.push(DerivedLine::value(
            "desc",
            text::word(&key.then("desc"), desc)?,
        ));
    }
    for (option, written) in &ups.options {
        let key = key.then("options").then(option);
        if matches!(option.as_str(), "driver" | "port" | "desc") {
            return Err(Diagnostic::new(format!("`{option}` is a key of its own"))
                .of(key)
                .help(format!("write it as {option} = … under [ups.{name}]")));
        }
        if written.source().is_some() {
            let secret = DerivedWord::Password(option_secret(name.as_str(), option));
            lines.push(DerivedLine::words(&text::name(&key, option)?, [secret]));
            continue;
        }
        lines.extend(value::lines(
            &key,
            File::Ups,
            Scope::Section,
            option,
            written,
        )?);
    }
    Ok(DerivedSection {
        name: name.clone(),
        lines,
    })
}
