//! What a client logs in with, against what its server knows; and what upsd.users grants.

use crate::nut::directive::File;
use crate::nut::files::{Role, User};
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{ParsedHost, Watch, same_password};

rules! {
    "ups-unknown" Error Watch ups_unknown;
    "user-unknown" Error Watch user_unknown;
    "password-mismatch" Error Watch password_mismatch;
    "role-refused" Error Watch role_refused;
    "secondary-with-primary-rights" Warning Host too_strong;
    "user-lacks-password" Error Host lacks_password;
    "upsmon-user-too-powerful" Warning Host too_powerful;
    "fixed-password-rights" Error Host fixed_rights;
}

/// The server of a watch, when its upsd.users is there to be seen, and its user there.
fn login<'a>(watch: Watch<'a>) -> Option<(ParsedHost<'a>, Option<&'a User>)> {
    let server = watch.server()?;
    server.upsd_users()?;
    Some((server, server.user(watch.user())))
}

/// Whether the server of a watch has no such UPS. Upsd does not tell case apart.
pub(super) fn is_unknown(watch: Watch<'_>) -> bool {
    let server = watch.server().filter(|server| server.ups_conf().is_some());
    server.is_some_and(|server| {
        let mut upses = server.upses();
        !upses.any(|ups| ups.name().eq_ignore_ascii_case(watch.ups()))
    })
}

fn ups_unknown(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server().filter(|_| is_unknown(watch))?;
    let names: Vec<String> = server
        .upses()
        .map(|ups| format!("`{}`", ups.name()))
        .collect();
    let known = match names.as_slice() {
        [] => "none".into(),
        names => names.join(", "),
    };
    let saw = format!("{} has no ups `{}`", server.name(), watch.ups());
    let says = says(saw).at(watch.place()).with("known", known);
    Some(says.with("server", server.name()))
}

fn user_unknown(watch: Watch<'_>) -> Option<Says> {
    let (server, None) = login(watch)? else {
        return None;
    };
    let saw = format!("{} has no user `{}`", server.name(), watch.user());
    let says = says(saw).at(watch.place()).with("user", watch.user());
    Some(says.with("server", server.name()))
}

fn password_mismatch(watch: Watch<'_>) -> Option<Says> {
    let (server, user) = login(watch)?;
    let there = user?.password.as_ref()?;
    if same_password(watch.password()?, &there.value) != Some(false) {
        return None;
    }
    let saw = format!(
        "the password of `{}` is another one on {}",
        watch.user(),
        server.name()
    );
    Some(says(saw).at(watch.place()).with("server", server.name()))
}

fn role_refused(watch: Watch<'_>) -> Option<Says> {
    let (server, user) = login(watch)?;
    let role = match (watch.role(), user?.role()) {
        (Role::Primary, Some(Role::Primary)) | (Role::Secondary, Some(_)) => return None,
        // Another host as primary is the matter of remote-primary.
        (Role::Primary, _) if !watch.is_own() => return None,
        (role, _) => role,
    };
    let word = role.word(server.version());
    let saw = format!(
        "`{}` is not a {word} for upsd of {}",
        watch.user(),
        server.name()
    );
    let says = says(saw).at(watch.place()).with("user", watch.user());
    Some(says.with("server", server.name()).with("role", word))
}

fn too_strong(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let mut said = Vec::new();
    host.watches().filter_map(move |watch| {
        let (server, user) = login(watch)?;
        let primary = user?.role() == Some(Role::Primary);
        let key = (watch.user(), server.name());
        if !primary || watch.is_primary() || watch.is_own() || said.contains(&key) {
            return None;
        }
        said.push(key);
        let saw = format!(
            "`{}` is a primary for upsd of {}",
            watch.user(),
            server.name()
        );
        let place = host.in_inventory(&[&["hosts", host.name().as_str(), "nut_user"]]);
        Some(says(saw).at(place.or_else(|| watch.place())))
    })
}

fn users<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = &'a User> {
    host.upsd_users().into_iter().flat_map(|conf| &conf.users)
}

fn lacks_password(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let bare = users(host).filter(|user| {
        let password = user.password.as_ref();
        password.is_none_or(|word| word.value.is_empty())
    });
    bare.map(move |user| {
        says(format!("user `{}` has no password", user.name))
            .at(host.in_file(File::UpsdUsers, &user.header))
    })
}

fn too_powerful(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let users = users(host).filter(|user| user.role().is_some() && has_more_rights(user));
    let users = users.filter(move |user| !is_fixed(host, &user.name));
    users.map(move |user| {
        says(format!(
            "`{}` is the user of an upsmon and may {}",
            user.name,
            rights(user)
        ))
        .at(host.at_user(user))
    })
}

fn fixed_rights(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let users = users(host)
        .filter(|user| has_more_rights(user) || user.role() == Some(Role::Primary))
        .filter(move |user| is_fixed(host, &user.name));
    users.map(move |user| {
        says(format!(
            "`{}` has a password that everybody knows, and may {}",
            user.name,
            rights(user)
        ))
        .at(host.at_user(user))
        .with("user", &user.name)
    })
}

/// Whether a user may more than watch.
fn has_more_rights(user: &User) -> bool {
    !user.instcmds.is_empty() || sets(user)
}

fn sets(user: &User) -> bool {
    let mut actions = user.actions.iter();
    actions.any(|word| word.value.eq_ignore_ascii_case("SET"))
}

/// What a user may do beside watching, for a message.
fn rights(user: &User) -> String {
    let mut rights = Vec::new();
    if sets(user) {
        rights.push("change variables");
    }
    if user.may("FSD") {
        rights.push("shut every host down");
    }
    if !user.instcmds.is_empty() {
        rights.push("run commands of the UPS");
    }
    rights.join(" and ")
}

/// Whether a vendor fixed the name and password of this user of the server.
fn is_fixed(host: ParsedHost<'_>, user: &str) -> bool {
    let mut watchers = host.watchers().filter(|watch| watch.user() == user);
    watchers.any(|watch| {
        let insists = watch.host.platform().insists();
        insists.is_some_and(|insists| insists.user == user)
    })
}
