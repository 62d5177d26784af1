//! Where the password of a NUT user comes from.

use std::borrow::Cow;

use super::inventory::{Inventory, Platform, SecretSource};

/// What stands for the NUT user in a source.
const USER: &str = "{user}";

impl Inventory {
    /// The source of a user's password, its name filled in: what an appliance insists on, its own
    /// in `[users]`, or that of `[secrets]`. Nothing when none of these is there.
    pub fn source_of(&self, user: &str) -> Option<SecretSource> {
        if let Some(password) = self.insisted(user) {
            return Some(SecretSource::Literal(password.into()));
        }
        let own = self.users.get(user).and_then(|user| user.password.as_ref());
        own.or(self.secrets.password.as_ref())
            .map(|source| filled(source, user))
    }

    /// The password that an appliance of the site insists on for this user.
    fn insisted(&self, user: &str) -> Option<&'static str> {
        let mut vendors = [Platform::Synology, Platform::Qnap].into_iter();
        let (platform, fixed) = vendors.find_map(|platform| {
            let insists = platform.insists().filter(|insists| insists.user == user)?;
            Some((platform, insists))
        })?;
        let mut hosts = self.hosts.values();
        hosts
            .any(|host| host.platform == platform)
            .then_some(fixed.password)
    }
}

fn filled(source: &SecretSource, user: &str) -> SecretSource {
    match source {
        SecretSource::Env(name) => SecretSource::Env(name.replace(USER, user)),
        SecretSource::File(path) => {
            SecretSource::File(path.to_string_lossy().replace(USER, user).into())
        }
        SecretSource::Command(text) => SecretSource::Command(text.replace(USER, &shell_word(user))),
        // A password is what it is.
        SecretSource::Literal(value) => SecretSource::Literal(value.clone()),
    }
}

/// A user name as one word of a shell; quoted only if it has to be.
fn shell_word(user: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if !user.is_empty() && user.chars().all(plain) {
        return Cow::Borrowed(user);
    }
    Cow::Owned(format!("'{}'", user.replace('\'', r"'\''")))
}
