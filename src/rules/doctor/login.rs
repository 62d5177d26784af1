//! Users, passwords and roles: the client's upsmon.conf against the server's upsd.users.
//!
//! upsd says OK to any user and password and refuses only the login, in one line of the journal;
//! reading a UPS needs no login at all (server/netuser.c). So the files are compared.

use super::says::{Says, bad};
use super::view::{HostView, Watch};
use super::{DoctorRule, rule};
use crate::model::verdict::Repair;
use crate::nut::files::{Role, TrapKind, User};
use crate::nut::version::NutVersion;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "login-user-twice",
        Error,
        Login,
        ["config-line-lost"],
        Host(twice)
    ),
    rule!(
        "ups-not-on-server",
        Error,
        Login,
        ["config-line-lost", "ups-conf-empty"],
        Watch(ups_unknown)
    ),
    rule!(
        "user-not-on-server",
        Error,
        Login,
        ["config-line-lost", "config-file-absent"],
        Watch(user_unknown)
    ),
    rule!(
        "login-user-without-password",
        Error,
        Login,
        ["login-user-twice", "user-not-on-server"],
        Watch(no_password)
    ),
    rule!(
        "login-password-differs",
        Error,
        Login,
        [
            "login-user-twice",
            "login-user-without-password",
            "user-not-on-server"
        ],
        Watch(password)
    ),
    rule!(
        "user-without-role",
        Error,
        Login,
        ["login-user-twice", "user-not-on-server"],
        Watch(no_role)
    ),
    rule!(
        "role-word-not-known",
        Error,
        Login,
        ["user-not-on-server"],
        Watch(role_word)
    ),
    rule!(
        "two-primaries",
        Error,
        Login,
        ["config-line-lost"],
        Watch(two_primaries)
    ),
    rule!(
        "role-too-weak",
        Error,
        Login,
        [
            "user-without-role",
            "role-word-not-known",
            "user-not-on-server",
            "two-primaries"
        ],
        Watch(weak)
    ),
    rule!(
        "primary-is-secondary",
        Error,
        Login,
        ["role-word-not-known"],
        Watch(not_primary)
    ),
];

fn twice(host: &HostView<'_>) -> Says {
    let Some(users) = host.users.as_ref().filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let trap = users.traps.iter().find_map(|trap| match &trap.kind {
        TrapKind::DuplicateUser(heir) => Some((trap, heir)),
        _ => None,
    });
    let Some((trap, heir)) = trap else {
        return Says::Fine;
    };
    bad(format!(
        "a user is declared twice in upsd.users: the lines below line {} go to `{heir}`",
        trap.place.line
    ))
    .with("value", trap.place.line)
    .with("user", heir)
    .repair(Repair::Redeploy)
    .into()
}

fn ups_unknown(watch: &Watch<'_>) -> Says {
    let Some(server) = watch.server_view() else {
        return Says::Fine;
    };
    let Some(conf) = server.ups.as_ref().filter(|_| server.is_server()) else {
        return Says::Fine;
    };
    let ups = watch.ups();
    if conf
        .sections
        .iter()
        .any(|section| section.exists() && section.name.eq_ignore_ascii_case(ups))
    {
        return Says::Fine;
    }
    let names: Vec<&str> = conf
        .sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    bad(format!(
        "its MONITOR line asks for `{ups}`, but {} has {}",
        server.name(),
        list(&names)
    ))
    .with("value", list(&names))
    .repair(Repair::Redeploy)
    .into()
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "no UPS".into()
    } else {
        format!("`{}`", names.join("`, `"))
    }
}

/// The server's user of a MONITOR line; the error is what to say when there is none to compare.
fn user(watch: &Watch<'_>) -> Option<Option<User>> {
    let server = watch.server_view()?;
    let users = server.users.as_ref().filter(|_| server.is_server())?;
    Some(users.user(&watch.monitor.user.value).cloned())
}

fn server_name(watch: &Watch<'_>) -> String {
    watch.server.map_or_else(
        || watch.address().to_string(),
        |server| server.host.to_string(),
    )
}

fn user_unknown(watch: &Watch<'_>) -> Says {
    let Some(None) = user(watch) else {
        return Says::Fine;
    };
    let name = &watch.monitor.user.value;
    bad(format!(
        "it logs in as `{name}`, which {} does not know",
        server_name(watch)
    ))
    .repair(Repair::Redeploy)
    .into()
}

fn no_password(watch: &Watch<'_>) -> Says {
    let Some(Some(user)) = user(watch) else {
        return Says::Fine;
    };
    if user.password.is_some() {
        return Says::Fine;
    }
    bad(format!(
        "user `{}` has no password in upsd.users on {}, so nobody can log in as it",
        user.name,
        server_name(watch)
    ))
    .repair(Repair::Redeploy)
    .into()
}

fn password(watch: &Watch<'_>) -> Says {
    let Some(Some(user)) = user(watch) else {
        return Says::Fine;
    };
    if user.password.is_none() || user.accepts(&watch.monitor.password.value) {
        return Says::Fine;
    }
    bad(format!(
        "it cannot log in: the password of `{}` in its upsmon.conf is not the one upsd on {} knows",
        user.name,
        server_name(watch)
    ))
    .repair(Repair::Redeploy)
    .into()
}

fn no_role(watch: &Watch<'_>) -> Says {
    let Some(Some(user)) = user(watch) else {
        return Says::Fine;
    };
    if !user.upsmon.is_empty() {
        return Says::Fine;
    }
    bad(format!(
        "user `{}` has no `upsmon` line in upsd.users on {}: its logins are refused",
        user.name,
        server_name(watch)
    ))
    .with("value", watch.monitor.role().word(NutVersion::V2_7_4))
    .repair(Repair::Redeploy)
    .into()
}

/// 2.7.4 knows `master` and `slave` only: it gives no rights to, or makes a slave of, the new words.
fn role_word(watch: &Watch<'_>) -> Says {
    let own = watch
        .host
        .version()
        .filter(|version| !Role::is_known(&watch.monitor.role_word.value, *version));
    if let Some(version) = own {
        let word = &watch.monitor.role_word.value;
        return bad(format!(
            "NUT {version} takes the role `{word}` of its MONITOR line for slave"
        ))
        .with("path", "/etc/nut/upsmon.conf")
        .with("value", watch.monitor.role().word(version))
        .repair(Repair::Redeploy)
        .into();
    }
    let (Some(Some(user)), Some(server)) = (user(watch), watch.server_view()) else {
        return Says::Fine;
    };
    let Some(version) = server.version() else {
        return Says::Fine;
    };
    if user.upsmon.is_empty()
        || user
            .upsmon
            .iter()
            .any(|word| Role::is_known(&word.value, version))
    {
        return Says::Fine;
    }
    let word = user
        .upsmon
        .first()
        .map(|word| word.value.clone())
        .unwrap_or_default();
    bad(format!(
        "upsd {version} on {} does not know the role `{word}` of user `{}`",
        server.name(),
        user.name
    ))
    .with("path", "/etc/nut/upsd.users")
    .with("value", watch.monitor.role().word(version))
    .repair(Repair::Redeploy)
    .into()
}

fn two_primaries(watch: &Watch<'_>) -> Says {
    if watch.monitor.role() != Role::Primary || watch.is_own() || watch.server.is_none() {
        return Says::Fine;
    }
    bad(format!(
        "it watches {} as primary, but only {}, which has the cable, can be that",
        watch.system(),
        server_name(watch)
    ))
    .with(
        "value",
        watch
            .host
            .version()
            .unwrap_or(NutVersion::V2_8_0)
            .secondary_word(),
    )
    .repair(Repair::Redeploy)
    .into()
}

fn weak(watch: &Watch<'_>) -> Says {
    let Some(Some(user)) = user(watch) else {
        return Says::Fine;
    };
    if watch.monitor.role() != Role::Primary
        || user.role() == Some(Role::Primary)
        || user.may("FSD")
        || user.upsmon.is_empty()
    {
        return Says::Fine;
    }
    bad(format!(
        "it is the primary, but upsd.users makes its user `{}` only a secondary: it cannot tell the others to shut down",
        user.name
    ))
    .with("value", watch.server_view().and_then(|server| server.version()).unwrap_or(NutVersion::V2_8_0).primary_word())
    .repair(Repair::Redeploy)
    .into()
}

/// The host with the cable must be primary, or nobody tells the others and cuts the UPS.
fn not_primary(watch: &Watch<'_>) -> Says {
    if !watch.is_own() || !watch.host.is_server() || watch.monitor.role() == Role::Primary {
        return Says::Fine;
    }
    bad(format!(
        "it has the cable of {}, but watches it as a secondary: nobody is the primary",
        watch.ups()
    ))
    .with(
        "value",
        watch
            .host
            .version()
            .unwrap_or(NutVersion::V2_8_0)
            .primary_word(),
    )
    .repair(Repair::Redeploy)
    .into()
}
