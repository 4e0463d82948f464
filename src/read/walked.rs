//! Stacks as py-spy's walker reads them, for versions whose layout we do not know.
//!
//! The walker follows one pointer after the other and cannot tell when a thread moved meanwhile, so it walks twice and
//! only what is the same both times, from the outermost frame on, is kept.

use super::budget::Budget;
use super::stacks::codes::CodeTable;
use super::stacks::reader::Losses;
use super::stacks::table::StackTable;
use super::threads::ids::ThreadIds;
use crate::attach::{PySpyWalker, WalkedFrame, WalkedThread};
use crate::layout::CLibraryOffsets;
use crate::memory::{LiveMemory, ReadError};
use crate::snapshot::{
    Address, Code, CodeFlags, Frame, GilRole, InterpreterSample, Known, ProcessId, PythonThread, StackSample, ThreadId,
    Why,
};

/// Reads stacks with py-spy's walker.
#[derive(Debug)]
pub(in crate::read) struct WalkedReader {
    walker: PySpyWalker,
    memory: LiveMemory,
    ids: ThreadIds,
    pub(in crate::read) codes: CodeTable,
    pub(in crate::read) stacks: StackTable,
    pub(in crate::read) losses: Losses,
}

impl WalkedReader {
    pub(in crate::read) fn new(
        process: ProcessId,
        library: CLibraryOffsets,
        walker: PySpyWalker,
        budget: &Budget,
    ) -> Self {
        let (memory, ids) = (LiveMemory::new(process), ThreadIds::new(process, library.thread_ids));
        Self {
            walker,
            memory,
            ids,
            codes: CodeTable::within(budget.clone()),
            stacks: StackTable::within(budget.clone()),
            losses: Losses::default(),
        }
    }

    /// What is known of the interpreters: that there is one.
    pub(in crate::read) fn interpreters() -> Vec<InterpreterSample> {
        let unknown = Why::NotInThisPython;
        vec![InterpreterSample {
            address: Address::default(),
            gil: Known::Unknown(unknown),
            collecting: Known::Unknown(unknown),
        }]
    }

    /// Python's threads, by id, and how many have no kernel id. `listed`: the kernel's threads.
    ///
    /// # Errors
    ///
    /// When the process is gone, or the walker can make nothing of it.
    pub(in crate::read) fn read(
        &mut self,
        listed: &[ThreadId],
    ) -> Result<(Vec<(ThreadId, PythonThread)>, usize), ReadError> {
        let first = self.walker.threads()?;
        let second = self.walker.threads()?;
        self.ids.learn(listed);
        let handles: Vec<u64> = second.iter().map(|thread| thread.handle).collect();
        let ids = self.ids.of_handles(&self.memory, &handles)?;
        let mut read = Vec::with_capacity(second.len());
        let mut nameless = 0;
        for (thread, id) in second.into_iter().zip(ids) {
            // py-spy knows kernel ids of some versions only.
            let Some(id) = id.or(thread.thread) else {
                nameless += 1;
                continue;
            };
            let before = first.iter().find(|before| before.handle == thread.handle);
            read.push((id, self.thread(before, thread)));
        }
        read.sort_by_key(|(id, _)| *id);
        read.dedup_by_key(|(id, _)| *id);
        Ok((read, nameless))
    }

    fn thread(&mut self, before: Option<&WalkedThread>, thread: WalkedThread) -> PythonThread {
        let common = before.map_or(0, |before| common(&before.frames, &thread.frames));
        let whole = before.is_some_and(|before| common == before.frames.len() && common == thread.frames.len());
        PythonThread {
            interpreter: 0,
            thread_state: Address::default(),
            stack: self.stack(&thread.frames, common, whole),
            name: Known::from_option(thread.name, Why::NotInThisPython),
            gil: if thread.holds_gil { Known::Is(GilRole::Holds) } else { Known::Unknown(Why::NotInThisPython) },
            site: Known::Unknown(Why::NotInThisPython),
        }
    }

    fn stack(&mut self, frames: &[WalkedFrame], common: usize, whole: bool) -> StackSample {
        if common == 0 && !whole {
            self.losses.torn += 1;
            return StackSample::Torn;
        }
        let kept = frames.iter().skip(frames.len().saturating_sub(common));
        let frames: Option<Vec<Frame>> = kept.map(|frame| self.frame(frame)).collect();
        match frames.and_then(|frames| self.stacks.intern(&frames)) {
            None => StackSample::Unknown(Why::Bounded),
            Some(stack) if whole => StackSample::Stable(stack),
            Some(stack) => {
                self.losses.cut += 1;
                StackSample::Cut(stack)
            }
        }
    }

    fn frame(&mut self, frame: &WalkedFrame) -> Option<Frame> {
        let code = self.codes.intern(Code {
            name: frame.name.clone(),
            qualified_name: Known::Unknown(Why::NotInThisPython),
            file: frame.file.clone(),
            first_line: 0,
            flags: CodeFlags(0),
        })?;
        Some(Frame { code, line: frame.line })
    }
}

/// How many frames, from the outermost on, two walks have in common. Of a frame that went on to another line only its own
/// call is common; the innermost may go on.
fn common(one: &[WalkedFrame], other: &[WalkedFrame]) -> usize {
    let mut frames = 0;
    for (one, other) in one.iter().rev().zip(other.iter().rev()) {
        if one.name != other.name || one.file != other.file {
            break;
        }
        frames += 1;
        if one.line != other.line {
            break;
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(frames: &[(&str, u32)]) -> Vec<WalkedFrame> {
        let frame = |&(name, line): &(&str, u32)| WalkedFrame {
            name: name.to_owned(),
            file: "app.py".to_owned(),
            line: Some(line),
        };
        frames.iter().map(frame).collect()
    }

    #[test]
    fn only_what_both_walks_saw_is_common() {
        let one = walk(&[("leaf", 9), ("call", 5), ("main", 1)]);
        assert_eq!(common(&one, &one), 3);
        assert_eq!(common(&one, &walk(&[("leaf", 10), ("call", 5), ("main", 1)])), 3, "the innermost frame may go on");
        assert_eq!(common(&one, &walk(&[("leaf", 9), ("call", 6), ("main", 1)])), 2);
        assert_eq!(common(&one, &walk(&[("other", 9), ("call", 5), ("main", 1)])), 2);
        assert_eq!(common(&one, &walk(&[("main", 1)])), 1);
    }
}
