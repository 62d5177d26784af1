//! A value of the inventory as lines of a file.

use super::directive::{DerivedLine, DerivedWord};
use super::text;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::DirectiveValue;
use crate::model::key_path::KeyPath;
use crate::nut::directive::{Directive, File, Kind, Scope, lookup};

/// Where a password of a MONITOR line would stand: it comes from `[secrets]`, as every other.
const PASSWORD: &str = "{password}";

/// The directive that is written, and what is known of it.
struct Written<'a> {
    key: &'a KeyPath,
    file: File,
    name: &'a str,
    known: Option<&'static Directive>,
}

/// The lines that a directive's value makes.
///
/// `false` makes none unless it is a value of the directive; a list makes one for each element (an
/// element that is a list gives the words of its line); a table makes `NAME key value` for each key,
/// or in ups.conf dotted names. A text for a directive of several words is split by NUT's rules; any
/// other stays one word, as does that of a directive nothing is known of.
///
/// # Errors
/// Names the key when NUT would not read what was written.
pub(super) fn lines(
    key: &KeyPath,
    file: File,
    scope: Scope,
    name: &str,
    value: &DirectiveValue,
) -> Result<Vec<DerivedLine>, Diagnostic> {
    let target = Written {
        key,
        file,
        name,
        known: lookup(file, scope, name),
    };
    target.check_name()?;
    match value {
        DirectiveValue::List(elements) => target.each(elements),
        DirectiveValue::Table(table) if file == File::Ups => {
            let mut all = Vec::new();
            for (part, value) in table {
                let name = format!("{name}.{part}");
                all.extend(lines(&key.then(part), file, scope, &name, value)?);
            }
            Ok(all)
        }
        DirectiveValue::Table(table) => {
            let mut all = Vec::new();
            for (first, value) in table {
                all.extend(target.keyed(first, value)?);
            }
            Ok(all)
        }
        scalar => Ok(target.scalar(scalar)?.into_iter().collect()),
    }
}

impl Written<'_> {
    fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message).of(self.key.clone())
    }

    /// nut.conf is read by a shell, the others by NUT.
    fn check_name(&self) -> Result<(), Diagnostic> {
        text::name(self.key, self.name)?;
        let shell = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let starts_well = !self.name.starts_with(|c: char| c.is_ascii_digit());
        if self.file != File::Nut || (starts_well && self.name.chars().all(shell)) {
            return Ok(());
        }
        Err(self.error("not the name of a shell variable, which nut.conf is made of"))
    }

    /// Whether a text holds several words.
    fn has_words(&self) -> bool {
        self.known.is_some_and(|d| *d.args.end() > 1)
    }

    fn kind(&self) -> Option<Kind> {
        self.known.map(|d| d.kind)
    }

    fn each(&self, elements: &[DirectiveValue]) -> Result<Vec<DerivedLine>, Diagnostic> {
        let lines = elements.iter().map(|element| match element {
            DirectiveValue::List(words) => {
                let words: Result<Vec<_>, _> = words.iter().map(|w| self.word(w)).collect();
                words.and_then(|words| self.line(words)).map(Some)
            }
            scalar => self.scalar(scalar),
        });
        lines.filter_map(Result::transpose).collect()
    }

    /// A line from a key and a value of a table, as in `NOTIFYMSG.ONBATT = "…"`.
    fn keyed(
        &self,
        first: &str,
        value: &DirectiveValue,
    ) -> Result<Option<DerivedLine>, Diagnostic> {
        let mut words = vec![text::word(self.key, first)?];
        match value {
            DirectiveValue::Bool(false) => return Ok(None),
            DirectiveValue::List(more) => {
                for word in more {
                    words.push(self.word(word)?);
                }
            }
            scalar => words.push(self.word(scalar)?),
        }
        self.line(words).map(Some)
    }

    fn scalar(&self, value: &DirectiveValue) -> Result<Option<DerivedLine>, Diagnostic> {
        match value {
            DirectiveValue::Bool(on) => self.truth(*on),
            DirectiveValue::Text(words) if self.has_words() => {
                self.line(text::split(self.key, words)?).map(Some)
            }
            word => self.word(word).and_then(|w| self.line(vec![w])).map(Some),
        }
    }

    fn truth(&self, on: bool) -> Result<Option<DerivedLine>, Diagnostic> {
        let bare = Some(DerivedLine::words::<DerivedWord>(self.name, []));
        match self.kind() {
            Some(Kind::Flag) => Ok(bare.filter(|_| on)),
            Some(kind) if kind.takes_bool() => {
                self.line(vec![kind.render_bool(on).to_string()]).map(Some)
            }
            _ if !on => Ok(None),
            None if self.file == File::Ups => Ok(bare),
            // Understood by whoever reads it with atoi and by whoever reads words.
            None if self.file != File::Nut => self.line(vec!["1".into()]).map(Some),
            None => self.line(vec!["true".into()]).map(Some),
            Some(_) => Err(self.error("`true` is no value of this directive")),
        }
    }

    fn word(&self, value: &DirectiveValue) -> Result<String, Diagnostic> {
        match value {
            DirectiveValue::Integer(number) => Ok(number.to_string()),
            DirectiveValue::Float(number) => Ok(format!("{number:?}")),
            DirectiveValue::Text(word) => text::word(self.key, word),
            DirectiveValue::Bool(_) | DirectiveValue::List(_) | DirectiveValue::Table(_) => {
                Err(self.error("only a text or a number can stand here"))
            }
        }
    }

    fn line(&self, words: Vec<String>) -> Result<DerivedLine, Diagnostic> {
        if let Some(known) = self.known.filter(|d| !d.args.contains(&words.len())) {
            return Err(self.wrong_count(known, words.len()));
        }
        if self.file == File::Nut && words.len() != 1 {
            return Err(self.error("a variable of nut.conf has one value"));
        }
        let mut line = DerivedLine::words(self.name, words);
        if self.kind() == Some(Kind::Monitor) {
            self.take_password(&mut line)?;
        }
        Ok(line)
    }

    fn wrong_count(&self, known: &Directive, count: usize) -> Diagnostic {
        let (least, most) = (known.args.start(), known.args.end());
        let takes = match least == most {
            true => least.to_string(),
            false => format!("{least} to {most}"),
        };
        let message = format!("{} takes {takes} words, and this has {count}", self.name);
        let error = self.error(message);
        match known.kind {
            Kind::NotifyMessage | Kind::NotifyFlags => {
                error.help(format!("write it as a table: {}.ONBATT = \"…\"", self.name))
            }
            _ => error.help("put a word with blanks in it in quotes: 'one \"two words\"'"),
        }
    }

    /// Makes the password of a MONITOR line a reference; a written one would be seen in every diff.
    fn take_password(&self, line: &mut DerivedLine) -> Result<(), Diagnostic> {
        let user = line
            .words
            .get(2)
            .and_then(DerivedWord::plain)
            .map(str::to_string);
        match (line.words.get_mut(3), user) {
            (Some(word), Some(user)) if word.plain() == Some(PASSWORD) => {
                *word = DerivedWord::Password(user);
                Ok(())
            }
            _ => Err(self
                .error("a password must not stand in the inventory")
                .help("write {password} in its place: it is fetched like every other user's")),
        }
    }
}
