//! The sources that are only looked at: the environment and files.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Failure;

/// No password is longer; a file that is, is another file.
const BIGGEST: u64 = 64 * 1024;

pub(super) fn env(name: &str) -> Result<Vec<u8>, Failure> {
    let Some(value) = std::env::var_os(name) else {
        let help = match name.contains(['-', '.', '@', '+']) {
            true => "a shell cannot set a variable of that name (`env` can): give the user a \
                     `password = { env = \"…\" }` of its own in `[users]`"
                .into(),
            false => format!("set it: `export {name}=…`"),
        };
        return Err(Failure::new("the variable is not set").help(help));
    };
    Ok(value.into_encoded_bytes())
}

/// A path that starts with `~/`, as people write it and no system call reads it.
pub(super) fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

pub(super) fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Failure::new(format!("there is no file `{shown}`")),
        _ => Failure::new(format!("cannot read `{shown}`: {error}")),
    };
    // Looked at first: opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Failure::new(format!("`{shown}` is not a regular file")));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(BIGGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > BIGGEST {
        return Err(Failure::new(format!("`{shown}` is too big for a password")));
    }
    Ok(bytes)
}
