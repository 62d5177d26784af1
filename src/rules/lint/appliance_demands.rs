use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::{Platform, SecretSource};
use crate::nut::ups_name::PORT;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "appliance-demands",
    severity: Severity::Error,
    text: include_str!("appliance_demands.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let host = view.host;
    if matches!(host.platform, Platform::Debian | Platform::External) {
        return Vec::new();
    }
    let say = |saw: String, key: &str, fix: &str| {
        view.finding(&RULE, saw, view.at_host(key), &[]).fix(fix)
    };
    let mut found = Vec::new();
    let others: Vec<_> = host
        .watches
        .iter()
        .filter(|watch| watch.server.as_ref() != Some(&host.name))
        .collect();
    if others.len() > 1 {
        let saw = format!("{} UPSes feed it, and it can watch one", others.len());
        found.push(say(saw, "powered_by", "Leave one UPS in its powered_by."));
    }
    let Some(insists) = host.platform.insists() else {
        return found;
    };
    for watch in others {
        if watch.target.ups != insists.ups {
            let saw = format!(
                "it asks for ups `{}`, and `{}` feeds it",
                insists.ups, watch.target.ups
            );
            let fix = format!(
                "Name the UPS `{}`, or let a dummy-ups of that name repeat it (`port = \"{}@localhost\"`).",
                insists.ups, watch.target.ups
            );
            found.push(say(saw, "powered_by", &fix));
        }
        if watch.target.port != PORT {
            let saw = format!(
                "it asks port {PORT}, and the server listens on {}",
                watch.target.port
            );
            found.push(say(
                saw,
                "powered_by",
                "Let the server listen on port 3493, too.",
            ));
        }
    }
    if let Some(SecretSource::Literal(password)) = cross::own_source(view, insists.user) {
        if password != insists.password {
            let saw = format!(
                "its password is fixed, and [users.{}] has another one",
                insists.user
            );
            let fix = format!(
                "Remove the password of [users.{}]: upsctl knows it.",
                insists.user
            );
            let finding = say(saw, "platform", &fix);
            found.push(match view.site.key(&["users", insists.user, "password"]) {
                Some(place) => finding.at(place),
                None => finding,
            });
        }
    }
    found
}
