use crate::model::finding::Place;
use crate::nut::conf;
use crate::nut::directive::{self, Directive, File, Scope};
use crate::nut::files::{Assignment, Entry, Setting};
use crate::site::{ParsedHost, ParsedUps};

/// One directive, key or variable of any file of a host, with its value.
pub(super) struct Key<'a> {
    pub(super) file: File,
    pub(super) known: Option<&'static Directive>,
    /// The words of its value.
    pub(super) values: Vec<&'a str>,
    pub(super) setting: Option<&'a Setting>,
    entry: Option<(Option<ParsedUps<'a>>, &'a Entry)>,
    assignment: Option<&'a Assignment>,
}

impl<'a> Key<'a> {
    /// Its name; a key of a section with that section.
    pub(super) fn name(&self) -> String {
        match (self.setting, self.entry, self.assignment) {
            (Some(setting), ..) => setting.name.value.clone(),
            (_, Some((Some(ups), entry)), _) => {
                format!("[{}] {}", ups.name(), entry.key.value)
            }
            (_, Some((None, entry)), _) => entry.key.value.clone(),
            (.., Some(assignment)) => assignment.name.clone(),
            _ => String::new(),
        }
    }

    /// Where it stands.
    pub(super) fn place(&self, host: ParsedHost<'_>) -> Place {
        match (self.setting, self.entry, self.assignment) {
            (Some(setting), ..) => host.at_setting(self.file, setting),
            (_, Some((Some(ups), entry)), _) => ups.at_entry(entry),
            (_, Some((None, entry)), _) => host.at_global(entry),
            (.., Some(assignment)) => host.at_assignment(assignment),
            _ => host.in_file(
                self.file,
                &conf::Position {
                    line: 1,
                    column: 1,
                    span: 0..0,
                },
            ),
        }
    }

    fn new(file: File, known: Option<&'static Directive>, values: Vec<&'a str>) -> Self {
        Self {
            file,
            known,
            values,
            setting: None,
            entry: None,
            assignment: None,
        }
    }
}

/// Every directive, key and variable of a host that NUT does something with.
pub(super) fn all<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Key<'a>> {
    assignments(host).chain(entries(host)).chain(settings(host))
}

fn assignments<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Key<'a>> {
    let conf = host.nut_conf().into_iter();
    let assignments = conf.flat_map(|conf| &conf.assignments);
    assignments.map(|assignment| Key {
        assignment: Some(assignment),
        ..Key::new(
            File::Nut,
            directive::lookup(File::Nut, Scope::Top, &assignment.name),
            vec![&assignment.value],
        )
    })
}

fn entries<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Key<'a>> {
    let global = host.ups_conf().into_iter().flat_map(|conf| &conf.global);
    let global = global.map(|entry| (None, entry));
    let inside = host.upses().flat_map(|ups| {
        let entries = ups.section.entries.iter();
        entries.map(move |entry| (Some(ups), entry))
    });
    global.chain(inside).map(|(ups, entry)| {
        let scope = if ups.is_some() {
            Scope::Section
        } else {
            Scope::Top
        };
        let known = directive::lookup(File::Ups, scope, &entry.key.value);
        let values = entry.value.iter().map(|word| word.value.as_str());
        Key {
            entry: Some((ups, entry)),
            ..Key::new(File::Ups, known, values.collect())
        }
    })
}

/// The settings of upsd.conf and upsmon.conf that count.
pub(super) fn settings<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Key<'a>> {
    let of = move |file| {
        host.settings(file)
            .iter()
            .map(move |setting| (file, setting))
    };
    let all = of(File::Upsd).chain(of(File::Upsmon));
    all.filter(|(_, setting)| setting.counts())
        .map(|(file, setting)| {
            let values = setting.args.iter().map(|word| word.value.as_str());
            Key {
                setting: Some(setting),
                ..Key::new(file, setting.directive, values.collect())
            }
        })
}
