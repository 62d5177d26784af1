//! One JSON document for scripts.

use serde::Serialize;

use crate::exit::Exit;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::finding::Finding;
use crate::model::outcome::HostOutcome;

/// Version of the document's shape; a key that goes or changes its meaning raises it.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a, T> {
    schema: u32,
    command: &'a str,
    exit_code: u8,
    #[serde(flatten)]
    payload: T,
}

/// Returns the document of a command, ended by a newline; the keys of `payload` stand beside
/// `schema`, `command` and `exit_code`.
///
/// # Errors
/// When `payload` is no struct or map with text as keys.
pub fn document(command: &str, exit: Exit, payload: impl Serialize) -> serde_json::Result<String> {
    let document = Document {
        schema: SCHEMA,
        command,
        exit_code: exit.code(),
        payload,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The document of a command that went to hosts.
///
/// # Errors
/// None that the types allow.
pub fn hosts(command: &str, exit: Exit, hosts: &[HostOutcome]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Hosts<'a> {
        hosts: &'a [HostOutcome],
    }
    document(command, exit, Hosts { hosts })
}

/// The document of a command that looked at the inventory only.
///
/// # Errors
/// None that the types allow.
pub fn findings(command: &str, exit: Exit, findings: &[Finding]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Findings<'a> {
        findings: &'a [Finding],
    }
    document(command, exit, Findings { findings })
}

/// The document of a command that could not run.
///
/// # Errors
/// None that the types allow.
pub fn errors(command: &str, exit: Exit, error: &anyhow::Error) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Errors<'a> {
        errors: &'a [Diagnostic],
    }
    let errors = match error.downcast_ref::<Diagnostics>() {
        Some(diagnostics) => diagnostics.0.clone(),
        None => vec![Diagnostic::new(format!("{error:#}"))],
    };
    document(command, exit, Errors { errors: &errors })
}
