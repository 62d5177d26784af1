//! `upsctl init`: a commented starter inventory.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::site::print;
use crate::cli::Global;
use crate::exit::Exit;
use crate::{inventory, render};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Also write the built-in templates, to change them
    #[arg(long = "with-templates")]
    templates: bool,
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
    let mut wrote = vec![write_new(&file, inventory::starter())?];
    if arguments.templates {
        let target = global
            .templates
            .clone()
            .unwrap_or_else(|| folder.join("templates"));
        for (_, name, text) in render::BUILT_IN {
            wrote.push(write_new(&target.join(name), text)?);
        }
    }
    let lines: String = wrote
        .iter()
        .map(|path| format!("wrote {}\n", path.display()))
        .collect();
    print(
        global,
        &format!("{lines}Edit it, then run `upsctl check` and `upsctl diff`.\n"),
    )?;
    Ok(Exit::Done)
}

fn write_new(path: &Path, text: &str) -> Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| {
            format!(
                "could not write {} (nothing is overwritten)",
                path.display()
            )
        })?;
    Ok(path.to_path_buf())
}
