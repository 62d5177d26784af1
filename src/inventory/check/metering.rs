//! `[prometheus]` and `[power]`: keys that must stand together, or not.

use super::CrossCheck;
use super::sources::source_is_usable;
use crate::inventory::secrets;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Prometheus, SecretSource};

pub(super) fn check(check: &mut CrossCheck<'_>) {
    if let Some(prometheus) = &check.inventory.prometheus {
        login(check, prometheus);
        certificate(check, prometheus);
    }
    if check.inventory.power.is_some() {
        meter(check);
    }
}

fn login(check: &mut CrossCheck<'_>, prometheus: &Prometheus) {
    for (key, source) in [
        ("password", &prometheus.password),
        ("token", &prometheus.token),
    ] {
        if let Some(source) = source {
            source_is_usable(check, &["prometheus", key], source, secrets::unusable_word);
            names_no_user(check, key, source);
        }
    }
    let (user, password) = (&prometheus.username, &prometheus.password);
    match (user, password, &prometheus.token) {
        (Some(_), None, None) => missing(check, "username", "password"),
        (None, Some(_), None) => missing(check, "password", "username"),
        (None, None, _) | (Some(_), Some(_), None) => {}
        (_, _, Some(_)) => {
            let help = "keep `token`, or `username` and `password`";
            let error = Diagnostic::new("`[prometheus]` has two ways to log in").help(help);
            check.report(&["prometheus", "token"], error);
        }
    }
}

/// `{user}` is for the passwords of NUT users.
fn names_no_user(check: &mut CrossCheck<'_>, key: &str, source: &SecretSource) {
    let (kind, text) = match source {
        SecretSource::Env(name) => ("env", name.clone()),
        SecretSource::File(path) => ("file", path.to_string_lossy().into_owned()),
        SecretSource::Command(command) => ("command", command.clone()),
        SecretSource::Literal(_) => return,
    };
    if text.contains("{user}") {
        let message = "`{user}` stands for a NUT user, and here there is none";
        check.report(&["prometheus", key, kind], Diagnostic::new(message));
    }
}

fn missing(check: &mut CrossCheck<'_>, there: &str, wanted: &str) {
    let message = format!("`[prometheus]` has `{there}` and no `{wanted}`");
    let help = format!("basic authentication takes both: write `{wanted}` too");
    check.report(&["prometheus", there], Diagnostic::new(message).help(help));
}

fn certificate(check: &mut CrossCheck<'_>, prometheus: &Prometheus) {
    if prometheus.ca_file.is_some() && prometheus.url.starts_with("http://") {
        let error = Diagnostic::new("`ca_file` is of no use with `http://`")
            .help("write `url = \"https://…\"`, or leave `ca_file` out");
        check.report(&["prometheus", "ca_file"], error);
    }
}

fn meter(check: &mut CrossCheck<'_>) {
    let example = "write `entity = \"sensor.tech_shelf_power\"`, or `query = \"…\"` for watts";
    let written = |key| check.source.has(&["power", key]);
    match (written("entity"), written("query")) {
        (false, false) => {
            let error = Diagnostic::new("`[power]` names no meter").help(example);
            check.report(&["power"], error);
        }
        (true, true) => {
            let error = Diagnostic::new("`[power]` has both `entity` and `query`")
                .help("keep one of the two");
            check.report(&["power", "query"], error);
        }
        _ => {}
    }
    if check.inventory.prometheus.is_none() && !check.source.has(&["prometheus"]) {
        let error =
            Diagnostic::new("`[power]` is read from Prometheus, and there is no `[prometheus]`")
                .help("write `[prometheus]` with its `url`");
        check.report(&["power"], error);
    }
}
