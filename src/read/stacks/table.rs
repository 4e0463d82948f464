//! Stacks seen so far, each kept once and referred to by number.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::snapshot::{Frame, StackId};

/// Frames that are kept, over all stacks: about 50 MB. A program that never has the same stack twice must not fill our
/// memory.
const MOST_FRAMES: usize = 4 << 20;

/// The stacks seen so far.
#[derive(Debug, Default)]
pub(in crate::read) struct StackTable {
    stacks: Vec<Vec<Frame>>,
    by_hash: HashMap<u64, Vec<StackId>>,
    hasher: RandomState,
    frames: usize,
}

impl StackTable {
    /// The number of a stack, innermost frame first. `None` when the table is full and the stack is new.
    pub(in crate::read) fn intern(&mut self, frames: &[Frame]) -> Option<StackId> {
        let hash = self.hasher.hash_one(frames);
        let alike = self.by_hash.entry(hash).or_default();
        let same = |id: &&StackId| self.stacks.get(id.0 as usize).is_some_and(|stack| stack == frames);
        if let Some(id) = alike.iter().find(same) {
            return Some(*id);
        }
        if self.frames.saturating_add(frames.len()) > MOST_FRAMES {
            return None;
        }
        let id = StackId(u32::try_from(self.stacks.len()).ok()?);
        self.frames += frames.len();
        alike.push(id);
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
}
