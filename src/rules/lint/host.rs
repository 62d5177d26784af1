use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::watch::Watch;
use crate::model::desired::{DesiredHost, Expect};
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::nut::directive::File;
use crate::nut::files::{NutConf, UpsConf, UpsdConf, UpsdUsers, UpsmonConf, User};
use crate::nut::version::NutVersion;

/// Where the files of a host come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Rendered,
    Observed,
}

/// One host of a site. A file that was not made, or could not be read, is `None`.
pub(super) struct Host {
    pub(super) name: HostName,
    pub(super) platform: Platform,
    pub(super) version: NutVersion,
    pub(super) origin: Origin,
    pub(super) expect: Expect,
    pub(super) nut: Option<NutConf>,
    pub(super) ups: Option<UpsConf>,
    pub(super) upsd: Option<UpsdConf>,
    pub(super) users: Option<UpsdUsers>,
    pub(super) upsmon: Option<UpsmonConf>,
    /// Names and addresses it is known to have.
    pub(super) addresses: Vec<String>,
    /// Packages it has, where that was seen.
    pub(super) packages: Option<BTreeSet<String>>,
    /// The UPSes it watches, by its upsmon.conf or, where upsctl does not write one, by the inventory.
    pub(super) watches: Vec<Watch>,
    bytes: BTreeMap<File, Vec<u8>>,
    by_name: HashMap<String, usize>,
}

impl Host {
    pub(super) fn rendered(
        desired: &DesiredHost,
        mut password: impl FnMut(&str) -> String,
    ) -> Self {
        let files = desired.files.iter();
        let bytes =
            files.map(|(file, made)| (*file, made.content.fill(&mut password).into_bytes()));
        Self::new(desired, Origin::Rendered, bytes.collect())
    }

    pub(super) fn observed(desired: &DesiredHost, observed: &ObservedHost) -> Self {
        let files = observed.files.iter().filter_map(|(file, seen)| {
            let content = &seen.is()?.content;
            Some((*file, content.expose().as_bytes().to_vec()))
        });
        let host = Self::new(desired, Origin::Observed, files.collect());
        let seen = match &observed.nut {
            Seen::Is(version) => Some(*version),
            _ => None,
        };
        Self {
            version: seen.unwrap_or(host.version),
            addresses: observed.addresses.clone(),
            packages: Some(observed.packages.keys().cloned().collect()),
            ..host
        }
    }

    fn new(desired: &DesiredHost, origin: Origin, bytes: BTreeMap<File, Vec<u8>>) -> Self {
        let of = |file| bytes.get(&file).map(Vec::as_slice);
        let users = of(File::UpsdUsers).map(UpsdUsers::parse);
        let names = users
            .iter()
            .flat_map(|users| users.users.iter().enumerate());
        Self {
            by_name: names.map(|(at, user)| (user.name.clone(), at)).collect(),
            name: desired.name.clone(),
            platform: desired.platform,
            version: desired.nut,
            origin,
            expect: desired.expect.clone(),
            nut: of(File::Nut).map(NutConf::parse),
            ups: of(File::Ups).map(UpsConf::parse),
            upsd: of(File::Upsd).map(UpsdConf::parse),
            users,
            upsmon: of(File::Upsmon).map(UpsmonConf::parse),
            addresses: Vec::new(),
            packages: None,
            watches: Vec::new(),
            bytes,
        }
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, file: File) -> &[u8] {
        self.bytes.get(&file).map_or(&[], Vec::as_slice)
    }

    /// A user of its upsd. Case counts.
    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.as_ref()?.users.get(*self.by_name.get(name)?)
    }

    /// Whether it has UPSes of its own, by its ups.conf.
    pub(super) fn has_ups(&self) -> bool {
        self.ups
            .as_ref()
            .is_some_and(|ups| ups.sections.iter().any(|section| section.exists()))
    }
}
