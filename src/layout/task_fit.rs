//! Offsets of `_asyncio.Task` for a release whose tasks are not laid out as those of the table.
//!
//! Within 3.10 a field came in (gh-90082), so that 3.10.0 has the tasks of 3.9. The size of the type tells which; where
//! no table has that size, a living task tells: the word that points to a coroutine is `task_coro`, and its neighbours
//! keep their places.

use super::{Offsets, TaskOffsets, table};
use crate::memory::{Memory, ReadError, little_endian, u64_at};
use crate::snapshot::{Address, PythonVersion};

/// Tasks are smaller than this, with the attributes of any subclass.
const LARGEST_TASK: usize = 1024;

/// Values of `task_state`: pending, cancelled, finished (CPython `Modules/_asynciomodule.c`, `fut_state`).
const TASK_STATES: std::ops::RangeInclusive<u64> = 0..=2;

impl Offsets {
    /// Task offsets for a type `_asyncio.Task` with this `tp_basicsize`: those of this version or of the one before.
    /// `None` when neither has tasks of that size; then ask [`Offsets::task_seen`].
    #[must_use]
    pub fn task_of_size(&self, basic_size: usize) -> Option<TaskOffsets> {
        let before = self.version.minor.checked_sub(1).map(|minor| PythonVersion { minor, ..self.version });
        let before = before.and_then(table).map(|table| table.task);
        [Some(self.task), before].into_iter().flatten().find(|task| task.size == basic_size)
    }

    /// Task offsets as a living task shows them, one whose type is `_asyncio.Task` itself, of this `tp_basicsize`.
    /// `None` when it has no coroutine (it is done) or what stands around it is not what stands around it in a task.
    ///
    /// # Errors
    ///
    /// As [`Memory::read`].
    pub fn task_seen(
        &self,
        memory: &dyn Memory,
        task: Address,
        basic_size: usize,
    ) -> Result<Option<TaskOffsets>, ReadError> {
        let bytes = memory.read(task, basic_size.min(LARGEST_TASK))?;
        // Behind the head of the object, `task_loop` and the callbacks.
        for at in (self.task.callbacks + 8..bytes.len()).step_by(8) {
            let Some(pointer) = u64_at(&bytes, at) else { break };
            if pointer != 0 && self.is_coroutine(memory, Address(pointer)) {
                return Ok(shifted(self.task, at, basic_size).filter(|task| has_state(&bytes, task)));
            }
        }
        Ok(None)
    }

    fn is_coroutine(&self, memory: &dyn Memory, object: Address) -> bool {
        let name = || {
            let kind = memory.read_pointer(object.plus(self.object.object_type))?;
            let name = memory.read_pointer(kind.plus(self.object.type_name))?;
            memory.read(name, b"coroutine\0".len())
        };
        name().is_ok_and(|name| name == b"coroutine\0")
    }
}

/// The offsets when `task_coro` is at `coroutine`: what comes in or goes does so before `task_state`.
fn shifted(task: TaskOffsets, coroutine: usize, size: usize) -> Option<TaskOffsets> {
    let by = isize::try_from(coroutine).ok()?.checked_sub(isize::try_from(task.coroutine).ok()?)?;
    let moved = |offset: usize| offset.checked_add_signed(by).filter(|offset| *offset < size);
    Some(TaskOffsets {
        state: moved(task.state)?,
        waiter: moved(task.waiter)?,
        coroutine,
        name: moved(task.name)?,
        context: moved(task.context)?,
        awaited_by: task.awaited_by.and_then(moved),
        node: task.node.and_then(moved),
        size,
        ..task
    })
}

fn has_state(bytes: &[u8], task: &TaskOffsets) -> bool {
    let state = task.state.checked_add(4).and_then(|end| bytes.get(task.state..end));
    state.is_some_and(|state| TASK_STATES.contains(&little_endian(state)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Known;

    fn offsets(minor: u8) -> Offsets {
        table(PythonVersion { major: 3, minor, patch: Known::Is(0) }).expect("a table")
    }

    #[test]
    fn early_releases_of_3_10_have_the_tasks_of_3_9() {
        let (late, early) = (offsets(10).task_of_size(192), offsets(10).task_of_size(184));
        assert_eq!(late, Some(offsets(10).task));
        assert_eq!(early, Some(offsets(9).task));
        assert_eq!(offsets(10).task_of_size(200), None);
    }

    #[test]
    fn a_shift_found_in_a_living_task_is_that_of_the_older_table() {
        let (older, newer) = (offsets(9).task, offsets(10).task);
        assert_eq!(shifted(newer, older.coroutine, older.size), Some(older));
        assert_eq!(shifted(newer, newer.coroutine, newer.size), Some(newer));
        assert_eq!(shifted(newer, 8, newer.size), None, "the fields before it would be at negative offsets");
    }
}
