//! Configures minijinja for the files of NUT.
//!
//! Undefined names are errors. Debug is on, because only then an error knows the name; so such an
//! error is only ever shown through [`super::excerpt`], never with `{:#}`, which prints the values of
//! variables. Nothing is escaped on its own: the filters `nut` and `sh` quote.

use std::borrow::Cow;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{StringInput, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::password::{self, Password};
use crate::nut::conf;

/// Steps that one file may take: the largest sites need a tenth, and a loop without an end is
/// over in seconds.
const FUEL: u64 = 5_000_000;

/// An environment without templates.
pub(super) fn new() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_debug(true);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_syntax(syntax());
    env.set_recursion_limit(50);
    env.set_fuel(Some(FUEL));
    env.add_filter("nut", nut);
    env.add_filter("sh", sh);
    env
}

/// A line with nothing but a `{% %}` leaves no line in the file.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters are the default ones")
}

/// `{{ value | nut }}`: a value as one word of NUT, in quotes where it needs them. A password is left
/// alone: it is quoted when it is filled in.
fn nut(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    if let Some(Password(user)) = value.downcast_object_ref::<Password>() {
        return Ok(password::reference(user));
    }
    let text = text(state, value)?;
    // NUT takes an apostrophe as it is, but whoever reads the file takes it for a quote.
    let quoted = match text.starts_with('\'') {
        true => conf::quote_always(&text),
        false => conf::quote(&text).map(Cow::into_owned),
    };
    quoted.map_err(|why| invalid(format!("{text:?}: {why}")))
}

/// `{{ value | sh }}`: a value as one word of nut.conf, which a shell and systemd read.
fn sh(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let text = text(state, value)?;
    if let Some(c) = text.chars().find(|c| !c.is_ascii() || c.is_ascii_control()) {
        return Err(invalid(format!("{text:?}: {c:?} cannot stand in nut.conf")));
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return Ok(text);
    }
    let mut word = String::from("\"");
    for c in text.chars() {
        if "\"\\$`".contains(c) {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    Ok(word)
}

fn text(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    // Knows the name of an undefined value, for the error.
    let input = StringInput::new(state, value)?;
    if value.is_none() {
        return Err(invalid("`none` is no value".into()));
    }
    if password::is_in(input.as_str()) {
        return Err(invalid("a password can only be printed alone".into()));
    }
    Ok(input.as_str().to_string())
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str, value: &str) -> String {
        let ctx = minijinja::context! { value };
        new().render_str(source, ctx).expect(source)
    }

    #[test]
    fn nut_quotes_as_nut_reads() {
        assert_eq!(render("{{ value | nut }}", "ups"), "ups");
        assert_eq!(
            render("{{ value | nut }}", r#"a "b" #\"#),
            r#""a \"b\" \#\\""#
        );
    }

    #[test]
    fn sh_leaves_nothing_to_the_shell() {
        assert_eq!(render("{{ value | sh }}", "netserver"), "netserver");
        assert_eq!(
            render("{{ value | sh }}", "$(id) `id` \"\\ ;"),
            r#""\$(id) \`id\` \"\\ ;""#
        );
        assert_eq!(render("{{ value | sh }}", ""), "\"\"");
    }

    #[test]
    fn undefined_names_are_errors() {
        let error = new().render_str("{{ nothing }}", ()).expect_err("strict");
        assert_eq!(error.kind(), ErrorKind::UndefinedError);
    }

    #[test]
    fn the_last_line_feed_stays() {
        assert_eq!(render("x\n", ""), "x\n");
    }
}
