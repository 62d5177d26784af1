//! What happens when mains fail and do not come back, second by second: the formula, pure data in
//! and out.
//!
//! [`Outage`] is what is known, [`time_line`] computes, [`TimeLine`] is what happens: each host's
//! and each UPS's moments. A moment says whether it was computed or seen, so that a rehearsal can lay
//! what it measured beside what was foreseen. Only [`outage`], which fills in what is known,
//! looks at a site's files.

mod battery;
mod chain;
mod course;
mod delays;
pub mod guests;
mod input;
pub mod line;
mod net;
mod scene;
mod span;
#[cfg(test)]
mod tests;
mod trouble;
mod way_down;

pub use battery::{Battery, Decides, HOLDS, Reserve};
pub use chain::time_line;
pub use input::{Figure, Host, Leaves, Mount, Outage, Ups, Watch};
pub use line::{
    Chain, Fits, HostLine, Kind, Moment, Source, Term, TimeLine, UpsLine, Verdict, What,
};
pub use scene::{Beside, outage};
pub use span::{Case, Span};
pub use trouble::{Trouble, troubles};
pub use way_down::{QUICKEST, UNIT_STOP, USUAL, WayDown};
