//! The tasks of a process: from the lists of them to what each does.

use std::collections::HashMap;

use super::census::Scene;
use super::known::known;
use super::objects::Objects;
use super::task_list::TaskList;
use super::tasks;
use crate::layout::TaskOffsets;
use crate::memory::{ReadError, little_endian, u64_at};
use crate::os::clock;
use crate::snapshot::{Address, Known, TaskCensus, TaskPhase, TaskSample, Why};

/// Types of which is kept what they are, before all are forgotten.
const MOST_TYPES: usize = 4096;

/// Reads the tasks of one process, again and again.
#[derive(Debug, Default)]
pub(super) struct TaskReader {
    /// Types of tasks, and where tasks of each keep things; `None` for what is no task written in C.
    types: HashMap<Address, Option<TaskOffsets>>,
}

/// The words of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskHead {
    pub(super) address: Address,
    pub(super) event_loop: Address,
    pub(super) waiter: Address,
    pub(super) coroutine: Address,
    pub(super) name: Address,
}

impl TaskReader {
    /// Reads all tasks that are not done, and says what may be missing.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(super) fn read(&mut self, scene: &mut Scene<'_>) -> Result<(TaskCensus, Vec<(String, Why)>), ReadError> {
        let TaskList { tasks: listed, mut gaps, .. } = TaskList::read(scene)?;
        let mut census = TaskCensus::default();
        let mut unread = 0_u64;
        for (index, address) in listed.iter().enumerate() {
            if clock::now() >= scene.deadline {
                unread = (listed.len() - index) as u64;
                break;
            }
            let Some(head) = self.head(scene.objects, *address)? else { continue };
            census.found += 1;
            if census.tasks.len() < TaskCensus::MOST_TASKS {
                census.tasks.push(sample(scene, &head));
            }
        }
        if unread > 0 {
            gaps.push((format!("what {unread} of {} tasks do", listed.len()), Why::Bounded));
        }
        census.tasks.sort_unstable_by_key(|task| task.address);
        Ok((census, gaps))
    }

    /// The words of a task that is not done; `None` for one that is, and for what is no task.
    fn head(&mut self, objects: Objects<'_>, address: Address) -> Result<Option<TaskHead>, ReadError> {
        match self.try_head(objects, address) {
            Err(gone @ (ReadError::Gone | ReadError::Refused)) => Err(gone),
            found => Ok(found.ok().flatten()),
        }
    }

    fn try_head(&mut self, objects: Objects<'_>, address: Address) -> Result<Option<TaskHead>, ReadError> {
        let Some(layout) = self.layout(objects, objects.type_of(address)?)? else { return Ok(None) };
        let bytes = objects.memory.read(address, layout.size)?;
        let word = |offset| u64_at(&bytes, offset).map(Address).ok_or(ReadError::Implausible(address));
        let state = bytes.get(layout.state..layout.state + 4).map(little_endian);
        if state != Some(PENDING) {
            return Ok(None);
        }
        Ok(Some(TaskHead {
            address,
            event_loop: word(layout.task_loop)?,
            waiter: word(layout.waiter)?,
            coroutine: word(layout.coroutine)?,
            name: word(layout.name)?,
        }))
    }

    fn layout(&mut self, objects: Objects<'_>, kind: Address) -> Result<Option<TaskOffsets>, ReadError> {
        if let Some(known) = self.types.get(&kind) {
            return Ok(*known);
        }
        let layout = match objects.base_named(kind, tasks::TASK)? {
            Some(base) => {
                let size = objects.memory.read_u64(base.plus(objects.offsets.object.type_basic_size))?;
                usize::try_from(size).ok().and_then(|size| objects.offsets.task_of_size(size))
            }
            None => None,
        };
        if self.types.len() >= MOST_TYPES {
            self.types.clear();
        }
        self.types.insert(kind, layout);
        Ok(layout)
    }
}

/// `task_state` of a task that is not done (CPython `Modules/_asynciomodule.c`, `STATE_PENDING`).
const PENDING: u64 = 0;

fn sample(scene: &Scene<'_>, head: &TaskHead) -> TaskSample {
    let running = |sample: &&crate::snapshot::LoopSample| {
        sample.task.get().and_then(Option::as_ref).is_some_and(|task| task.address == head.address)
    };
    TaskSample {
        address: head.address,
        name: known(tasks::name_text(scene.objects, head.name)),
        event_loop: head.event_loop,
        phase: match scene.loops.iter().find(running) {
            Some(_) => TaskPhase::Running,
            None if head.waiter.is_null() => TaskPhase::Ready,
            None => TaskPhase::Waiting,
        },
        chain: Known::Unknown(Why::NotRead),
        wait: Known::Unknown(Why::NotRead),
        awaited_by: Vec::new(),
    }
}
