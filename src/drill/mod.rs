//! A rehearsal of the whole shutdown on the real hosts, in which nothing goes down: beside the real
//! chain stands a shadow of it, each of its daemons in a box of systemd's, with copies of the real
//! files, on a port of its own.
//!
//! [`Plan`] says what is started where, [`program`] makes a host's part of it a shell program,
//! [`Conductor`] leads all of them through the drill by what they tell, and [`judge`] says what it
//! proves. Nothing here does any input or output.

mod answer;
mod conductor;
mod copies;
mod plan;
mod stopped;
mod verdict;

pub use answer::{Did, Told, told};
pub use conductor::{Conductor, Phase, Seen};
pub use plan::{Door, Login, NotPlanned, Part, Plan, Watching, plan};
pub use stopped::stop;
pub use verdict::{Clock, Evidence, Measured, beside, judge, measured, prediction};

use crate::host::{shell, state};

/// The functions of the box; see its head.
pub const BOX: &str = include_str!("box.sh");
const DRILL: &str = include_str!("drill.sh");

/// Where a drill lives on a host: a folder in memory that goes with the unit it belongs to.
pub const FOLDER: &str = "/run/upsctl-drill";

/// How the drill's own commands are called, in place of SHUTDOWNCMD and NOTIFYCMD.
const DID: &str = "/bin/sh /run/upsctl-drill/did.sh";

/// The seconds that a drill's units live at most, whoever dies meanwhile.
pub const LONGEST: u64 = 900;

/// A host's part as a program that talks with the [`Conductor`].
pub fn program(plan: &Plan, part: &Part, nonce: &str, holder: &str) -> String {
    let doors = part.doors.iter();
    let doors = doors.map(|door| format!("{},{},{}", door.address, plan.port, door.real_port));
    let logins = part.logins.iter().map(|login| {
        let (user, password) = (&login.user, &login.password);
        format!(
            "{},{},{},{},{},{},{}",
            login.address,
            login.port,
            login.ups,
            user.start,
            user.len(),
            password.start,
            password.len()
        )
    });
    let seen = part.seen.iter();
    let seen = seen.map(|(file, digest)| format!("{},{digest}", file.name()));
    let programs = part.programs.iter();
    let programs = programs.map(|(kind, word)| format!("{kind}:{word}"));
    let settings = shell::assignments(&[
        ("NONCE", nonce.into()),
        ("STATE", state::DIR.into()),
        ("ROOT", String::new()),
        ("HOLDER", holder.into()),
        ("DRILL", FOLDER.into()),
        ("MAX", plan.most_seconds.to_string()),
        ("PORT", plan.port.to_string()),
        ("SEEN", words(seen)),
        ("UPSES", part.serves.join(" ")),
        ("OWN", part.own_address.clone()),
        ("SERVERS", words(doors)),
        ("LOGINS", words(logins)),
        ("RUN_AS", part.run_as.clone()),
        ("PROGRAMS", words(programs)),
        ("FRONT", part.in_front().into()),
    ]);
    let copies = copies::to_shell(&part.copies);
    [&settings, state::OWN_FOLDER, BOX, &copies, DRILL].concat()
}

fn words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
