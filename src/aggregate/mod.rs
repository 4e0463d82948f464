//! For how long: episodes, blame, ranking, verdicts.
//!
//! A pure room.

mod verdict;

pub use verdict::{Blame, Cause, Confidence, Kind, Place, SecondParty, Verdict};
