use std::fmt;

use crate::nut::conf::{Conf, Locator, Position, ProblemKind};
use crate::nut::ups_name::SystemError;

/// Something NUT ignores or reads differently than it looks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// What it is.
    pub kind: TrapKind,
    /// Where it stands.
    pub place: Position,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// The ways a file can mean something else than it looks, beyond its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrapKind {
    /// A problem of the words themselves.
    Words(ProblemKind),
    /// A key and a value without `=`: the line is ignored.
    ForgottenEquals,
    /// A key and `=` without a value: the line is ignored.
    MissingValue,
    /// Words NUT does not look at.
    ExtraWords,
    /// `[my ups]`: ignored; the lines below belong to the section above.
    BlankInSection,
    /// A section header that does not end in `]`.
    BrokenSection,
    /// A section of this name stood above; its keys are merged.
    DuplicateSection,
    /// A section whose name differs from another one only in case.
    SectionCase(String),
    /// A section without a key does not exist for NUT.
    EmptySection,
    /// A key of NUT's own written as a flag: `upsdrvctl` crashes or the driver ends.
    FlagWithoutValue,
    /// The key stood above in this section; the last one counts.
    RepeatedKey,
    /// In front of any section: ignored.
    OutsideSection,
    /// The user stood above: the header is ignored, the lines below go to this user.
    DuplicateUser(String),
    /// The user has a password already; the first one counts.
    DuplicatePassword,
    /// `user name`, the format of old: ignored.
    OldUserLine,
    /// `upsmon = role` works, but upsd complains about the `=`.
    UpsmonEquals,
    /// Neither primary, secondary, master nor slave: no rights in `upsd.users`, a secondary in
    /// `upsmon.conf`.
    UnknownRole,
    /// A field upsd does not know.
    UnknownField,
    /// A field upsd only complains about.
    ObsoleteField,
    /// A directive the program does not know, perhaps for its case: then as it should be.
    UnknownDirective(Option<&'static str>),
    /// Fewer words than the directive takes: it is ignored.
    TooFewWords,
    /// The file has no `=`: NUT takes it as the value.
    EqualsAsValue,
    /// The directive stood above; the last one counts.
    RepeatedDirective,
    /// A MONITOR line without a user: upsmon ends.
    MonitorWithoutUser,
    /// The system of this MONITOR line stood above: ignored.
    DuplicateMonitor,
    /// A system NUT cannot take apart, or reads otherwise than it looks.
    BadSystem(SystemError),
    /// No number: NUT takes what it can read, or 0.
    BadPowerValue,
    /// A power value below 0 or too large: the line is ignored.
    PowerValueRange,
    /// Blanks around `=` in nut.conf: the shell runs the name as a command.
    BlankAroundEquals,
    /// `export`: systemd ignores the line.
    Export,
    /// `$`, a backtick or `~`: the shell expands it, systemd does not.
    Expansion,
    /// A comment behind a value: systemd takes it as part of the value.
    TrailingComment,
    /// A quote in nut.conf that is not closed.
    OpenQuote,
    /// A carriage return at the end: part of the value.
    CarriageReturn,
    /// Text the shell executes as root.
    Executed,
}

impl TrapKind {
    /// Every problem of the words, as traps.
    pub(super) fn of_words(conf: &Conf) -> Vec<Trap> {
        let mut places = Locator::new(conf.source());
        let traps = conf.problems().map(|(_, problem)| Trap {
            kind: TrapKind::Words(problem.kind),
            place: places.locate(problem.span.clone()),
        });
        traps.collect()
    }

    fn text(&self) -> &'static str {
        match self {
            Self::ForgottenEquals => "no `=`: NUT ignores the line",
            Self::MissingValue => "no value: NUT ignores the line",
            Self::ExtraWords => "NUT ignores these words; quote a value of more than one word",
            Self::BlankInSection => {
                "NUT ignores a section with a blank in its name; the lines below belong to the section above"
            }
            Self::BrokenSection => {
                "this section header does not end in `]`: NUT does not see a section"
            }
            Self::DuplicateSection => {
                "the section stood above: NUT merges the two, the last value counts"
            }
            Self::EmptySection => "NUT ignores a section without a key",
            Self::FlagWithoutValue => {
                "this key needs `= value`: without it upsdrvctl crashes or the driver ends"
            }
            Self::RepeatedKey => "the key stood above: the last value counts",
            Self::OutsideSection => "NUT ignores what stands outside a section here",
            Self::DuplicatePassword => "NUT ignores a second password; the first one counts",
            Self::OldUserLine => "NUT ignores `user` lines; write `[name]`",
            Self::UpsmonEquals => "written without `=`: upsd complains, but takes it",
            Self::UnknownRole => "neither primary, secondary, master nor slave",
            Self::UnknownField => "upsd knows no such field",
            Self::ObsoleteField => "no longer used: upsd ignores it",
            Self::UnknownDirective(_) => "NUT knows no such directive",
            Self::TooFewWords => "too few words: NUT ignores the directive",
            Self::EqualsAsValue => "no `=` here: NUT takes it as the value",
            Self::RepeatedDirective => "the directive stood above: the last one counts",
            Self::MonitorWithoutUser => {
                "a MONITOR line takes system, power value, user, password and role; upsmon ends"
            }
            Self::DuplicateMonitor => "the same UPS stood above: NUT ignores this line",
            Self::BadPowerValue => "the power value is not a number; NUT reads what it can, or 0",
            Self::PowerValueRange => "NUT ignores a MONITOR line with such a power value",
            Self::BlankAroundEquals => "no blanks around `=`: the shell runs this as a command",
            Self::Export => "systemd ignores a line with `export`",
            Self::Expansion => "the shell expands this, systemd does not",
            Self::TrailingComment => "systemd takes a comment behind a value as part of it",
            Self::OpenQuote => "this quote is never closed",
            Self::CarriageReturn => "the carriage return becomes part of the value",
            Self::Executed => "the shell executes this as root",
            Self::Words(_) | Self::SectionCase(_) | Self::DuplicateUser(_) | Self::BadSystem(_) => {
                ""
            }
        }
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(problem) => problem.fmt(f),
            Self::SectionCase(other) => write!(
                f,
                "differs from `[{other}]` only in case, which upsd does not tell apart"
            ),
            Self::DuplicateUser(heir) => {
                write!(
                    f,
                    "NUT ignores a second `[user]`; the lines below go to `{heir}`"
                )
            }
            Self::BadSystem(error) => write!(f, "{error}; {}", error.reading()),
            Self::UnknownDirective(Some(name)) => {
                write!(f, "NUT knows no such directive; write `{name}`")
            }
            other => f.write_str(other.text()),
        }
    }
}
