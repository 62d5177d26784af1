use std::fs;

use super::{desired, site, told};
use crate::model::diagnostic::Diagnostics;
use crate::nut::directive::File;
use crate::render::Templates;

/// What the owner's template of a file makes of the usual site.
fn with(file: &str, text: &str) -> Result<String, Diagnostics> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(&path, text).expect("written");
    let site = site("[secrets]\npassword = { literal = 'hunter2' }\n");
    let render = || {
        let templates = Templates::load(folder.path(), &site)?;
        desired(&site, "pve", &templates)
    };
    let plain = |why: Diagnostics| shortened(why, &folder.path().display().to_string());
    let host = render().map_err(plain)?;
    let file = File::ALL
        .into_iter()
        .find(|known| path.ends_with(format!("{known}.j2")));
    let made = &host.files[&file.expect("a file of NUT")];
    Ok(format!("{}\n{}", made.template, made.content.masked()))
}

/// The errors without the folder of the test in front of their paths.
fn shortened(mut why: Diagnostics, folder: &str) -> Diagnostics {
    let folder = format!("{folder}/");
    for error in &mut why.0 {
        error.message = error.message.replace(&folder, "");
        if let Some(place) = &mut error.place {
            place.file = place.file.replace(&folder, "");
        }
    }
    why
}

#[track_caller]
fn error(file: &str, text: &str) -> String {
    let why = with(file, text).expect_err(text);
    let shown = told(&why);
    assert!(!format!("{shown} {why:?} {why:#?}").contains("hunter2"));
    shown
}

#[test]
fn the_owners_template_takes_the_place_of_the_built_in_one() {
    let text = with("upsd.conf.j2", "MAXAGE 25\n").expect("a file");
    assert_eq!(
        text,
        "templates/upsd.conf.j2\n\
         # upsd.conf of pve, managed by upsctl: made by the template templates/upsd.conf.j2.\n\
         # What is changed here is lost. Change the inventory or the template, look at\n\
         # `upsctl diff pve`, then `upsctl deploy pve`.\n\nMAXAGE 25\n"
    );
}

#[test]
fn the_template_of_a_host_wins() {
    let text = with("hosts/pve/upsd.conf.j2", "MAXAGE 26\n").expect("a file");
    assert!(
        text.starts_with("templates/hosts/pve/upsd.conf.j2\n"),
        "{text}"
    );
    let other = with("hosts/web/upsd.conf.j2", "MAXAGE 26\n").expect("a file");
    assert!(other.starts_with("upsd.conf.j2 (built in)\n"), "{other}");
}

#[test]
fn an_undefined_name_is_an_error_with_place_and_nearest_name() {
    assert_eq!(
        error("upsd.conf.j2", "# one\nLISTEN {{ hots }}\n"),
        "upsd.conf.j2:2:11: `hots` is undefined\n  \
         help: did you mean `host`? There is: host, lines, nut_version, server"
    );
}

#[test]
fn an_undefined_field_is_an_error_with_the_nearest_field() {
    let text = "{% for user in users %}\n{{ user.pasword }}\n{% endfor %}\n";
    let shown = error("upsd.users.j2", text);
    assert!(
        shown.starts_with("upsd.users.j2:2:4: `user.pasword` is undefined\n"),
        "{shown}"
    );
    assert!(shown.contains("did you mean `password`?"), "{shown}");
}

#[test]
fn an_undefined_value_in_front_of_a_filter_is_named_too() {
    for filter in ["nut", "sh", "upper"] {
        let shown = error("nut.conf.j2", &format!("MODE={{{{ mod | {filter} }}}}\n"));
        assert!(shown.contains("`mod` is undefined"), "{shown}");
    }
}

#[test]
fn a_name_of_another_file_is_undefined() {
    let shown = error(
        "upsd.conf.j2",
        "{% for m in monitors %}{{ m.system }}{% endfor %}\n",
    );
    assert!(shown.contains("`monitors` is undefined"), "{shown}");
}

#[test]
fn a_syntax_error_is_an_error_with_place() {
    let shown = error(
        "upsd.conf.j2",
        "# one\n{% for line in lines %}\n{{ line. }}\n{% endfor %}\n",
    );
    assert!(shown.starts_with("upsd.conf.j2:3:"), "{shown}");
    assert!(shown.contains("syntax error: "), "{shown}");
}

#[test]
fn a_stray_file_is_an_error_with_the_nearest_name() {
    assert_eq!(
        error("upsd.user.j2", ""),
        "upsd.user.j2 is not a template\n  \
         help: did you mean `upsd.users.j2`? What starts with a dot is passed over."
    );
    assert!(error("hosts/pv/upsd.conf.j2", "").contains("did you mean `pve`"));
    assert!(error("hosts/pve/upsd.conf", "").contains("did you mean `upsd.conf.j2`"));
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let why = Templates::load("/nonexistent/templates".as_ref(), &site("")).expect_err("no folder");
    assert!(
        why.to_string()
            .starts_with("cannot read the folder /nonexistent/templates: "),
        "{why}"
    );
}

#[test]
fn what_a_template_does_to_a_password_is_an_error_with_its_user() {
    for (expression, what) in [
        ("{{ user.password | upper }}", "changes it"),
        ("{{ user.password | title }}", "changes it"),
        ("{{ user.password | capitalize }}", "changes it"),
        ("{{ user.password | escape }}", "changes it"),
        ("{{ user.password | replace('p', 'q') }}", "changes it"),
        ("{{ (user.password | string)[:4] }}", "changes it"),
        ("{{ (user.password | string)[7:] }}", "takes it to pieces"),
        (
            "{{ user.password | string | reverse }}",
            "takes it to pieces",
        ),
        ("\"{{ user.password }}\"", "beside other characters"),
        ("x{{ user.password }}", "beside other characters"),
    ] {
        let text = format!(
            "{{% for user in users %}}\n[{{{{ user.name }}}}]\npassword = {expression}\n{{% endfor %}}\n"
        );
        let shown = error("upsd.users.j2", &text);
        assert!(shown.contains(what), "{expression}: {shown}");
        assert!(
            shown.contains("template upsd.users.j2, line "),
            "{expression}: {shown}"
        );
    }
    let shown = error(
        "upsd.users.j2",
        "{% for user in users %}{{ user.password | upper }}\n{% endfor %}",
    );
    assert!(shown.contains("for the password of user `pve`"), "{shown}");
}

#[test]
fn a_password_has_no_length_and_no_letters() {
    for expression in [
        "{{ user.password | length }}",
        "{{ user.password | list }}",
        "{{ user.password | first }}",
        "{{ user.password[0] }}",
        "{% for c in user.password %}{{ c }}{% endfor %}",
        "{{ (user.password ~ 'x') | nut }}",
    ] {
        let text = format!("{{% for user in users %}}{expression}\n{{% endfor %}}");
        error("upsd.users.j2", &text);
    }
}

#[test]
fn a_password_only_gets_into_the_files_that_hold_it() {
    let pasted = super::super::password::reference("pve");
    let shown = error("ups.conf.j2", &format!("desc = {pasted}\n"));
    assert!(shown.contains("the password of user `pve`"), "{shown}");
}

#[test]
fn what_nut_would_drop_is_an_error() {
    for (text, what) in [
        ("MAXAGE 25", "has no line feed"),
        ("MAXAGE \u{fc}\n", "NUT drops `\u{fc}`"),
        ("MAXAGE \u{201c}25\u{201d}\n", "a curly quote"),
        ("CERTIDENT \"a#b\" c\n", "unescaped `#` in quotes"),
        ("CERTPATH \"a\n", "the quote goes on in the next line"),
    ] {
        let shown = error("upsd.conf.j2", text);
        assert!(shown.starts_with("rendered pve/upsd.conf:5:"), "{shown}");
        assert!(shown.contains(what), "{shown}");
    }
}

#[test]
fn what_nut_does_not_read_may_look_like_anything() {
    for text in [
        "# \u{fc}ber\tall\nMAXAGE 25\n",
        "\tMAXAGE\t25\n",
        "MAXAGE 25 # \u{20ac}\n",
        "# dos\r\nMAXAGE 25\n",
    ] {
        assert!(with("upsd.conf.j2", text).is_ok(), "{text:?}");
    }
    let nut = with("nut.conf.j2", "# \u{fc}ber\tall\nMODE=netserver\n");
    assert!(nut.is_ok(), "{nut:?}");
    for text in ["MODE=netserver\u{fc}\n", "MODE=netserver\r\n"] {
        let shown = error("nut.conf.j2", text);
        assert!(shown.contains("is not plain ASCII"), "{shown}");
    }
}

#[test]
fn an_endless_template_ends() {
    let shown = error(
        "upsd.conf.j2",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}\n",
    );
    assert!(shown.starts_with("upsd.conf.j2:1:"), "{shown}");
}

#[test]
fn a_template_that_leads_out_of_its_folder_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("upsd.conf.j2");
    std::os::unix::fs::symlink("/proc/self/environ", link).expect("a link");
    let why = Templates::load(folder.path(), &site("")).expect_err("refused");
    assert!(why.to_string().contains("leads out of the folder"), "{why}");
}

#[test]
fn a_template_without_an_end_is_stopped() {
    let text =
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ '' }}{% endfor %}{% endfor %}";
    let shown = error("upsd.conf.j2", text);
    assert!(shown.contains("out of fuel"), "{shown}");
    let text = "{% for a in range(99999) %}{{ 'a word that fills a disk' }}\n{% endfor %}";
    let shown = error("upsd.conf.j2", text);
    assert!(shown.contains("makes more than 1024 KiB"), "{shown}");
}
