//! `doctor --fix`: the safe repairs, one question each.

use anyhow::Result;

use super::site::Site;
use crate::cli::Global;
use crate::model::verdict::Diagnosis;

/// Offers repairs; whether one was made, so that looking again is worth it.
///
/// # Errors
/// When the question cannot be asked.
pub(super) fn offer(_: &Global, _: &Site, _: &Diagnosis) -> Result<bool> {
    Ok(false)
}
