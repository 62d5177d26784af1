//! Where the password of a NUT user comes from, and the secret of a driver.

use std::borrow::Cow;

use super::inventory::{DirectiveValue, Inventory, Platform, SecretSource};

/// What stands for the NUT user in a source.
const USER: &str = "{user}";

impl Inventory {
    /// The source of a user's password, its name filled in: what an appliance insists on, its own
    /// in `[users]`, or that of `[secrets]`. Nothing when none of these is there.
    /// For the name of an option's secret, what the option says.
    pub fn source_of(&self, user: &str) -> Option<SecretSource> {
        if let Some((option, ups)) = parts(user) {
            let (_, ups) = self.ups.iter().find(|(name, _)| name.as_str() == ups)?;
            let mut options = ups.options.iter();
            let (_, value) = options.find(|(key, _)| key.eq_ignore_ascii_case(option))?;
            return value.source();
        }
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

/// The name of the secret in an option of ups.conf, beside the names of NUT users: these have no
/// blanks.
pub fn option_secret(ups: &str, option: &str) -> String {
    format!("{} of [{ups}]", option.to_ascii_lowercase())
}

/// Whether a name is that of an option's secret.
pub fn is_option_secret(name: &str) -> bool {
    parts(name).is_some()
}

fn parts(name: &str) -> Option<(&str, &str)> {
    name.strip_suffix(']')?.split_once(" of [")
}

impl SecretSource {
    /// Where it is, for people; a password itself is never said.
    pub fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable {name}"),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command(command) => format!("the command `{command}`"),
            Self::Literal(_) => "the inventory".into(),
        }
    }
}

impl DirectiveValue {
    /// The source of a secret that is written in place of a value: `{ env = "…" }` and its like.
    pub fn source(&self) -> Option<SecretSource> {
        let Self::Table(table) = self else {
            return None;
        };
        let (kind, Self::Text(text)) = table.iter().next()? else {
            return None;
        };
        let source = match kind.as_str() {
            "env" => SecretSource::Env(text.clone()),
            "file" => SecretSource::File(text.into()),
            "command" => SecretSource::Command(text.clone()),
            "literal" => SecretSource::Literal(text.clone()),
            _ => return None,
        };
        (table.len() == 1).then_some(source)
    }
}

fn filled(source: &SecretSource, user: &str) -> SecretSource {
    match source {
        SecretSource::Env(name) => SecretSource::Env(name.replace(USER, user)),
        SecretSource::File(path) => {
            SecretSource::File(path.to_string_lossy().replace(USER, user).into())
        }
        SecretSource::Command(text) => SecretSource::Command(command_for(text, user)),
        // A password is what it is.
        SecretSource::Literal(value) => SecretSource::Literal(value.clone()),
    }
}

/// A command with a name filled in for `{user}`, as one word of a shell.
pub fn command_for(command: &str, user: &str) -> String {
    command.replace(USER, &shell_word(user))
}

/// A user name as one word of a shell; quoted only if it has to be.
fn shell_word(user: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if !user.is_empty() && user.chars().all(plain) {
        return Cow::Borrowed(user);
    }
    Cow::Owned(format!("'{}'", user.replace('\'', r"'\''")))
}
