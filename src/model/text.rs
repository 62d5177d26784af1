//! File content in which passwords are references, so that everything but the last step works
//! without knowing them.

use serde::Serialize;

use super::secret::{Secret, SecretStore};
use super::source::is_option_secret;

/// A piece of a rendered file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Text as it stands in the file.
    Plain(String),
    /// The password of this NUT user, quoted by NUT's rules.
    Password(String),
    /// A secret that the inventory or a template has in plain sight, as it stands in the file, and
    /// what is shown instead.
    Hidden {
        shown: String,
        #[serde(serialize_with = "hidden")]
        text: Secret,
    },
    /// Text from a host's backup, which may hold passwords; it goes back as it is.
    Sealed(#[serde(serialize_with = "hidden")] Secret),
}

fn hidden<S: serde::Serializer>(_: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

/// The content of a rendered file: text with references to passwords.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Text(pub Vec<Segment>);

impl Text {
    /// Text without a password.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Segment::Plain(text.into())])
    }

    /// Text that is only written, never shown.
    pub fn sealed(text: Secret) -> Self {
        Self(vec![Segment::Sealed(text)])
    }

    /// The NUT users whose passwords the content holds, in order of appearance.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Password(user) => Some(user.as_str()),
            _ => None,
        })
    }

    /// The content with each password replaced by what `show` says of its user: for reading back,
    /// not for showing.
    pub fn fill(&self, mut show: impl FnMut(&str) -> String) -> String {
        self.0
            .iter()
            .map(|segment| match segment {
                Segment::Plain(text) => text.clone(),
                Segment::Password(user) => show(user),
                Segment::Hidden { text, .. } => text.expose().into(),
                Segment::Sealed(_) => "<sealed>".into(),
            })
            .collect()
    }

    /// The content as it may be seen, each password replaced by [`mask`].
    pub fn masked(&self) -> String {
        self.0
            .iter()
            .map(|segment| match segment {
                Segment::Plain(text) | Segment::Hidden { shown: text, .. } => text.clone(),
                Segment::Password(user) => mask(user),
                Segment::Sealed(_) => "<sealed>".into(),
            })
            .collect()
    }

    /// The bytes for the host.
    ///
    /// # Errors
    /// Names the user whose password is not in `secrets` or cannot be written by NUT's rules.
    pub fn reveal(&self, secrets: &SecretStore) -> Result<Secret, String> {
        let mut out = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Plain(text) => out.push_str(text),
                Segment::Sealed(text) | Segment::Hidden { text, .. } => {
                    out.push_str(text.expose());
                }
                Segment::Password(user) => {
                    let secret = secrets
                        .get(user)
                        .ok_or_else(|| format!("the password of user `{user}` is not known"))?;
                    let quoted = crate::nut::conf::quote(secret.expose())
                        .map_err(|why| format!("the password of user `{user}`: {why}"))?;
                    out.push_str(&quoted);
                }
            }
        }
        Ok(Secret::new(out))
    }
}

/// What stands for a password in everything that is printed.
pub fn mask(user: &str) -> String {
    match is_option_secret(user) {
        true => format!("<secret {user}>"),
        false => format!("<password of {user}>"),
    }
}
