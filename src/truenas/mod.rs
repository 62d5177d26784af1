//! A TrueNAS as a member of the site: its middleware is asked and told, never its files, which the
//! middleware writes anew at each start of the service.
//!
//! Over ssh one python program (`on_box.py`) runs on the box as root and talks to the middleware's
//! socket with the middleware's own client; nothing is installed. What it is to do comes as JSON on
//! stdin, so that no process list has a password, and its answers have none.
//!
//! Pure but for the programs it makes: `flow` sends them.

mod look;
mod plan;
mod python;
mod release;
mod task;
mod verify;

pub use look::{SECTION, known_by_release, look_program, read};
pub use plan::{back, plan};
pub use release::{RELEASES, Release, ServiceCalls};
pub use task::{Task, by_hand, heal, program, state};
pub use verify::check;
