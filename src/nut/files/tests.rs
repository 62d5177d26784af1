use super::*;
use crate::nut::conf::ProblemKind;
use proptest::prelude::*;

fn kinds(traps: &[Trap]) -> Vec<TrapKind> {
    assert!(traps.iter().all(|trap| !trap.to_string().is_empty()));
    traps.iter().map(|trap| trap.kind.clone()).collect()
}

fn ups(text: &str) -> UpsConf {
    UpsConf::parse(text.as_bytes())
}

fn users(text: &str) -> UpsdUsers {
    UpsdUsers::parse(text.as_bytes())
}

fn upsmon(text: &str) -> UpsmonConf {
    UpsmonConf::parse(text.as_bytes())
}

fn nut(text: &str) -> NutConf {
    NutConf::parse(text.as_bytes())
}

mod ups_conf {
    use super::*;

    #[test]
    fn sections_and_globals_are_read() {
        let view = ups(
            "maxretry = 3\nnowait\n[eaton]\ndriver = usbhid-ups\nport=auto\ndesc = \"My UPS\"\npollonly\n",
        );
        assert_eq!(view.traps, []);
        assert_eq!(
            view.get("maxretry")
                .and_then(|e| e.value.as_ref())
                .map(|w| w.value.as_str()),
            Some("3")
        );
        let section = view.section("eaton").expect("eaton");
        assert_eq!(
            (section.driver(), section.port(), section.value("desc")),
            (Some("usbhid-ups"), Some("auto"), Some("My UPS"))
        );
        assert!(
            section
                .get("pollonly")
                .is_some_and(|entry| entry.value.is_none())
        );
        assert_eq!(section.headers[0].line, 3);
    }

    #[test]
    fn words_behind_a_value_are_ignored() {
        let view = ups("[u]\ndesc = My UPS here\n");
        assert_eq!(view.sections[0].value("desc"), Some("My"));
        assert_eq!(kinds(&view.traps), [TrapKind::ExtraWords]);
        assert_eq!(
            (view.traps[0].place.line, view.traps[0].place.column),
            (2, 11)
        );
        assert_eq!(view.traps[0].place.span, 14..22);
    }

    #[test]
    fn a_line_without_equals_is_ignored() {
        let view = ups("[u]\nport = x\ndriver dummy-ups\ndesc = \ndesc My UPS\n");
        assert_eq!(view.sections[0].driver(), None);
        assert_eq!(
            kinds(&view.traps),
            [
                TrapKind::ForgottenEquals,
                TrapKind::MissingValue,
                TrapKind::ForgottenEquals
            ]
        );
    }

    #[test]
    fn a_section_with_a_blank_gives_its_keys_to_the_one_above() {
        let view = ups("[a]\ndriver = one\n[my ups]\ndriver = two\n");
        assert_eq!(view.sections.len(), 1);
        assert_eq!(view.sections[0].driver(), Some("two"));
        assert_eq!(
            kinds(&view.traps),
            [TrapKind::BlankInSection, TrapKind::RepeatedKey]
        );
    }

    #[test]
    fn a_section_without_its_bracket_is_none() {
        let view = ups("[a]\ndriver = one\n[b\n");
        assert!(view.section("b").is_none());
        assert!(kinds(&view.traps).contains(&TrapKind::BrokenSection));
        assert!(view.sections[0].get("[b").is_some());
    }

    #[test]
    fn a_section_written_twice_is_merged() {
        let view = ups("[a]\ndriver = one\n[b]\nport = x\n[a]\nport = y\n");
        assert_eq!(view.sections[0].port(), Some("y"));
        assert_eq!(view.sections[0].headers.len(), 2);
        assert_eq!(kinds(&view.traps), [TrapKind::DuplicateSection]);
    }

    #[test]
    fn sections_that_differ_in_case_collide() {
        let view = ups("[a]\nport = x\n[A]\nport = y\n");
        assert_eq!(kinds(&view.traps), [TrapKind::SectionCase("a".into())]);
    }

    #[test]
    fn a_section_without_a_key_does_not_exist() {
        let view = ups("[a]\n[b]\nport = x\n");
        assert!(!view.sections[0].exists());
        assert_eq!(kinds(&view.traps), [TrapKind::EmptySection]);
    }

    #[test]
    fn a_driver_without_a_value_crashes() {
        let view = ups("[a]\ndriver\nnolock\npollonly\n");
        assert_eq!(kinds(&view.traps), [TrapKind::FlagWithoutValue]);
    }

    #[test]
    fn a_broken_line_is_a_trap() {
        let view = ups("[a]\ndesc = \"a#b\"\n");
        assert!(kinds(&view.traps).contains(&TrapKind::Words(ProblemKind::UnescapedHashInQuotes)));
        assert_eq!(view.traps[0].place.line, 2);
    }
}

mod upsd_users {
    use super::*;

    #[test]
    fn users_are_read() {
        let text = "[admin]\n\tpassword = \"a b\"\n\tactions = SET FSD\n\tinstcmds = ALL\n[mon]\nPassword=x\nupsmon primary\n";
        let view = users(text);
        assert_eq!(view.traps, []);
        let admin = view.user("admin").expect("admin");
        assert!(admin.accepts("a b") && admin.may("set"));
        assert_eq!(admin.role(), None);
        let mon = view.user("mon").expect("mon");
        assert_eq!(mon.role(), Some(Role::Primary));
        assert!(mon.may("FSD") && !mon.may("SET"));
        assert!(view.user("Mon").is_none());
    }

    #[test]
    fn below_a_second_header_rights_go_to_the_previous_user() {
        let view =
            users("[a]\npassword = 1\n[b]\npassword = 2\n[a]\npassword = 3\nactions = SET\n");
        assert!(
            view.user("b")
                .is_some_and(|b| b.may("SET") && b.accepts("2"))
        );
        assert!(
            view.user("a")
                .is_some_and(|a| !a.may("SET") && a.accepts("1"))
        );
        assert_eq!(
            kinds(&view.traps),
            [
                TrapKind::DuplicateUser("b".into()),
                TrapKind::DuplicatePassword
            ]
        );
    }

    #[test]
    fn below_a_name_with_a_blank_too() {
        let view = users("[a]\npassword = 1\n[my user]\ninstcmds = ALL\n");
        assert!(view.users.len() == 1);
        assert_eq!(kinds(&view.traps), [TrapKind::BlankInSection]);
    }

    #[test]
    fn the_first_password_counts() {
        let view = users("[a]\npassword = one two\npassword = three\n");
        assert!(view.users[0].accepts("one"));
        assert_eq!(
            kinds(&view.traps),
            [TrapKind::ExtraWords, TrapKind::DuplicatePassword]
        );
    }

    #[test]
    fn nobody_logs_in_without_a_password() {
        let view = users("[a]\npassword =\nupsmon secondary\n");
        assert!(!view.users[0].accepts(""));
        assert_eq!(kinds(&view.traps), [TrapKind::MissingValue]);
    }

    #[test]
    fn ignored_lines_are_told() {
        let view =
            users("password = x\nuser bob\n[a]\npassword x\npassword\nfoo = bar\nallowfrom = x\n");
        assert_eq!(
            kinds(&view.traps),
            [
                TrapKind::OutsideSection,
                TrapKind::OldUserLine,
                TrapKind::ForgottenEquals,
                TrapKind::MissingValue,
                TrapKind::UnknownField,
                TrapKind::ObsoleteField
            ]
        );
    }

    #[test]
    fn upsmon_takes_both_forms() {
        let view = users("[a]\nupsmon = slave\n[b]\nupsmon Master\n[c]\nupsmon primry\n");
        let roles: Vec<_> = view.users.iter().map(User::role).collect();
        assert_eq!(roles, [Some(Role::Secondary), Some(Role::Primary), None]);
        assert_eq!(
            kinds(&view.traps),
            [TrapKind::UpsmonEquals, TrapKind::UnknownRole]
        );
    }

    #[test]
    fn an_equals_sign_inside_the_first_word_is_an_assignment() {
        let view = users("[a]\n\"password=a b\"\nactions\\=SET FSD\n");
        assert!(view.users[0].accepts("a b") && view.users[0].may("FSD"));
    }
}

mod upsmon_conf {
    use super::*;

    #[test]
    fn monitors_are_read() {
        let view = upsmon(
            "MONITOR ups@[fd00::1]:99 2 mon \"p w\" primary\nMONITOR x 0 m p slave\nMINSUPPLIES 1\n",
        );
        assert_eq!(view.traps, []);
        let first = &view.monitors[0];
        assert_eq!(
            (first.ups(), first.host(), first.port()),
            (Some("ups"), Some("fd00::1"), Some(99))
        );
        assert_eq!(
            (
                first.power_value(),
                first.role(),
                first.password.value.as_str()
            ),
            (Some(2), Role::Primary, "p w")
        );
        assert_eq!(view.monitors[1].host(), Some("localhost"));
        assert_eq!((view.power(), first.place.line), (2, 1));
        assert_eq!(
            view.get("MINSUPPLIES")
                .and_then(Setting::value)
                .map(|w| w.value.as_str()),
            Some("1")
        );
    }

    #[test]
    fn a_misspelt_role_is_a_secondary() {
        let view = upsmon("MONITOR u 1 m p primry\n");
        assert_eq!(view.monitors[0].role(), Role::Secondary);
        assert_eq!(kinds(&view.traps), [TrapKind::UnknownRole]);
    }

    #[test]
    fn a_short_monitor_is_told_apart() {
        let view = upsmon("MONITOR u 1 m pa#ss primary\nMONITOR u 1 p master\nMONITOR u 1\n");
        assert!(view.monitors.is_empty());
        let kinds = kinds(&view.traps);
        assert_eq!(
            kinds
                .iter()
                .filter(|k| **k == TrapKind::MonitorWithoutUser)
                .count(),
            2
        );
        assert!(kinds.contains(&TrapKind::TooFewWords));
    }

    #[test]
    fn the_same_system_twice_is_ignored() {
        let view = upsmon("MONITOR u@h 1 m p slave\nMONITOR u@h 5 m p slave\n");
        assert_eq!((view.monitors.len(), view.power()), (1, 1));
        assert_eq!(kinds(&view.traps), [TrapKind::DuplicateMonitor]);
    }

    #[test]
    fn odd_power_values_are_read_as_strtol_reads_them() {
        for (text, value) in [
            ("x", Some(0)),
            ("2x", Some(2)),
            ("-0", Some(0)),
            ("+3", Some(3)),
            ("", Some(0)),
        ] {
            let view = upsmon(&format!(
                "MONITOR u 1 m p slave\nMONITOR v \"{text}\" m p slave\n"
            ));
            assert_eq!(view.monitors[1].power_value(), value, "{text}");
        }
        let view = upsmon("MONITOR u -1 m p slave\nMONITOR v 99999999999 m p slave\n");
        assert!(view.monitors.is_empty());
        assert_eq!(
            kinds(&view.traps),
            [TrapKind::PowerValueRange, TrapKind::PowerValueRange]
        );
    }

    #[test]
    fn an_address_without_brackets_is_told() {
        let view = upsmon("MONITOR ups@::1 1 m p slave\n");
        assert!(matches!(kinds(&view.traps)[..], [TrapKind::BadSystem(_)]));
        assert_eq!((view.monitors[0].ups(), view.power()), (None, 1));
    }

    #[test]
    fn directives_are_checked() {
        let view = upsmon(
            "pollfreq 5\nFOO 1\nSHUTDOWNCMD /sbin/shutdown -h +0\nDEADTIME = 5\nHOSTSYNC\nPOLLFREQ 1\nPOLLFREQ 2\nNOTIFYFLAG ONBATT\n",
        );
        assert_eq!(
            kinds(&view.traps),
            [
                TrapKind::UnknownDirective(Some("POLLFREQ")),
                TrapKind::UnknownDirective(None),
                TrapKind::ExtraWords,
                TrapKind::EqualsAsValue,
                TrapKind::TooFewWords,
                TrapKind::RepeatedDirective,
                TrapKind::TooFewWords,
            ]
        );
        assert_eq!(
            view.get("POLLFREQ")
                .and_then(Setting::value)
                .map(|w| w.value.as_str()),
            Some("2")
        );
        assert!(view.get("HOSTSYNC").is_none());
    }
}

#[test]
fn listen_lines_are_read() {
    let view = UpsdConf::parse(b"LISTEN 127.0.0.1\nLISTEN :: 3494\nLISTEN * nut x\nMAXAGE 15\n");
    let ports: Vec<_> = view
        .listens
        .iter()
        .map(|l| (l.address.value.as_str(), l.port()))
        .collect();
    assert_eq!(
        ports,
        [("127.0.0.1", Some(3493)), ("::", Some(3494)), ("*", None)]
    );
    assert_eq!(kinds(&view.traps), [TrapKind::ExtraWords]);
    assert!(view.get("MAXAGE").is_some());
}

mod nut_conf {
    use super::*;

    #[test]
    fn assignments_are_read() {
        let view = nut(
            "# x\n\nMODE=netserver\n  A='b c'\nB=\"d \\\"e\\\" \\x\"\nC=\nD=a\"b\"'c'\\ d\nMODE=none\n",
        );
        assert_eq!(view.traps, []);
        let values: Vec<_> = view
            .assignments
            .iter()
            .map(|a| (a.name.as_str(), a.value.as_str()))
            .collect();
        assert_eq!(
            values,
            [
                ("MODE", "netserver"),
                ("A", "b c"),
                ("B", "d \"e\" \\x"),
                ("C", ""),
                ("D", "abc d"),
                ("MODE", "none")
            ]
        );
        assert_eq!(view.mode(), Some("none"));
        assert_eq!(view.assignments[1].place.column, 3);
        assert_eq!(view.assignments[1].value_span, 24..29);
    }

    #[test]
    fn blanks_around_equals_are_a_command() {
        let view = nut("MODE = none\nMODE =none\nMODE= none\n");
        assert_eq!(kinds(&view.traps), vec![TrapKind::BlankAroundEquals; 3]);
        assert_eq!(view.assignments.len(), 1);
        assert_eq!(view.mode(), Some(""));
    }

    #[test]
    fn what_shell_and_systemd_read_differently_is_told() {
        for (text, kind) in [
            ("export MODE=none\n", TrapKind::Export),
            ("MODE=none # off\n", TrapKind::TrailingComment),
            ("A=$HOME/x\n", TrapKind::Expansion),
            ("A=\"`id`\"\n", TrapKind::Expansion),
            ("A=~nut\n", TrapKind::Expansion),
            ("MODE=none\r\n", TrapKind::CarriageReturn),
            ("MODE='none\n", TrapKind::OpenQuote),
            ("MODE=\"none\n", TrapKind::OpenQuote),
            ("MODE=none; rm -rf /\n", TrapKind::Executed),
            ("MODE=none reboot\n", TrapKind::Executed),
            ("rm -rf /\n", TrapKind::Executed),
            ("if true; then\n", TrapKind::Executed),
            ("1A=b\n", TrapKind::Executed),
            ("export\n", TrapKind::Executed),
        ] {
            assert_eq!(kinds(&nut(text).traps), [kind], "{text}");
        }
    }

    #[test]
    fn a_literal_dollar_in_single_quotes_is_fine() {
        let view = nut("A='$x `y`'\nB=\\$x\n");
        assert_eq!(view.traps, []);
        assert_eq!(view.get("A").map(|a| a.value.as_str()), Some("$x `y`"));
    }

    #[test]
    fn a_quoted_value_may_span_lines() {
        let view = nut("A='b\nc'\nMODE=none\n");
        assert_eq!(view.get("A").map(|a| a.value.as_str()), Some("b\nc"));
        assert_eq!(view.get("MODE").map(|a| a.place.line), Some(3));
    }
}

proptest! {
    #[test]
    fn any_bytes_have_a_view(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]a=#\"\\\\ \n$'MODE]{0,60}") {
        for source in [bytes.as_slice(), text.as_bytes()] {
            UpsConf::parse(source);
            UpsdConf::parse(source);
            UpsdUsers::parse(source);
            UpsmonConf::parse(source);
            NutConf::parse(source);
        }
    }
}

#[test]
fn passing_a_variable_on_is_no_trap() {
    let conf = NutConf::parse(b"ALLOW_NO_DEVICE=true\nexport ALLOW_NO_DEVICE\n");
    assert_eq!(conf.traps, []);
    let conf = NutConf::parse(b"export MODE=netserver\n");
    let kinds: Vec<_> = conf.traps.into_iter().map(|trap| trap.kind).collect();
    assert_eq!(kinds, [TrapKind::Export], "systemd ignores the line");
}
