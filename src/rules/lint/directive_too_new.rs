use super::keys::{self, Key};
use super::view::View;
use crate::model::finding::Place;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::{File, Kind, NotifyType, Scope, notify_type};
use crate::nut::files::Setting;
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "directive-too-new",
    severity: Severity::Warning,
    text: include_str!("directive_too_new.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for key in keys::all(view) {
        // A section's key is fatal for the driver: the matter of driver-key-unknown.
        let inside =
            key.file == File::Ups && key.known.is_some_and(|known| known.scope == Scope::Section);
        if let Some(known) = key
            .known
            .filter(|known| known.since > view.host.version && !inside)
        {
            found.push(finding(
                view,
                &format!("{} {}", key.file, key.name()),
                known.since,
                key.place(view),
            ));
        }
        found.extend(notify(view, &key));
    }
    found
}

fn notify(view: &View<'_>, key: &Key<'_>) -> Option<Finding> {
    let setting: &Setting = key.setting?;
    let kind = setting.directive?.kind;
    if !matches!(kind, Kind::NotifyMessage | Kind::NotifyFlags) {
        return None;
    }
    let event: &NotifyType = notify_type(&setting.value()?.value)?;
    let what = format!("{} {}", key.name(), event.name);
    (event.since > view.host.version).then(|| finding(view, &what, event.since, key.place(view)))
}

fn finding(view: &View<'_>, what: &str, since: NutVersion, place: Place) -> Finding {
    let version = view.host.version.to_string();
    let saw = format!("{what} is known since NUT {since}, and this host has {version}");
    view.finding(
        &RULE,
        saw,
        place,
        &[("version", &version), ("since", &since.to_string())],
    )
}
