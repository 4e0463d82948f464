//! The waits of tasks, watched between two censuses.
//!
//! Two censuses that show a task at the same future do not show one wait: a future that is done is freed, and the next one
//! is often made in its place. So the words that say which future wakes a task are looked at with the looks in between: all of
//! them where they are few, else some with each look, in turn.

use std::collections::{HashSet, VecDeque};

use crate::memory::{Batch, Memory, ReadError};
use crate::snapshot::Address;

/// Waits that are watched at once: with fifty looks a second the turn of each comes three times a second.
pub(in crate::read) const MOST: usize = 512;
/// Words that are read with one look. Each lies on a page of its own, and the kernel takes almost a microsecond for it.
const PER_LOOK: usize = 32;

/// One wait, as a census found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::read) struct Watched {
    /// The task object.
    pub(in crate::read) task: Address,
    /// Where it says which future wakes it.
    pub(in crate::read) word: Address,
    /// Which one that was.
    pub(in crate::read) future: Address,
}

/// Watches the waits that the last census found.
#[derive(Debug, Default)]
pub(in crate::read) struct WaitWatch {
    /// Those that did not change yet, the one whose turn is next first.
    same: VecDeque<Watched>,
    moved: HashSet<Address>,
    batch: Batch,
}

impl WaitWatch {
    /// Watches these waits, at most [`MOST`], from now on, and forgets what was before.
    pub(in crate::read) fn begin(&mut self, mut waits: Vec<Watched>) {
        waits.truncate(MOST);
        self.same = waits.into();
        self.moved.clear();
    }

    /// Looks at those whose turn it is.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn look(&mut self, memory: &dyn Memory) -> Result<(), ReadError> {
        let turn: Vec<Watched> = self.same.drain(..self.same.len().min(PER_LOOK)).collect();
        if turn.is_empty() {
            return Ok(());
        }
        self.batch.clear();
        let slots: Vec<_> = turn.iter().map(|wait| self.batch.want(wait.word, 8)).collect();
        memory.fetch(&mut self.batch)?;
        for (wait, slot) in turn.into_iter().zip(slots) {
            if self.batch.pointer_at(slot, 0) == Some(wait.future) {
                self.same.push_back(wait);
            } else {
                self.moved.insert(wait.task);
            }
        }
        Ok(())
    }

    /// Whether a task was seen to wait for something else, or for nothing, since the last census.
    pub(in crate::read) fn moved(&self, task: Address) -> bool {
        self.moved.contains(&task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Tape;

    fn wait(task: u64, future: u64) -> Watched {
        Watched { task: Address(task), word: Address(task + 0x40), future: Address(future) }
    }

    fn memory(words: &[(u64, u64)]) -> Tape {
        let mut tape = Tape::default();
        for (task, future) in words {
            tape.keep(Address(task + 0x40), &future.to_le_bytes());
        }
        tape
    }

    #[test]
    fn a_wait_that_changed_and_came_back_was_not_one_wait() {
        let mut watch = WaitWatch::default();
        watch.begin(vec![wait(0x1000, 0xa0), wait(0x2000, 0xb0), wait(0x3000, 0xc0)]);
        watch.look(&memory(&[(0x1000, 0xa0), (0x2000, 0), (0x3000, 0xc0)])).unwrap();
        watch.look(&memory(&[(0x1000, 0xa0), (0x2000, 0xb0)])).unwrap();
        assert!(!watch.moved(Address(0x1000)));
        assert!(watch.moved(Address(0x2000)), "it was ready to run in between");
        assert!(watch.moved(Address(0x3000)), "it is gone");
        watch.begin(vec![wait(0x2000, 0xb0)]);
        assert!(!watch.moved(Address(0x2000)), "another census, another wait");
    }

    #[test]
    fn of_many_each_has_its_turn() {
        let many = || (1..=MOST as u64).map(|task| wait(task << 12, 0xa0)).collect::<Vec<_>>();
        let mut watch = WaitWatch::default();
        watch.begin(many());
        for _ in 0..MOST / PER_LOOK {
            watch.look(&memory(&[])).unwrap();
        }
        assert!(many().iter().all(|wait| watch.moved(wait.task)));
    }
}
