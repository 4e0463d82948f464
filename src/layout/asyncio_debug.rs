//! The section `.AsyncioDebug`: since 3.14 `_asyncio` says where it keeps things.

use super::{AsyncioOffsets, Offsets};
use crate::memory::{Memory, ReadError, u64_at};
use crate::snapshot::Address;

/// Thirteen words (CPython `Modules/_asynciomodule.c`, `Py_AsyncioModuleDebugOffsets`).
pub(crate) const SIZE: usize = 13 * 8;

/// No structure of CPython is this large.
const LARGEST_OFFSET: u64 = 1 << 24;

/// Reads the section at `address`.
///
/// # Errors
///
/// As [`Memory::read`]; [`ReadError::Implausible`] when a field lies outside its structure.
pub fn asyncio_offsets(memory: &dyn Memory, address: Address) -> Result<AsyncioOffsets, ReadError> {
    decode(&memory.read(address, SIZE)?).ok_or(ReadError::Implausible(address))
}

fn decode(bytes: &[u8]) -> Option<AsyncioOffsets> {
    let word = |index: usize| u64_at(bytes, index * 8).filter(|word| *word <= LARGEST_OFFSET);
    let within = |index: usize, size: usize| {
        let field = usize::try_from(word(index)?).ok()?;
        (field < size).then_some(field)
    };
    let size = |index: usize| usize::try_from(word(index)?).ok();
    let (task, interpreter, thread) = (size(0)?, size(7)?, size(9)?);
    Some(AsyncioOffsets {
        task_size: task,
        task_name: within(1, task)?,
        task_awaited_by: within(2, task)?,
        task_is_task: within(3, task)?,
        task_awaited_by_is_set: within(4, task)?,
        task_coroutine: within(5, task)?,
        task_node: within(6, task)?,
        interpreter_tasks_head: within(8, interpreter)?,
        thread_running_loop: within(10, thread)?,
        thread_running_task: within(11, thread)?,
        thread_tasks_head: within(12, thread)?,
    })
}

impl Offsets {
    /// Takes over what `_asyncio` says of itself.
    pub fn adopt(&mut self, asyncio: &AsyncioOffsets) {
        self.interpreter.tasks_head = Some(asyncio.interpreter_tasks_head);
        self.thread.running_loop = Some(asyncio.thread_running_loop);
        self.thread.running_task = Some(asyncio.thread_running_task);
        self.thread.tasks_head = Some(asyncio.thread_tasks_head);
        self.task.name = asyncio.task_name;
        self.task.coroutine = asyncio.task_coroutine;
        self.task.awaited_by = Some(asyncio.task_awaited_by);
        self.task.node = Some(asyncio.task_node);
        self.task.size = asyncio.task_size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 3.14.10 has it.
    const WORDS: [u64; 13] = [168, 136, 96, 108, 109, 128, 152, 17_000, 10_880, 936, 864, 872, 880];

    fn bytes(words: [u64; 13]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn words_become_offsets() {
        let asyncio = decode(&bytes(WORDS)).expect("plausible words");
        assert_eq!((asyncio.task_coroutine, asyncio.task_node, asyncio.thread_tasks_head), (128, 152, 880));
    }

    #[test]
    fn a_field_outside_its_structure_is_refused() {
        for (index, absurd) in [(1, 168), (8, 17_000), (12, 936), (0, 1 << 40), (9, 0), (5, u64::MAX)] {
            let mut words = WORDS;
            words[index] = absurd;
            assert_eq!(decode(&bytes(words)), None, "word {index} is {absurd}");
        }
        assert_eq!(decode(&bytes(WORDS)[..100]), None);
    }
}
