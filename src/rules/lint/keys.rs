use super::place;
use super::view::View;
use crate::model::finding::Place;
use crate::nut::conf;
use crate::nut::directive::{self, Directive, File, Scope};
use crate::nut::files::{Assignment, Entry, Section, Setting};

/// One directive, key or variable of any file of a host, with its value.
pub(super) struct Key<'a> {
    pub(super) file: File,
    pub(super) known: Option<&'static Directive>,
    /// The words of its value.
    pub(super) values: Vec<&'a str>,
    pub(super) setting: Option<&'a Setting>,
    entry: Option<(Option<&'a Section>, &'a Entry)>,
    assignment: Option<&'a Assignment>,
}

impl<'a> Key<'a> {
    /// Its name; a key of a section with that section.
    pub(super) fn name(&self) -> String {
        match (self.setting, self.entry, self.assignment) {
            (Some(setting), ..) => setting.name.value.clone(),
            (_, Some((Some(section), entry)), _) => {
                format!("[{}] {}", section.name, entry.key.value)
            }
            (_, Some((None, entry)), _) => entry.key.value.clone(),
            (.., Some(assignment)) => assignment.name.clone(),
            _ => String::new(),
        }
    }

    /// Where it stands.
    pub(super) fn place(&self, view: &View<'_>) -> Place {
        match (self.setting, self.entry, self.assignment) {
            (Some(setting), ..) => view.at_setting(self.file, setting),
            (_, Some((section, entry)), _) => place::of_entry(view, section, entry),
            (.., Some(assignment)) => at_assignment(view, assignment),
            _ => view.in_file(
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

/// Where an assignment of nut.conf stands.
pub(super) fn at_assignment(view: &View<'_>, assignment: &Assignment) -> Place {
    let (host, name) = (view.host.name.as_str(), assignment.name.as_str());
    let keys: [&[&str]; 2] = [&["hosts", host, "nut", name], &["defaults", "nut", name]];
    view.in_inventory(&keys)
        .unwrap_or_else(|| view.in_file(File::Nut, &assignment.place))
}

/// Every directive, key and variable of a host that NUT does something with.
pub(super) fn all<'a>(view: &View<'a>) -> impl Iterator<Item = Key<'a>> + use<'a> {
    assignments(view).chain(entries(view)).chain(settings(view))
}

fn assignments<'a>(view: &View<'a>) -> impl Iterator<Item = Key<'a>> + use<'a> {
    let assignments = view
        .host
        .nut
        .as_ref()
        .map_or(&[][..], |nut| &nut.assignments);
    assignments.iter().map(|assignment| Key {
        assignment: Some(assignment),
        ..Key::new(
            File::Nut,
            directive::lookup(File::Nut, Scope::Top, &assignment.name),
            vec![&assignment.value],
        )
    })
}

fn entries<'a>(view: &View<'a>) -> impl Iterator<Item = Key<'a>> + use<'a> {
    let ups = view.host.ups.as_ref();
    let global = ups
        .map_or(&[][..], |ups| &ups.global)
        .iter()
        .map(|entry| (None, entry));
    let sections = ups.map_or(&[][..], |ups| &ups.sections).iter();
    let inside =
        sections.flat_map(|section| section.entries.iter().map(move |e| (Some(section), e)));
    global.chain(inside).map(|(section, entry)| {
        let scope = section.map_or(Scope::Top, |_| Scope::Section);
        let known = directive::lookup(File::Ups, scope, &entry.key.value);
        let values = entry.value.iter().map(|word| word.value.as_str());
        Key {
            entry: Some((section, entry)),
            ..Key::new(File::Ups, known, values.collect())
        }
    })
}

fn settings<'a>(view: &View<'a>) -> impl Iterator<Item = Key<'a>> + use<'a> {
    let upsd = view
        .settings(File::Upsd)
        .iter()
        .map(|setting| (File::Upsd, setting));
    let upsmon = view
        .settings(File::Upsmon)
        .iter()
        .map(|setting| (File::Upsmon, setting));
    upsd.chain(upsmon)
        .filter(|(_, setting)| setting.counts())
        .map(|(file, setting)| {
            let values = setting.args.iter().map(|word| word.value.as_str());
            Key {
                setting: Some(setting),
                ..Key::new(file, setting.directive, values.collect())
            }
        })
}
