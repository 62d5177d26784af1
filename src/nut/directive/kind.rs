use std::ops::RangeInclusive;

/// What a directive takes, by how its reader reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `0` or `1`, read by `atoi`: `yes` means 0.
    Bool01,
    /// true/on/yes/1 or false/off/no/0 in any case (`parse_boolean`, server/conf.c).
    BoolWord,
    /// `yes`, `no` or `auto`; any other text is `no`.
    YesNoAuto,
    /// `yes`, `no` or a number of seconds (SHUTDOWNEXIT).
    YesNoSeconds,
    /// Seconds, 0 or more.
    Seconds,
    /// Seconds; below 0 switches the thing off.
    SignedSeconds,
    /// A number, 0 or more.
    Integer,
    /// A number, also below 0.
    SignedInteger,
    /// Any text, one word.
    Text,
    /// A file or a directory.
    Path,
    /// A command line, one word.
    Command,
    /// There or not: a bare word without `=`.
    Flag,
    /// A user or group of the operating system.
    Account,
    /// One of a few words.
    Words(&'static [&'static str]),
    /// A secret text.
    Secret,
    /// The name of a driver.
    Driver,
    /// What a driver connects to.
    Port,
    /// A value of a NUT variable (`default.*`, `override.*`).
    Variable,
    /// Address and optional port.
    Listen,
    /// `system powervalue user password role`.
    Monitor,
    /// Notify type and message.
    NotifyMessage,
    /// Notify type and flags joined by `+`.
    NotifyFlags,
    /// Certificate name and its password.
    CertIdent,
    /// Host, certificate name, verify and force, the last two 0 or 1.
    CertHost,
    /// `primary`, `secondary`, `master` or `slave`.
    UpsmonRole,
    /// Any number of words.
    List,
    /// Understood only to be refused.
    Obsolete,
}

impl Kind {
    /// How `true` and `false` are written; for a [`Flag`](Kind::Flag) the line stands or not, and
    /// the text is empty.
    pub fn render_bool(self, value: bool) -> &'static str {
        match (self, value) {
            (Kind::Flag, _) => "",
            (Kind::Bool01 | Kind::Integer | Kind::CertHost, true) => "1",
            (Kind::Bool01 | Kind::Integer | Kind::CertHost, false) => "0",
            (Kind::Words(words), true) if words.contains(&"true") => "true",
            (Kind::Words(words), false) if words.contains(&"true") => "false",
            (_, true) => "yes",
            (_, false) => "no",
        }
    }

    /// Whether a truth value means something here.
    pub fn takes_bool(self) -> bool {
        match self {
            Kind::Bool01 | Kind::BoolWord | Kind::YesNoAuto | Kind::YesNoSeconds | Kind::Flag => {
                true
            }
            Kind::Words(words) => words.contains(&"true"),
            _ => false,
        }
    }

    /// Whether a number means something here.
    pub fn takes_number(self) -> bool {
        matches!(
            self,
            Kind::Seconds
                | Kind::SignedSeconds
                | Kind::Integer
                | Kind::SignedInteger
                | Kind::YesNoSeconds
        )
    }

    /// How many words the kind needs behind the name.
    pub(super) const fn args(self) -> RangeInclusive<usize> {
        match self {
            Kind::Flag => 0..=0,
            Kind::Listen => 1..=2,
            Kind::Monitor => 5..=5,
            Kind::NotifyMessage | Kind::NotifyFlags | Kind::CertIdent => 2..=2,
            Kind::CertHost => 4..=4,
            Kind::List | Kind::Obsolete => 1..=usize::MAX,
            _ => 1..=1,
        }
    }
}
