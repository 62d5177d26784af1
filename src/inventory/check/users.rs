//! NUT users: where they are known, what they may do, and who shares one.

use super::CrossCheck;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Host, Insists, InventoryUser, SecretSource};
use crate::model::name::HostName;
use crate::model::nearest;

/// What upsd.users(5) knows as `actions`.
const ACTIONS: [&str; 2] = ["SET", "FSD"];

pub(super) fn check(check: &mut CrossCheck<'_>) {
    for (name, user) in &check.inventory.users {
        known_on(check, name, user);
        actions(check, name, user);
        instcmds(check, name, user);
    }
    let appliances = check.inventory.hosts.iter();
    let appliances =
        appliances.filter_map(|(name, host)| Some((name, host, host.platform.insists()?)));
    for (name, host, fixed) in appliances {
        own_user(check, name, host, &fixed);
        shared_user(check, name, &fixed);
    }
}

/// A user is known to the upsd of hosts that run one.
fn known_on(check: &mut CrossCheck<'_>, name: &str, user: &InventoryUser) {
    for (index, host) in user.on.iter().flatten().enumerate() {
        let path = ["users", name, "on", &index.to_string()];
        if !check.known("hosts", host.as_str(), &path) || !check.cables_are_known() {
            continue;
        }
        if check.inventory.ups_of(host).next().is_none() {
            let servers = check.inventory.ups.values().map(|ups| ups.host.as_str());
            let help = nearest::hint("", "hosts with a UPS", servers);
            let message = format!("`{host}` has no UPS, so no upsd that could know a user");
            let error = Diagnostic::new(message);
            check.report(&path, Diagnostic { help, ..error });
        }
    }
}

fn actions(check: &mut CrossCheck<'_>, name: &str, user: &InventoryUser) {
    for (index, action) in user.actions.iter().enumerate() {
        if ACTIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(action))
        {
            continue;
        }
        let path = ["users", name, "actions", &index.to_string()];
        let help = nearest::hint(action, "actions", ACTIONS.into_iter());
        let error = Diagnostic::new(format!("`{}` is no action", action.escape_debug()));
        check.report(&path, Diagnostic { help, ..error });
    }
}

fn instcmds(check: &mut CrossCheck<'_>, name: &str, user: &InventoryUser) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    for (index, command) in user.instcmds.iter().enumerate() {
        if !command.is_empty() && command.chars().all(allowed) {
            continue;
        }
        let path = ["users", name, "instcmds", &index.to_string()];
        let message = format!("`{}` is no instant command", command.escape_debug());
        let help = "write names such as `beeper.mute` (`upscmd -l UPS` lists them), or `ALL`";
        check.report(&path, Diagnostic::new(message).help(help));
    }
}

/// An appliance logs in as its vendor fixed it.
fn own_user(check: &mut CrossCheck<'_>, name: &HostName, host: &Host, fixed: &Insists) {
    if host
        .nut_user
        .as_deref()
        .is_none_or(|user| user == fixed.user)
    {
        return;
    }
    let (platform, user) = (host.platform.as_str(), fixed.user);
    let message = format!("platform `{platform}` always logs in as `{user}`");
    let path = ["hosts", name.as_str(), "nut_user"];
    check.report(&path, Diagnostic::new(message).help("leave `nut_user` out"));
}

/// Nobody else has the user of an appliance with another password.
fn shared_user(check: &mut CrossCheck<'_>, appliance: &HostName, fixed: &Insists) {
    let appliance_place = check.place(&["hosts", appliance.as_str(), "platform"]);
    let word = check.inventory.hosts[appliance].platform.as_str();
    let user = fixed.user;
    let fixed_password = SecretSource::Literal(fixed.password.into());
    let own = check
        .inventory
        .users
        .get(user)
        .and_then(|user| user.password.as_ref());
    if own.is_some_and(|source| *source != fixed_password) {
        let message =
            format!("the password of `{user}` is fixed: platform `{word}` knows no other");
        let help = format!("leave it out, or give `[users.{user}]` another name");
        let error = Diagnostic::new(message)
            .second(
                appliance_place.clone(),
                format!("`{appliance}` insists on it"),
            )
            .help(help);
        check.report(&["users", user, "password"], error);
    }
    let others = check.inventory.hosts.iter().filter(|(name, host)| {
        host.platform.insists().is_none() && check.inventory.nut_user(name) == Some(user)
    });
    for (other, host) in others {
        let message = format!("`{other}` would log in as `{user}`, which `{appliance}` insists on");
        let help = "give it a `nut_user` of its own: this one has a password everybody knows";
        let error = Diagnostic::new(message)
            .second(appliance_place.clone(), format!("platform `{word}`"))
            .help(help);
        let named = ["hosts", other.as_str(), "nut_user"];
        let path = if host.nut_user.is_some() {
            &named[..]
        } else {
            &named[..2]
        };
        check.report(path, error);
    }
}
