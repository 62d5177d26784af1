//! One test per row of the grammar, and properties.

use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<Vec<String>> {
    words_of(text.as_bytes())
}

fn words_of(bytes: &[u8]) -> Vec<Vec<String>> {
    let conf = parse(bytes);
    let lines = conf.directives();
    lines
        .map(|line| line.words.iter().map(|word| word.value.clone()).collect())
        .collect()
}

fn kinds(text: &str) -> Vec<ProblemKind> {
    kinds_of(text.as_bytes())
}

fn kinds_of(bytes: &[u8]) -> Vec<ProblemKind> {
    parse(bytes)
        .problems()
        .map(|(_, problem)| problem.kind)
        .collect()
}

#[test]
fn blanks_separate_words_and_a_line_feed_ends_the_line() {
    assert_eq!(
        words("a b\t c\x0bd\x0ce\nf\n"),
        [vec!["a", "b", "c", "d", "e"], vec!["f"]]
    );
    assert_eq!(kinds("a b\t c\x0bd\x0ce\nf\n"), []);
}

#[test]
fn cr_lf_files_work_and_are_told_once() {
    assert_eq!(words("a b\r\nc\r\n"), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(kinds("# x\r\na b\r\nc\r\n"), [ProblemKind::Crlf]);
}

#[test]
fn a_hash_at_a_word_start_is_a_comment() {
    assert_eq!(words("# all\na # b\n\"q\"#c\n"), [vec!["a"], vec!["q"]]);
    assert_eq!(kinds("# all\na # b\n\"q\"#c\n"), []);
    let conf = parse(b"a # b\r\n");
    assert_eq!(conf.lines[0].comment, Some(2..5));
}

#[test]
fn a_hash_inside_a_bare_word_ends_it_in_silence() {
    assert_eq!(words("password = pass#word\n"), [["password", "=", "pass"]]);
    let conf = parse(b"password = pass#word\n");
    assert_eq!(
        conf.lines[0].problems,
        [Problem {
            kind: ProblemKind::CommentInsideWord,
            span: 15..16
        }]
    );
    assert_eq!(conf.lines[0].comment, Some(15..20));
}

#[test]
fn quotes_hold_blanks_and_may_be_empty() {
    assert_eq!(words("a \"b c = d\" \"\"\n"), [["a", "b c = d", ""]]);
    let conf = parse(b"a \"b c\"\n");
    assert!(conf.lines[0].words[1].quoted && !conf.lines[0].words[0].quoted);
    assert_eq!(conf.text(conf.lines[0].words[1].span.clone()), "\"b c\"");
}

#[test]
fn a_quote_inside_a_bare_word_is_an_ordinary_character() {
    assert_eq!(words("in\"ner a\"b c\"\n"), [["in\"ner", "a\"b", "c\""]]);
    assert_eq!(kinds("in\"ner\n"), [ProblemKind::QuoteInsideWord]);
}

#[test]
fn an_apostrophe_is_an_ordinary_character() {
    assert_eq!(words("desc = 'My UPS'\n"), [["desc", "=", "'My", "UPS'"]]);
    assert_eq!(kinds("desc = 'My UPS'\n"), [ProblemKind::Apostrophe]);
}

#[test]
fn a_closing_quote_ends_the_word_at_once() {
    assert_eq!(words("\"a\"b \"c\"\"d\"\n"), [["a", "b", "c", "d"]]);
    for text in ["\"a\"b\n", "\"a\"\\\"\n", "\"a\"\"b\"\n"] {
        assert_eq!(kinds(text), [ProblemKind::WordAfterQuote]);
    }
}

#[test]
fn an_unescaped_hash_in_quotes_drops_the_line_and_reads_the_rest_as_a_new_one() {
    let text = "MONITOR u 1 m \"a#b\" primary\nDEADTIME 15\nX \"y\"\n";
    let conf = parse(text.as_bytes());
    assert!(conf.lines[0].words.is_empty());
    assert_eq!(
        conf.lines[0].problems[0].kind,
        ProblemKind::UnescapedHashInQuotes
    );
    // `b"` is an ordinary word: its quote stands inside it.
    assert_eq!(words(text)[0], ["b\"", "primary"]);
    assert_eq!(words(text)[1], ["DEADTIME", "15"]);
}

#[test]
fn the_quote_behind_such_a_hash_swallows_following_lines() {
    let text = "desc = \"a # \"\ndriver = x\nport = \"auto\"\n";
    assert_eq!(
        words(text),
        [["\ndriver = x\nport = ".replace('\n', ""), "auto\"".into()]]
    );
    assert!(kinds(text).contains(&ProblemKind::NewlineInQuotes));
}

#[test]
fn lines_are_counted_as_nut_counts_them() {
    let conf = parse(b"a \"b#c\nd\n");
    let places: Vec<_> = conf
        .lines
        .iter()
        .map(|l| (l.logical, l.line, l.column))
        .collect();
    assert_eq!(places, [(1, 1, 1), (2, 1, 6), (3, 2, 1)]);
}

#[test]
fn a_backslash_takes_the_next_character_literally() {
    assert_eq!(
        words("a\\ b \\\"c \\#d e\\=f g\\\\h\n"),
        [["a b", "\"c", "#d", "e=f", "g\\h"]]
    );
    assert_eq!(words("\"a\\\"b\\\\c\\#d\\=\\ e\"\n"), [["a\"b\\c#d= e"]]);
    assert_eq!(kinds("a\\ b \\\"c \\#d e\\=f g\\\\h\n"), []);
}

#[test]
fn other_escapes_lose_the_backslash() {
    assert_eq!(words("C:\\foo \"\\n\\t\"\n"), [["C:foo", "nt"]]);
    assert_eq!(kinds("C:\\foo\n"), [ProblemKind::LostBackslash(b'f')]);
}

#[test]
fn a_backslash_and_a_line_feed_join_lines() {
    assert_eq!(words("a b\\\nc d\n"), [["a", "bc", "d"]]);
    assert_eq!(words("\"a\\\nb\"\n"), [["ab"]]);
    assert_eq!(kinds("a b\\\nc\n\"a\\\nb\"\n"), []);
}

#[test]
fn blanks_around_a_continuation_make_an_empty_word() {
    assert_eq!(words("A \\\n  B\n"), [["A", "", "B"]]);
    assert_eq!(kinds("A \\\n  B\n"), [ProblemKind::ContinuationBlank]);
    assert_eq!(words("A \\\n\"B\"\n"), [["A", "\"B\""]]);
    assert_eq!(words("A \\\n# B\nC\n"), [vec!["A", ""], vec!["C"]]);
}

#[test]
fn a_backslash_before_cr_lf_does_not_join() {
    assert_eq!(words("A \\\r\nB\r\n"), [vec!["A", ""], vec!["B"]]);
    assert!(kinds("A \\\r\nB\r\n").contains(&ProblemKind::BackslashCr));
}

#[test]
fn an_equals_sign_is_its_own_word() {
    assert_eq!(
        words("a=b a =b a= b\n"),
        [["a", "=", "b", "a", "=", "b", "a", "=", "b"]]
    );
    assert_eq!(
        words("password = ab=cd\n"),
        [["password", "=", "ab", "=", "cd"]]
    );
    assert_eq!(words("a \"=\" \\= ==\n"), [["a", "=", "=", "=", "="]]);
    assert_eq!(words("\"a\"=\"b\"\n"), [["a", "=", "b"]]);
}

#[test]
fn a_line_feed_in_quotes_is_dropped_and_the_word_goes_on() {
    let text = "A \"b\nMINSUPPLIES 1\nc\" d\ne\n";
    assert_eq!(words(text), [vec!["A", "bMINSUPPLIES 1c", "d"], vec!["e"]]);
    assert_eq!(kinds(text), [ProblemKind::NewlineInQuotes; 2]);
    assert_eq!(parse(text.as_bytes()).lines[1].line, 4);
}

#[test]
fn an_unterminated_quote_is_accepted_at_the_end_of_the_file() {
    assert_eq!(words("A \"b c"), [["A", "b c"]]);
    assert_eq!(kinds("A \"b c"), [ProblemKind::UnterminatedQuote]);
    assert_eq!(words("A \"b\nc\n"), [["A", "bc"]]);
}

#[test]
fn an_opening_quote_at_the_end_is_no_word() {
    assert_eq!(words("A \""), [["A"]]);
    assert_eq!(words("\""), Vec::<Vec<String>>::new());
}

#[test]
fn bytes_outside_ascii_are_dropped() {
    assert_eq!(words("shutdown –h now\n"), [["shutdown", "h", "now"]]);
    assert_eq!(kinds("–h\n"), [ProblemKind::DroppedChar('–')]);
    assert_eq!(words_of(b"a\xffb\n"), [["ab"]]);
    assert_eq!(kinds_of(b"a\xffb\n"), [ProblemKind::DroppedByte(0xff)]);
    assert_eq!(kinds("# – \n"), []);
}

#[test]
fn a_tab_in_quotes_vanishes() {
    assert_eq!(words("\"a\tb\"\n"), [["ab"]]);
    assert_eq!(kinds("\"a\tb\"\n"), [ProblemKind::DroppedByte(9)]);
}

#[test]
fn a_delete_character_is_kept() {
    assert_eq!(words_of(b"a\x7fb\n"), [["a\x7fb"]]);
}

#[test]
fn a_dropped_byte_alone_is_an_empty_word() {
    assert_eq!(words_of(b"a \x01 b\n"), [["a", "", "b"]]);
    assert_eq!(words_of(b"a \x00\n"), [["a", ""]]);
}

#[test]
fn a_byte_order_mark_makes_an_empty_word() {
    assert_eq!(words("\u{feff}# x\na\n"), [[""], ["a"]]);
    assert_eq!(kinds("\u{feff}# x\na\n"), [ProblemKind::Bom]);
    assert_eq!(words("\u{feff}MODE\n"), [["MODE"]]);
}

#[test]
fn a_word_holds_512_bytes() {
    let long = "x".repeat(512);
    assert_eq!(words(&format!("{long}\n")), [[long.as_str()]]);
    assert_eq!(kinds(&format!("{long}\n")), []);
    assert_eq!(words(&format!("{long}yz a\n")), [[long.as_str(), "a"]]);
    assert_eq!(kinds(&format!("{long}yz a\n")), [ProblemKind::WordTooLong]);
}

#[test]
fn a_line_holds_32_words() {
    let text = "x ".repeat(34) + "\n";
    assert_eq!(words(&text)[0].len(), 32);
    let conf = parse(text.as_bytes());
    assert_eq!(
        conf.lines[0].problems,
        [Problem {
            kind: ProblemKind::TooManyWords,
            span: 64..67
        }]
    );
}

#[test]
fn a_last_line_without_a_line_feed_is_used() {
    assert_eq!(words("a b"), [["a", "b"]]);
    assert_eq!(words("a = "), [["a", "="]]);
    assert_eq!(kinds("a b"), []);
}

#[test]
fn a_last_single_word_without_a_line_feed_is_lost() {
    assert_eq!(words("a\n[ups]"), [["a"]]);
    assert_eq!(kinds("a\n[ups]"), [ProblemKind::LostLastLine]);
    // Ended words are kept: only a word still growing is lost.
    for kept in ["nolock ", "\"nolock\"", "nolock#x", "nolock\r"] {
        assert_eq!(words(kept), [["nolock"]], "{kept}");
    }
}

#[test]
fn columns_count_characters() {
    let conf = parse("é = ü x\n  y\n".as_bytes());
    let columns: Vec<_> = conf
        .lines
        .iter()
        .flat_map(|l| l.words.iter().map(|w| (w.line, w.column)))
        .collect();
    assert_eq!(columns, [(1, 1), (1, 3), (1, 5), (1, 7), (2, 3)]);
    let word = &conf.lines[1].words[0];
    assert_eq!(
        Position::locate(conf.source(), word.span.clone()),
        word.place()
    );
}

#[test]
fn an_empty_file_has_no_lines() {
    assert!(parse(b"").lines.is_empty());
}

#[test]
fn words_are_quoted_only_when_needed() {
    for (value, want) in [
        ("plain", "plain"),
        ("", "\"\""),
        ("two words", "\"two words\""),
        ("a#b", "\"a\\#b\""),
        ("a=b", "\"a=b\""),
        ("a\"b", "\"a\\\"b\""),
        ("a\\b", "\"a\\\\b\""),
        ("'x'", "'x'"),
    ] {
        assert_eq!(quote(value).as_deref(), Ok(want));
    }
    assert_eq!(quote_always("plain").as_deref(), Ok("\"plain\""));
}

#[test]
fn what_nut_cannot_hold_is_refused() {
    assert_eq!(quote("aé"), Err(QuoteError::NonAscii('é', 2)));
    assert_eq!(quote("a\tb"), Err(QuoteError::Control(9, 2)));
    assert_eq!(quote("a\nb"), Err(QuoteError::Control(10, 2)));
    assert_eq!(quote("\x7f"), Err(QuoteError::Control(0x7f, 1)));
    assert_eq!(quote(&"x".repeat(513)), Err(QuoteError::TooLong(513)));
}

fn lossless(bytes: &[u8]) {
    let conf = parse(bytes);
    let mut at = 0;
    for line in &conf.lines {
        assert_eq!(line.span.start, at);
        at = line.span.end;
        let mut from = line.span.start;
        for word in &line.words {
            assert!(from <= word.span.start && word.span.end <= line.span.end);
            assert_eq!(Position::locate(bytes, word.span.clone()), word.place());
            from = word.span.end;
        }
    }
    assert_eq!(at, bytes.len());
    for (line, problem) in conf.problems() {
        assert!(line.span.start <= problem.span.start && problem.span.start < problem.span.end);
        assert!(!problem.to_string().is_empty());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_loss(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        lossless(&bytes);
    }

    #[test]
    fn any_nasty_text_is_read_without_loss(text in "[ab=#\"\\\\ \t\r\n'\u{feff}é\\[\\]]{0,80}") {
        lossless(text.as_bytes());
    }

    #[test]
    fn what_is_quoted_is_read_back(value in "[ -~]{0,512}") {
        let quoted = quote(&value).expect("printable ASCII");
        prop_assert_eq!(words(&format!("key = {quoted} end\n")), [["key", "=", value.as_str(), "end"]]);
        prop_assert_eq!(kinds(&format!("key {quoted}")).into_iter().filter(|k| k.loses_text()).count(), 0);
        let always = quote_always(&value).expect("printable ASCII");
        prop_assert_eq!(words(&format!("{always}\n")), [[value.as_str()]]);
    }
}

#[test]
fn a_password_is_one_word_of_the_protocol() {
    for good in ["abc", "a\"b", "a'b", "a:b;c", "[x]"] {
        assert!(crate::nut::conf::is_one_word(good), "{good}");
    }
    for bad in ["a b", "a#b", "a=b", "a\\b", "\"ab\"", "ä", ""] {
        assert!(!crate::nut::conf::is_one_word(bad), "{bad}");
    }
}
