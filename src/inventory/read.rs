//! The files of an inventory, and their TOML.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, Error};

use super::duplicate::{self, Duplicate};
use super::source::SourceFile;
use super::tree::{self, Table};
use crate::disk;
use crate::model::diagnostic::{Diagnostic, Diagnostics};

/// Bigger files are no inventory: 10,000 hosts are 2 MB.
const BIGGEST: u64 = 64 * 1024 * 1024;

/// So many duplicates of a file get the place of their first definition: each costs a parse of
/// what stands before, and a file pasted into itself has as many as it has tables.
const SEARCHES: usize = 20;

const INIT: &str = "`upsctl init` writes a commented starter; `-i PATH` names another inventory";

/// The files of an inventory: the file itself, or every `*.toml` of a folder, sorted.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Diagnostics> {
    let shown = path.display();
    let meta = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            Diagnostic::new(format!("there is no inventory at `{shown}`")).help(INIT)
        }
        _ => Diagnostic::new(format!("cannot look at `{shown}`: {error}")),
    });
    let meta = meta.map_err(Diagnostics::from)?;
    if !meta.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let cannot = |error| {
        Diagnostics::from(Diagnostic::new(format!(
            "cannot list the folder `{shown}`: {error}"
        )))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(b".toml") && !bytes.starts_with(b".") {
            files.push(path.join(name));
        }
    }
    if files.is_empty() {
        let message = format!("the folder `{shown}` has no `*.toml` file");
        return Err(Diagnostic::new(message).help(INIT).into());
    }
    files.sort();
    Ok(files)
}

/// The text of a file; of a folder's, when it lies in it.
pub(super) fn text(path: &Path, inventory: &Path) -> Result<SourceFile, Diagnostics> {
    let name = path.display().to_string();
    let bytes = match inventory.is_dir() {
        true => disk::read_inside(path, inventory, BIGGEST),
        false => disk::read(path, BIGGEST),
    };
    let bytes = bytes.map_err(|why| {
        let error = Diagnostic::new(format!("cannot read `{name}`: {why}"));
        match path.is_dir() {
            true => {
                error.help("give it a name that does not end in `.toml`; sub-folders are not read")
            }
            false => error,
        }
    });
    match String::from_utf8(bytes.map_err(Diagnostics::from)?) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(error) => Err(not_utf8(name, &error).into()),
    }
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> Diagnostic {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[at];
    let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
    let mut place = SourceFile::new(name, before.into_owned()).place(at..at);
    // The rest of the line cannot be shown as it is.
    place.source = None;
    let message = format!("the file is not UTF-8: byte 0x{byte:02x} begins no character");
    let help = "save it as UTF-8; TOML knows no other encoding";
    Diagnostic::new(message).at(place).help(help)
}

/// The tree of a file and what is wrong with its TOML. After any other error than a key that is
/// defined twice the tree is of no use.
pub(super) fn parse(index: usize, file: &SourceFile) -> (Option<Table>, Vec<Diagnostic>) {
    let (root, mut errors) = DeTable::parse_recoverable(&file.text);
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let usable = errors.iter().all(is_duplicate);
    let errors = without_followers(&file.text, errors);
    let mut searches = SEARCHES;
    let diagnostics = errors
        .iter()
        .map(|error| diagnostic(file, error, &mut searches))
        .collect();
    let tree = usable.then(|| tree::table(index, root.get_ref()));
    (tree, diagnostics)
}

fn is_duplicate(error: &Error) -> bool {
    error.message() == "duplicate key"
}

/// Drops the errors about the keys of a table that is already reported as a whole.
fn without_followers(text: &str, errors: Vec<Error>) -> Vec<Error> {
    let mut end_of_reported = 0;
    let mut kept = Vec::new();
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        if is_duplicate(&error) && at < end_of_reported {
            continue;
        }
        let start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
        if is_duplicate(&error) && duplicate::is_header(&text[start..]) {
            end_of_reported = at + text[at..].find("\n[").unwrap_or(text.len() - at);
        }
        kept.push(error);
    }
    kept
}

fn diagnostic(file: &SourceFile, error: &Error, searches: &mut usize) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    if !is_duplicate(error) {
        let place = file.broken_place(span);
        return Diagnostic::new(format!("not TOML: {}", error.message())).at(place);
    }
    let place = file.place(span.clone());
    if *searches == 0 {
        let key = file.text.get(span).unwrap_or_default();
        return Diagnostic::new(format!("`{key}` is defined twice")).at(place);
    }
    *searches -= 1;
    defined_twice(file, &duplicate::find(&file.text, &span)).at(place)
}

fn defined_twice(file: &SourceFile, found: &Duplicate) -> Diagnostic {
    let help = match found.path.as_slice() {
        [table, _] if table == "ups" => {
            "a UPS has one primary, the host its cable goes to; give a second UPS its own name"
        }
        _ => "keep one of the two",
    };
    let first = found.first.clone().map(|first| file.place(first));
    Diagnostic::new(format!("`{}` is defined twice", found.path.join(".")))
        .label("again here")
        .second(first, "first here")
        .help(help)
}
