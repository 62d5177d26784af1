//! `upsctl init`: a commented starter inventory.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::session::print;
use super::{Format, Global};
use crate::exit::Exit;
use crate::{inventory, render, report};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Also write the built-in templates, to change them
    #[arg(long)]
    with_templates: bool,
}

/// Writes `site.toml` into the inventory folder, or the inventory file itself. Overwrites nothing.
///
/// # Errors
/// A file that is there already or cannot be written.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let path = &global.inventory;
    let is_file = path
        .extension()
        .is_some_and(|extension| extension == "toml");
    let (folder, file) = if is_file {
        (
            path.parent().unwrap_or(Path::new("")).to_path_buf(),
            path.clone(),
        )
    } else {
        (path.clone(), path.join("site.toml"))
    };
    let mut files = vec![(file, inventory::starter())];
    if arguments.with_templates {
        let target = global
            .templates
            .clone()
            .unwrap_or_else(|| folder.join("templates"));
        let templates = render::BUILT_IN.map(|(_, name, text)| (target.join(name), text));
        files.extend(templates);
    }
    if let Some((there, _)) = files.iter().find(|(path, _)| path.exists()) {
        bail!(
            "{} is there already, and init overwrites nothing\nhint: move it away, or name another place with -i PATH",
            there.display()
        );
    }
    for (path, text) in &files {
        write_new(path, text)?;
    }
    if global.format == Format::Json {
        let wrote: Vec<&PathBuf> = files.iter().map(|(path, _)| path).collect();
        let payload = serde_json::json!({ "wrote": wrote });
        print(
            global,
            &report::json::document("init", Exit::Done, payload)?,
        )?;
        return Ok(Exit::Done);
    }
    let lines: String = files
        .iter()
        .map(|(path, _)| format!("wrote {}\n", path.display()))
        .collect();
    print(
        global,
        &format!("{lines}Edit it, then run `upsctl check` and `upsctl diff`.\n"),
    )?;
    Ok(Exit::Done)
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("could not write {}", path.display()))
}
