//! How much one look does for the stacks of all threads together.
//!
//! What a look costs is the target's to say: how many threads, how deep, how many functions. So it is counted, and ends at
//! the same place on every machine; and it is timed, for what takes longer there than it should.

use std::time::Duration;

use crate::read::allowance::{Allowance, Limit};
use crate::snapshot::Why;

/// Frames of all threads in one reading: a hundred in each of a thousand threads. They take 150 bytes each from reading to
/// report.
pub(in crate::read) const MOST_FRAMES_OF_ALL: usize = 100_000;
/// Frames that are read by themselves in one look, because they are new: each is a system call.
const MOST_READS: usize = 100_000;
/// What the stacks of one look may take. Two looks a second would be too much; the pace sees to that.
const ALLOWANCE: Allowance = Allowance { cpu: Duration::from_millis(500), wall: Duration::from_millis(1500) };
/// The clock is asked once in so many steps.
const CLOCK_EVERY: usize = 512;

/// What is left to be done in a look.
#[derive(Debug)]
pub(in crate::read) struct Effort {
    frames: usize,
    reads: usize,
    steps: usize,
    limit: Limit,
    ended: Option<Why>,
}

impl Effort {
    /// That of a new look.
    pub(in crate::read) fn begin() -> Self {
        Self { frames: 0, reads: MOST_READS, steps: 0, limit: ALLOWANCE.begin(), ended: None }
    }

    /// Begins another reading of all threads, of which some are not read because so many frames are still known.
    pub(in crate::read) fn read_all_but(&mut self, known: usize) {
        self.frames = MOST_FRAMES_OF_ALL.saturating_sub(known);
    }

    /// Whether another frame may be walked through.
    pub(in crate::read) fn walks_on(&mut self) -> bool {
        let left = self.frames.checked_sub(1);
        self.frames = left.unwrap_or(0);
        self.goes_on(left.is_some(), 1)
    }

    /// Whether another frame may be read by itself.
    pub(in crate::read) fn reads_on(&mut self) -> bool {
        let left = self.reads.checked_sub(1);
        self.reads = left.unwrap_or(0);
        self.goes_on(left.is_some(), 1)
    }

    /// Whether another code object may be read, which takes long.
    pub(in crate::read) fn reads_code(&mut self) -> bool {
        self.goes_on(true, CLOCK_EVERY)
    }

    fn goes_on(&mut self, is_left: bool, steps: usize) -> bool {
        if !is_left {
            self.ended.get_or_insert(Why::Bounded);
            return false;
        }
        self.steps += steps;
        if self.steps >= CLOCK_EVERY {
            self.steps = 0;
            if self.limit.is_spent() {
                self.ended = Some(Why::OutOfTime);
            }
        }
        self.ended != Some(Why::OutOfTime)
    }

    /// Why something was left out, if anything was.
    pub(in crate::read) fn ended(&self) -> Option<Why> {
        self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_ends_where_it_has_done_enough_and_says_why() {
        let mut effort = Effort::begin();
        effort.read_all_but(MOST_FRAMES_OF_ALL - 3);
        assert_eq!((0..5).filter(|_| effort.walks_on()).count(), 3);
        assert_eq!(effort.ended(), Some(Why::Bounded));
        effort.read_all_but(0);
        assert!(effort.walks_on(), "another reading has its own frames");
        assert_eq!((0..MOST_READS + 5).filter(|_| effort.reads_on()).count(), MOST_READS, "reads are of the look");
        let none = Allowance { cpu: Duration::ZERO, wall: Duration::ZERO };
        let mut late = Effort { limit: none.begin(), ..Effort::begin() };
        late.read_all_but(0);
        assert_eq!((0..CLOCK_EVERY * 2).filter(|_| late.walks_on()).count(), CLOCK_EVERY - 1);
        assert_eq!((late.ended(), late.reads_code()), (Some(Why::OutOfTime), false));
    }
}
