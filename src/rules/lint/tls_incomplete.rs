use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "tls-incomplete",
    severity: Severity::Error,
    text: include_str!("tls_incomplete.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let on = |name| {
        view.upsmon(name)
            .filter(|setting| setting.value().is_some_and(|word| word.value == "1"))
    };
    let at = |setting| view.at_setting(File::Upsmon, setting);
    let mut found = Vec::new();
    if let Some(verify) = on("CERTVERIFY").filter(|_| view.upsmon("CERTPATH").is_none()) {
        let fix = "Set CERTPATH to the certificates of the server, or remove CERTVERIFY.";
        found.push(
            view.finding(
                &RULE,
                "CERTVERIFY is 1, and there is no CERTPATH",
                at(verify),
                &[],
            )
            .fix(fix),
        );
    }
    let servers = view
        .host
        .watches
        .iter()
        .filter_map(|watch| view.server(watch));
    let plain = servers.filter(|server| {
        server
            .upsd
            .as_ref()
            .is_some_and(|upsd| upsd.get("CERTPATH").is_none() && upsd.get("CERTFILE").is_none())
    });
    if let (Some(force), Some(server)) = (on("FORCESSL"), plain.into_iter().next()) {
        let fix = "Give upsd of the server CERTPATH and CERTIDENT, or remove FORCESSL.";
        let saw = format!(
            "FORCESSL is 1, and upsd of {} has no certificate",
            server.name
        );
        found.push(view.finding(&RULE, saw, at(force), &[]).fix(fix));
    }
    if let Some(path) = view
        .upsd("CERTPATH")
        .filter(|_| view.upsd("CERTIDENT").is_none())
    {
        let fix = "Set CERTIDENT to the name and password of the certificate.";
        let place = view.at_setting(File::Upsd, path);
        found.push(
            view.finding(&RULE, "upsd has CERTPATH and no CERTIDENT", place, &[])
                .fix(fix),
        );
    }
    found
}
