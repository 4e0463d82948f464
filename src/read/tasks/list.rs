//! Which tasks there are: what `asyncio.all_tasks()` goes through, of every loop and every interpreter.
//!
//! | version | where | what |
//! |---|---|---|
//! | 3.8 to 3.11 | `asyncio.tasks._all_tasks` | a `WeakSet` |
//! | 3.12, 3.13 | `asyncio.tasks._scheduled_tasks`, `_eager_tasks` | a `WeakSet` and a set |
//! | since 3.14 | every thread state and interpreter | linked lists of tasks written in C; the two above for others |
//!
//! The lists change while they are followed. A link is believed when the link back agrees; a list that is torn is
//! followed again from its head, and the tasks found until then are kept: whether they are tasks, their types say.

use std::collections::HashSet;

use crate::libraries::{asyncio, weakref};
use crate::memory::{Batch, ReadError, u64_at};
use crate::read::allowance::FEW;
use crate::read::objects::builtin::Objects;
use crate::read::scene::Scene;
use crate::snapshot::{Address, Why};

/// Tasks that are followed: a million of them is no service any more.
const MOST_TASKS: usize = 1 << 20;
/// Slots of a set that are looked through: a set of [`MOST_TASKS`] has no more.
const MOST_SLOTS: u64 = 1 << 23;
/// Slots of a set that are read at once.
const SLOTS_AT_ONCE: u64 = 4096;
/// How often a list is followed anew when it changes under our eyes.
const ATTEMPTS: usize = 8;

/// Tasks by address, and what may be missing.
#[derive(Debug, Default)]
pub(in crate::read) struct TaskList {
    pub(in crate::read) tasks: Vec<Address>,
    pub(in crate::read) gaps: Vec<(String, Why)>,
    seen: HashSet<Address>,
}

impl TaskList {
    /// Reads all lists.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us.
    pub(in crate::read) fn read(scene: &Scene<'_>) -> Result<Self, ReadError> {
        let mut list = Self::default();
        let (thread, interpreter, node) = (
            scene.objects.offsets.thread.tasks_head,
            scene.objects.offsets.interpreter.tasks_head,
            scene.objects.offsets.task.node,
        );
        if let (Some(in_thread), Some(in_interpreter), Some(node)) = (thread, interpreter, node) {
            let of_threads = scene.threads.iter().map(|thread| thread.state.plus(in_thread));
            let of_interpreters = scene.interpreters.iter().map(|interpreter| interpreter.plus(in_interpreter));
            for head in of_threads.chain(of_interpreters) {
                list.follow(scene, head, node)?;
            }
        }
        for interpreter in scene.interpreters {
            for name in asyncio::ALL_TASKS {
                list.collect(scene, *interpreter, name)?;
            }
        }
        Ok(list)
    }

    fn add(&mut self, task: Address) {
        if self.seen.insert(task) {
            self.tasks.push(task);
        }
    }

    fn is_over(&mut self, scene: &Scene<'_>) -> bool {
        let why = "a part of the tasks";
        let over = self.tasks.len() >= MOST_TASKS || scene.for_listing.is_spent_after(self.tasks.len(), FEW);
        if over && self.gaps.iter().all(|(what, _)| what != why) {
            self.gaps.push((why.to_owned(), Why::Bounded));
        }
        over
    }

    /// Follows a circular list of nodes from its head (CPython `Include/internal/pycore_llist.h`: next, then prev).
    fn follow(&mut self, scene: &Scene<'_>, head: Address, node: usize) -> Result<(), ReadError> {
        for _ in 0..ATTEMPTS {
            match self.follow_once(scene, head, node) {
                Ok(true) => return Ok(()),
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                Ok(false) | Err(_) => scene.pages.renew(),
            }
            if self.is_over(scene) {
                return Ok(());
            }
        }
        self.gaps.push(("a part of the tasks".to_owned(), Why::Torn));
        Ok(())
    }

    /// As [`TaskList::follow`]; false when a link did not lead back.
    fn follow_once(&mut self, scene: &Scene<'_>, head: Address, node: usize) -> Result<bool, ReadError> {
        let memory = scene.objects.memory;
        let (mut before, mut at) = (head, memory.read_pointer(head)?);
        // A head that was never used is null.
        if at.is_null() {
            return Ok(true);
        }
        while at != head {
            // A node that was taken out has no links.
            if at.is_null() || memory.read_pointer(at.plus(8))? != before {
                return Ok(false);
            }
            self.add(Address(at.0.wrapping_sub(node as u64)));
            if self.is_over(scene) {
                return Ok(true);
            }
            (before, at) = (at, memory.read_pointer(at)?);
        }
        Ok(true)
    }

    /// Adds the tasks of a set of the module, weak or not; one that a version does not have has none.
    fn collect(&mut self, scene: &Scene<'_>, interpreter: Address, name: &str) -> Result<(), ReadError> {
        for attempt in 1..=ATTEMPTS {
            match self.collect_once(scene, interpreter, name) {
                Ok(()) => return Ok(()),
                Err(gone @ (ReadError::Gone | ReadError::Refused)) => return Err(gone),
                // It grew and moved to another table.
                Err(_) if attempt < ATTEMPTS => scene.pages.renew(),
                Err(error) => {
                    self.gaps.push(("a part of the tasks".to_owned(), crate::read::objects::known::why(error)))
                }
            }
        }
        Ok(())
    }

    fn collect_once(&mut self, scene: &Scene<'_>, interpreter: Address, name: &str) -> Result<(), ReadError> {
        let objects = scene.objects;
        let Some(found) = objects.module_attribute(interpreter, asyncio::TASKS, name)? else { return Ok(()) };
        let (set, weak) = match objects.type_name_of(found.value)?.as_str() {
            "set" => (found.value, false),
            weakref::SET => match objects.attribute(found.value, weakref::DATA)? {
                Some(data) => (data.value, true),
                None => return Err(ReadError::Implausible(found.value)),
            },
            _ => return Err(ReadError::Implausible(found.value)),
        };
        let layout = &objects.offsets.object;
        let (mask, table) = (layout.set_mask, layout.set_table);
        let size = mask.max(table) + 8;
        let shape = || -> Result<(u64, Address), ReadError> {
            let head = scene.pages.read_now(set, size)?;
            let word = |offset| u64_at(&head, offset).ok_or(ReadError::Unmapped(set));
            Ok((word(mask)?.saturating_add(1), Address(word(table)?)))
        };
        let (slots, table) = shape()?;
        if slots > MOST_SLOTS {
            return Err(ReadError::Implausible(set));
        }
        let mut from = 0;
        while from < slots && !self.is_over(scene) {
            let count = (slots - from).min(SLOTS_AT_ONCE);
            let start = table.plus((from as usize).saturating_mul(layout.set_entry_size));
            let bytes = objects.memory.read(start, count as usize * layout.set_entry_size)?;
            let keys = bytes.chunks_exact(layout.set_entry_size).filter_map(|entry| u64_at(entry, 0));
            let keys: Vec<Address> = keys.filter(|key| *key != 0).map(Address).collect();
            let tasks = if weak { referents(objects, &keys)? } else { keys };
            tasks.into_iter().for_each(|task| self.add(task));
            from += count;
        }
        // A set that grew moved to another table, and the old one may be something else by now.
        if shape()? == (slots, table) { Ok(()) } else { Err(ReadError::Implausible(table)) }
    }
}

/// What weak references lead to. Where a slot was emptied stands a dummy object, which leads to nothing or to nonsense.
fn referents(objects: Objects<'_>, references: &[Address]) -> Result<Vec<Address>, ReadError> {
    let mut batch = Batch::default();
    let at = objects.offsets.object.weakref_object;
    let slots: Vec<_> = references.iter().map(|reference| batch.want(reference.plus(at), 8)).collect();
    objects.memory.fetch(&mut batch)?;
    let found = slots.into_iter().filter_map(|slot| batch.pointer_at(slot, 0));
    Ok(found.filter(|task| !task.is_null()).collect())
}
