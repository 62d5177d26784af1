//! Which files differ, and how to say so without showing a password.

use std::collections::BTreeSet;

use crate::model::desired::{
    CONFIG_DIR, DesiredFile, DesiredHost, FILE_GROUP, FILE_MODE, FILE_OWNER,
};
use crate::model::masking;
use crate::model::observed::{FileKind, Meta, ObservedFile, ObservedHost, Seen};
use crate::model::plan::{Becomes, Before, FileChange, FileStep, PasswordChange, Unmanaged};
use crate::model::secret::SecretStore;
use crate::nut::conf;
use crate::nut::directive::File;

/// One step for each managed file that is not as it should be. A file that cannot be read or is no
/// regular file gives none: the gate refuses the whole plan then.
pub(super) fn steps(
    desired: &DesiredHost,
    observed: &ObservedHost,
    secrets: &SecretStore,
) -> Vec<FileStep> {
    desired
        .files
        .iter()
        .filter_map(|(&file, want)| match observed.files.get(&file) {
            Some(Seen::Is(have)) if have.meta.kind == FileKind::File => {
                change(file, want, have, secrets)
            }
            Some(Seen::Absent) => Some(create(file, want)),
            _ => None,
        })
        .collect()
}

fn create(file: File, want: &DesiredFile) -> FileStep {
    let users: BTreeSet<&str> = want.content.users().collect();
    FileStep {
        change: FileChange::Create,
        before: Before::Absent,
        old: String::new(),
        old_meta: None,
        passwords: users
            .into_iter()
            .map(|user| PasswordChange::of_user(user, Becomes::New))
            .collect(),
        ..skeleton(file, want)
    }
}

fn change(
    file: File,
    want: &DesiredFile,
    have: &ObservedFile,
    secrets: &SecretStore,
) -> Option<FileStep> {
    let new_meta = meta_words(FILE_OWNER, FILE_GROUP, FILE_MODE);
    let old_meta = meta_text(&have.meta);
    let old = masking::file(file, have.content.expose(), secrets);
    let new = want.content.masked();
    let same = match want.content.reveal(secrets) {
        Ok(text) => text.expose() == have.content.expose(),
        // Without the passwords the structure is compared: masked, quoting aside.
        Err(_) => old == new && other_notes(file, want, have).is_empty(),
    };
    if same && old_meta == new_meta {
        return None;
    }
    Some(FileStep {
        change: if same {
            FileChange::Meta
        } else {
            FileChange::Content
        },
        before: Before::File {
            digest: have.digest.clone(),
            meta: old_meta.clone(),
        },
        old,
        old_meta: (old_meta != new_meta).then_some(old_meta),
        passwords: passwords(file, want, have, secrets),
        ..skeleton(file, want)
    })
}

fn skeleton(file: File, want: &DesiredFile) -> FileStep {
    FileStep {
        file,
        path: format!("{CONFIG_DIR}/{file}"),
        change: FileChange::Content,
        before: Before::Absent,
        content: want.content.clone(),
        old: String::new(),
        new: want.content.masked(),
        old_meta: None,
        new_meta: meta_words(FILE_OWNER, FILE_GROUP, FILE_MODE),
        passwords: Vec::new(),
    }
}

/// What becomes of the passwords that the file had or will have, where something becomes of them.
fn passwords(
    file: File,
    want: &DesiredFile,
    have: &ObservedFile,
    secrets: &SecretStore,
) -> Vec<PasswordChange> {
    let had = masking::passwords(file, have.content.expose());
    let wanted: BTreeSet<&str> = want.content.users().collect();
    let becomes = |user: &str| match (had.get(user), secrets.get(user)) {
        (None, _) => Some(Becomes::New),
        (Some(old), Some(new)) if old != new => Some(Becomes::Changed),
        _ => None,
    };
    let mut notes: Vec<PasswordChange> = wanted
        .iter()
        .filter_map(|user| Some(PasswordChange::of_user(user, becomes(user)?)))
        .collect();
    notes.extend(other_notes(file, want, have));
    notes.extend(
        had.keys()
            .filter(|user| !wanted.contains(user.as_str()))
            .map(|user| PasswordChange::of_user(user, Becomes::Removed)),
    );
    notes
}

/// The same of secrets that are no NUT user's and stand in the inventory.
fn other_notes(file: File, want: &DesiredFile, have: &ObservedFile) -> Vec<PasswordChange> {
    let had = masking::other_secrets(file, have.content.expose());
    let fetched: BTreeSet<&str> = want.content.users().collect();
    let wanted = masking::other_secrets(file, &want.content.fill(|_| "x".into()));
    let becomes = |name: &str, new| match had.get(name) {
        None => Some(Becomes::New),
        Some(old) if old != new => Some(Becomes::Changed),
        Some(_) => None,
    };
    let mut notes: Vec<PasswordChange> = wanted
        .iter()
        .filter(|(name, _)| !fetched.contains(name.as_str()))
        .filter_map(|(name, new)| Some(PasswordChange::of_directive(name, becomes(name, new)?)))
        .collect();
    let gone = had.keys().filter(|name| !wanted.contains_key(*name));
    notes.extend(gone.map(|name| PasswordChange::of_directive(name, Becomes::Removed)));
    notes
}

fn meta_words(owner: &str, group: &str, mode: u32) -> String {
    format!("{owner}:{group}/{mode:o}")
}

/// `OWNER:GROUP/MODE`, as the host's `stat -c %U:%G/%a` writes it.
pub fn meta_text(meta: &Meta) -> String {
    meta_words(&meta.owner, &meta.group, meta.mode)
}

/// Files of NUT on the host that its role does not need and that say something.
pub(super) fn unmanaged(desired: &DesiredHost, observed: &ObservedHost) -> Vec<Unmanaged> {
    let speaks = |file: File, text: &str| match file {
        File::Nut => text.lines().any(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        }),
        _ => conf::parse(text.as_bytes())
            .lines
            .iter()
            .any(|line| !line.words.is_empty()),
    };
    observed
        .files
        .iter()
        .filter(|(file, _)| !desired.files.contains_key(file))
        .filter_map(|(&file, seen)| {
            let have = seen.is()?;
            speaks(file, have.content.expose()).then(|| Unmanaged {
                path: format!("{CONFIG_DIR}/{file}"),
                note: "present on the host, not needed for its role; left alone".into(),
            })
        })
        .collect()
}
