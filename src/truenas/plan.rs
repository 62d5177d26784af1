//! From desired and observed to the exact steps between them, for a TrueNAS. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::Release;
use crate::model::desired::DesiredHost;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::{ObservedHost, Seen};
use crate::model::plan::{HostPlan, SettingStep, SettingValue, UnitAction, UnitStep};
use crate::model::secret::SecretStore;
use crate::model::truenas::{
    DesiredTrueNas, Fields, Generated, ObservedTrueNas, PASSWORD, PasswordSeen, SERVICE,
};

/// The steps for one host, and what speaks against them.
pub fn plan(desired: &DesiredHost, observed: &ObservedHost, secrets: &SecretStore) -> HostPlan {
    let mut plan = empty(desired);
    let Some((want, have)) = both(desired, observed, &mut plan) else {
        return plan;
    };
    plan.settings = settings(&want.fields, &have.fields);
    plan.settings.extend(password(want, have, secrets));
    plan.units = units(&plan.settings, have, true, true);
    finish(plan, want, have, secrets)
}

/// The steps back to what a deploy found: `kept` is what the box has kept of it.
pub fn back(desired: &DesiredHost, observed: &ObservedHost, kept: &str) -> HostPlan {
    /// As `on_box.py` writes it.
    #[derive(Deserialize)]
    struct Kept {
        deploy: String,
        fields: Fields,
        service: (bool, String),
    }
    let mut plan = empty(desired);
    let Some((want, have)) = both(desired, observed, &mut plan) else {
        return plan;
    };
    let Ok(kept) = serde_json::from_str::<Kept>(kept) else {
        plan.blocked.push(
            error(
                "truenas-backup-unreadable",
                "what the deploy kept cannot be read",
            )
            .on(&desired.name),
        );
        return plan;
    };
    let (enabled, state) = kept.service;
    if !is_new(&kept.fields) {
        let mut fields = kept.fields;
        fields.retain(|field, _| want.fields.contains_key(field));
        plan.settings = settings(&fields, &have.fields);
        plan.settings.push(SettingStep {
            field: PASSWORD.into(),
            old: "the present one".into(),
            new: format!("as before deploy {}", kept.deploy),
            before: None,
            value: SettingValue::PasswordOf {
                deploy: kept.deploy,
            },
        });
    }
    plan.units = units(&plan.settings, have, enabled, state == "RUNNING");
    plan
}

/// Whether a box was never set up: TrueNAS takes no mode MASTER without a driver back. With the
/// service off its settings do nothing.
fn is_new(fields: &Fields) -> bool {
    let is = |field: &str, value: &str| fields.get(field).is_some_and(|have| have == value);
    is("mode", "MASTER") && is("driver", "")
}

fn empty(desired: &DesiredHost) -> HostPlan {
    HostPlan {
        host: desired.name.clone(),
        install: Vec::new(),
        files: Vec::new(),
        settings: Vec::new(),
        units: Vec::new(),
        unmanaged: Vec::new(),
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: Vec::new(),
    }
}

fn error(rule: &'static str, saw: impl Into<String>) -> Finding {
    Finding::new(rule, Severity::Error, saw)
}

/// Both sides; a plan without one of them is blocked.
fn both<'a>(
    desired: &'a DesiredHost,
    observed: &'a ObservedHost,
    plan: &mut HostPlan,
) -> Option<(&'a DesiredTrueNas, &'a ObservedTrueNas)> {
    let have = match &observed.truenas {
        Seen::Is(have) => Ok(have),
        Seen::Unknown(why) => Err(why.as_str()),
        Seen::Absent => Err("it was not asked"),
    };
    match (&desired.truenas, have) {
        (Some(want), Ok(have)) => match Release::of(&have.version) {
            Ok(_) => Some((want, have)),
            Err(why) => {
                let found = error("truenas-version", why)
                    .fix("leave the host's `truenas` out of the inventory: `upsctl diff` then says what to set by hand");
                plan.blocked.push(found.on(&desired.name));
                None
            }
        },
        (_, Err(why)) => {
            let found = error(
                "truenas-middleware",
                format!("its middleware could not be asked: {why}"),
            )
            .fix("the login must be root, or a user with `sudo -n`; on the box `midclt call core.ping` must say `pong`");
            plan.blocked.push(found.on(&desired.name));
            None
        }
        (None, Ok(_)) => {
            let found = error("truenas-without-server", "no UPS of another host feeds it")
                .fix("write `powered_by = [\"UPS\"]` with one UPS");
            plan.blocked.push(found.on(&desired.name));
            None
        }
    }
}

fn settings(want: &Fields, have: &Fields) -> Vec<SettingStep> {
    let mut steps: Vec<SettingStep> = want
        .iter()
        .filter(|(field, value)| have.get(*field) != Some(*value))
        .map(|(field, value)| SettingStep {
            field: field.clone(),
            old: have.get(field).map_or("nothing".into(), words),
            new: words(value),
            before: Some(have.get(field).cloned().unwrap_or(Value::Null)),
            value: SettingValue::Plain(value.clone()),
        })
        .collect();
    steps.sort_by_key(|step| (place(&step.field), step.field.clone()));
    steps
}

/// In the order of the UI.
fn place(field: &str) -> usize {
    let order = super::look::FIELDS;
    let place = order.iter().position(|name| *name == field);
    place.unwrap_or(order.len())
}

/// A value for people.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::String(text) if text.is_empty() => "empty".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The password, where it is another one, or where the user is and nobody compared.
fn password(
    want: &DesiredTrueNas,
    have: &ObservedTrueNas,
    secrets: &SecretStore,
) -> Option<SettingStep> {
    secrets.get(&want.user)?;
    let old = match have.password {
        PasswordSeen::Same | PasswordSeen::NotCompared => return None,
        PasswordSeen::Other => "another one",
        PasswordSeen::Empty => "empty",
    };
    Some(SettingStep {
        field: PASSWORD.into(),
        old: old.into(),
        new: format!("<password of {}>", want.user),
        before: None,
        value: SettingValue::Password {
            user: want.user.clone(),
        },
    })
}

/// What is done to the service. `ups.update` restarts it by itself where it runs (plugins/ups.py).
fn units(
    settings: &[SettingStep],
    have: &ObservedTrueNas,
    enabled: bool,
    runs: bool,
) -> Vec<UnitStep> {
    let mut steps = Vec::new();
    let mut add = |action, because: &str| {
        steps.push(UnitStep {
            unit: SERVICE.into(),
            action,
            because: vec![because.into()],
        });
    };
    if enabled && !have.enabled {
        add(UnitAction::Enable, "it does not start at boot");
    }
    match (runs, have.runs()) {
        (true, false) => add(UnitAction::Start, "it does not run"),
        (true, true) if settings.is_empty() && have.generated == Generated::Other => {
            let because = "its upsmon.conf is not what TrueNAS makes of its configuration";
            add(UnitAction::Restart, because);
        }
        (false, true) => add(
            UnitAction::Stop,
            "it did not run then; nor will it start at boot",
        ),
        _ => {}
    }
    steps
}

fn finish(
    mut plan: HostPlan,
    want: &DesiredTrueNas,
    have: &ObservedTrueNas,
    secrets: &SecretStore,
) -> HostPlan {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-');
    let password = secrets.get(&want.user);
    let bad = password.is_some_and(|password| password.expose().contains(odd));
    if bad && !plan.in_sync() {
        let saw = format!(
            "the password of user `{}` has a character that TrueNAS or NUT does not carry unharmed",
            want.user
        );
        let found = error("truenas-password", saw)
            .why("TrueNAS refuses blanks and `#` and writes the rest into upsmon.conf without quotes")
            .fix("take letters, digits, `.`, `_` and `-`");
        plan.blocked.push(found.on(&plan.host));
    }
    let other = Some(have.state.as_str()).filter(|state| !matches!(*state, "RUNNING" | "STOPPED"));
    if let Some(state) = other.filter(|_| !plan.in_sync()) {
        let saw = format!("TrueNAS does not know whether its UPS service runs ({state})");
        plan.blocked
            .push(error("truenas-service-unknown", saw).on(&plan.host));
    }
    plan
}
