//! Users, passwords and roles: the client's upsmon.conf against the server's upsd.users.
//!
//! upsd says OK to any user and password and refuses only the login, in one line of the journal;
//! reading a UPS needs no login at all (server/netuser.c). So the files are compared.

use super::rules;
use super::says::{Says, bad};
use crate::nut::directive::File;
use crate::nut::files::{Role, TrapKind, User};
use crate::nut::version::NutVersion;
use crate::site::{ParsedHost, Watch};

rules! { Login
    Error   "login-user-twice"            Server(twice) ["config-line-lost"];
    Error   "ups-not-on-server"           Watch(ups_unknown) ["ups-conf-empty"];
    Error   "user-not-on-server"          Watch(user_unknown) ["config-line-lost", "config-file-absent"];
    Error   "login-user-without-password" Watch(no_password) ["login-user-twice", "user-not-on-server"];
    Error   "login-password-differs"      Watch(password) ["login-user-without-password"];
    Error   "user-without-role"           Watch(no_role) ["login-user-twice", "user-not-on-server"];
    Error   "role-word-not-known"         Watch(role_word) ["user-not-on-server"];
    Error   "two-primaries"               Watch(two_primaries) ["config-line-lost"];
    Error   "role-too-weak"               Watch(weak) ["user-without-role", "role-word-not-known", "two-primaries"];
    Error   "primary-is-secondary"        Watch(not_primary) ["role-word-not-known"];
}

fn twice(host: ParsedHost<'_>) -> Option<Says> {
    let (trap, heir) = host
        .traps_of(File::UpsdUsers)
        .find_map(|trap| match &trap.kind {
            TrapKind::DuplicateUser(heir) => Some((trap, heir)),
            _ => None,
        })?;
    let line = trap.place.line;
    bad(format!(
        "a user is declared twice in upsd.users: the lines below line {line} go to `{heir}`"
    ))
    .with("value", line)
    .with("user", heir)
    .redeploy()
    .into()
}

fn ups_unknown(watch: Watch<'_>) -> Option<Says> {
    let server = server(watch)?;
    let ups = watch.ups();
    let sections = &server.ups_conf()?.sections;
    let mut there = sections.iter().filter(|section| section.exists());
    if there.any(|section| section.name.eq_ignore_ascii_case(ups)) {
        return None;
    }
    let names: Vec<&str> = sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    let names = match names.as_slice() {
        [] => "no UPS".to_string(),
        names => format!("`{}`", names.join("`, `")),
    };
    bad(format!(
        "its MONITOR line asks for `{ups}`, but {} has {names}",
        server.name()
    ))
    .with("value", names)
    .redeploy()
    .into()
}

fn server(watch: Watch<'_>) -> Option<ParsedHost<'_>> {
    watch.server().filter(|server| server.is_server())
}

/// The server's user of a MONITOR line.
fn user(watch: Watch<'_>) -> Option<&User> {
    server(watch)?.user(watch.user())
}

/// The version of the server, for its words of roles.
fn server_version(watch: Watch<'_>) -> Option<NutVersion> {
    server(watch)?.installed()
}

fn user_unknown(watch: Watch<'_>) -> Option<Says> {
    let (name, label) = (watch.user(), watch.server_label());
    server(watch)?.upsd_users()?;
    user(watch).is_none().then_some(())?;
    bad(format!(
        "it logs in as `{name}`, which {label} does not know"
    ))
    .redeploy()
    .into()
}

fn no_password(watch: Watch<'_>) -> Option<Says> {
    let user = user(watch).filter(|user| user.password.is_none())?;
    bad(format!(
        "user `{}` has no password in upsd.users on {}, so nobody can log in as it",
        user.name,
        watch.server_label()
    ))
    .redeploy()
    .into()
}

fn password(watch: Watch<'_>) -> Option<Says> {
    let password = watch.password()?;
    let user = user(watch).filter(|user| !user.accepts(password))?;
    bad(format!(
        "it cannot log in: the password of `{}` in its upsmon.conf is not the one upsd on {} knows",
        user.name,
        watch.server_label()
    ))
    .redeploy()
    .into()
}

fn no_role(watch: Watch<'_>) -> Option<Says> {
    let user = user(watch).filter(|user| user.upsmon.is_empty())?;
    bad(format!(
        "user `{}` has no `upsmon` line in upsd.users on {}: its logins are refused",
        user.name,
        watch.server_label()
    ))
    .with("value", watch.role().word(NutVersion::V2_7_4))
    .redeploy()
    .into()
}

/// 2.7.4 knows `master` and `slave` only: it gives no rights to, or makes a slave of, the new words.
fn role_word(watch: Watch<'_>) -> Option<Says> {
    let word = &watch.monitor()?.role_word.value;
    let own = watch
        .host
        .installed()
        .filter(|version| !Role::is_known(word, *version));
    let (saw, file, version) = match own {
        Some(version) => (
            format!("NUT {version} takes the role `{word}` of its MONITOR line for slave"),
            "upsmon.conf",
            version,
        ),
        None => {
            let (version, user) = (server_version(watch)?, user(watch)?);
            let word = &user.upsmon.first()?.value;
            let known = |word: &str| Role::is_known(word, version);
            if user.upsmon.iter().any(|word| known(&word.value)) {
                return None;
            }
            let (server, name) = (watch.server_label(), &user.name);
            (
                format!(
                    "upsd {version} on {server} does not know the role `{word}` of user `{name}`"
                ),
                "upsd.users",
                version,
            )
        }
    };
    bad(saw)
        .at(format!("/etc/nut/{file}"))
        .with("value", watch.role().word(version))
        .redeploy()
        .into()
}

fn two_primaries(watch: Watch<'_>) -> Option<Says> {
    watch.server_name().filter(|_| !watch.is_own())?;
    (watch.role() == Role::Primary).then_some(())?;
    let version = watch.host.version();
    bad(format!(
        "it watches {} as primary, but only {}, which has the cable, can be that",
        watch.system(),
        watch.server_label()
    ))
    .with("value", version.secondary_word())
    .redeploy()
    .into()
}

fn weak(watch: Watch<'_>) -> Option<Says> {
    (watch.role() == Role::Primary).then_some(())?;
    let strong = |user: &User| user.role() == Some(Role::Primary) || user.may("FSD");
    let user = user(watch).filter(|user| !strong(user) && !user.upsmon.is_empty())?;
    let version = server_version(watch).unwrap_or(NutVersion::V2_8_0);
    bad(format!(
        "it is the primary, but upsd.users makes its user `{}` only a secondary: it cannot tell the others to shut down",
        user.name
    ))
    .with("value", version.primary_word())
    .redeploy()
    .into()
}

/// The host with the cable must be primary, or nobody tells the others and cuts the UPS.
fn not_primary(watch: Watch<'_>) -> Option<Says> {
    let mine = watch.is_own() && watch.host.is_server();
    (mine && watch.role() != Role::Primary).then_some(())?;
    let version = watch.host.version();
    bad(format!(
        "it has the cable of {}, but watches it as a secondary: nobody is the primary",
        watch.ups()
    ))
    .with("value", version.primary_word())
    .redeploy()
    .into()
}
