//! The waits of tasks, watched between two censuses.
//!
//! Two censuses that show a task at the same future do not show one wait: a future that is done is freed, and the next one
//! is often made in its place. So the word that says which future wakes a task is looked at with every look in between; it
//! costs eight bytes a task.

use std::collections::HashSet;

use crate::memory::{Batch, Memory, ReadError};
use crate::snapshot::Address;

/// Waits that are watched at once: reading them takes less than a tenth of what a look takes.
pub(super) const MOST: usize = 256;

/// One wait, as a census found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    /// The task object.
    pub(super) task: Address,
    /// Where it says which future wakes it.
    pub(super) word: Address,
    /// Which one that was.
    pub(super) future: Address,
}

/// Watches the waits that the last census found.
#[derive(Debug, Default)]
pub(super) struct WaitWatch {
    /// Those that did not change yet.
    same: Vec<Watched>,
    moved: HashSet<Address>,
    batch: Batch,
}

impl WaitWatch {
    /// Watches these waits from now on, and forgets what was before.
    pub(super) fn begin(&mut self, waits: Vec<Watched>) {
        self.same = waits;
        self.same.truncate(MOST);
        self.moved.clear();
    }

    /// Looks at all of them once.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(super) fn look(&mut self, memory: &dyn Memory) -> Result<(), ReadError> {
        if self.same.is_empty() {
            return Ok(());
        }
        self.batch.clear();
        let slots: Vec<_> = self.same.iter().map(|wait| self.batch.want(wait.word, 8)).collect();
        memory.fetch(&mut self.batch)?;
        let mut slots = slots.into_iter();
        self.same.retain(|wait| {
            let now = slots.next().and_then(|slot| self.batch.pointer_at(slot, 0));
            let same = now == Some(wait.future);
            if !same {
                self.moved.insert(wait.task);
            }
            same
        });
        Ok(())
    }

    /// Whether a task was seen to wait for something else, or for nothing, since the last census.
    pub(super) fn moved(&self, task: Address) -> bool {
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
}
