use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::nut::directive::File;
use crate::nut::files::{NutConf, Trap, UpsConf, UpsdConf, UpsdUsers, UpsmonConf, User};
use crate::nut::secret_words::secrets;

/// The files of a host, read once. One that was not made, or could not be read, is `None`.
#[derive(Default)]
pub(super) struct ParsedFiles {
    pub(super) nut: Option<NutConf>,
    pub(super) ups: Option<UpsConf>,
    pub(super) upsd: Option<UpsdConf>,
    pub(super) users: Option<UpsdUsers>,
    pub(super) upsmon: Option<UpsmonConf>,
    bytes: BTreeMap<File, Vec<u8>>,
    /// Looked for when something is shown, which costs more than all the parsing.
    secrets: BTreeMap<File, OnceLock<Vec<Range<usize>>>>,
}

impl ParsedFiles {
    pub(super) fn new(bytes: BTreeMap<File, Vec<u8>>) -> Self {
        let of = |file| bytes.get(&file).map(Vec::as_slice);
        Self {
            nut: of(File::Nut).map(NutConf::parse),
            ups: of(File::Ups).map(UpsConf::parse),
            upsd: of(File::Upsd).map(UpsdConf::parse),
            users: of(File::UpsdUsers).map(UpsdUsers::parse),
            upsmon: of(File::Upsmon).map(UpsmonConf::parse),
            secrets: bytes.keys().map(|file| (*file, OnceLock::new())).collect(),
            bytes,
        }
    }

    pub(super) fn bytes(&self, file: File) -> &[u8] {
        self.bytes.get(&file).map_or(&[], Vec::as_slice)
    }

    /// Where passwords stand in a file, in their order.
    pub(super) fn secrets(&self, file: File) -> &[Range<usize>] {
        let find = || {
            let found = secrets(file, self.bytes(file)).into_iter();
            found.map(|secret| secret.span).collect()
        };
        self.secrets
            .get(&file)
            .map_or(&[], |once| once.get_or_init(find))
    }

    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.as_ref()?.user(name)
    }

    pub(super) fn traps(&self) -> impl Iterator<Item = (File, &Trap)> {
        let nut = self.nut.iter().map(|file| (File::Nut, &file.traps));
        let ups = self.ups.iter().map(|file| (File::Ups, &file.traps));
        let upsd = self.upsd.iter().map(|file| (File::Upsd, &file.traps));
        let users = self.users.iter().map(|file| (File::UpsdUsers, &file.traps));
        let upsmon = self.upsmon.iter().map(|file| (File::Upsmon, &file.traps));
        let all = nut.chain(ups).chain(upsd).chain(users).chain(upsmon);
        all.flat_map(|(file, traps)| traps.iter().map(move |trap| (file, trap)))
    }
}
