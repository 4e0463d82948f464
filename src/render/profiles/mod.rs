//! The profile of a capture as the files that other profilers read. Each is a writer over the same [`Sample`]s, so that their
//! totals agree with each other and with the collapsed stacks, to the last look.

mod pprof;
mod pstats;
mod sample;
mod speedscope;

pub use pprof::pprof;
pub use pstats::pstats;
pub use speedscope::speedscope;
