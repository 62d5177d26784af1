use super::view::View;
use crate::nut::directive::{File, Kind};
use crate::nut::files::Setting;

/// A NOTIFYMSG or NOTIFYFLAG line.
pub(super) struct Line<'a> {
    pub(super) setting: &'a Setting,
    /// The event as written.
    pub(super) event: &'a str,
    /// The message, or the flags.
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// Whether a NOTIFYFLAG line has a flag.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.text.split('+').any(|own| own == flag)
    }
}

/// The NOTIFYFLAG lines.
pub(super) fn flags<'a>(view: &View<'a>) -> impl Iterator<Item = Line<'a>> + use<'a> {
    lines(view, Kind::NotifyFlags)
}

/// The NOTIFYMSG lines.
pub(super) fn messages<'a>(view: &View<'a>) -> impl Iterator<Item = Line<'a>> + use<'a> {
    lines(view, Kind::NotifyMessage)
}

fn lines<'a>(view: &View<'a>, kind: Kind) -> impl Iterator<Item = Line<'a>> + use<'a> {
    let settings = view.settings(File::Upsmon).iter();
    let wanted = settings.filter(move |setting| setting.directive.is_some_and(|d| d.kind == kind));
    wanted.filter_map(|setting| {
        let [event, text, ..] = setting.args.as_slice() else {
            return None;
        };
        Some(Line {
            setting,
            event: &event.value,
            text: &text.value,
        })
    })
}
