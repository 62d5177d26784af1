//! Our reading of NUT's files against NUT's own, on real hosts of all three generations: upsd says
//! which UPSes and descriptions it read, upsmon what it thinks of a file, each driver its keys; and
//! the samples that Debian ships are read without a word.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{Lab, available};
use upsctl::nut::conf;
use upsctl::nut::directive::File;
use upsctl::nut::driver::{self, KeyKind};
use upsctl::nut::files::{NutConf, Trap, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};
use upsctl::nut::version::{NutVersion, Suite};

const HOSTS: [(&str, Suite); 3] = [
    ("old", Suite::Bullseye),
    ("mid", Suite::Bookworm),
    ("new", Suite::Trixie),
];

#[test]
fn we_read_what_nut_reads() {
    if !available() {
        return;
    }
    let lab = Lab::up(
        "lint-language",
        &["old=bullseye", "mid=bookworm", "new=trixie"],
    );
    for (host, suite) in HOSTS {
        samples(&lab, host);
        sections(&lab, host);
        driver_keys(&lab, host, suite);
        // 2.7.4 cannot check a file without becoming upsmon.
        if suite.nut() > NutVersion::V2_7_4 {
            monitors(&lab, host);
        }
    }
}

/// What NUT ignores or misreads in a file.
fn traps(file: File, bytes: &[u8]) -> Vec<Trap> {
    match file {
        File::Nut => NutConf::parse(bytes).traps,
        File::Ups => UpsConf::parse(bytes).traps,
        File::Upsd => UpsdConf::parse(bytes).traps,
        File::UpsdUsers => UpsdUsers::parse(bytes).traps,
        File::Upsmon => UpsmonConf::parse(bytes).traps,
    }
}

/// The files as the packages install them, and every sample beside them.
fn samples(lab: &Lab, host: &str) {
    let mut seen = 0;
    for file in File::ALL {
        let find = format!(
            "ls /etc/nut/{file} /usr/share/nut/{file}* /usr/share/doc/nut*/examples/{file}* 2>/dev/null; true"
        );
        for path in lab.sh(host, &find).expect(0).out.lines() {
            let read = format!("case {path} in *.gz) zcat {path};; *) cat {path};; esac");
            let text = lab.sh(host, &read).expect(0).out;
            let found = traps(file, text.as_bytes());
            assert!(found.is_empty(), "{host}:{path}: {found:#?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{host} has only {seen} samples");
}

/// Bodies of ups.conf whose sections upsd is asked for.
const BODIES: [&str; 34] = [
    "[a]\ndriver = d\nport = p\ndesc = plain\n",
    "[a]\ndriver = d\nport = p\ndesc = My UPS\n",
    "[a]\ndriver = d\nport = p\ndesc = \"My UPS\"\n",
    "[a]\ndriver = d\nport = p\ndesc = pass#word\n",
    "[a]\ndriver = d\nport = p\ndesc = \"a#b\"\n[b]\ndriver = d\nport = p\ndesc = \"after\"\n",
    "[a]\ndriver = d\nport = p\ndesc = \"a\\#b\"\n",
    "[a]\ndriver = d\nport = p\ndesc = ab=cd\n",
    "[a]\ndriver = d\nport = p\ndesc = \"ab=cd\"\n",
    "[a]\ndriver = d\nport = p\ndesc = ab\\=cd\n",
    "[a]\ndriver=d\nport=p\ndesc=tight\n",
    "[a]\ndriver = d\nport = p\ndesc = C:\\foo\\\\bar\n",
    "[a]\ndriver = d\nport = p\ndesc = in\"ner\n",
    "[a]\ndriver = d\nport = p\ndesc = \"one\"two\n",
    "[a]\ndriver = d\nport = p\ndesc = 'single quoted'\n",
    "[a]\ndriver = d\nport = p\ndesc = \"\"\n",
    "[a]\ndriver = d\nport = p\ndesc = caf\u{e9} \u{2013}h\n",
    "[a]\ndriver = d\nport = p\ndesc = \"tab\there\"\n",
    "[a]\ndriver = d\nport = p\ndesc = \"goes\non\"\n[b]\ndriver = d\nport = p\n",
    "[a]\ndriver = d\nport = p\ndesc = \"never closed\n[b]\ndriver = d\nport = p\n",
    "[a]\ndriver = d\nport = p\ndesc = one\\\ntwo\n",
    "[a]\ndriver = d\nport = p\ndesc = \\\n  two\n",
    "[a]\r\ndriver = d\r\nport = p\r\ndesc = crlf\r\n",
    "\u{feff}[a]\ndriver = d\nport = p\n[b]\ndriver = d\nport = p\n",
    "[a]\ndriver = d\nport = p\n[my ups]\ndriver = other\nport = q\n[b]\ndriver = d\nport = p\n",
    "[a]\ndriver = d\nport = p\ndesc one\n",
    "[a]\ndriver = d\nport = p\ndesc = first\ndesc = second\n",
    "[a]\ndriver = d\nport = p\ndesc = first\n[b]\ndriver = d\nport = p\n[a]\ndesc = again\n",
    "[a]\ndriver = d\n[b]\ndriver = d\nport = p\n",
    "[a] junk\ndriver = d\nport = p\n",
    "[a]\ndriver = d\nport = p\nDESC = upper\n",
    "desc = outside\n[a]\ndriver = d\nport = p\n",
    "[a]\ndriver = d # comment\nport = p\ndesc = x # comment\n",
    "[a]\ndriver = d\nport = p\ndesc = last line without end",
    "[a]\ndriver = d\nport = p\n[b]",
];

/// upsd reads each body with a port and folder of its own, and says what it has.
const ASK: &str = r#"
set -u; n=0; port=41000
for f in /tmp/language/*.body; do
  port=$((port + 1)); d=${f%.body}; mkdir -p "$d/state"
  cp "$f" "$d/ups.conf"; : >"$d/upsd.users"; echo "LISTEN 127.0.0.1 $port" >"$d/upsd.conf"
  chmod -R a+rX /tmp/language; chown nut "$d/state"; chmod 700 "$d/state"
  NUT_CONFPATH=$d NUT_STATEPATH=$d/state NUT_ALTPIDPATH=$d/state /lib/nut/upsd -D >"$d/log" 2>&1 &
  pid=$!
  i=0; while ! timeout 2 upsc -l "127.0.0.1:$port" >"$d/names" 2>/dev/null && kill -0 $pid 2>/dev/null && [ $i -lt 40 ]; do i=$((i+1)); sleep 0.1; done
  echo "== $(basename "$d")"
  timeout 5 upsc -L "127.0.0.1:$port" 2>/dev/null
  kill $pid 2>/dev/null; wait $pid 2>/dev/null
  rm -f /run/nut/upsd.pid
done
"#;

fn sections(lab: &Lab, host: &str) {
    lab.sh(
        host,
        "rm -rf /tmp/language; mkdir -p /tmp/language; systemctl stop nut-server 2>/dev/null; true",
    );
    for (at, body) in BODIES.iter().enumerate() {
        let octal: String = body.bytes().map(|byte| format!("\\{byte:03o}")).collect();
        lab.sh(
            host,
            &format!("printf '{octal}' >/tmp/language/{at:02}.body"),
        )
        .expect(0);
    }
    let said = lab.sh(host, ASK).expect(0).out;
    let mut read: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
    let mut current = 0;
    for line in said.lines() {
        if let Some(number) = line.strip_prefix("== ") {
            current = number.trim().parse().expect("a number");
            read.entry(current).or_default();
        } else if let Some((name, desc)) = line.split_once(": ") {
            read.entry(current)
                .or_default()
                .insert(name.into(), desc.into());
        } else if let Some(name) = line.strip_suffix(':') {
            read.entry(current)
                .or_default()
                .insert(name.into(), String::new());
        }
    }
    assert_eq!(read.len(), BODIES.len(), "{said}");
    let mut wrong = Vec::new();
    for (at, body) in BODIES.iter().enumerate() {
        let ours = ours(body.as_bytes());
        if read[&at] != ours {
            wrong.push(format!("{body:?}\n  NUT  {:?}\n  ours {ours:?}", read[&at]));
        }
    }
    assert!(wrong.is_empty(), "{host}\n{}", wrong.join("\n"));
}

/// The UPSes upsd would have, with their descriptions.
fn ours(body: &[u8]) -> BTreeMap<String, String> {
    let ups = UpsConf::parse(body);
    let whole = ups
        .sections
        .iter()
        .filter(|s| s.driver().is_some() && s.port().is_some());
    let described = whole.map(|section| {
        let desc = section.value("desc").unwrap_or("Description unavailable");
        (section.name.clone(), desc.to_string())
    });
    described.collect()
}

/// Lines for upsmon.conf, below a MONITOR line that is all right. Where NUT complains, so do we.
const LINES: [&str; 22] = [
    "POLLFREQ 5",
    "pollfreq 5",
    "POLLFREQUENCY 5",
    "DEADTIME",
    "NOTIFYFLAG ONBATT SYSLOG+EXEC",
    "NOTIFYFLAG ONBATT",
    "NOTIFYMSG ONBATT \"on %s\"",
    "NOTIFYCMD \"/bin/true\"",
    "MONITOR ups@fd00::1 1 u p secondary",
    "MONITOR ups@127.0.0.1 1 u p secondary",
    "MONITOR other@127.0.0.1 -1 u p secondary",
    "MONITOR other@127.0.0.1 1 p secondary",
    "MONITOR other@127.0.0.1 1",
    "SHUTDOWNCMD \"a#b\"",
    "SHUTDOWNCMD \"a\\#b\"",
    "DEBUG_MIN 1",
    "debug_min 1",
    "OFFDURATION 30",
    "CERTVERIFY 0",
    "RUN_AS_USER nut",
    "FINALDELAY 5",
    "LISTEN 127.0.0.1",
];

fn monitors(lab: &Lab, host: &str) {
    let base = "MONITOR ups@127.0.0.1 1 u p primary\nMINSUPPLIES 1\nSHUTDOWNCMD /bin/true\nPOWERDOWNFLAG /tmp/kp\n";
    let version = HOSTS
        .iter()
        .find(|(name, _)| *name == host)
        .map(|(_, suite)| suite.nut());
    let version = version.expect("one of the hosts");
    let mut wrong = Vec::new();
    for line in LINES {
        let text = format!("{base}{line}\n");
        let octal: String = text.bytes().map(|byte| format!("\\{byte:03o}")).collect();
        let script = format!(
            "printf '{octal}' >/tmp/upsmon.test; timeout 10 /lib/nut/upsmon -D -K -P 999999 -f /tmp/upsmon.test 2>&1; true"
        );
        let said = lab.sh(host, &script).expect(0).out;
        let complaint = [
            "invalid directive",
            "Parse error",
            "unable to split",
            "ignoring",
            "unusable",
            "invalid power",
        ];
        let complains = said
            .lines()
            .find(|line| complaint.iter().any(|words| line.contains(words)));
        let read = UpsmonConf::parse(text.as_bytes());
        let newer = read
            .settings
            .iter()
            .any(|s| s.directive.is_some_and(|d| d.since > version));
        let ours = !read.traps.is_empty() || newer;
        // We say more than NUT does, never less.
        let repeated = line.starts_with("SHUTDOWNCMD");
        if complains.is_some() != ours && !(complains.is_none() && repeated) {
            wrong.push(format!(
                "{line}: NUT {complains:?}, ours {:?}, newer {newer}\n{said}",
                read.traps
            ));
        }
    }
    assert!(wrong.is_empty(), "{host}\n{}", wrong.join("\n"));
}

/// The keys that each installed driver says it takes.
fn driver_keys(lab: &Lab, host: &str, suite: Suite) {
    let script = "for d in /lib/nut/*; do [ -x $d ] || continue; n=$(basename $d); case $n in upsd|upsmon) continue;; esac; echo \"== $n\"; timeout 10 $d -L 2>/dev/null; done; true";
    let said = lab.sh(host, script).expect(0).out;
    let mut drivers: BTreeMap<&str, BTreeSet<(String, bool)>> = BTreeMap::new();
    let mut current = "";
    for line in said.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            current = name;
            drivers.insert(name, BTreeSet::new());
            continue;
        }
        let mut words = line.split_whitespace();
        let is_flag = match words.next() {
            Some("VALUE") => false,
            Some("FLAG") => true,
            _ => continue,
        };
        let Some(key) = words.next() else { continue };
        // nutdrv_qx registers these as flags and asks for their value (getval in
        // drivers/nutdrv_qx.c): without one they do nothing.
        let is_flag =
            is_flag && !["noscanlangid", "battery_voltage_reports_one_pack"].contains(&key);
        drivers
            .entry(current)
            .or_default()
            .insert((key.to_string(), is_flag));
    }
    assert!(drivers.len() > 20, "{said}");
    for (name, theirs) in drivers {
        if !driver::keys_known(name, suite.nut()) {
            continue;
        }
        let ours: BTreeSet<(String, bool)> = driver::keys(name, suite.nut())
            .map(|(key, kind)| (key.to_string(), kind == KeyKind::Flag))
            .collect();
        // A driver may take a key with a value and without; which of the two we have does not matter.
        let both = |key: &str| {
            [true, false]
                .iter()
                .all(|kind| theirs.contains(&(key.to_string(), *kind)))
        };
        let theirs: BTreeSet<_> = theirs
            .iter()
            .filter(|(key, is_flag)| !both(key) || ours.contains(&(key.clone(), *is_flag)))
            .cloned()
            .collect();
        assert_eq!(ours, theirs, "{host} {name}");
    }
}

/// What the renderer writes, upsd reads as it was meant.
#[test]
fn nut_reads_what_we_quote() {
    if !available() {
        return;
    }
    let values = [
        "a b",
        "a#b",
        "a=b",
        "a\"b",
        "a\\b",
        "'x'",
        "\\",
        "\"",
        "#",
        "=",
        "[x]",
        "100%",
        "$HOME `x`",
    ];
    let lab = Lab::up("lint-quote", &["old=bullseye", "new=trixie"]);
    for host in ["old", "new"] {
        lab.sh(host, "rm -rf /tmp/language; mkdir -p /tmp/language")
            .expect(0);
        let sections = values.iter().enumerate().map(|(at, value)| {
            let quoted = conf::quote(value).expect("plain ASCII");
            format!("[u{at}]\ndriver = d\nport = p\ndesc = {quoted}\n")
        });
        let body: String = sections.collect();
        let octal: String = body.bytes().map(|byte| format!("\\{byte:03o}")).collect();
        lab.sh(host, &format!("printf '{octal}' >/tmp/language/00.body"))
            .expect(0);
        let said = lab.sh(host, ASK).expect(0).out;
        for (at, value) in values.iter().enumerate() {
            assert!(
                said.lines().any(|line| line == format!("u{at}: {value}")),
                "{host} {value}\n{said}"
            );
        }
    }
}
