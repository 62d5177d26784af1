//! Redirections of the shell itself that fail: what no shim can see. Each `>"file"`, `>>"file"` and
//! `<"file"` of a program is led through a function that counts it, and names another file when its turn
//! has come.

use upsctl::apply::Program;
use upsctl::model::secret::Secret;

/// The file cannot be opened; it opens and takes nothing, or holds nothing.
pub const FAULTS: [&str; 2] = ["redirect-closed", "redirect-empty"];

/// Prints where redirection $1 of file $2 goes.
const COUNT: &str = r#"
redirected() {
  read -r count <"$FAKE"/redirects
  count=$((count + 1))
  echo "$count" >"$FAKE"/redirects
  case "$count $FAULT $1" in
    "$FAULT_AT redirect-closed "*) echo "$FAKE/none/none" ;;
    "$FAULT_AT redirect-empty <") echo /dev/null ;;
    "$FAULT_AT redirect-empty "*) echo /dev/full ;;
    *) printf '%s\n' "$2" ;;
  esac
  [ "$count" != "$FAULT_AT" ] || echo "$1 $2" >"$FAKE"/redirect
}
"#;

/// A program of `apply` with its redirections counted, those of its undo as well.
pub fn counted(program: Program) -> Program {
    let input = program.input.expose();
    let (before, rest) = program.text.split_once("LIBRARY=").unwrap();
    let (size, after) = rest.split_once('\n').unwrap();
    let size: usize = size.trim_matches('\'').parse().unwrap();
    let undo = with_counts(&input[..size]);
    let text = format!("{before}LIBRARY={}\n{after}", undo.len());
    Program {
        text: with_counts(&text),
        input: Secret::new(undo + &input[size..]),
    }
}

fn with_counts(program: &str) -> String {
    let mut out = String::from(COUNT);
    let mut rest = program;
    while let Some(at) = rest.find(">\"").into_iter().chain(rest.find("<\"")).min() {
        let sign = if rest[..at].ends_with('>') {
            ">>"
        } else {
            &rest[at..=at]
        };
        let length = rest[at + 2..].find('"').unwrap();
        let file = &rest[at + 2..at + 2 + length];
        out.push_str(&format!(
            "{}\"$(redirected '{sign}' \"{file}\")\"",
            &rest[..=at]
        ));
        rest = &rest[at + 2 + length + 1..];
    }
    out + rest
}
