//! Directives the owner sets by NUT's own names: whether they can be written at all. Whether NUT
//! knows them is a lint rule's question.

use super::CrossCheck;
use super::sources::source_is_usable;
use crate::inventory::leaf;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{DirectiveValue, Directives};
use crate::nut::directive::File;

const FILES: [(File, &str); 4] = [
    (File::Nut, "nut"),
    (File::Ups, "ups"),
    (File::Upsd, "upsd"),
    (File::Upsmon, "upsmon"),
];

pub(super) fn check(check: &mut CrossCheck<'_>) {
    let inventory = check.inventory;
    for (file, key) in FILES {
        let of_all = inventory.defaults.of(file);
        of_all
            .into_iter()
            .for_each(|own| directives(check, file, &["defaults", key], own));
        for (name, host) in &inventory.hosts {
            let own = host.overrides(file);
            own.into_iter()
                .for_each(|own| directives(check, file, &["hosts", name.as_str(), key], own));
        }
    }
    for (name, ups) in &inventory.ups {
        let path = ["ups", name.as_str(), "options"];
        let (secret, plain): (Directives, Directives) = ups
            .options
            .clone()
            .into_iter()
            .partition(|(_, value)| value.source().is_some());
        directives(check, File::Ups, &path, &plain);
        for (option, source) in secret {
            if let Some(why) = bad_name(&option) {
                check_key(check, &path, &option, &why);
            } else if let Some(source) = source.source() {
                let path = [path[0], path[1], path[2], &option];
                source_is_usable(check, &path, &source, |text| leaf::nut_text(text).err());
            }
        }
        for key in ["driver", "port", "desc"]
            .into_iter()
            .filter(|key| ups.options.contains_key(*key))
        {
            let help = format!("write it without `.options`, in `[ups.{name}]`");
            report(
                check,
                &path,
                &[key],
                Diagnostic::new(format!("`{key}` has a key of its own")).help(help),
            );
        }
    }
}

fn directives(check: &mut CrossCheck<'_>, file: File, path: &[&str], directives: &Directives) {
    for (name, value) in directives {
        if let Some(why) = bad_name(name) {
            check_key(check, path, name, &why);
        } else if file == File::Upsmon && name.eq_ignore_ascii_case("MONITOR") {
            let message = "MONITOR lines are derived, with roles and passwords";
            let help = "write `powered_by = [\"UPS\"]` on the host instead";
            report(check, path, &[name], Diagnostic::new(message).help(help));
        } else {
            for Bad { below, why } in bad_values(file, value) {
                let below: Vec<&str> = [name.as_str()]
                    .into_iter()
                    .chain(below.as_deref())
                    .collect();
                report(
                    check,
                    path,
                    &below,
                    Diagnostic::new(format!("`{name}`: {why}")),
                );
            }
        }
    }
}

fn bad_name(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fine = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(allowed);
    (!fine).then(|| {
        format!(
            "`{}` cannot be the name of a directive",
            name.escape_debug()
        )
    })
}

fn check_key(check: &mut CrossCheck<'_>, path: &[&str], name: &str, why: &str) {
    let path: Vec<&str> = path.iter().copied().chain([name]).collect();
    let place = check.source.key_place_of(&path);
    let help = "names begin with a letter and have letters, digits, `_`, `.` and `-`";
    check.errors.push(Diagnostic::new(why).at(place).help(help));
}

fn report(check: &mut CrossCheck<'_>, path: &[&str], below: &[&str], error: Diagnostic) {
    let path: Vec<&str> = path.iter().chain(below).copied().collect();
    check.report(&path, error);
}

/// Something in the value of a directive that cannot be written.
struct Bad {
    /// The index or key below the directive.
    below: Option<String>,
    why: String,
}

fn bad_values(file: File, value: &DirectiveValue) -> Vec<Bad> {
    let bad = |below: Option<String>, why: String| Bad { below, why };
    let whole = |why: &str| vec![bad(None, why.into())];
    match value {
        DirectiveValue::List(_) | DirectiveValue::Table(_) if file == File::Nut => {
            whole("a variable of nut.conf has one value")
        }
        DirectiveValue::Table(_) if file == File::Ups => {
            whole("a key of ups.conf has no keys of its own; a name with dots needs quotes")
        }
        DirectiveValue::List(list) => {
            let item = |(index, item): (usize, &DirectiveValue)| {
                Some(bad(Some(index.to_string()), bad_line(item)?))
            };
            list.iter().enumerate().filter_map(item).collect()
        }
        DirectiveValue::Table(table) => {
            let pair = |(key, value): (&String, &DirectiveValue)| {
                Some(bad(
                    Some(key.clone()),
                    bad_key(key).or_else(|| bad_word(value))?,
                ))
            };
            table.iter().filter_map(pair).collect()
        }
        word => bad_word(word)
            .map(|why| bad(None, why))
            .into_iter()
            .collect(),
    }
}

fn bad_line(item: &DirectiveValue) -> Option<String> {
    match item {
        DirectiveValue::Bool(_) => Some("each element is the text of one line".into()),
        item => bad_word(item),
    }
}

fn bad_key(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some("a key must not be empty".into());
    }
    leaf::nut_text(key).err()
}

fn bad_word(value: &DirectiveValue) -> Option<String> {
    match value {
        DirectiveValue::Bool(_) | DirectiveValue::Integer(_) => None,
        DirectiveValue::Text(text) => leaf::nut_text(text).err(),
        DirectiveValue::Float(_) => {
            Some("NUT counts in whole numbers; in quotes it gets what stands there".into())
        }
        DirectiveValue::List(_) => Some("a list within a list or table means nothing".into()),
        DirectiveValue::Table(_) => Some("a table within a list or table means nothing".into()),
    }
}
