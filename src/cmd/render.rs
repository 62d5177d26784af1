//! `upsctl render`: the files of a host, passwords masked.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;

use super::site::{Site, print};
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::model::desired::{DesiredHost, FILE_MODE};
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::{render, report};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
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
    let mut site = Site::load(global, std::slice::from_ref(&arguments.host))?;
    let [name] = site.hosts.as_slice() else {
        bail!("render takes one host, not a tag")
    };
    let name = name.clone();
    let desired = render::desired(site.inventory(), &name, arguments.nut, &site.templates)?;
    if desired.files.is_empty() {
        let sheet = render::by_hand(site.inventory(), &name);
        print(global, &report::human::sheet(&sheet, &site.page(global)))?;
        return Ok(Exit::Done);
    }
    if arguments.reveal {
        site.fetch_secrets()?;
    }
    let files = texts(&site, &desired, arguments)?;
    match &arguments.output {
        Some(folder) => write(global, folder, &files)?,
        None => show(global, &name.to_string(), &files)?,
    }
    Ok(Exit::Done)
}

fn texts(
    site: &Site,
    desired: &DesiredHost,
    arguments: &Arguments,
) -> Result<BTreeMap<File, String>> {
    let only = match &arguments.file {
        Some(text) => Some(text.parse::<File>().map_err(|why| anyhow!("{why}"))?),
        None => None,
    };
    let mut out = BTreeMap::new();
    for (&file, want) in &desired.files {
        if only.is_none_or(|only| only == file) {
            let text = if arguments.reveal {
                want.content
                    .reveal(&site.secrets)
                    .map_err(|why| anyhow!(why))?
                    .expose()
                    .to_string()
            } else {
                want.content.masked()
            };
            out.insert(file, text);
        }
    }
    match only {
        Some(file) if out.is_empty() => {
            bail!("{} has no {file}: its role does not need one", desired.name)
        }
        _ => Ok(out),
    }
}

fn show(global: &Global, host: &str, files: &BTreeMap<File, String>) -> Result<()> {
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

fn write(global: &Global, folder: &PathBuf, files: &BTreeMap<File, String>) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    for (file, text) in files {
        let path = folder.join(file.name());
        let mut options = fs::OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(FILE_MODE);
        options
            .open(&path)
            .and_then(|mut out| out.write_all(text.as_bytes()))
            .with_context(|| format!("could not write {}", path.display()))?;
        print(global, &format!("wrote {}\n", path.display()))?;
    }
    Ok(())
}
