//! Whether a daemon can take a changed file by reload, or must be restarted.

use std::collections::BTreeMap;

use crate::model::plan::{FileChange, FileStep};
use crate::nut::directive::{Apply, File};
use crate::nut::files::{Setting, UpsdConf, UpsmonConf};
use crate::nut::version::NutVersion;

/// What makes a changed file take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    Reload,
    /// With why a reload does not suffice, where that is not plain.
    Restart(Option<String>),
}

/// How far a reload reaches for a step.
///
/// Deleting a line never restores the default on reload: daemons keep the old value (server/conf.c,
/// clients/upsmon.c). 2.7.4's units have no reload whose time systemd would remember.
pub(super) fn reach(step: &FileStep, nut: NutVersion) -> Reach {
    if nut < NutVersion::V2_8_0 {
        return Reach::Restart(None);
    }
    match (step.change, step.file) {
        // upsd reads the whole of upsd.users again (server/user.c).
        (FileChange::Content, File::UpsdUsers) => Reach::Reload,
        (FileChange::Content, File::Upsd | File::Upsmon) => match beyond_reload(step) {
            Some(why) => Reach::Restart(Some(why)),
            None => Reach::Reload,
        },
        _ => Reach::Restart(None),
    }
}

/// What a reload would not bring about.
fn beyond_reload(step: &FileStep) -> Option<String> {
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
    use crate::model::plan::{Becomes, Before, PasswordChange};
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

    fn upsd(old: &str, new: &str) -> Reach {
        reach(&step(File::Upsd, old, new), NutVersion::V2_8_0)
    }

    fn restarts(step: &FileStep, nut: NutVersion) -> bool {
        reach(step, nut) != Reach::Reload
    }

    #[test]
    fn a_new_value_of_a_reloadable_directive_is_reloaded() {
        assert_eq!(upsd("MAXAGE 15\n", "MAXAGE 20\n"), Reach::Reload);
        assert_eq!(upsd("", "MAXAGE 20\n"), Reach::Reload);
    }

    #[test]
    fn a_removed_line_needs_a_restart() {
        let why = "MAXAGE is removed, which a reload would not notice";
        assert_eq!(upsd("MAXAGE 20\n", ""), Reach::Restart(Some(why.into())));
    }

    #[test]
    fn listen_needs_a_restart_and_so_does_a_password() {
        let listen = upsd("LISTEN 127.0.0.1 3493\n", "LISTEN 0.0.0.0 3493\n");
        let why = "LISTEN needs a restart";
        assert_eq!(listen, Reach::Restart(Some(why.into())));
        let mut step = step(File::Upsmon, "POLLFREQ 5\n", "POLLFREQ 6\n");
        assert!(!restarts(&step, NutVersion::V2_8_1));
        let changed = PasswordChange::of_user("nas", Becomes::Changed);
        step.passwords.push(changed);
        assert!(restarts(&step, NutVersion::V2_8_1));
    }

    #[test]
    fn nut_2_7_4_is_always_restarted() {
        let step = step(File::UpsdUsers, "", "[x]\n");
        assert!(restarts(&step, NutVersion::V2_7_4));
        assert!(!restarts(&step, NutVersion::V2_8_0));
    }

    #[test]
    fn a_changed_monitor_line_is_a_restart() {
        let monitor = |power| format!("MONITOR ups@127.0.0.1 {power} a b primary\n");
        let step = step(File::Upsmon, &monitor(1), &monitor(0));
        assert!(restarts(&step, NutVersion::V2_8_1));
    }
}
