use super::timing::{self, Timing};
use super::view::View;
use crate::model::finding::{Finding, Place, Severity};
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "logout-too-late",
    severity: Severity::Error,
    text: include_str!("logout_too_late.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let follows = view.host.watches.iter().any(|watch| {
        !watch.primary && watch.power > 0 && watch.server.as_ref() != Some(&view.host.name)
    });
    let silent = Timing::of(view).silent();
    if view.host.upsmon.is_none() || !follows || silent <= timing::LONGEST_SILENCE {
        return Vec::new();
    }
    let written = |name| {
        view.upsmon(name)
            .map(|setting| view.at_setting(File::Upsmon, setting))
    };
    let place = written("SHUTDOWNEXIT").or_else(|| written("FINALDELAY"));
    let written = place
        .clone()
        .filter(|place| !place.file.starts_with("rendered "));
    let place = written.or_else(|| slowest(view)).or(place);
    let how_long = if silent >= timing::FOR_EVER {
        "until it is down".into()
    } else {
        format!("{silent} s")
    };
    let saw = format!("it is silent for {how_long} before it logs out");
    let most = timing::LONGEST_SILENCE.to_string();
    vec![view.finding(&RULE, saw, place, &[("most", &most)])]
}

/// The host that makes this one, which is its primary, wait so long.
fn slowest(view: &View<'_>) -> Option<Place> {
    let takes = |name: &HostName| view.site.written(name)?.shutdown_takes;
    let clients = timing::secondaries(view).into_iter();
    let slowest = clients
        .filter_map(|client| Some((takes(&client.name)?, &client.name)))
        .max()?;
    view.in_inventory(&[&["hosts", slowest.1.as_str(), "shutdown_takes"]])
}
