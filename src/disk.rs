//! Files of this machine that somebody else may have laid out: an inventory that came with a pull
//! request, a folder others can write to.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Reads a regular file of at most `most` bytes that lies inside `folder`, links followed. A pipe
/// would be waited for; a link that leads out would show what the file's author may not see.
///
/// # Errors
/// Why it was not read.
pub fn read_inside(path: &Path, folder: &Path, most: u64) -> Result<Vec<u8>, String> {
    let says = |error: io::Error| error.to_string();
    let real = path.canonicalize().map_err(says)?;
    if !real.starts_with(folder.canonicalize().map_err(says)?) {
        return Err(format!("it leads out of the folder {}", folder.display()));
    }
    read(&real, most)
}

/// Reads a regular file of at most `most` bytes.
///
/// # Errors
/// Why it was not read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let says = |error: io::Error| error.to_string();
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags(OFlags::NONBLOCK));
    let file = options.open(path).map_err(says)?;
    let meta = file.metadata().map_err(says)?;
    if meta.is_dir() {
        return Err("it is a folder".into());
    }
    if !meta.is_file() {
        return Err("it is not a regular file".into());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(says)?;
    if bytes.len() as u64 > most {
        return Err(format!("it has more than {} KiB", most >> 10));
    }
    Ok(bytes)
}

/// Writes a file with exactly this mode, set before it holds anything. What is there is replaced,
/// but not through a link.
///
/// # Errors
/// When it cannot be written, or a link is in the way.
pub fn write(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(io::Error::other("a link is in its place"));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file: File = options.custom_flags(flags(OFlags::NOFOLLOW)).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())
}

fn flags(flags: OFlags) -> i32 {
    flags.bits() as i32
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_leads_out_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("real"), "x").unwrap();
        symlink("real", at("in")).unwrap();
        symlink("/etc/passwd", at("out")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        assert_eq!(read_inside(&at("in"), folder.path(), 10), Ok(vec![b'x']));
        let why = read_inside(&at("out"), folder.path(), 10).unwrap_err();
        assert!(why.starts_with("it leads out of the folder"), "{why}");
        assert!(read_inside(&at("device"), Path::new("/"), 10).is_err());
        fs::write(at("big"), [0; 2048]).unwrap();
        let why = read_inside(&at("big"), folder.path(), 1024).unwrap_err();
        assert_eq!(why, "it has more than 1 KiB");
    }

    #[test]
    fn nothing_is_written_through_a_link_and_an_open_file_is_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "x").unwrap();
        symlink("victim", at("link")).unwrap();
        assert!(write(&at("link"), 0o600, "secret").is_err());
        assert_eq!(fs::read_to_string(at("victim")).unwrap(), "x");
        write(&at("victim"), 0o600, "new").unwrap();
        let mode = fs::metadata(at("victim")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
