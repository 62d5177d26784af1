//! A plan as one program for the box, and what it says of its state.

use serde_json::{Map, Value, json};

use super::look::FIELDS;
use super::python::run_on_box;
use super::{Release, ServiceCalls};
use crate::model::plan::{HostPlan, SettingValue, UnitAction};
use crate::model::secret::{Secret, SecretStore};
use crate::model::truenas::{ObservedTrueNas, SERVICE};

/// How a plan is applied.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    /// Names the transaction; sorts by time.
    pub id: &'a str,
    /// The frame of what is said.
    pub nonce: &'a str,
    /// Who is at it, for a second deploy to read.
    pub holder: &'a str,
    /// Seconds the box waits for the answer to what it found.
    pub confirm: u64,
    /// How many transactions are kept.
    pub keep: usize,
    /// The deploy that this one undoes, when it is a rollback.
    pub undoes: Option<&'a str>,
}

/// The program that applies a plan, and its input.
///
/// # Errors
/// Names the password that is missing, or why the version is not written to.
pub fn program(
    plan: &HostPlan,
    have: &ObservedTrueNas,
    secrets: &SecretStore,
    task: &Task<'_>,
) -> Result<(String, Secret), String> {
    let release = Release::of(&have.version)?;
    let (mut set, mut kept) = (Map::new(), Map::new());
    let mut before = Map::new();
    for step in &plan.settings {
        let field = step.field.clone();
        match &step.value {
            SettingValue::Plain(value) => drop(set.insert(field.clone(), value.clone())),
            SettingValue::Password { user } => {
                let password = secrets.get(user);
                let password = password.ok_or(format!("the password of `{user}` is not known"))?;
                set.insert(field.clone(), json!(password.expose()));
            }
            SettingValue::PasswordOf { deploy } => drop(kept.insert(field.clone(), json!(deploy))),
        }
        if let Some(value) = &step.before {
            before.insert(field, value.clone());
        }
    }
    let actions: Vec<&str> = plan.units.iter().map(|step| verb(step.action)).collect();
    let calls: Vec<Value> = plan
        .units
        .iter()
        .flat_map(|step| {
            // Only a rollback stops it, to a state in which it did not start at boot either.
            let off = (step.action == UnitAction::Stop).then(|| enable(false));
            [Some(call(release, step.action)), off]
        })
        .flatten()
        .collect();
    let document = json!({
        "do": "apply",
        "id": task.id,
        "nonce": task.nonce,
        "holder": task.holder,
        "confirm": task.confirm,
        "keep": task.keep,
        "undoes": task.undoes,
        "fields": FIELDS,
        "before": before,
        "service": [have.enabled, have.state],
        "set": set,
        "kept": kept,
        "actions": actions,
        "calls": calls,
        "control": {
            "start": call(release, UnitAction::Start),
            "stop": call(release, UnitAction::Stop),
        },
    });
    let input = Secret::new(format!("{document}\n"));
    Ok((run_on_box("exec "), input))
}

/// The program that undoes a deploy whose process died, and its input.
pub fn heal() -> (String, Secret) {
    let input = json!({ "do": "heal" });
    let program = run_on_box("exec ");
    (program, Secret::new(format!("{input}\n")))
}

/// The way back by hand, as commands on the box; no password is among them.
pub fn by_hand(plan: &HostPlan, have: &ObservedTrueNas) -> Vec<String> {
    let old = plan.settings.iter();
    let old = old.filter_map(|step| Some((step.field.clone(), step.before.clone()?)));
    let old: Map<String, Value> = old.collect();
    let mut commands = Vec::new();
    if !old.is_empty() {
        // As midclt takes it: a quote in a value would end the shell's.
        let document = Value::Object(old).to_string().replace('\'', "\\u0027");
        commands.push(format!("midclt call ups.update '{document}'"));
    }
    if let (true, Ok(release)) = (have.runs(), Release::of(&have.version)) {
        commands.push(match release.services {
            ServiceCalls::Verbs => format!("midclt call service.start {SERVICE}"),
            ServiceCalls::Control => format!("midclt call -j service.control START {SERVICE}"),
        });
    }
    commands.push("upsctl deploy   (from this machine: it goes on from there)".into());
    commands
}

/// Up to 25.04 `{}` would mean false.
fn enable(enable: bool) -> Value {
    json!({
        "method": "service.update",
        "params": [SERVICE, { "enable": enable }],
        "job": false,
    })
}

/// What the box says of itself before it waits for the verdict, if a line is that.
pub fn state(nonce: &str, line: &str) -> Option<ObservedTrueNas> {
    let rest = line.strip_prefix("--")?.strip_prefix(nonce)?;
    serde_json::from_str(rest.strip_prefix(" state ")?).ok()
}

fn verb(action: UnitAction) -> &'static str {
    match action {
        UnitAction::Enable | UnitAction::Unmask => "enable",
        UnitAction::Start | UnitAction::Enumerate => "start",
        UnitAction::Stop => "stop",
        UnitAction::Restart | UnitAction::Reload => "restart",
    }
}

/// A step as a call of the middleware. `silent` false: a start that fails is told as an error, with
/// the lines of the journal (plugins/service.py).
pub(super) fn call(release: &Release, action: UnitAction) -> Value {
    let verb = verb(action);
    if verb == "enable" {
        return enable(true);
    }
    let options = json!({ "silent": false });
    match release.services {
        ServiceCalls::Verbs => json!({
            "method": format!("service.{verb}"),
            "params": [SERVICE, options],
            "job": false,
        }),
        ServiceCalls::Control => json!({
            "method": "service.control",
            "params": [verb.to_uppercase(), SERVICE, options],
            "job": true,
        }),
    }
}
