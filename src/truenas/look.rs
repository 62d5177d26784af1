//! What the middleware is asked in a look, and its answer.

use serde::Deserialize;
use serde_json::json;

use super::Release;
use super::python::run_on_box;
use crate::model::observed::{List, ObservedHost, Seen};
use crate::model::secret::Secret;
use crate::model::truenas::ObservedTrueNas;

/// The section, of those of a wider look, that has the middleware's answer.
pub const SECTION: &str = "truenas";

/// The fields that are asked for: all that a client has, and the driver, which is checked in either
/// mode. None may hold a secret.
pub const FIELDS: [&str; 14] = [
    "mode",
    "identifier",
    "remotehost",
    "remoteport",
    "monuser",
    "shutdown",
    "shutdowntimer",
    "shutdowncmd",
    "hostsync",
    "nocommwarntime",
    "powerdown",
    "description",
    "driver",
    "port",
];

/// Asks for the configuration: shell text that defines the function `more` of a look, and its input.
/// The password is compared on the box, where one was fetched.
pub fn look_program(password: Option<&Secret>) -> (String, Secret) {
    let task = json!({
        "do": "look",
        "fields": FIELDS,
        "password": password.map(Secret::expose),
    });
    let run = run_on_box("timeout 60 ");
    let program = format!("more() {{\n  section deep {SECTION}\n  {run}}}\n");
    (program, Secret::new(format!("{task}\n")))
}

/// TrueNAS keeps dpkg from its users: where that does not tell the version of NUT, the release does.
pub fn known_by_release(observed: &mut ObservedHost) {
    let seen = observed.truenas.is();
    let release = seen.map(|seen| Release::of(&seen.version));
    if let (None, Some(Ok(release))) = (observed.nut.is(), release) {
        observed.nut = Seen::Is(release.nut);
        observed.unread.remove(&List::Packages);
    }
}

/// What the box said.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Refused { error: String },
    Seen(ObservedTrueNas),
}

/// Reads the answer of the section.
pub fn read(bytes: &[u8]) -> Seen<ObservedTrueNas> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    let Some(line) = line else {
        return Seen::Unknown("python3 on the host gave no answer".into());
    };
    match serde_json::from_str(line) {
        Ok(Said::Seen(seen)) => Seen::Is(seen),
        Ok(Said::Refused { error }) => Seen::Unknown(error),
        Err(_) => Seen::Unknown(line.trim().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::truenas::PasswordSeen;

    #[test]
    fn an_answer_is_read_and_anything_else_is_why_it_is_not_known() {
        let answer = br#"{"version":"TrueNAS-25.04.2","fields":{"mode":"SLAVE"},"password":"same","state":"RUNNING","enabled":true,"generated":"same"}"#;
        let Seen::Is(seen) = read(answer) else {
            panic!("it is an answer")
        };
        assert_eq!((seen.password, seen.runs()), (PasswordSeen::Same, true));
        assert_eq!(
            read(br#"{"error":"[EACCES] Not authorized"}"#),
            Seen::Unknown("[EACCES] Not authorized".into())
        );
        assert_eq!(
            read(b"sh: 1: python3: not found\n"),
            Seen::Unknown("sh: 1: python3: not found".into())
        );
        assert!(matches!(read(b""), Seen::Unknown(_)));
    }
}
