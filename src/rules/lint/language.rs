//! What NUT ignores or misreads in its files.

use super::keys::{self, Key};
use super::nearest::nearest;
use super::value;
use crate::nut::conf::{self, Word};
use crate::nut::directive::{self, File, Kind, Scope, notify_type};
use crate::nut::files::{Role, Trap, TrapKind};
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{ParsedHost, ParsedUps};

rules! {
    "text-lost" Error Host |host| traps(host, |kind| {
        matches!(kind, TrapKind::Words(problem) if problem.loses_text())
    });
    "odd-character" Warning Host |host| traps(host, |kind| {
        matches!(kind, TrapKind::Words(problem) if !problem.loses_text())
    });
    "line-ignored" Error Host |host| traps(host, |kind| {
        matches!(
            kind,
            TrapKind::ForgottenEquals
                | TrapKind::MissingValue
                | TrapKind::ExtraWords
                | TrapKind::TooFewWords
                | TrapKind::EqualsAsValue
                | TrapKind::OutsideSection
                | TrapKind::OldUserLine
        )
    });
    "section-broken" Error Host |host| traps(host, |kind| {
        matches!(
            kind,
            TrapKind::BlankInSection
                | TrapKind::BrokenSection
                | TrapKind::DuplicateSection
                | TrapKind::SectionCase(_)
                | TrapKind::EmptySection
        )
    });
    "value-missing" Error Host |host| traps(host, |kind| matches!(kind, TrapKind::FlagWithoutValue));
    "said-twice" Warning Host |host| traps(host, |kind| {
        matches!(
            kind,
            TrapKind::RepeatedKey
                | TrapKind::RepeatedDirective
                | TrapKind::DuplicatePassword
                | TrapKind::DuplicateMonitor
        )
    });
    "user-section-twice" Error Host |host| traps(host, |kind| matches!(kind, TrapKind::DuplicateUser(_)));
    "role-unknown" Error Host |host| traps(host, |kind| matches!(kind, TrapKind::UnknownRole));
    "monitor-broken" Error Host |host| traps(host, |kind| {
        matches!(
            kind,
            TrapKind::MonitorWithoutUser
                | TrapKind::BadSystem(_)
                | TrapKind::BadPowerValue
                | TrapKind::PowerValueRange
        )
    });
    "shell-syntax" Error Host |host| traps(host, |kind| {
        matches!(
            kind,
            TrapKind::BlankAroundEquals
                | TrapKind::Export
                | TrapKind::Expansion
                | TrapKind::TrailingComment
                | TrapKind::OpenQuote
                | TrapKind::CarriageReturn
                | TrapKind::Executed
        )
    });
    "directive-unknown" Error Host unknown;
    "directive-obsolete" Warning Host obsolete;
    "directive-too-new" Warning Host too_new;
    "role-word-too-new" Error Host role_word;
    "value-invalid" Error Host invalid;
}

fn traps(host: ParsedHost<'_>, wanted: fn(&TrapKind) -> bool) -> impl Iterator<Item = Says> {
    let traps = host.traps().filter(move |(_, trap)| wanted(&trap.kind));
    traps.map(move |(file, trap)| {
        // These name a character of the word.
        let of_word = matches!(trap.kind, TrapKind::Words(_));
        let text = match of_word && host.is_secret(file, &trap.place.span) {
            true => "NUT does not read this password as it stands here".to_string(),
            false => trap.to_string(),
        };
        says(format!("{file}: {text}"))
            .at(host.at_line(file, &trap.place))
            .with("file", file.name())
    })
}

/// The word at a trap, unless it may be a password.
fn first_word(host: ParsedHost<'_>, file: File, trap: &Trap) -> String {
    let span = &trap.place.span;
    if host.is_secret(file, span) {
        return "<password>".into();
    }
    let parsed = conf::parse(host.bytes(file).get(span.clone()).unwrap_or_default());
    let mut lines = parsed.lines.iter();
    let first = lines.find_map(|line| line.words.iter().chain(&line.dropped).next());
    let word = first.map_or("", |word| word.value.as_str());
    word.split('=').next().unwrap_or_default().to_string()
}

fn unknown(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let unknown = host.traps().filter_map(|(file, trap)| match trap.kind {
        TrapKind::UnknownDirective(meant) => Some((file, trap, meant)),
        TrapKind::UnknownField => Some((file, trap, None)),
        _ => None,
    });
    let traps = unknown.map(move |(file, trap, meant)| {
        let name = first_word(host, file, trap);
        let names = directive::all(file).iter().map(|directive| directive.name);
        let hint = match (meant, of_other_file(file, &name)) {
            (Some(meant), _) => format!(": did you mean `{meant}`?"),
            (None, Some(other)) => format!(": it is one of {other}"),
            (None, None) => nearest(&name, names)
                .map_or(String::new(), |near| format!(": did you mean `{near}`?")),
        };
        says(format!("{file} has no directive `{name}`{hint}")).at(host.at_line(file, &trap.place))
    });
    traps
        .chain(unknown_global(host))
        .chain(misspelt_variable(host))
}

/// The other file that a directive belongs in, if it is one of those without sections.
fn of_other_file(file: File, name: &str) -> Option<File> {
    let has = |other: &File| {
        let mut known = directive::all(*other).iter();
        *other != file && known.any(|known| known.name.eq_ignore_ascii_case(name))
    };
    [File::Upsd, File::Upsmon, File::Nut].into_iter().find(has)
}

/// What stands in front of every section of ups.conf and is no key there: nobody reads it.
fn unknown_global(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let global = host.ups_conf().into_iter().flat_map(|conf| &conf.global);
    global.filter_map(move |entry| {
        let key = entry.key.value.as_str();
        if directive::lookup(File::Ups, Scope::Top, key).is_some() {
            return None;
        }
        let names = directive::all(File::Ups).iter();
        let names = names.filter(|known| known.scope == Scope::Top);
        let hint = if directive::lookup(File::Ups, Scope::Section, key).is_some() {
            ": it belongs below the `[name]` of a UPS".into()
        } else {
            nearest(key, names.map(|known| known.name))
                .map_or(String::new(), |near| format!(": did you mean `{near}`?"))
        };
        let saw = format!("ups.conf has no key `{key}` in front of its sections{hint}");
        Some(says(saw).at(host.at_global(entry)))
    })
}

/// A variable of nut.conf that is nearly one of NUT's; others may be for anybody.
fn misspelt_variable(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let assignments = host
        .nut_conf()
        .into_iter()
        .flat_map(|conf| &conf.assignments);
    assignments.filter_map(move |assignment| {
        let name = assignment.name.as_str();
        if directive::lookup(File::Nut, Scope::Top, name).is_some() {
            return None;
        }
        let near = nearest(
            name,
            directive::all(File::Nut).iter().map(|known| known.name),
        )?;
        let saw = format!("nut.conf has no variable `{name}`: did you mean `{near}`?");
        Some(says(saw).at(host.at_assignment(assignment)))
    })
}

fn obsolete(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let old = |kind: &TrapKind| matches!(kind, TrapKind::ObsoleteField | TrapKind::UpsmonEquals);
    let settings = keys::settings(host)
        .filter(|key| key.known.is_some_and(|known| known.kind == Kind::Obsolete))
        .map(move |key| {
            says(format!(
                "{} has {}, which is obsolete",
                key.file,
                key.name()
            ))
            .at(key.place(host))
        });
    let entries = host.upses().flat_map(|ups: ParsedUps<'_>| {
        let entries = ups.section.entries.iter();
        let old = entries.filter(|entry| {
            directive::lookup(File::Ups, Scope::Section, &entry.key.value)
                .is_some_and(|known| known.kind == Kind::Obsolete)
        });
        old.map(move |entry| {
            says(format!(
                "ups `{}` has {}, which is obsolete",
                ups.name(),
                entry.key.value
            ))
            .at(ups.at_entry(entry))
        })
    });
    traps(host, old).chain(settings).chain(entries)
}

fn too_new(host: ParsedHost<'_>) -> Vec<Says> {
    let mut found = Vec::new();
    for key in keys::all(host) {
        // A section's key is fatal for the driver: the matter of driver-key-unknown.
        let inside = key.known.is_some_and(|known| known.scope == Scope::Section);
        let known = key.known.filter(|_| key.file != File::Ups || !inside);
        let directive = known.map(|known| (known.since, format!("{} {}", key.file, key.name())));
        for (since, what) in directive.into_iter().chain(event(&key)) {
            let version = host.version();
            if since > version {
                let saw = format!("{what} is known since NUT {since}, and this host has {version}");
                let says = says(saw).at(key.place(host));
                found.push(says.with("version", version).with("since", since));
            }
        }
    }
    found
}

/// Since when NUT knows the event of a NOTIFY line.
fn event(key: &Key<'_>) -> Option<(crate::nut::version::NutVersion, String)> {
    let setting = key.setting?;
    let kind = setting.directive?.kind;
    let event = notify_type(&setting.value()?.value)?;
    let notifies = matches!(kind, Kind::NotifyMessage | Kind::NotifyFlags);
    notifies.then(|| (event.since, format!("{} {}", key.name(), event.name)))
}

fn role_word(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let monitors = host
        .upsmon_conf()
        .into_iter()
        .flat_map(|conf| &conf.monitors);
    let monitors = monitors.map(|monitor| (File::Upsmon, &monitor.role_word));
    let users = host.upsd_users().into_iter().flat_map(|conf| &conf.users);
    let users = users
        .flat_map(|user| &user.upsmon)
        .map(|word| (File::UpsdUsers, word));
    let version = host.version();
    let too_new = move |word: &Word| {
        Role::of_word(&word.value).is_some() && !Role::is_known(&word.value, version)
    };
    let words = monitors.chain(users).filter(move |(_, word)| too_new(word));
    words.map(move |(file, word)| {
        says(format!(
            "{file} says `{}`, and NUT {version} does not know it",
            word.value
        ))
        .at(host.in_file(file, &word.place()))
    })
}

fn invalid(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    keys::all(host).filter_map(move |key| {
        let wrong = value::wrong(&key)?;
        let saw = format!(
            "{} {} has `{}`, which is not {}",
            key.file,
            key.name(),
            wrong.value,
            wrong.wanted
        );
        let says = says(saw).at(key.place(host)).why(wrong.reads);
        Some(says.fix(format!("Write {}.", wrong.wanted)))
    })
}
