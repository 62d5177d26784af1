use std::fmt;
use std::str::FromStr;

/// NUT's configuration files in `/etc/nut`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// `nut.conf`: shell assignments, read by Debian's wrappers and systemd.
    Nut,
    /// `ups.conf`: the drivers.
    Ups,
    /// `upsd.conf`: the server.
    Upsd,
    /// `upsd.users`: who may do what on the server.
    UpsdUsers,
    /// `upsmon.conf`: the monitor.
    Upsmon,
}

/// A name that is none of NUT's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFile(pub String);

impl fmt::Display for UnknownFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of ", self.0)?;
        let names: Vec<_> = File::ALL.iter().map(|file| file.name()).collect();
        f.write_str(&names.join(", "))
    }
}

impl std::error::Error for UnknownFile {}

impl File {
    /// Every file.
    pub const ALL: [File; 5] = [
        File::Nut,
        File::Ups,
        File::Upsd,
        File::UpsdUsers,
        File::Upsmon,
    ];

    /// Its name in `/etc/nut`.
    pub fn name(self) -> &'static str {
        match self {
            File::Nut => "nut.conf",
            File::Ups => "ups.conf",
            File::Upsd => "upsd.conf",
            File::UpsdUsers => "upsd.users",
            File::Upsmon => "upsmon.conf",
        }
    }

    /// Whether NUT's own parser reads it; `nut.conf` is shell.
    pub fn is_parseconf(self) -> bool {
        self != File::Nut
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for File {
    type Err = UnknownFile;

    fn from_str(name: &str) -> Result<Self, UnknownFile> {
        let found = File::ALL.into_iter().find(|file| file.name() == name);
        found.ok_or_else(|| UnknownFile(name.to_string()))
    }
}

impl serde::Serialize for File {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
