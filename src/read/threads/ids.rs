//! Which kernel thread a Python thread state belongs to.
//!
//! Since 3.11 the thread state says so. Before, it has only the `pthread_t`, and the C library keeps the kernel's number
//! in the structure that this points to. Either number is the one of the innermost pid namespace, so it is translated
//! with the last column of `NSpid`.

use std::collections::{HashMap, HashSet};

use crate::layout::Offsets;
use crate::memory::{Batch, Memory, ReadError, little_endian, u64_at};
use crate::os::threads::innermost_id;
use crate::snapshot::{Address, Known, ProcessId, ThreadId, Why};

/// Translates thread states to kernel threads of one process.
#[derive(Debug)]
pub(crate) struct ThreadIds {
    process: ProcessId,
    /// Innermost number of every kernel thread seen, and ours.
    ours: HashMap<u32, ThreadId>,
    /// Kernel threads at the last look.
    tasks: Vec<ThreadId>,
    /// Where the C library may keep the kernel's number in `struct pthread`.
    places: &'static [usize],
    /// The one of them that fits this process, once found.
    place: Option<usize>,
}

impl ThreadIds {
    /// Nothing is read yet.
    pub(crate) fn new(process: ProcessId, places: &'static [usize]) -> Self {
        Self { process, ours: HashMap::new(), tasks: Vec::new(), places, place: None }
    }

    /// Takes note of the kernel threads that there are now, reading the innermost number of new ones.
    pub(crate) fn learn(&mut self, tasks: &[ThreadId]) {
        if self.tasks == tasks {
            return;
        }
        let there: HashSet<ThreadId> = tasks.iter().copied().collect();
        self.ours.retain(|_, thread| there.contains(thread));
        let learnt: HashSet<ThreadId> = self.ours.values().copied().collect();
        for task in tasks.iter().filter(|task| !learnt.contains(task)) {
            if let Known::Is(innermost) = innermost_id(self.process, *task) {
                self.ours.insert(innermost, *task);
            }
        }
        self.tasks = tasks.to_vec();
    }

    /// The kernel threads of thread states, given the first bytes of each.
    pub(crate) fn resolve(
        &mut self,
        memory: &dyn Memory,
        offsets: &Offsets,
        states: &[&[u8]],
    ) -> Result<Vec<Known<ThreadId>>, ReadError> {
        let native = |state: &[u8]| {
            let number = u64_at(state, offsets.thread.native_thread_id?)?;
            self.ours.get(&u32::try_from(number).ok()?).copied()
        };
        let mut found: Vec<Option<ThreadId>> = states.iter().map(|state| native(state)).collect();
        // Also since 3.11: early releases keep the parent's number in a forked child.
        if found.iter().any(Option::is_none) {
            let handle = |state: &&[u8]| u64_at(state, offsets.thread.thread_id).unwrap_or(0);
            let handles: Vec<u64> = states.iter().map(handle).collect();
            for (found, by_handle) in found.iter_mut().zip(self.of_handles(memory, &handles)?) {
                *found = found.or(by_handle);
            }
        }
        Ok(found.into_iter().map(|thread| Known::from_option(thread, Why::Vanished)).collect())
    }

    /// The kernel threads of `pthread_t`s.
    pub(crate) fn of_handles(
        &mut self,
        memory: &dyn Memory,
        handles: &[u64],
    ) -> Result<Vec<Option<ThreadId>>, ReadError> {
        let numbers = self.pthread_ids(memory, handles)?;
        Ok(numbers.into_iter().map(|number| self.ours.get(&number?).copied()).collect())
    }

    /// The numbers in the C library's thread structures.
    fn pthread_ids(&mut self, memory: &dyn Memory, handles: &[u64]) -> Result<Vec<Option<u32>>, ReadError> {
        let candidates = self.place.map_or_else(|| self.places.to_vec(), |offset| vec![offset]);
        let mut batch = Batch::default();
        let mut slots = Vec::with_capacity(handles.len() * candidates.len());
        for offset in &candidates {
            slots.extend(handles.iter().map(|handle| batch.want(Address(*handle).plus(*offset), 4)));
        }
        memory.fetch(&mut batch)?;
        let number = |slot| batch.bytes(slot).map(little_endian).and_then(|number| u32::try_from(number).ok());
        let numbers: Vec<Option<u32>> = slots.into_iter().map(number).collect();
        let matches =
            |numbers: &[Option<u32>]| numbers.iter().flatten().filter(|number| self.ours.contains_key(number)).count();
        // The place at which the most threads have the number of a real one. A tie goes to the first.
        let mut best = (0, Vec::new(), None);
        for (offset, numbers) in candidates.iter().zip(numbers.chunks(handles.len().max(1))) {
            let count = matches(numbers);
            if count > best.0 || best.2.is_none() {
                best = (count, numbers.to_vec(), Some(*offset));
            }
        }
        if best.0 > 0 {
            self.place = best.2;
        }
        Ok(best.1)
    }
}
