use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::conf::Word;
use crate::nut::directive::File;
use crate::nut::files::Role;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "role-word-too-new",
    severity: Severity::Error,
    text: include_str!("role_word_too_new.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let host = view.host;
    let monitors = host.upsmon.iter().flat_map(|upsmon| &upsmon.monitors);
    let monitors = monitors.map(|monitor| (File::Upsmon, &monitor.role_word));
    let users = host.users.iter().flat_map(|users| &users.users);
    let users = users
        .flat_map(|user| &user.upsmon)
        .map(|word| (File::UpsdUsers, word));
    let too_new = |word: &Word| {
        Role::of_word(&word.value).is_some() && !Role::is_known(&word.value, host.version)
    };
    monitors
        .chain(users)
        .filter(|(_, word)| too_new(word))
        .map(|(file, word)| {
            let saw = format!(
                "{file} says `{}`, and NUT {} does not know it",
                word.value, host.version
            );
            view.finding(&RULE, saw, view.in_file(file, &word.place()), &[])
        })
        .collect()
}
