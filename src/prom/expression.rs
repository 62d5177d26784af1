//! PromQL, as far as it takes to find the series an expression asks for.
//!
//! Not a parser of the language: a lexer (comments, strings, numbers, names) and what follows a name.
//! Where it cannot tell, it finds less, so that nothing is said of an alert that may be right.

/// A selector in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The name of the series; empty when only labels choose.
    pub name: String,
    /// As it is written, braces included: a query of its own.
    pub text: String,
    /// What it is compared with behind it: an operator and a number, such as `== 0`.
    pub compared: Option<(String, f64)>,
    /// It is the argument of `absent` or `absent_over_time`.
    pub in_absent: bool,
}

/// What an expression is made of, as far as needed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expression {
    pub selectors: Vec<Selector>,
    /// It has a part that gives something where a selector gives nothing: `or`, `unless`,
    /// `absent`, `scalar`, `vector`.
    pub may_do_without: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'a> {
    Name(&'a str),
    Number(f64),
    /// A `{…}` as it is written.
    Braces(&'a str),
    /// A `[…]` as it is written.
    Brackets,
    Operator(&'a str),
    Open,
    Close,
    Other,
}

/// Words that are no series. `bool`, `offset` and the like stand behind one.
const KEYWORDS: [&str; 13] = [
    "and",
    "or",
    "unless",
    "bool",
    "offset",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "atan2",
    "start",
];

/// Words that are followed by a list of labels.
const LABEL_LISTS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];

/// Reads an expression.
pub fn read(text: &str) -> Expression {
    let tokens = tokens(text);
    let mut found = Expression::default();
    // The functions whose arguments are open.
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some((token, start)) = tokens.get(at) {
        let next = tokens.get(at + 1).map(|(token, _)| token);
        match token {
            Token::Name(word) if is_list(word) && next == Some(&Token::Open) => {
                at = skip_list(&tokens, at + 1);
                continue;
            }
            // An aggregation may say its labels first: `sum by (x) (…)`.
            Token::Name(_) if matches!(next, Some(Token::Name(word)) if is_grouping(word)) => {}
            Token::Name(word) if next == Some(&Token::Open) => {
                found.may_do_without |= is_stand_in(word);
                open.push(word);
                at += 2;
                continue;
            }
            Token::Name(word) if is_keyword(word) => found.may_do_without |= is_stand_in(word),
            Token::Name(word) if is_value(word) => {}
            Token::Name(_) | Token::Braces(_) => {
                let (selector, behind) = selector(text, &tokens, at, *start, &open);
                found.selectors.push(selector);
                at = behind;
                continue;
            }
            Token::Open => open.push(""),
            Token::Close => {
                open.pop();
            }
            Token::Number(_) | Token::Brackets | Token::Operator(_) | Token::Other => {}
        }
        at += 1;
    }
    found
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word.to_ascii_lowercase().as_str())
}

fn is_list(word: &str) -> bool {
    LABEL_LISTS.contains(&word.to_ascii_lowercase().as_str())
}

fn is_grouping(word: &str) -> bool {
    ["by", "without"].contains(&word.to_ascii_lowercase().as_str())
}

/// Numbers that are words.
fn is_value(word: &str) -> bool {
    ["inf", "nan"].contains(&word.to_ascii_lowercase().as_str())
}

fn is_stand_in(word: &str) -> bool {
    let words = [
        "or",
        "unless",
        "absent",
        "absent_over_time",
        "scalar",
        "vector",
    ];
    words.contains(&word.to_ascii_lowercase().as_str())
}

/// Where a list of labels ends; `open` is its parenthesis.
fn skip_list(tokens: &[(Token<'_>, usize)], open: usize) -> usize {
    let close = tokens[open..]
        .iter()
        .position(|(token, _)| *token == Token::Close);
    close.map_or(tokens.len(), |close| open + close + 1)
}

/// The selector that begins at a token, and the token behind it.
fn selector(
    text: &str,
    tokens: &[(Token<'_>, usize)],
    at: usize,
    start: usize,
    open: &[&str],
) -> (Selector, usize) {
    let (name, mut behind) = match tokens[at].0 {
        Token::Name(name) => (name, at + 1),
        _ => ("", at),
    };
    let mut written = name.to_string();
    if let Some((Token::Braces(braces), from)) = tokens.get(behind) {
        written = text[start..from + braces.len()].to_string();
        behind += 1;
    }
    let name = match name {
        "" => name_in_braces(&written),
        name => name.into(),
    };
    let selector = Selector {
        name,
        text: written,
        compared: compared(&tokens[behind..]),
        in_absent: open.iter().any(|word| word.starts_with("absent")),
    };
    (selector, behind)
}

/// `{__name__="x"}` has its name in the braces.
fn name_in_braces(braces: &str) -> String {
    let name = braces
        .split("__name__=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    name.unwrap_or_default().into()
}

/// The comparison behind a selector, through the ends of calls, ranges and offsets.
fn compared(tokens: &[(Token<'_>, usize)]) -> Option<(String, f64)> {
    let mut rest = tokens.iter().map(|(token, _)| token);
    let operator = loop {
        match rest.next()? {
            Token::Brackets | Token::Close | Token::Other | Token::Number(_) => {}
            Token::Name(word) if *word == "offset" => {}
            Token::Operator(operator) if operator.contains(['=', '<', '>']) => break operator,
            _ => return None,
        }
    };
    let mut value = rest.next()?;
    if *value == Token::Name("bool") {
        value = rest.next()?;
    }
    match value {
        Token::Number(number) => Some(((*operator).into(), *number)),
        _ => None,
    }
}

fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (token, length) = token(&text[at..], c);
        found.extend(token.map(|token| (token, at)));
        at += length;
    }
    found
}

/// The token a text begins with, unless it means nothing, and its length.
fn token(rest: &str, first: char) -> (Option<Token<'_>>, usize) {
    let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    match first {
        c if c.is_whitespace() => (None, c.len_utf8()),
        '#' => (None, rest.find('\n').unwrap_or(rest.len())),
        '"' | '\'' | '`' => (Some(Token::Other), quoted(rest, first)),
        '{' => {
            let end = closed(rest, '}');
            (Some(Token::Braces(&rest[..end])), end)
        }
        '[' => (Some(Token::Brackets), closed(rest, ']')),
        '(' => (Some(Token::Open), 1),
        ')' => (Some(Token::Close), 1),
        '=' | '!' | '<' | '>' => {
            let end = run(|c| "=!<>~".contains(c));
            (Some(Token::Operator(&rest[..end])), end)
        }
        c if c.is_ascii_alphabetic() || c == '_' || c == ':' => {
            let end = run(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            (Some(Token::Name(&rest[..end])), end)
        }
        c if c.is_ascii_digit() || c == '.' => {
            let end = run(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
            let number = rest[..end].replace('_', "").parse();
            (Some(number.map_or(Token::Other, Token::Number)), end)
        }
        // Arithmetic: what is left and right of it is no plain comparison any more.
        '+' | '-' | '*' | '/' | '%' | '^' => (Some(Token::Operator(&rest[..1])), 1),
        c => (Some(Token::Other), c.len_utf8()),
    }
}

/// The length of a string, quotes included.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The length of what `close` ends, strings in it skipped.
fn closed(rest: &str, close: char) -> usize {
    let mut at = 1;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => at += quoted(&rest[at..], c),
            c if c == close => return at + c.len_utf8(),
            c => at += c.len_utf8(),
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selectors(text: &str) -> Vec<String> {
        read(text)
            .selectors
            .into_iter()
            .map(|one| one.text)
            .collect()
    }

    #[test]
    fn finds_every_selector_and_nothing_else() {
        for (text, wanted) in [
            (
                "nut_ups_status{ups=\"ups\",status=\"OL\"} == 0",
                vec!["nut_ups_status{ups=\"ups\",status=\"OL\"}"],
            ),
            ("nut_a / nut_b > 0.5", vec!["nut_a", "nut_b"]),
            ("sum by (ups) (rate(nut_a[5m])) > 1", vec!["nut_a"]),
            ("sum(nut_a) without (x, y)", vec!["nut_a"]),
            (
                "nut_a and on(ups) group_left(x) nut_b offset 5m",
                vec!["nut_a", "nut_b"],
            ),
            ("# nut_no\nnut_a # nut_no", vec!["nut_a"]),
            (
                "label_replace(nut_a, \"x\", \"nut_no\", 'y', `(.*)`)",
                vec!["nut_a"],
            ),
            ("nut_a {ups=\"a}b\"} > bool 1", vec!["nut_a {ups=\"a}b\"}"]),
            (
                "{__name__=\"nut_a\",x=~\"a|b\"}",
                vec!["{__name__=\"nut_a\",x=~\"a|b\"}"],
            ),
            ("nut_a > Inf or nut_b == NaN", vec!["nut_a", "nut_b"]),
            ("histogram_quantile(0.9, nut_a) > 1e3", vec!["nut_a"]),
            ("time() - nut_a > 300", vec!["nut_a"]),
            ("max_over_time(nut_a[1h:5m] @ end()) > 1", vec!["nut_a"]),
            ("ä nut_a", vec!["nut_a"]),
            ("", vec![]),
        ] {
            assert_eq!(selectors(text), wanted, "{text}");
        }
        assert_eq!(read("{__name__=\"nut_a\"}").selectors[0].name, "nut_a");
    }

    #[test]
    fn comparisons_are_seen_through_calls_ranges_and_offsets() {
        let compared = |text: &str| read(text).selectors[0].compared.clone();
        let zero = Some(("==".to_string(), 0.0));
        for text in [
            "nut_a == 0",
            "nut_a{x=\"y\"}==0",
            "min_over_time(nut_a[5m]) == 0",
            "(nut_a offset 5m) == 0",
            "sum(nut_a) == bool 0",
        ] {
            assert_eq!(compared(text), zero, "{text}");
        }
        for text in [
            "nut_a - 1 == 0",
            "nut_a == nut_b",
            "nut_a",
            "nut_a and nut_b == 0",
        ] {
            assert_eq!(compared(text), None, "{text}");
        }
        assert_eq!(compared("nut_a < 1"), Some(("<".into(), 1.0)));
    }

    #[test]
    fn what_stands_in_for_nothing_is_noticed() {
        for text in [
            "nut_a or vector(0)",
            "absent(nut_a)",
            "nut_a unless nut_b",
            "scalar(nut_a) == 0",
        ] {
            assert!(read(text).may_do_without, "{text}");
        }
        assert!(!read("nut_a and nut_b > 0").may_do_without);
        assert!(read("absent(nut_a{x=\"y\"})").selectors[0].in_absent);
        assert!(!read("absent(nut_a) and nut_b").selectors[1].in_absent);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*") {
            read(&text);
        }
    }
}
