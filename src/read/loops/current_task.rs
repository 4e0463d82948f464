//! The running task of a loop, and its name.

use crate::libraries::asyncio;
use crate::memory::ReadError;
use crate::read::objects::builtin::Objects;
use crate::read::objects::kinds::TASK;
use crate::snapshot::{Address, Known, TaskRef, Why};

use crate::read::objects::known::known;

/// By how much the size of a task may differ from the table before it is another structure: one pointer more or less,
/// as in the first releases of 3.10, which lack `fut_exception_tb` (CPython gh-90082).
const LARGEST_DRIFT: u64 = 16;

/// Where the running task of a loop is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CurrentTask {
    /// In the thread state, since 3.14.
    InThreadState(usize),
    /// In the dict `asyncio.tasks._current_tasks`, by loop.
    InDict(Address),
    /// Nowhere that we know of.
    Nowhere(Why),
}

impl CurrentTask {
    /// Finds the place. Slow: looks through `sys.modules`.
    pub(crate) fn discover(objects: Objects<'_>, interpreter: Address) -> Self {
        if let Some(offset) = objects.offsets.thread.running_task {
            return Self::InThreadState(offset);
        }
        match objects.module_attribute(interpreter, asyncio::TASKS, asyncio::CURRENT_TASKS) {
            Ok(Some(entry)) => Self::InDict(entry.value),
            Ok(None) => Self::Nowhere(Why::NotInThisPython),
            Err(error) => Self::Nowhere(crate::read::objects::known::why(error)),
        }
    }

    /// The task that the loop of this thread is running.
    pub(crate) fn read(self, objects: Objects<'_>, state: Address, event_loop: Address) -> Known<Option<Address>> {
        let task = match self {
            Self::InThreadState(offset) => objects.memory.read_pointer(state.plus(offset)),
            Self::InDict(dict) => objects.dict_entries(dict).map(|entries| {
                let entry = entries.iter().find(|entry| entry.key == event_loop);
                entry.map_or(Address(0), |entry| entry.value)
            }),
            Self::Nowhere(why) => return Known::Unknown(why),
        };
        known(task.map(|task| (!task.is_null()).then_some(task)))
    }
}

/// A task and its name.
pub(crate) fn task(objects: Objects<'_>, address: Address) -> TaskRef {
    TaskRef { address, name: known(name(objects, address)) }
}

fn name(objects: Objects<'_>, task: Address) -> Result<String, ReadError> {
    let offset = i64::try_from(objects.offsets.task.name).unwrap_or(0) + drift(objects, task)?;
    let offset = usize::try_from(offset).map_err(|_| ReadError::Implausible(task))?;
    name_text(objects, objects.memory.read_pointer(task.plus(offset))?)
}

/// What `task_name` means.
pub(in crate::read) fn name_text(objects: Objects<'_>, name: Address) -> Result<String, ReadError> {
    match objects.type_name_of(name)?.as_str() {
        "str" => objects.label(name),
        // Since 3.13 the number of a task without a name of its own becomes text when somebody asks for it.
        "int" => Ok(format!("Task-{}", objects.integer(name)?)),
        _ => Err(ReadError::Implausible(name)),
    }
}

/// By how many bytes the end of a task's structure is later than the table says.
fn drift(objects: Objects<'_>, task: Address) -> Result<i64, ReadError> {
    let base = objects.base_named(objects.type_of(task)?, TASK)?.ok_or(ReadError::Implausible(task))?;
    let size = objects.memory.read_u64(base.plus(objects.offsets.object.type_basic_size))?.cast_signed();
    let drift = size.wrapping_sub(i64::try_from(objects.offsets.task.size).unwrap_or(0));
    if drift.unsigned_abs() <= LARGEST_DRIFT { Ok(drift) } else { Err(ReadError::Implausible(task)) }
}
