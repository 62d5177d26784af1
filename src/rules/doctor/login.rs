//! Users, passwords and roles: the client's upsmon.conf against the server's upsd.users.
//!
//! upsd says OK to any user and password and refuses only the login, in one line of the journal;
//! reading a UPS needs no login at all (server/netuser.c). So the files are compared.

use super::rules;
use super::says::{Says, bad};
use super::view::{HostView, Watch};
use crate::nut::directive::File;
use crate::nut::files::{Role, TrapKind, UpsdUsers, User};
use crate::nut::version::NutVersion;

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

fn twice(host: &HostView<'_>) -> Option<Says> {
    let (trap, heir) = host
        .traps(File::UpsdUsers)
        .iter()
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

fn ups_unknown(watch: &Watch<'_>) -> Option<Says> {
    let server = watch.server_view().filter(HostView::is_server)?;
    let ups = watch.ups();
    let sections = &server.ups.as_ref()?.sections;
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

fn users(watch: &Watch<'_>) -> Option<UpsdUsers> {
    watch.server_view().filter(HostView::is_server)?.users
}

/// The server's user of a MONITOR line.
fn user(watch: &Watch<'_>) -> Option<User> {
    users(watch)?.user(&watch.monitor.user.value).cloned()
}

/// The version of the server, for its words of roles.
fn server_version(watch: &Watch<'_>) -> Option<NutVersion> {
    watch.server_view()?.version()
}

fn user_unknown(watch: &Watch<'_>) -> Option<Says> {
    let (name, server) = (&watch.monitor.user.value, watch.server_name());
    users(watch)?.user(name).is_none().then_some(())?;
    bad(format!(
        "it logs in as `{name}`, which {server} does not know"
    ))
    .redeploy()
    .into()
}

fn no_password(watch: &Watch<'_>) -> Option<Says> {
    let user = user(watch).filter(|user| user.password.is_none())?;
    bad(format!(
        "user `{}` has no password in upsd.users on {}, so nobody can log in as it",
        user.name,
        watch.server_name()
    ))
    .redeploy()
    .into()
}

fn password(watch: &Watch<'_>) -> Option<Says> {
    let user = user(watch).filter(|user| !user.accepts(&watch.monitor.password.value))?;
    bad(format!(
        "it cannot log in: the password of `{}` in its upsmon.conf is not the one upsd on {} knows",
        user.name,
        watch.server_name()
    ))
    .redeploy()
    .into()
}

fn no_role(watch: &Watch<'_>) -> Option<Says> {
    let user = user(watch).filter(|user| user.upsmon.is_empty())?;
    bad(format!(
        "user `{}` has no `upsmon` line in upsd.users on {}: its logins are refused",
        user.name,
        watch.server_name()
    ))
    .with("value", watch.monitor.role().word(NutVersion::V2_7_4))
    .redeploy()
    .into()
}

/// 2.7.4 knows `master` and `slave` only: it gives no rights to, or makes a slave of, the new words.
fn role_word(watch: &Watch<'_>) -> Option<Says> {
    let word = &watch.monitor.role_word.value;
    let own = watch
        .host
        .version()
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
            let (server, name) = (watch.server_name(), &user.name);
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
        .with("value", watch.monitor.role().word(version))
        .redeploy()
        .into()
}

fn two_primaries(watch: &Watch<'_>) -> Option<Says> {
    watch.server.filter(|_| !watch.is_own())?;
    (watch.monitor.role() == Role::Primary).then_some(())?;
    let version = watch.host.version().unwrap_or(NutVersion::V2_8_0);
    bad(format!(
        "it watches {} as primary, but only {}, which has the cable, can be that",
        watch.system(),
        watch.server_name()
    ))
    .with("value", version.secondary_word())
    .redeploy()
    .into()
}

fn weak(watch: &Watch<'_>) -> Option<Says> {
    (watch.monitor.role() == Role::Primary).then_some(())?;
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
fn not_primary(watch: &Watch<'_>) -> Option<Says> {
    let mine = watch.is_own() && watch.host.is_server();
    (mine && watch.monitor.role() != Role::Primary).then_some(())?;
    let version = watch.host.version().unwrap_or(NutVersion::V2_8_0);
    bad(format!(
        "it has the cable of {}, but watches it as a secondary: nobody is the primary",
        watch.ups()
    ))
    .with("value", version.primary_word())
    .redeploy()
    .into()
}
