//! A host that was looked at, with its files taken apart.

use std::path::Path;

use super::draft::Draft;
use crate::model::import::{Fate, ImportNote};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::nut::directive::File;
use crate::nut::files::{Monitor, NutConf, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};
use crate::nut::version::NutVersion;

/// Where a host was found, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: HostName,
    pub address: String,
    pub user: Option<String>,
}

/// The inventory with these hosts in it: enough to reach them.
///
/// # Errors
/// When it is none.
pub fn reachable(known: &Inventory, targets: &[Target]) -> Result<Inventory, String> {
    let mut draft = Draft::new(Path::new(""), "");
    for target in targets {
        let key = |last| ["hosts", target.name.as_str(), last];
        draft.set(&key("address"), target.address.as_str(), "");
        if let Some(user) = &target.user {
            draft.set(&key("user"), user.as_str(), "");
        }
    }
    let mut all = draft.inventory()?;
    all.hosts.extend(known.hosts.clone());
    Ok(all)
}

/// A host and what was seen there.
#[derive(Debug, Clone)]
pub struct LookedAt {
    pub target: Target,
    pub look: ObservedHost,
}

/// The same, with its files taken apart by NUT's own rules.
pub(super) struct Found<'a> {
    pub target: &'a Target,
    pub look: &'a ObservedHost,
    pub version: NutVersion,
    pub nut: NutConf,
    pub ups: UpsConf,
    pub upsd: UpsdConf,
    pub users: UpsdUsers,
    pub upsmon: UpsmonConf,
}

impl<'a> Found<'a> {
    pub fn of(host: &'a LookedAt) -> Self {
        let text = |file| text(&host.look, file).as_bytes();
        Self {
            target: &host.target,
            look: &host.look,
            version: host
                .look
                .nut
                .is()
                .copied()
                .unwrap_or(crate::render::ASSUMED),
            nut: NutConf::parse(text(File::Nut)),
            ups: UpsConf::parse(text(File::Ups)),
            upsd: UpsdConf::parse(text(File::Upsd)),
            users: UpsdUsers::parse(text(File::UpsdUsers)),
            upsmon: UpsmonConf::parse(text(File::Upsmon)),
        }
    }

    pub fn name(&self) -> &'a HostName {
        &self.target.name
    }

    pub fn text(&self, file: File) -> &'a str {
        text(self.look, file)
    }

    /// Whether its upsd is to run: nut.conf(5), and a UPS to serve.
    pub fn serves(&self) -> bool {
        let mode = self.nut.mode().unwrap_or("none");
        !matches!(mode, "none" | "netclient") && self.ups.sections.iter().any(|ups| ups.exists())
    }

    /// The MONITOR lines of an upsmon that is to run.
    pub fn monitors(&self) -> &[Monitor] {
        match self.nut.mode().unwrap_or("none") {
            "none" => &[],
            _ => &self.upsmon.monitors,
        }
    }

    pub fn note(
        &self,
        fate: Fate,
        file: File,
        line: Option<usize>,
        saw: impl Into<String>,
        why: impl Into<String>,
    ) -> ImportNote {
        ImportNote {
            fate,
            host: self.name().clone(),
            file: file.name().into(),
            line,
            saw: saw.into(),
            why: why.into(),
        }
    }
}

fn text(look: &ObservedHost, file: File) -> &str {
    let seen = look.files.get(&file).and_then(Seen::is);
    seen.map_or("", |file| file.content.expose())
}

/// Why nothing can be made of a host; nothing when something can.
pub fn unusable(host: &LookedAt) -> Option<String> {
    for (file, seen) in &host.look.files {
        if let Seen::Unknown(why) = seen {
            return Some(format!("could not read /etc/nut/{file}: {why}"));
        }
    }
    if let Seen::Unknown(why) = &host.look.nut {
        return Some(format!("could not tell the version of NUT: {why}"));
    }
    let found = Found::of(host);
    if found.serves() || !found.monitors().is_empty() {
        return None;
    }
    Some(match (&host.look.nut, found.nut.mode()) {
        (Seen::Absent, _) => "NUT is not installed".into(),
        (_, None) => "NUT is not set up: nut.conf has no MODE".into(),
        (_, Some("none")) => "NUT is not set up: nut.conf says MODE=none".into(),
        (_, Some(mode)) => {
            format!("nothing is set up: MODE={mode}, but no UPS in ups.conf and no MONITOR line")
        }
    })
}
