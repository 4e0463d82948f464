//! Stacks seen so far, each kept once and referred to by number.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::read::budget::Budget;
use crate::snapshot::{Frame, StackId};

/// How often a stack is kept: here and in the recording.
const COPIES: usize = 2;
/// What a stack takes besides its frames.
const OVERHEAD: usize = 120;

/// The stacks seen so far.
#[derive(Debug, Default)]
pub(in crate::read) struct StackTable {
    stacks: Vec<Vec<Frame>>,
    by_hash: HashMap<u64, Vec<StackId>>,
    hasher: RandomState,
    budget: Budget,
    not_kept: u64,
}

impl StackTable {
    /// A table that takes what it keeps from this budget.
    pub(in crate::read) fn within(budget: Budget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// How often there was no room for a stack.
    pub(in crate::read) fn not_kept(&self) -> u64 {
        self.not_kept
    }

    /// The number of a stack, innermost frame first. `None` when it is new and there is no room for it.
    pub(in crate::read) fn intern(&mut self, frames: &[Frame]) -> Option<StackId> {
        let hash = self.hasher.hash_one(frames);
        let same = |id: &&StackId| self.stacks.get(id.0 as usize).is_some_and(|stack| stack == frames);
        if let Some(id) = self.by_hash.get(&hash).into_iter().flatten().find(same) {
            return Some(*id);
        }
        let id = StackId(u32::try_from(self.stacks.len()).ok()?);
        if !self.budget.take(COPIES * (size_of_val(frames) + OVERHEAD)) {
            self.not_kept += 1;
            return None;
        }
        self.by_hash.entry(hash).or_default().push(id);
        self.stacks.push(frames.to_vec());
        Some(id)
    }

    /// All stacks, by number.
    pub(in crate::read) fn stacks(&self) -> &[Vec<Frame>] {
        &self.stacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::CodeId;

    #[test]
    fn a_stack_is_kept_once() {
        let mut table = StackTable::default();
        let frame = |code, line| Frame { code: CodeId(code), line: Some(line) };
        let first = table.intern(&[frame(0, 1), frame(1, 7)]);
        let second = table.intern(&[frame(0, 2), frame(1, 7)]);
        assert_ne!(first, second, "stacks that differ in a line are different");
        assert_eq!(table.intern(&[frame(0, 1), frame(1, 7)]), first, "an equal stack has the same number");
        assert_eq!(table.stacks().len(), 2, "equal stacks are kept once");
    }

    #[test]
    fn a_stack_without_room_is_counted_and_those_kept_are_still_known() {
        let frames = |line| [Frame { code: CodeId(0), line: Some(line) }; 100];
        let mut table = StackTable::within(Budget::of(COPIES * 3 * (size_of_val(&frames(0)) + OVERHEAD)));
        let kept = (0..5).filter(|line| table.intern(&frames(*line)).is_some()).count();
        assert_eq!((kept, table.not_kept()), (3, 2));
        assert_eq!(table.intern(&frames(2)), Some(StackId(2)));
    }
}
