//! Tasks that ended with an exception which nobody has fetched: what they should have done has not been done.

use crate::memory::{ReadError, little_endian, u64_at};
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::{Kinds, ObjectKind};
use crate::snapshot::{Address, FailedTask};

/// `task_state` of a task that returned or raised (CPython `Modules/_asynciomodule.c`, `STATE_FINISHED`).
const FINISHED: u64 = 2;
/// Characters of a name that are kept.
const LONGEST_NAME: usize = 200;

/// The failure of a task; `None` for one that goes on, or did not fail, or whose exception was fetched.
///
/// # Errors
///
/// When it cannot be read.
pub(super) fn of(objects: Objects<'_>, kinds: &mut Kinds, task: Address) -> Result<Option<FailedTask>, ReadError> {
    let ObjectKind::Task(layout) = kinds.of(objects, task)? else { return Ok(None) };
    let Some(unfetched) = layout.unfetched(objects.offsets.version.minor) else { return Ok(None) };
    let bytes = objects.memory.read(task, layout.size)?;
    let number = |at: usize| bytes.get(at..at + 4).map_or(0, little_endian);
    let word = |at: usize| u64_at(&bytes, at).filter(|word| *word != 0).map(Address);
    let (Some(exception), Some(coroutine)) = (word(layout.exception()), word(layout.coroutine)) else {
        return Ok(None);
    };
    if number(layout.state) != FINISHED
        || number(unfetched) & 1 == 0
        || kinds.of(objects, coroutine)? != ObjectKind::Coroutine
    {
        return Ok(None);
    }
    // `gi_qualname` stands behind `gi_name`.
    let name = objects.memory.read_pointer(coroutine.plus(objects.offsets.generator.name + 8))?;
    let short = |text: String| text.chars().take(LONGEST_NAME).collect();
    Ok(Some(FailedTask {
        address: task,
        function: short(objects.text(name)?),
        error: short(objects.type_name_of(exception)?),
    }))
}
