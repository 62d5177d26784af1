//! The README and docs/, kept true: the key tables are made from the schema, commands and exit codes
//! are the program's, examples are taken. `UPDATE=1 cargo test --test readme` writes the tables anew.

use std::collections::BTreeSet;
use std::fs;

use clap::CommandFactory;
use serde_json::Value;
use upsctl::cli::Cli;
use upsctl::exit::Exit;

const PATH: &str = "README.md";
const INVENTORY: &str = "docs/inventory.md";
const BEGIN: &str =
    "<!-- keys: begin (from inventory/schema.json, by `UPDATE=1 cargo test --test readme`) -->\n";
const END: &str = "<!-- keys: end -->";

/// The tables of an inventory, and the type of the schema that each is.
const TABLES: [(&str, &str); 10] = [
    ("[ups.NAME]", "Ups"),
    ("[hosts.NAME]", "Host"),
    ("[hosts.NAME.truenas]", "TrueNas"),
    ("[secrets]", "Secrets"),
    ("[users.NAME]", "User"),
    ("[defaults]", "Overrides"),
    ("[prometheus]", "Prometheus"),
    ("[power]", "Power"),
    ("[site]", "Site"),
    ("at the top", ""),
];

fn tables(schema: &Value) -> String {
    let mut out = String::new();
    for (heading, name) in TABLES {
        let of = if name.is_empty() {
            schema
        } else {
            &schema["$defs"][name]
        };
        let keys = of["properties"].as_object().expect("properties");
        out += &format!("\n| `{heading}` | | |\n|---|---|---|\n")
            .replace("`at the top`", "at the top");
        for (key, value) in keys {
            let shown = TABLES
                .iter()
                .any(|(heading, _)| heading.starts_with(&format!("[{key}")));
            if name.is_empty() && shown {
                continue;
            }
            let required = of["required"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one == key));
            out += &format!(
                "| `{key}` | {} | {} |\n",
                kind(schema, value, required),
                text(value)
            );
        }
    }
    out + "\n"
}

fn text(value: &Value) -> String {
    let text = value["description"]
        .as_str()
        .expect("every key is described");
    text.replace('|', "\\|").replace('\n', " ")
}

/// What a key takes, in a word, and whether it must be there.
fn kind(schema: &Value, value: &Value, required: bool) -> String {
    let named = value["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/$defs/"));
    let what = match named {
        Some("Delay") => "time, `\"90s\"`".into(),
        Some("SecretSource") => "`{ env }`, `{ file }`, `{ command }` or `{ literal }`".into(),
        Some("TrueNas") => "table".into(),
        Some(name @ ("Platform" | "Over")) => words(&schema["$defs"][name]),
        Some(_) => "text".into(),
        None => match value["type"].as_str().expect("a type") {
            "string" => "text".to_string(),
            "integer" => "number".into(),
            "array" => "list".into(),
            "object" => "table".into(),
            other => other.into(),
        },
    };
    if required {
        format!("{what}, required")
    } else {
        what
    }
}

/// The words that an enumeration takes.
fn words(of: &Value) -> String {
    let quoted = |word: &Value| Some(format!("`{}`", word.as_str()?));
    let plain = of["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(quoted);
    let told = of["oneOf"].as_array().into_iter().flatten();
    let told = told.filter_map(|one| quoted(&one["const"]));
    let words: Vec<String> = plain.chain(told).collect();
    assert!(!words.is_empty(), "{of}");
    words.join(", ")
}

#[test]
fn the_key_tables_are_the_schema_s() {
    let schema = fs::read_to_string("inventory/schema.json").expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let page = fs::read_to_string(INVENTORY).expect("the page");
    let from = page.find(BEGIN).expect("the begin mark") + BEGIN.len();
    let to = page.find(END).expect("the end mark");
    let wanted = format!("{}{}{}", &page[..from], tables(&schema), &page[to..]);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(INVENTORY, &wanted).expect("it can be written");
    }
    let page = fs::read_to_string(INVENTORY).expect("the page");
    assert!(page == wanted, "run `UPDATE=1 cargo test --test readme`");
}

#[test]
fn it_names_every_command_and_no_other() {
    let readme = fs::read_to_string(PATH).expect("the README");
    let cli = Cli::command();
    let commands: BTreeSet<&str> = cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name())
        .collect();
    let named: BTreeSet<&str> = readme
        .match_indices("`upsctl ")
        .chain(readme.match_indices("$ upsctl "))
        .map(|(at, start)| {
            let rest = &readme[at + start.len()..];
            let end = rest
                .find(|char: char| !char.is_ascii_lowercase())
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|word| !word.is_empty())
        .collect();
    assert_eq!(named, commands);
}

#[test]
fn it_lists_every_exit_code() {
    let readme = fs::read_to_string(PATH).expect("the README");
    for exit in Exit::BY_WEIGHT {
        assert!(
            readme.contains(&format!("\n| {} | ", exit.code())),
            "{exit:?}"
        );
    }
}

/// What the examples of `docs/inventory.md` stand beside.
const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
[hosts.pve]
address = "192.168.2.214"
"#;

#[test]
fn the_examples_of_the_inventory_are_taken() {
    let page = fs::read_to_string(INVENTORY).expect("the page");
    let examples: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(examples.len() > 1, "{examples:?}");
    for example in examples {
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join("site.toml");
        fs::write(&site, format!("{SITE}{example}")).expect("it can be written");
        let mut check = assert_cmd::Command::cargo_bin("upsctl").expect("the program");
        let done = check.arg("check").arg("-i").arg(&site).assert().success();
        let said = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
        assert!(said.contains("No findings."), "{example}\n{said}");
    }
}

#[test]
fn every_option_of_every_command_has_its_variable() {
    let cli = Cli::command();
    let options: Vec<_> = cli
        .get_arguments()
        .filter(|one| one.is_global_set())
        .collect();
    assert!(options.len() > 8, "{options:?}");
    for option in options {
        let long = option.get_long().expect("a long name");
        let wanted = format!("UPSCTL_{}", long.to_uppercase().replace('-', "_"));
        assert_eq!(option.get_env(), Some(wanted.as_ref()), "--{long}");
    }
}

#[test]
fn a_variable_is_the_option_and_the_command_line_wins() {
    let run = |format: &str, words: &[&str]| {
        let mut upsctl = assert_cmd::Command::cargo_bin("upsctl").expect("the program");
        upsctl.env("UPSCTL_FORMAT", format);
        upsctl.args(["check", "-i", "inventory"]).args(words);
        upsctl.output().expect("it runs")
    };
    let refused = run("xml", &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--format"));
    assert!(run("json", &[]).stdout.starts_with(b"{"));
    let human = run("json", &["--format", "human"]);
    assert!(!human.stdout.starts_with(b"{"));
}
