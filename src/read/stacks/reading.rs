//! One thread's stack, from reading to reading and from sample to sample.

use super::agreement::agreement;
use super::codes::{CodeIndex, CodeTable};
use super::effort::Effort;
use super::frames::{Fetched, RawFrame, ThreadMemory, Walk, Wish};
use super::table::StackTable;
use crate::layout::{FrameRoot, Offsets};
use crate::memory::{ReadError, u64_at};
use crate::read::threads::live::LiveFrame;
use crate::read::threads::roster::ThreadState;
use crate::snapshot::{Frame, StackId, StackSample};

/// How many readings of a thread that can have moved are compared. With two, a thread that calls through four chains of
/// functions without pause passed for something it never was in up to 2 of 100 stacks kept; with three in none of 2,000.
pub(in crate::read) const READINGS: usize = 3;
/// One thread state, from sample to sample.
#[derive(Debug, Default)]
pub(in crate::read) struct ThreadReading {
    pub(in crate::read) state: ThreadState,
    /// Its frames as far as they can be relied on.
    pub(in crate::read) frames: Vec<LiveFrame>,
    /// Its stack.
    pub(in crate::read) stack: Option<StackSample>,
    pub(in crate::read) memory: ThreadMemory,
    pub(in crate::read) wish: Wish,
    /// The latest good reading, innermost frame first.
    pub(in crate::read) chain: Vec<RawFrame>,
    another: Vec<RawFrame>,
    pub(in crate::read) walk: Walk,
    /// Good readings so far that can be compared; `None` for a thread that one reading is enough for.
    pub(in crate::read) readings: Option<usize>,
    /// Outer frames of `chain` that all readings have in common.
    pub(in crate::read) kept: usize,
    pub(in crate::read) whole: bool,
    /// It has slept since its stack was read, so that is still its stack.
    pub(in crate::read) rested: bool,
    /// What `frames` and `decoded_stack` were decoded from.
    pub(in crate::read) decoded: Vec<RawFrame>,
    pub(in crate::read) decoded_codes: Vec<CodeIndex>,
    pub(in crate::read) decoded_stack: Option<StackId>,
}

/// The word of a thread state that its frames begin at.
pub(in crate::read) fn root(state: &ThreadState, offsets: &Offsets) -> Option<u64> {
    let (FrameRoot::Object { frame: offset }
    | FrameRoot::CFrame { cframe: offset, .. }
    | FrameRoot::Current { current_frame: offset }) = offsets.thread.frame_root;
    u64_at(&state.bytes, offset)
}

impl ThreadReading {
    /// Takes one more reading and keeps what it has in common with those before.
    pub(in crate::read) fn compare_with_another(
        &mut self,
        fetched: Fetched<'_>,
        sample: u64,
        effort: &mut Effort,
    ) -> Result<(), ReadError> {
        let walk = self.memory.walk(fetched, &mut self.wish, sample, (&mut self.another, effort))?;
        if walk != Walk::Whole {
            if walk == Walk::TooLong {
                self.walk = walk;
                self.readings = Some(READINGS);
            }
            return Ok(());
        }
        let readings = self.readings.unwrap_or(0);
        if readings == 0 {
            self.kept = self.another.len();
            self.whole = true;
        } else {
            let common = agreement(&self.chain, &self.another);
            self.kept = self.kept.min(common.frames);
            self.whole &= common.whole;
        }
        self.walk = walk;
        std::mem::swap(&mut self.chain, &mut self.another);
        // Nothing in common will not become more.
        self.readings = Some(if self.kept == 0 && !self.whole { READINGS } else { readings + 1 });
        Ok(())
    }

    pub(in crate::read) fn lose(&mut self, sample: StackSample) {
        self.frames.clear();
        self.decoded.clear();
        self.decoded_codes.clear();
        self.decoded_stack = None;
        self.stack = Some(sample);
    }

    pub(in crate::read) fn decode(&mut self, codes: &CodeTable, stacks: &mut StackTable, scratch: &mut Vec<Frame>) {
        self.decoded.clone_from(&self.chain);
        self.decoded_codes.clear();
        self.frames.clear();
        scratch.clear();
        for raw in &self.chain {
            let Some((index, code)) = codes.find(raw.code).and_then(|index| Some((index, codes.id(index)?))) else {
                continue;
            };
            self.decoded_codes.push(index);
            if !raw.of_generator && !codes.has_begun(index, raw.instruction) {
                continue;
            }
            let RawFrame { address, code: code_address, instruction, .. } = *raw;
            self.frames.push(LiveFrame { address, code_address, code, instruction });
            scratch.push(Frame { code, line: codes.line_at(index, instruction) });
        }
        self.decoded_stack = stacks.intern(scratch);
    }
}
