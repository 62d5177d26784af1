//! NOTIFYFLAG, NOTIFYMSG and NOTIFYCMD.

use crate::nut::directive::{File, Kind, NOTIFY_FLAGS, notify_type};
use crate::nut::files::Setting;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::ParsedHost;

rules! {
    "exec-without-notifycmd" Error Host exec_alone;
    "notifyflag-ignore" Warning Host ignore;
    "notifyflag-unknown" Error Host unknown;
    "notifymsg-format" Error Host format;
    "notifymsg-shell" Error Host shell;
}

/// A NOTIFYMSG or NOTIFYFLAG line.
#[derive(Clone, Copy)]
struct Line<'a> {
    host: ParsedHost<'a>,
    setting: &'a Setting,
    /// The event as written.
    event: &'a str,
    /// The message, or the flags.
    text: &'a str,
}

impl Line<'_> {
    /// Whether a NOTIFYFLAG line has a flag.
    fn has(&self, flag: &str) -> bool {
        self.text.split('+').any(|own| own == flag)
    }

    fn says(&self, saw: String) -> Says {
        says(saw).at(self.host.at_setting(File::Upsmon, self.setting))
    }
}

fn lines<'a>(host: ParsedHost<'a>, kind: Kind) -> impl Iterator<Item = Line<'a>> {
    let settings = host.settings(File::Upsmon).iter();
    let wanted = settings.filter(move |setting| setting.directive.is_some_and(|d| d.kind == kind));
    wanted.filter_map(move |setting| {
        let [event, text, ..] = setting.args.as_slice() else {
            return None;
        };
        Some(Line {
            host,
            setting,
            event: &event.value,
            text: &text.value,
        })
    })
}

fn flags<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Line<'a>> {
    lines(host, Kind::NotifyFlags)
}

fn messages<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = Line<'a>> {
    lines(host, Kind::NotifyMessage)
}

fn exec_alone(host: ParsedHost<'_>) -> Option<Says> {
    let line = flags(host).find(|line| line.has("EXEC"))?;
    let saw = format!(
        "NOTIFYFLAG {} has EXEC, and there is no NOTIFYCMD",
        line.event
    );
    host.upsmon("NOTIFYCMD").is_none().then(|| line.says(saw))
}

fn ignore(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let muted = flags(host).filter(|line| line.has("IGNORE") && line.text.contains('+'));
    muted.map(|line| line.says(format!("NOTIFYFLAG {} has {}", line.event, line.text)))
}

fn unknown(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let flags_of = flags(host).filter_map(|line| {
        let mut words = line.text.split('+');
        let flag = words.find(|flag| !NOTIFY_FLAGS.contains(flag))?;
        Some(line.says(format!("NOTIFYFLAG {} has no flag `{flag}`", line.event)))
    });
    let all = flags(host).chain(messages(host));
    let events = all.filter(|line| notify_type(line.event).is_none());
    flags_of.chain(events.map(|line| line.says(format!("there is no event `{}`", line.event))))
}

fn format(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    messages(host).filter_map(|line| {
        let two = notify_type(line.event).is_some_and(|event| event.two_texts);
        let why = wrong(line.text, if two { 2 } else { 1 })?;
        let texts = if two { "twice" } else { "once" };
        let saw = format!("NOTIFYMSG {} {why}", line.event);
        Some(line.says(saw).with("texts", texts))
    })
}

fn wrong(text: &str, most: usize) -> Option<String> {
    let mut texts = 0;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, if char == '%' { chars.next() } else { None }) {
            ('%', Some('%')) => {}
            ('%', Some('s')) => texts += 1,
            ('%', Some(other)) => return Some(format!("has `%{other}`")),
            ('%', None) => return Some("ends in `%`".into()),
            _ => {}
        }
    }
    if texts > most {
        return Some(format!("has `%s` {texts} times"));
    }
    (text.len() > 400).then(|| format!("has {} bytes", text.len()))
}

fn shell(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let executed = flags(host).filter(|line| line.has("EXEC"));
    let executed: Vec<&str> = executed.map(|line| line.event).collect();
    let messages = messages(host).filter(move |line| {
        let mut events = executed.iter();
        events.any(|event| event.eq_ignore_ascii_case(line.event))
    });
    messages.filter_map(|line| {
        let at = line.text.find(['`', '$', '"', '\\'])?;
        let char = &line.text[at..=at];
        let saw = format!(
            "NOTIFYMSG {} has `{char}`, and the event has EXEC",
            line.event
        );
        Some(line.says(saw))
    })
}
