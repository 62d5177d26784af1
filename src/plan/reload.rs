//! Whether a daemon can take a changed file by reload, or must be restarted.

use std::collections::BTreeMap;

use crate::model::plan::{FileChange, FileStep};
use crate::nut::directive::{Apply, File};
use crate::nut::files::{Setting, UpsdConf, UpsmonConf};
use crate::nut::version::NutVersion;

/// Why a reload does not suffice for a step, or nothing when it does.
///
/// Deleting a line never restores the default on reload: daemons keep the old value (server/conf.c,
/// clients/upsmon.c). 2.7.4's units have no reload whose time systemd would remember.
pub(super) fn refused(step: &FileStep, nut: NutVersion) -> Option<String> {
    if nut < NutVersion::V2_8_0 {
        return Some(String::new());
    }
    match (step.change, step.file) {
        // upsd reads the whole of upsd.users again (server/user.c).
        (FileChange::Content, File::UpsdUsers) => None,
        (FileChange::Content, File::Upsd | File::Upsmon) => settings(step),
        _ => Some(String::new()),
    }
}

fn settings(step: &FileStep) -> Option<String> {
    // A session that is logged in keeps its old password: FSD would be refused (CONFIG of upsmon).
    if !step.passwords.is_empty() {
        return Some("a password changes".into());
    }
    let (old, new) = (lines(step.file, &step.old), lines(step.file, &step.new));
    for (name, (values, apply)) in &new {
        if old.get(name).map(|(had, _)| had) != Some(values) && *apply != Some(Apply::Reload) {
            return Some(format!("{name} needs a restart"));
        }
    }
    let gone = old.iter().find(|(name, (values, _))| {
        new.get(*name).is_none_or(|(now, _)| {
            values.iter().any(|value| !now.contains(value)) && now.len() != values.len()
        })
    });
    gone.map(|(name, _)| format!("{name} is removed, which a reload would not notice"))
}

type Lines = BTreeMap<String, (Vec<String>, Option<Apply>)>;

/// Every directive with its values in order, and how it takes effect.
fn lines(file: File, text: &str) -> Lines {
    let settings: Vec<Setting> = match file {
        File::Upsmon => UpsmonConf::parse(text.as_bytes()).settings,
        _ => UpsdConf::parse(text.as_bytes()).settings,
    };
    let mut lines = Lines::new();
    for setting in settings {
        let value: Vec<&str> = setting
            .args
            .iter()
            .map(|word| word.value.as_str())
            .collect();
        let name = setting.name.value.clone();
        // A MONITOR line that changes moves sessions about: a restart is the plain way.
        let apply = setting
            .directive
            .map(|directive| directive.apply)
            .filter(|_| name != "MONITOR");
        let entry = lines.entry(name).or_insert_with(|| (Vec::new(), apply));
        entry.0.push(value.join(" "));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::Before;
    use crate::model::text::Text;

    fn step(file: File, old: &str, new: &str) -> FileStep {
        FileStep {
            file,
            path: String::new(),
            change: FileChange::Content,
            before: Before::Absent,
            content: Text::default(),
            old: old.into(),
            new: new.into(),
            old_meta: None,
            new_meta: String::new(),
            passwords: Vec::new(),
        }
    }

    fn upsd(old: &str, new: &str) -> Option<String> {
        refused(&step(File::Upsd, old, new), NutVersion::V2_8_0)
    }

    #[test]
    fn a_new_value_of_a_reloadable_directive_is_reloaded() {
        assert_eq!(upsd("MAXAGE 15\n", "MAXAGE 20\n"), None);
        assert_eq!(upsd("", "MAXAGE 20\n"), None);
    }

    #[test]
    fn a_removed_line_needs_a_restart() {
        assert!(
            upsd("MAXAGE 20\n", "")
                .unwrap()
                .contains("MAXAGE is removed")
        );
    }

    #[test]
    fn listen_needs_a_restart_and_so_does_a_password() {
        let listen = upsd("LISTEN 127.0.0.1 3493\n", "LISTEN 0.0.0.0 3493\n");
        assert_eq!(listen, Some("LISTEN needs a restart".into()));
        let mut step = step(File::Upsmon, "POLLFREQ 5\n", "POLLFREQ 6\n");
        assert_eq!(refused(&step, NutVersion::V2_8_1), None);
        step.passwords.push("password of user nas: changed".into());
        assert!(refused(&step, NutVersion::V2_8_1).is_some());
    }

    #[test]
    fn nut_2_7_4_is_always_restarted() {
        let step = step(File::UpsdUsers, "", "[x]\n");
        assert!(refused(&step, NutVersion::V2_7_4).is_some());
        assert!(refused(&step, NutVersion::V2_8_0).is_none());
    }

    #[test]
    fn a_changed_monitor_line_is_a_restart() {
        let monitor = |power| format!("MONITOR ups@127.0.0.1 {power} a b primary\n");
        let step = step(File::Upsmon, &monitor(1), &monitor(0));
        assert!(refused(&step, NutVersion::V2_8_1).is_some());
    }
}
