//! A plan as one program for the host, and what the host answers. The transaction itself is shell:
//! `apply.sh` does it and `undo.sh` undoes it, with the functions of `txn.sh` (its record), `files.sh`,
//! `units.sh` and `arm.sh` (what undoes it unasked). This file only fills them in.

pub mod history;

use crate::host::{shell, state};
use crate::model::plan::{Before, FileChange, HostPlan, UnitAction, UnitStep};
use crate::model::secret::{Secret, SecretStore};
use crate::nut::version::NutVersion;

const APPLY: &str = include_str!("apply.sh");
const ORDER: &str = include_str!("order.sh");
const FUNCTIONS: [&str; 6] = [
    state::OWN_FOLDER,
    ORDER,
    include_str!("txn.sh"),
    include_str!("files.sh"),
    include_str!("units.sh"),
    include_str!("arm.sh"),
];
const TIDY: &str = include_str!("tidy.sh");
const REMOVE: &str = include_str!("remove.sh");
const UNDO: &str = include_str!("undo.sh");

/// Where transactions live on a host.
pub const STATE_DIR: &str = state::DIR;

/// How a plan is applied.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names the transaction; sorts by time.
    pub id: String,
    /// Who is at it, for a second deploy to read.
    pub holder: String,
    /// Seconds until the host undoes an unconfirmed deploy by itself.
    pub undo_after: u64,
    /// Seconds the host waits for the answer to what it found.
    pub confirm: u64,
    /// How many transactions are kept.
    pub keep: usize,
    pub even_on_battery: bool,
    /// UPSes that are asked before each risky step.
    pub gate: Vec<String>,
    pub nut: NutVersion,
    /// The deploy that this one undoes, when it is a rollback.
    pub undoes: Option<String>,
    /// Prefix of every path, for tests.
    pub root: String,
}

/// A program with what it reads on stdin.
#[derive(Debug, Clone)]
pub struct Program {
    pub text: String,
    pub input: Secret,
}

/// The look that ends a transaction: what `observe` makes of its probe.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// Assignments.
    pub settings: &'a str,
    /// Shell functions `section`, `settle` and `observe`.
    pub functions: &'a str,
}

/// The program that applies a plan.
///
/// # Errors
/// Names the password that is missing or cannot be written.
pub fn program(
    plan: &HostPlan,
    proof: Proof<'_>,
    secrets: &SecretStore,
    settings: &Settings,
) -> Result<Program, String> {
    let mut entries = Vec::new();
    let mut contents = String::new();
    for step in &plan.files {
        let content = match step.change {
            FileChange::Remove => Secret::new(""),
            _ => step.content.reveal(secrets)?,
        };
        let (digest, meta) = match &step.before {
            Before::Absent => ("absent", "-"),
            Before::File { digest, meta } => (digest.as_str(), meta.as_str()),
        };
        let size = match step.change {
            FileChange::Remove => "remove".to_string(),
            _ => content.expose().len().to_string(),
        };
        entries.push(format!(
            "{},{size},{},{digest},{meta}",
            step.file, step.new_meta
        ));
        contents.push_str(content.expose());
    }
    let actions: Vec<String> = plan
        .units
        .iter()
        .map(|step| format!("{}:{}", verb(step, settings.nut), step.unit))
        .collect();
    let shared = shared_settings(settings, &entries.join(" "), &actions.join(" "));
    let functions = FUNCTIONS.concat();
    let undo = format!("{shared}{functions}{UNDO}");
    let own = shell::assignments(&[
        ("HOLDER", settings.holder.clone()),
        ("UNDOES", settings.undoes.clone().unwrap_or_default()),
        ("UNDO_AFTER", settings.undo_after.to_string()),
        ("CONFIRM", settings.confirm.to_string()),
        ("KEEP", settings.keep.to_string()),
        ("LIBRARY", undo.len().to_string()),
    ]);
    let text = [
        proof.settings,
        &shared,
        &own,
        proof.functions,
        &functions,
        APPLY,
    ];
    Ok(Program {
        text: text.concat(),
        input: Secret::new(undo + &contents),
    })
}

/// The program that ends an unfinished transaction by putting the old state back.
pub fn heal_program(id: &str, root: &str) -> String {
    let id = shell::quote(id);
    let state = shell::quote(&format!("{root}{STATE_DIR}"));
    format!("sh {state}/txn/{id}/undo.sh next; cat {state}/txn/{id}/state {state}/txn/{id}/log\n")
}

/// The program that takes away what a deploy that ended, or never began, left beside the files. Does
/// nothing while a transaction is open or under way.
pub fn tidy_program(root: &str) -> String {
    let settings = shell::assignments(&[
        ("STATE", format!("{root}{STATE_DIR}")),
        ("ROOT", root.into()),
    ]);
    settings + TIDY
}

/// The program that gives a host back whose files are as they were before the first deploy: units
/// too, and nothing of upsctl stays. Its last line says how it went, see `remove.sh`.
pub fn remove_program(root: &str) -> String {
    let settings = shell::assignments(&[
        ("STATE", format!("{root}{STATE_DIR}")),
        ("ROOT", root.into()),
    ]);
    settings + ORDER + REMOVE
}

/// What applying and undoing both go by; no secret among it.
fn shared_settings(settings: &Settings, plan: &str, actions: &str) -> String {
    let even_on_battery = if settings.even_on_battery { "1" } else { "" };
    shell::assignments(&[
        ("ID", settings.id.clone()),
        ("STATE", format!("{}{STATE_DIR}", settings.root)),
        ("ROOT", settings.root.clone()),
        ("GATE", settings.gate.join(" ")),
        ("EVEN_ON_BATTERY", even_on_battery.into()),
        ("PLAN", plan.into()),
        ("ACTIONS", actions.into()),
    ])
}

fn verb(step: &UnitStep, nut: NutVersion) -> &'static str {
    match step.action {
        UnitAction::Unmask => "unmask",
        UnitAction::Enable => "enable",
        UnitAction::Enumerate => "enumerate",
        UnitAction::Restart => "restart",
        UnitAction::Start => "start",
        UnitAction::Stop => "stop",
        UnitAction::Reload if nut >= NutVersion::V2_8_0 => "reload",
        UnitAction::Reload if step.unit.starts_with("nut-monitor") => "reload-upsmon",
        UnitAction::Reload => "reload-upsd",
    }
}

/// What the host says of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has looked at itself and waits for the verdict.
    Await,
    Confirmed,
    /// Another transaction runs: who, since when.
    Locked(String),
    /// An older one was never ended: its id.
    Unfinished(String),
    /// This file is not as planned against.
    Stale(String),
    /// A UPS went on battery: which, with its status.
    Battery(String),
    /// It could not begin.
    Refused(String),
    /// Put back, with the cause.
    RolledBack(String),
    /// Not put back wholly, with the cause and what failed.
    UndoFailed(String),
}

/// The answer in a line of the program's output, if it is one.
pub fn answer(nonce: &str, line: &str) -> Option<Answer> {
    let rest = line
        .strip_prefix("--")?
        .strip_prefix(nonce)?
        .strip_prefix(' ')?;
    if rest == "await" {
        return Some(Answer::Await);
    }
    let (word, text) = rest.strip_prefix("result ")?.split_once(' ')?;
    let text = text.trim().to_string();
    Some(match word {
        "confirmed" => Answer::Confirmed,
        "locked" => Answer::Locked(text),
        "unfinished" => Answer::Unfinished(text),
        "stale" => Answer::Stale(text),
        "battery" => Answer::Battery(text),
        "rolled-back" => Answer::RolledBack(text),
        "undo-failed" => Answer::UndoFailed(text),
        _ => Answer::Refused(text),
    })
}
