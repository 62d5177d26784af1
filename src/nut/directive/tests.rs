use super::*;

#[test]
fn case_counts_where_it_counts_for_nut() {
    assert!(lookup(File::Upsmon, Scope::Top, "POLLFREQ").is_some());
    assert!(lookup(File::Upsmon, Scope::Top, "pollfreq").is_none());
    assert!(lookup(File::Upsmon, Scope::Top, "debug_min").is_some());
    assert!(lookup(File::Upsd, Scope::Top, "maxage").is_none());
    assert!(lookup(File::UpsdUsers, Scope::Section, "PassWord").is_some());
    assert!(lookup(File::Ups, Scope::Section, "Driver").is_none());
    assert!(lookup(File::Ups, Scope::Top, "statepath").is_some());
}

#[test]
fn default_and_override_are_families_in_any_case() {
    let found = lookup(File::Ups, Scope::Section, "Override.battery.charge.low").expect("a family");
    assert_eq!((found.name, found.kind), ("override.*", Kind::Variable));
    assert!(lookup(File::Ups, Scope::Section, "override.").is_none());
    assert!(lookup(File::Ups, Scope::Section, "overridé.x").is_none());
    assert!(lookup(File::Ups, Scope::Top, "default.x").is_none());
}

#[test]
fn scopes_are_told_apart() {
    let global = lookup(File::Ups, Scope::Top, "maxretry").expect("global");
    let key = lookup(File::Ups, Scope::Section, "maxretry").expect("key");
    assert!(global.known_to(NutVersion::V2_7_4));
    assert!(!key.known_to(NutVersion::V2_8_1) && key.known_to(NutVersion::V2_8_3));
    assert!(lookup(File::Ups, Scope::Top, "driver").is_none());
}

#[test]
fn truth_is_written_as_the_reader_wants_it() {
    let truth = |file, name| {
        lookup(file, Scope::Top, name)
            .expect(name)
            .kind
            .render_bool(true)
    };
    assert_eq!(truth(File::Upsmon, "FORCESSL"), "1");
    assert_eq!(truth(File::Upsmon, "CERTVERIFY"), "1");
    assert_eq!(truth(File::Upsmon, "ALARMCRITICAL"), "1");
    assert_eq!(truth(File::Upsmon, "SHUTDOWNEXIT"), "yes");
    assert_eq!(truth(File::Upsd, "ALLOW_NO_DEVICE"), "yes");
    assert_eq!(truth(File::Ups, "synchronous"), "yes");
    assert_eq!(truth(File::Ups, "nowait"), "");
    assert_eq!(truth(File::Nut, "POWEROFF_QUIET"), "true");
    assert_eq!(Kind::Bool01.render_bool(false), "0");
    assert_eq!(Kind::BoolWord.render_bool(false), "no");
}

#[test]
fn no_directive_stands_twice() {
    for file in File::ALL {
        let table = all(file);
        for (at, directive) in table.iter().enumerate() {
            assert_eq!(directive.file, file);
            let twin =
                |other: &Directive| other.name == directive.name && other.scope == directive.scope;
            assert!(!table[..at].iter().any(twin), "{}", directive.name);
        }
    }
}

#[test]
fn newer_directives_have_their_version() {
    for (file, name, since) in [
        (File::Upsmon, "OFFDURATION", NutVersion::V2_8_1),
        (File::Upsmon, "OBLBDURATION", NutVersion::V2_8_3),
        (File::Upsmon, "SHUTDOWNEXIT", NutVersion::V2_8_1),
        (File::Upsd, "ALLOW_NOT_ALL_LISTENERS", NutVersion::V2_8_2),
        (File::Upsd, "TRACKINGDELAY", NutVersion::V2_8_0),
        (File::Ups, "nowait", NutVersion::V2_8_0),
    ] {
        assert_eq!(lookup(file, Scope::Top, name).expect(name).since, since);
    }
}

#[test]
fn notify_types_have_their_version() {
    assert_eq!(
        notify_type("onbatt").map(|n| n.since),
        Some(NutVersion::V2_7_4)
    );
    assert_eq!(
        notify_type("CAL").map(|n| n.since),
        Some(NutVersion::V2_8_0)
    );
    assert!(notify_type("OTHER").is_some_and(|n| n.two_texts));
    assert!(notify_type("NOPE").is_none());
    assert_eq!(NOTIFY_TYPES.len(), 32);
}

#[test]
fn files_are_found_by_name() {
    for file in File::ALL {
        assert_eq!(file.name().parse::<File>(), Ok(file));
    }
    assert!("hosts.conf".parse::<File>().is_err());
}
