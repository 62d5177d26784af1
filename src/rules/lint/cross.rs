//! What a client has, against what its server has.

use super::host::Host;
use super::view::View;
use super::watch::Watch;
use crate::model::finding::Place;
use crate::model::inventory::SecretSource;
use crate::nut::directive::File;
use crate::nut::files::User;

/// A watch, and who it logs in as.
pub(super) struct Login<'a> {
    pub(super) watch: &'a Watch,
    pub(super) server: &'a Host,
    /// The user on the server, if it is there.
    pub(super) user: Option<&'a User>,
}

/// The logins of a host at servers whose upsd.users is there to be seen.
pub(super) fn logins<'a>(view: &View<'a>) -> impl Iterator<Item = Login<'a>> + use<'a> {
    let view = *view;
    view.host.watches.iter().filter_map(move |watch| {
        let server = view.server(watch)?;
        server.users.as_ref()?;
        Some(Login {
            watch,
            server,
            user: server.user(&watch.user),
        })
    })
}

/// Whether the server of a watch has no such UPS. Upsd does not tell case apart.
pub(super) fn unknown_ups(view: &View<'_>, watch: &Watch) -> bool {
    let Some(server) = view.server(watch) else {
        return false;
    };
    let Some(ups) = &server.ups else { return false };
    let mut sections = ups.sections.iter().filter(|section| section.exists());
    !sections.any(|section| section.name.eq_ignore_ascii_case(&watch.target.ups))
}

/// Whether a user may more than watch.
pub(super) fn has_more_rights(user: &User) -> bool {
    !user.instcmds.is_empty() || user.actions.iter().any(|word| is(&word.value, "SET"))
}

/// What a user may do beside watching, for a message.
pub(super) fn rights(user: &User) -> String {
    let mut rights = Vec::new();
    if user.actions.iter().any(|word| is(&word.value, "SET")) {
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

fn is(word: &str, other: &str) -> bool {
    word.eq_ignore_ascii_case(other)
}

/// Whether a vendor fixed the name and password of this user of the server.
pub(super) fn is_fixed(view: &View<'_>, user: &str) -> bool {
    view.watchers().any(|(host, watch)| {
        watch.user == user
            && host
                .platform
                .insists()
                .is_some_and(|insists| insists.user == user)
    })
}

/// The source that the inventory gives this one user.
pub(super) fn own_source<'a>(view: &View<'a>, user: &str) -> Option<&'a SecretSource> {
    view.site.inventory.users.get(user)?.password.as_ref()
}

/// Where a user stands.
pub(super) fn at_user(view: &View<'_>, user: &User) -> Place {
    let written = view.in_inventory(&[&["users", user.name.as_str()]]);
    written.unwrap_or_else(|| view.in_file(File::UpsdUsers, &user.header))
}
