//! Hosts that were set up by hand into an inventory: one look each, nothing is written to them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use super::{Options, Progress, fleet};
use crate::disk;
use crate::host::{Connector, Look, Ways};
use crate::import::{self, Draft, Imported, LookedAt, Passwords, Target, Written};
use crate::inventory::{self, secrets};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::import::{Fate, ImportNote};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::model::outcome::HostError;
use crate::model::secret::{Secret, SecretStore};
use crate::observe::{self, Probe};
use crate::render::{self, InventoryIndex};

/// Mode of a file with a password, and of the folder that they are in.
const OWNER_ONLY: u32 = 0o600;
const OWNERS_FOLDER: u32 = 0o700;
/// Mode of an inventory: there is no password in it.
const PLAIN: u32 = 0o644;

/// What an import begins with.
pub struct Importing<'a> {
    /// The inventory file or folder, there already or not.
    pub inventory: &'a Path,
    pub ways: &'a Ways,
    pub options: &'a Options,
    pub targets: Vec<Target>,
    /// A command that takes a password on stdin, and one that prints it; files without.
    pub store: Option<(String, String)>,
}

/// What was read from the hosts and made of it.
pub struct Found {
    pub imported: Imported,
    pub hosts: Vec<LookedAt>,
    /// The hosts that could not be looked at, or have nothing, and why.
    pub failed: Vec<(HostName, String)>,
    root: PathBuf,
}

impl Found {
    /// The files that are to be written, the new one or those that change.
    pub fn written(&self) -> Vec<Written> {
        self.imported.draft.written()
    }
}

/// Looks at the hosts and makes an inventory of them, or adds them to the one that is there.
///
/// # Errors
/// An inventory that is there and cannot be read, or no host that anything could be made of.
pub fn read(start: &Importing<'_>, progress: &dyn Progress) -> Result<Found> {
    let (draft, _) = draft(start)?;
    let known = draft.inventory().map_err(|why| anyhow!(why))?;
    let all = import::reachable(&known, &start.targets).map_err(|why| anyhow!(why))?;
    let (hosts, failed) = look_at(start, &all, progress);
    make(start, hosts, failed)
}

/// Makes an inventory of what was seen, or adds it to the one that is there.
///
/// # Errors
/// An inventory that is there and cannot be read.
pub fn make(
    start: &Importing<'_>,
    mut hosts: Vec<LookedAt>,
    mut failed: Vec<(HostName, String)>,
) -> Result<Found> {
    let (draft, root) = draft(start)?;
    let known = draft.inventory().map_err(|why| anyhow!(why))?;
    rename(&mut hosts, &known);
    hosts.retain(|host| match import::unusable(host) {
        Some(why) => {
            failed.push((host.target.name.clone(), why));
            false
        }
        None => true,
    });
    let passwords = match &start.store {
        Some((_, from)) => Passwords::Command(from.clone()),
        None => Passwords::Files,
    };
    let mut invent = || new_password().unwrap_or_else(|_| Secret::new(""));
    let imported = import::import(&hosts, draft, passwords, &mut invent);
    Ok(Found {
        imported: imported.map_err(|why| anyhow!(why))?,
        hosts,
        failed,
        root,
    })
}

/// The inventory that is there, or an empty one, and its folder.
fn draft(start: &Importing<'_>) -> Result<(Draft, PathBuf)> {
    let path = start.inventory;
    let is_file = path.extension().is_some_and(|end| end == "toml");
    let root = match is_file {
        true => path.parent().unwrap_or(Path::new("")).to_path_buf(),
        false => path.to_path_buf(),
    };
    let root = match root.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => root,
    };
    let site = match is_file {
        true => path.to_path_buf(),
        false => root.join("site.toml"),
    };
    let has_files = match is_file {
        true => path.exists(),
        false => has_toml(path),
    };
    if !has_files {
        return Ok((Draft::new(&site, &head(start)), root));
    }
    // What is wrong with it is told as every other command tells it.
    let loaded = inventory::load(path)?;
    let texts = loaded.source.texts();
    let files: Vec<(PathBuf, String)> = texts
        .map(|(name, text)| (PathBuf::from(name), text.to_string()))
        .collect();
    let target = match files.iter().any(|(file, _)| *file == site) {
        true => site,
        false => files[0].0.clone(),
    };
    let draft = Draft::of(files, &target).map_err(|why| anyhow!(why))?;
    Ok((draft, root))
}

fn has_toml(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| path.extension().is_some_and(|end| end == "toml"))
}

fn head(start: &Importing<'_>) -> String {
    let hosts: Vec<&str> = start.targets.iter().map(|t| t.name.as_str()).collect();
    format!(
        "# Made by `upsctl import {}` from what the hosts had. What is marked with `?` is a guess.\n",
        hosts.join(" ")
    )
}

type Looks = (Vec<LookedAt>, Vec<(HostName, String)>);

fn look_at(start: &Importing<'_>, all: &Inventory, progress: &dyn Progress) -> Looks {
    let connector = Connector::to(all, start.ways);
    let looked = fleet::each(start.targets.clone(), start.options.parallel, |target| {
        progress.begin(&target.name, "looking");
        let seen = look_once(&connector, &target.name, start.options);
        let how = if seen.is_ok() { "looked" } else { "failed" };
        progress.end(&target.name, how);
        (target, seen)
    });
    let mut hosts = Vec::new();
    let mut failed = Vec::new();
    for (target, seen) in looked {
        match seen {
            Ok(look) => hosts.push(LookedAt { target, look }),
            Err(error) => failed.push((target.name, error.to_string())),
        }
    }
    (hosts, failed)
}

fn look_once(
    hosts: &dyn Look,
    name: &HostName,
    options: &Options,
) -> Result<ObservedHost, HostError> {
    let nonce = observe::nonce();
    let question = Probe::unknown().question(&nonce, options.look_deadline);
    let output = hosts.look(name, &question)?;
    output.read(|answer| observe::parse(name, &nonce, answer))
}

/// A host that was named by its address alone gets the name that it has itself.
fn rename(hosts: &mut [LookedAt], known: &Inventory) {
    let mut taken: BTreeSet<HostName> = known.hosts.keys().cloned().collect();
    taken.extend(hosts.iter().map(|host| host.target.name.clone()));
    for host in hosts {
        let address = host.target.address.replace(':', "-");
        let by_address =
            host.target.name.as_str() == address && address.parse::<std::net::IpAddr>().is_ok();
        let own = HostName::new(host.look.system.hostname.clone()).ok();
        let same = known
            .hosts
            .iter()
            .find(|(_, known)| known.address == host.target.address)
            .map(|(name, _)| name.clone());
        let free = own.filter(|name| !taken.contains(name));
        if let Some(name) = same.or(free).filter(|_| by_address) {
            taken.insert(name.clone());
            host.target.name = name.clone();
            host.look.name = name;
        }
    }
}

/// A password that nobody knows yet: letters and digits, which NUT reads as they are.
fn new_password() -> Result<Secret> {
    const LETTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0u8; 24];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let word = bytes
        .iter()
        .map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()]);
    Ok(Secret::new(word.map(char::from).collect::<String>()))
}

/// Writes passwords first, then the inventory. Nothing that is there is overwritten but the files
/// that `found` was made from.
///
/// # Errors
/// What could not be written, or is in the way.
pub fn write(start: &Importing<'_>, found: &Found) -> Result<()> {
    if let Some(user) = unusable_password(found) {
        bail!("no password could be made up for `{user}`: this machine has no /dev/urandom");
    }
    for file in found.written() {
        let now = fs::read_to_string(&file.path).ok();
        if now != file.before {
            bail!(
                "{} has changed meanwhile\nhint: run the import again",
                file.path.display()
            );
        }
    }
    fs::create_dir_all(&found.root)
        .with_context(|| format!("could not make {}", found.root.display()))?;
    match &start.store {
        Some((into, _)) => {
            for (name, password) in &found.imported.secrets {
                secrets::store(into, &found.root, name, password)?;
            }
        }
        None => write_secrets(found)?,
    }
    for file in found.written() {
        disk::write(&file.path, PLAIN, &file.text)
            .with_context(|| format!("could not write {}", file.path.display()))?;
    }
    Ok(())
}

fn unusable_password(found: &Found) -> Option<&String> {
    let mut all = found.imported.secrets.iter();
    all.find(|(_, secret)| secret.expose().is_empty())
        .map(|(user, _)| user)
}

fn write_secrets(found: &Found) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    let secrets = &found.imported.secrets;
    if secrets.is_empty() {
        return Ok(());
    }
    let folder = found.root.join("secrets");
    for (name, password) in secrets {
        let path = folder.join(name);
        let there = fs::read_to_string(&path).ok();
        if there.is_some_and(|there| there.trim_end() != password.expose()) {
            bail!(
                "{} is there already, with another password\nhint: move it away",
                path.display()
            );
        }
    }
    if !folder.is_dir() {
        fs::DirBuilder::new()
            .mode(OWNERS_FOLDER)
            .create(&folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
    }
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        disk::write(&path, OWNER_ONLY, text)
            .with_context(|| format!("could not write {}", path.display()))
    };
    put(
        ".gitignore",
        "# Passwords: none of them belongs into git.\n*\n",
    )?;
    for (name, password) in secrets {
        put(name, &format!("{}\n", password.expose()))?;
    }
    Ok(())
}

/// What a deploy of the inventory as it is now on disk would change of the hosts, beside what the
/// import said already.
///
/// # Errors
/// When the inventory that was written is none, or a password cannot be had from its source.
pub fn differences(start: &Importing<'_>, found: &Found) -> Result<Vec<ImportNote>> {
    let loaded = inventory::load(start.inventory)?;
    let places = loaded.places();
    let index = InventoryIndex::new(&loaded.inventory, &places);
    let templates = super::run::templates(&loaded, None)?;
    let mut notes = found.imported.notes.clone();
    for host in &found.hosts {
        let name = &host.target.name;
        let version = host.look.nut.is().copied();
        let desired = render::desired(&index, name, version, &templates)?;
        let users = desired.files.values().flat_map(|file| file.content.users());
        let users: BTreeSet<String> = users.map(str::to_string).collect();
        let store = fetch(&loaded.inventory, &loaded.root, &users)?;
        for (file, want) in &desired.files {
            let want = want.content.reveal(&store).map_err(|why| anyhow!(why))?;
            let have = host.look.files.get(file).and_then(Seen::is);
            let have = have.map_or("", |file| file.content.expose());
            let whose = |asked: &str| found.imported.addresses.host_at(name, asked);
            let new = import::differs(name, *file, desired.nut, have, want.expose(), &whose);
            for note in new {
                add(&mut notes, note);
            }
        }
    }
    notes.sort();
    Ok(notes)
}

fn fetch(inventory: &Inventory, root: &Path, users: &BTreeSet<String>) -> Result<SecretStore> {
    secrets::fetch(inventory, root, users).map_err(|errors| {
        let errors = errors
            .iter()
            .map(|error| Diagnostic::new(error.to_string()));
        Diagnostics(errors.collect()).into()
    })
}

/// A line about which something was said already is not told again.
fn add(notes: &mut Vec<ImportNote>, new: ImportNote) {
    let same = |old: &&mut ImportNote| {
        old.fate == Fate::Changes
            && old.host == new.host
            && old.file == new.file
            && old.line.is_some()
            && old.line == new.line
    };
    match notes.iter_mut().find(same) {
        Some(_) => {}
        None => notes.push(new),
    }
}
