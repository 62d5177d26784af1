use super::{Trap, TrapKind, trap_words};
use crate::nut::conf::{Conf, Line, Position, Word};
use crate::nut::directive::{self, Directive, File, Kind, Scope};

/// A directive of `upsd.conf` or `upsmon.conf` with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is; `None` if NUT does not know it.
    pub directive: Option<&'static Directive>,
    /// The first word.
    pub name: Word,
    /// The words behind it, also those NUT ignores.
    pub args: Vec<Word>,
    /// From the name to the last word.
    pub place: Position,
}

impl Setting {
    /// Whether NUT does something with it: known, with enough words.
    pub fn counts(&self) -> bool {
        self.directive
            .is_some_and(|d| self.args.len() >= *d.args.start())
    }

    /// Whether it is the directive of this name (as spelt in the man page).
    pub fn is(&self, name: &str) -> bool {
        self.directive
            .is_some_and(|directive| directive.name == name)
    }

    /// The first word behind the name.
    pub fn value(&self) -> Option<&Word> {
        self.args.first()
    }
}

/// Every directive of a file without sections, and what NUT ignores of them.
pub(super) fn settings(conf: &Conf, file: File) -> (Vec<Setting>, Vec<Trap>) {
    let mut traps = TrapKind::of_words(conf);
    let mut settings: Vec<Setting> = Vec::new();
    for line in conf.directives() {
        let Some(setting) = setting(line, file) else {
            continue;
        };
        traps.extend(setting_traps(&setting, file, &settings));
        settings.push(setting);
    }
    (settings, traps)
}

fn setting(line: &Line, file: File) -> Option<Setting> {
    let name = line.name()?.clone();
    Some(Setting {
        directive: directive::lookup(file, Scope::Top, &name.value),
        args: line.words[1..].to_vec(),
        place: line.place(),
        name,
    })
}

fn setting_traps(setting: &Setting, file: File, before: &[Setting]) -> Vec<Trap> {
    let trap = |kind, place| Trap { kind, place };
    let Some(directive) = setting.directive else {
        let meant = directive::all(file)
            .iter()
            .find(|d| d.name.eq_ignore_ascii_case(&setting.name.value));
        let kind = TrapKind::UnknownDirective(meant.map(|d| d.name));
        return vec![trap(kind, setting.name.place())];
    };
    let mut traps = Vec::new();
    if let Some(equals) = setting
        .value()
        .filter(|word| word.value == "=" && !word.quoted)
    {
        traps.push(trap(TrapKind::EqualsAsValue, equals.place()));
    } else if setting.args.len() < *directive.args.start() && directive.kind != Kind::Monitor {
        traps.push(trap(TrapKind::TooFewWords, setting.place.clone()));
    } else if setting.args.len() > *directive.args.end() {
        traps.extend(trap_words(
            TrapKind::ExtraWords,
            &setting.args[*directive.args.end()..],
        ));
    }
    let repeated = |other: &Setting| other.directive == setting.directive && other.counts();
    if !directive.repeatable && setting.counts() && before.iter().any(repeated) {
        traps.push(trap(TrapKind::RepeatedDirective, setting.place.clone()));
    }
    traps
}
