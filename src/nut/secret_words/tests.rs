use proptest::prelude::*;

use super::*;
use crate::nut::conf::{quote, quote_always};

fn masked(file: File, text: &str) -> String {
    masked_bytes(file, text.as_bytes())
}

fn masked_bytes(file: File, bytes: &[u8]) -> String {
    let mut out = Vec::new();
    let mut at = 0;
    for secret in secrets(file, bytes) {
        assert!(at <= secret.span.start && secret.span.start < secret.span.end);
        out.extend_from_slice(&bytes[at..secret.span.start]);
        out.extend_from_slice(b"***");
        at = secret.span.end;
    }
    out.extend_from_slice(&bytes[at..]);
    String::from_utf8_lossy(&out).into_owned()
}

fn owners(file: File, text: &str) -> Vec<SecretOwner> {
    secrets(file, text.as_bytes())
        .into_iter()
        .map(|s| s.owner)
        .collect()
}

#[test]
fn good_lines_give_the_exact_word() {
    for (file, text, want) in [
        (
            File::Upsmon,
            "MONITOR u@h 1 mon pw primary\n",
            "MONITOR u@h 1 mon *** primary\n",
        ),
        (
            File::Upsmon,
            "MONITOR u 1 mon \"p \\\"w\" slave # c\n",
            "MONITOR u 1 mon *** slave # c\n",
        ),
        (
            File::Upsmon,
            "MONITOR u 1 mon p'w slave\r\nX 1\r\n",
            "MONITOR u 1 mon *** slave\r\nX 1\r\n",
        ),
        (
            File::Upsmon,
            "CERTIDENT \"my cert\" pw\n",
            "CERTIDENT \"my cert\" ***\n",
        ),
        (
            File::Upsd,
            "CERTIDENT c \"p w\" # x\n",
            "CERTIDENT c *** # x\n",
        ),
        (
            File::UpsdUsers,
            "[a]\npassword = pw\nactions = SET\n",
            "[a]\npassword = ***\nactions = SET\n",
        ),
        (
            File::UpsdUsers,
            "[a]\n PASSWORD=\"p w\"\n",
            "[a]\n PASSWORD=***\n",
        ),
        (
            File::Ups,
            "[a]\ncommunity = pub\nsecName=me\nauthPassword = x\nprivPassword = y\n",
            "[a]\ncommunity = ***\nsecName=***\nauthPassword = ***\nprivPassword = ***\n",
        ),
        (
            File::Ups,
            "[a]\nlogin = me\npassword = pw\nport = http://h\n",
            "[a]\nlogin = ***\npassword = ***\nport = http://h\n",
        ),
    ] {
        assert_eq!(masked(file, text), want);
    }
}

#[test]
fn a_secret_has_its_owner() {
    assert_eq!(
        owners(
            File::Upsmon,
            "MONITOR u@h 1 mon pw primary\nCERTIDENT c p\n"
        ),
        [
            SecretOwner::Monitor {
                user: Some("mon".into()),
                system: Some("u@h".into())
            },
            SecretOwner::CertIdent {
                name: Some("c".into())
            }
        ]
    );
    assert_eq!(
        owners(
            File::UpsdUsers,
            "[a]\npassword = 1\n# [b]\n# password = 2\n[my c]\npassword = 3\n"
        ),
        ["a", "b", "my c"].map(|name| SecretOwner::User {
            name: Some(name.into())
        })
    );
    assert_eq!(
        owners(File::Ups, "[a]\ncommunity = 1\n"),
        [SecretOwner::Key {
            section: Some("a".into()),
            key: "community".into()
        }]
    );
}

#[test]
fn lines_switched_off_are_masked() {
    for (file, text, want) in [
        (
            File::Upsmon,
            "# MONITOR ups@x 1 u pw secondary\n",
            "# MONITOR ups@x 1 u *** secondary\n",
        ),
        (
            File::Upsmon,
            "#MONITOR ups@x 1 u \"p#w\" secondary\n",
            "#MONITOR ups@x 1 *** secondary\n",
        ),
        (
            File::Upsmon,
            "  ## MONITOR ups@x 1 u pw\n",
            "  ## MONITOR ups@x 1 ***\n",
        ),
        (
            File::Upsmon,
            "A b # old: MONITOR ups@x 1 u pw slave\n",
            "A b # old: MONITOR ups@x 1 u *** slave\n",
        ),
        (File::UpsdUsers, "#password = x\n", "#password = ***\n"),
        (
            File::UpsdUsers,
            "[a] # password: x y\n",
            "[a] # password: ***\n",
        ),
        (
            File::UpsdUsers,
            "# old password=x y\n",
            "# old password=***\n",
        ),
        (File::UpsdUsers, "# password x y\n", "# password ***\n"),
        (File::Ups, "# community = \"x\n", "# community = ***\n"),
        (File::Nut, "# PASSWORD=x\n", "# PASSWORD=***\n"),
    ] {
        assert_eq!(masked(file, text), want);
    }
}

#[test]
fn broken_lines_are_masked_to_their_end() {
    for (file, text, want) in [
        (
            File::Upsmon,
            "MONITOR u 1 m pa#ss primary\n",
            "MONITOR u 1 *** primary\n",
        ),
        (
            File::Upsmon,
            "MONITOR u 1 m \"pa#ss\" primary\n",
            "MONITOR u 1 *** primary\n",
        ),
        (
            File::Upsmon,
            "MONITOR u 1 m pa ss primary\n",
            "MONITOR u 1 m *** primary\n",
        ),
        (
            File::Upsmon,
            "MONITOR u m pa ss primary\n",
            "MONITOR u *** primary\n",
        ),
        (
            File::Upsmon,
            "MONITOR u 1 pw master\n",
            "MONITOR u 1 *** master\n",
        ),
        (File::Upsmon, "MONITOR u pw\n", "MONITOR u ***\n"),
        (
            File::Upsmon,
            "monitor u 1 m pw primry\n",
            "monitor u 1 m ***\n",
        ),
        (File::Upsmon, "MONITOR u 1 m pä#ss", "MONITOR u 1 ***"),
        (File::Upsmon, "CERTIDENT c p w\n", "CERTIDENT c ***\n"),
        (File::Upsmon, "CERTIDENT pw\n", "CERTIDENT ***\n"),
        (File::UpsdUsers, "password = pa#ss\n", "password = ***\n"),
        (
            File::UpsdUsers,
            "password = \"pa#ss\"\nx = y\n",
            "password = ***\nx = y\n",
        ),
        (File::UpsdUsers, "password = pa ss\n", "password = ***\n"),
        (File::UpsdUsers, "password pa ss\n", "password ***\n"),
        (File::UpsdUsers, "password = pa=ss\n", "password = ***\n"),
        (File::UpsdUsers, "passwd = x\n", "passwd = ***\n"),
        (File::UpsdUsers, "\"password=x y\"\n", "***\n"),
        (File::UpsdUsers, "password\\=x y\n", "***\n"),
        (File::UpsdUsers, "password = \\\nx\n", "password = ***\n"),
        (
            File::UpsdUsers,
            "pass\\\nword = x\n",
            "pass\\\nword = ***\n",
        ),
        (
            File::UpsdUsers,
            "password = \"x\ny\"\nz = 1\n",
            "password = ***\nz = 1\n",
        ),
        (
            File::UpsdUsers,
            "password = \"x\ny#z\"\n",
            "password = ***\n",
        ),
        (
            File::UpsdUsers,
            "[a] password = x\n",
            "[a] password = ***\n",
        ),
        (
            File::UpsdUsers,
            "\u{feff}password = x\n",
            "\u{feff}password = ***\n",
        ),
        (
            File::Ups,
            "desc = \"x\npassword = y\nport = z\n",
            "desc = \"x\npassword = ***\nport = z\n",
        ),
    ] {
        assert_eq!(masked(file, text), want, "{text}");
    }
}

#[test]
fn misspelt_names_of_secrets_are_secret() {
    for (file, text, want) in [
        (
            File::Upsmon,
            "MONITR u@h 1 mon pw primary\n",
            "MONITR u@h 1 mon *** primary\n",
        ),
        (
            File::Upsmon,
            "MOINTOR u 1 m pw slave\n",
            "MOINTOR u 1 m *** slave\n",
        ),
        (File::Upsd, "CERTIDNT c pw\n", "CERTIDNT c ***\n"),
        (File::UpsdUsers, "pasword = pw\n", "pasword = ***\n"),
        (File::UpsdUsers, "# passowrd = pw\n", "# passowrd = ***\n"),
        (File::Ups, "comunity = pw\n", "comunity = ***\n"),
        (File::Ups, "privPasword=pw\n", "privPasword=***\n"),
    ] {
        assert_eq!(masked(file, text), want, "{text}");
    }
}

#[test]
fn no_key_of_a_driver_is_a_secret_for_its_spelling() {
    for line in include_str!("../data/driver-keys.tsv").lines() {
        let Some(key) = line.split('\t').nth(1) else {
            continue;
        };
        let key = key.to_ascii_lowercase();
        let near = super::key::is_near(&key);
        assert!(!near || key.contains("pass") || key == "community", "{key}");
    }
}

#[test]
fn secrets_inside_values_are_masked() {
    for (file, text, want) in [
        (
            File::Ups,
            "port = http://me:pw@h/x\n",
            "port = http://***@h/x\n",
        ),
        (
            File::Upsmon,
            "NOTIFYCMD \"send --password pw -x\"\n",
            "NOTIFYCMD \"send --password ***\n",
        ),
        (
            File::Upsmon,
            "NOTIFYCMD \"TOKEN=abc send\"\n",
            "NOTIFYCMD \"TOKEN=***\n",
        ),
        (
            File::Upsmon,
            "NOTIFYCMD \"curl -H 'Authorization: Bearer x'\"\n",
            "NOTIFYCMD \"curl -H 'Authorization: ***\n",
        ),
        (
            File::Nut,
            "SECRET='x y'\nMODE=none\n",
            "SECRET=***\nMODE=none\n",
        ),
    ] {
        assert_eq!(masked(file, text), want, "{text}");
    }
}

#[test]
fn ordinary_lines_stay() {
    for (file, text) in [
        (
            File::Upsmon,
            "NOTIFYFLAG BYPASS SYSLOG\nNOTIFYMSG NOTBYPASS \"UPS %s: no longer on bypass\"\n# to monitor the power of a host, and monitors are fine\n",
        ),
        (File::Ups, "[login]\ndriver = x\nauthProtocol = SHA\n"),
        (File::UpsdUsers, "[a]\nactions = SET\nupsmon primary\n"),
        (File::Upsd, "LISTEN 0.0.0.0 3493\n"),
        (File::Nut, "MODE=none\n"),
        (File::UpsdUsers, "password =\n[a]\n"),
    ] {
        assert_eq!(masked(file, text), text);
    }
}

/// A password in which every run of letters is long enough to be told in a text.
fn password() -> impl Strategy<Value = String> {
    prop::collection::vec(("[Q][x-z]{4}", "[ #=\"\\\\'\\[\\]:;$é\t-]{0,2}"), 1..4)
        .prop_map(|parts| parts.into_iter().map(|(run, odd)| run + &odd).collect())
}

fn assert_hidden(file: File, text: &str) -> Result<(), TestCaseError> {
    let shown = masked(file, text);
    prop_assert!(!shown.contains('Q'), "{text:?} shows as {shown:?}");
    Ok(())
}

/// The ways people write a password down.
fn spellings(password: &str) -> Vec<String> {
    let mut all = vec![
        password.to_string(),
        format!("\"{password}\""),
        format!("\"{password}"),
        format!("'{password}'"),
    ];
    all.extend(quote(password).ok().map(|quoted| quoted.into_owned()));
    all.extend(quote_always(password).ok());
    all
}

proptest! {
    #[test]
    fn no_spelling_of_a_password_leaks(password in password(), comment in "(#|# |## | # )?", eol in "(\n|\r\n| \n||\nx = \"y\"\n|\n[z]\nport = \"q#\"\n)") {
        for spelling in spellings(&password) {
            for form in ["password = ", "password=", "password ", "PASSWORD= "] {
                assert_hidden(File::UpsdUsers, &format!("[a]\n{comment}{form}{spelling}{eol}"))?;
                assert_hidden(File::Ups, &format!("[a]\ndesc = \"b\n{comment}{form}{spelling}{eol}"))?;
            }
            assert_hidden(File::Ups, &format!("{comment}community = {spelling}{eol}"))?;
            assert_hidden(File::Upsd, &format!("{comment}CERTIDENT c {spelling}{eol}"))?;
            for role in [" primary", " slave", " primry", ""] {
                for user in ["1 mon ", "mon ", "1 ", ""] {
                    // Without a user, a bare password of two words is a user and a password.
                    if user == "1 " && password.contains([' ', '\t']) {
                        continue;
                    }
                    assert_hidden(File::Upsmon, &format!("A b\n{comment}MONITOR u@h {user}{spelling}{role}{eol}"))?;
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_searched_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(MONITOR|password|[a=#\"\\\\ \r\n:/@]){0,25}") {
        for file in File::ALL {
            masked_bytes(file, &bytes);
            masked(file, &text);
        }
    }
}
