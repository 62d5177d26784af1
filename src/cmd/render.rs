//! `upsctl render`: the files of a host, passwords masked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::session::{Session, print};
use super::{Format, Global};
use crate::disk;
use crate::exit::Exit;
use crate::model::desired::{DesiredFile, DesiredHost, FILE_MODE};
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::{render, report};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    #[arg(add = ArgValueCandidates::new(candidates::hosts))]
    host: String,
    /// One file, such as upsmon.conf [default: all]
    file: Option<String>,
    /// Show passwords
    #[arg(long)]
    reveal: bool,
    /// For this NUT version, such as 2.8.1 [default: nut_version of the host, else 2.8.0]
    #[arg(long, value_name = "VERSION")]
    nut: Option<NutVersion>,
    /// Write the files into this folder instead of printing them
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints or writes the files.
///
/// # Errors
/// An inventory or template that cannot be had, a host or file nobody knows.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let mut session = Session::begin(global, std::slice::from_ref(&arguments.host))?;
    let name = session.only_host("render")?;
    let desired = session.desired(&name, arguments.nut)?;
    if desired.files.is_empty() {
        return by_hand(global, session, &name, arguments);
    }
    let files = chosen(&desired, arguments)?;
    if arguments.reveal {
        let users = files.values().flat_map(|file| file.content.users());
        session.fetch_secrets_of(users.map(str::to_string))?;
    }
    let texts = texts(&session, &files, arguments.reveal)?;
    match &arguments.output {
        Some(folder) => write(global, &name, folder, &texts)?,
        None => show(global, &name, &texts)?,
    }
    Ok(Exit::Done)
}

/// A host that is set up in an interface of its own has a sheet instead of files.
fn by_hand(
    global: &Global,
    mut session: Session<'_>,
    name: &HostName,
    arguments: &Arguments,
) -> Result<Exit> {
    if arguments.file.is_some() || arguments.output.is_some() {
        bail!(
            "{name} has no files: it is set up by hand\nhint: `upsctl render {name}` says what must stand there"
        );
    }
    if arguments.reveal {
        let user = session.inventory.nut_user(name).map(str::to_string);
        session.fetch_secrets_of(user)?;
    }
    let shown = arguments.reveal.then_some(&session.secrets);
    let sheet = render::by_hand(&session.index, name, shown);
    let text = match global.format {
        Format::Json => report::json::document(
            "render",
            Exit::Done,
            serde_json::json!({ "host": name, "sheet": sheet }),
        )?,
        _ => report::human::sheet(&sheet, &session.page()),
    };
    print(global, &text)?;
    Ok(Exit::Done)
}

/// The files that were asked for.
fn chosen<'a>(
    desired: &'a DesiredHost,
    arguments: &Arguments,
) -> Result<BTreeMap<File, &'a DesiredFile>> {
    let only = match &arguments.file {
        Some(text) => Some(text.parse::<File>().map_err(|why| anyhow!("{why}"))?),
        None => None,
    };
    let files: BTreeMap<File, &DesiredFile> = desired
        .files
        .iter()
        .filter(|(file, _)| only.is_none_or(|only| only == **file))
        .map(|(file, want)| (*file, want))
        .collect();
    match only {
        Some(file) if files.is_empty() => {
            bail!("{} has no {file}: its role does not need one", desired.name)
        }
        _ => Ok(files),
    }
}

fn texts(
    session: &Session<'_>,
    files: &BTreeMap<File, &DesiredFile>,
    reveal: bool,
) -> Result<BTreeMap<File, String>> {
    let mut out = BTreeMap::new();
    for (&file, want) in files {
        let text = if reveal {
            let revealed = want.content.reveal(&session.secrets);
            revealed.map_err(|why| anyhow!(why))?.expose().to_string()
        } else {
            want.content.masked()
        };
        out.insert(file, text);
    }
    Ok(out)
}

fn show(global: &Global, host: &HostName, files: &BTreeMap<File, String>) -> Result<()> {
    if global.format == Format::Json {
        return print(
            global,
            &report::json::document(
                "render",
                Exit::Done,
                serde_json::json!({ "host": host, "files": files }),
            )?,
        );
    }
    let mut out = String::new();
    for (file, text) in files {
        if files.len() > 1 {
            out.push_str(&format!("==> {host}:/etc/nut/{file} <==\n"));
        }
        out.push_str(text);
        if files.len() > 1 {
            out.push('\n');
        }
    }
    print(global, &out)
}

fn write(
    global: &Global,
    host: &HostName,
    folder: &Path,
    files: &BTreeMap<File, String>,
) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let mut wrote = Vec::new();
    for (file, text) in files {
        let path = folder.join(file.name());
        disk::write(&path, FILE_MODE, text)
            .with_context(|| format!("could not write {}", path.display()))?;
        wrote.push(path);
    }
    let text = match global.format {
        Format::Json => report::json::document(
            "render",
            Exit::Done,
            serde_json::json!({ "host": host, "wrote": wrote }),
        )?,
        _ => wrote
            .iter()
            .map(|path| format!("wrote {}\n", path.display()))
            .collect(),
    };
    print(global, &text)
}
