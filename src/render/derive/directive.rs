/// One word of a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DerivedWord {
    /// Its value, unquoted.
    Plain(String),
    /// The password of this NUT user.
    Password(String),
}

impl DerivedWord {
    /// Its value, unless it is a password.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Password(_) => None,
        }
    }
}

impl<T: Into<String>> From<T> for DerivedWord {
    fn from(text: T) -> Self {
        Self::Plain(text.into())
    }
}

/// One directive as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedLine {
    /// Its name, in NUT's spelling.
    pub name: String,
    /// What follows the name; nothing for a flag.
    pub words: Vec<DerivedWord>,
}

impl DerivedLine {
    /// A directive with one value.
    pub(super) fn value(name: &str, value: impl Into<String>) -> Self {
        Self::words(name, [value.into()])
    }

    /// A directive with some words behind its name.
    pub(super) fn words<T: Into<DerivedWord>>(
        name: &str,
        words: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            name: name.into(),
            words: words.into_iter().map(Into::into).collect(),
        }
    }

    /// The first word behind the name.
    pub(super) fn first(&self) -> Option<&str> {
        self.words.first().and_then(DerivedWord::plain)
    }
}
