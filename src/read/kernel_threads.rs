//! What the kernel says of the threads, by cost: every look costs two reads of `/proc`, the rest a few times a second.
//!
//! What was read in full stays true for a thread that has not been on a CPU since: its count of time slices says so. For
//! the threads that matter most here, those that are parked, the cheap look therefore is the full one.

use std::collections::HashMap;

use super::waits::Waits;
use crate::memory::Memory;
use crate::os::threads::{self, Detail, ThreadReader};
use crate::snapshot::{CpuTimes, Known, Moment, ProcessId, SyscallState, ThreadId, ThreadOs, Why};

/// Every so many samples the threads are listed, and a thread that moves is looked at in full.
const FULL_EVERY: u64 = 10;
/// Every so many samples a thread that sleeps in one call is looked at in full: what it waits for can change.
const ASLEEP_FULL_EVERY: u64 = 50;
/// Every so many samples a thread's kernel name is read again: a thread names itself once, soon after its start.
const NAME_EVERY: u64 = 200;

/// The kernel's threads of one process.
#[derive(Debug)]
pub(super) struct KernelThreads {
    process: ProcessId,
    reader: ThreadReader,
    waits: Waits,
    listed: Known<Vec<ThreadId>>,
    known: HashMap<ThreadId, KnownThread>,
    sample: u64,
    listed_in: u64,
}

#[derive(Debug)]
struct KnownThread {
    name: Known<String>,
    named_in: u64,
    full: Option<Full>,
}

/// The last look in full.
#[derive(Clone, Debug)]
struct Full {
    os: ThreadOs,
    at: Moment,
}

impl KernelThreads {
    /// Nothing is read yet.
    pub(super) fn new(process: ProcessId) -> Self {
        Self {
            process,
            reader: ThreadReader::new(process),
            waits: Waits::new(process),
            listed: Known::Unknown(Why::NotRead),
            known: HashMap::new(),
            sample: 0,
            listed_in: 0,
        }
    }

    /// Begins a sample. Lists the threads when that is due.
    pub(super) fn begin(&mut self) {
        self.sample += 1;
        if self.listed_in == 0 || self.sample >= self.listed_in + FULL_EVERY {
            self.list();
        }
    }

    /// Lists the threads, unless that was already done in this sample.
    pub(super) fn list(&mut self) {
        if self.listed_in != self.sample {
            self.listed_in = self.sample;
            self.listed = self.reader.threads();
            if let Known::Is(listed) = &self.listed {
                self.known.retain(|thread, _| listed.binary_search(thread).is_ok());
            }
        }
    }

    /// Whether the threads were listed in this sample.
    pub(super) fn was_listed_now(&self) -> bool {
        self.listed_in == self.sample
    }

    /// The threads as of the last listing, by id.
    pub(super) fn listed(&self) -> &Known<Vec<ThreadId>> {
        &self.listed
    }

    /// The kernel's name of a thread.
    pub(super) fn name(&mut self, thread: ThreadId) -> Known<String> {
        let (process, sample) = (self.process, self.sample);
        let known = self.known.entry(thread).or_insert_with(|| KnownThread {
            name: Known::Unknown(Why::NotRead),
            named_in: 0,
            full: None,
        });
        // A thread has its creator's name at first: look again soon.
        let again = if known.named_in + FULL_EVERY > sample { FULL_EVERY } else { NAME_EVERY };
        let due = sample >= known.named_in + again && (sample + u64::from(thread.0)).is_multiple_of(again);
        if known.named_in == 0 || due {
            known.name = threads::kernel_name(process, thread);
            known.named_in = sample;
        }
        known.name.clone()
    }

    /// What the kernel says of a thread. `closely`: in full whenever it has moved.
    pub(super) fn read(
        &mut self,
        memory: Option<&dyn Memory>,
        thread: ThreadId,
        closely: bool,
        now: Moment,
    ) -> ThreadOs {
        let due = |every| (self.sample + u64::from(thread.0)).is_multiple_of(every);
        let full = self.known.get(&thread).and_then(|known| known.full.as_ref());
        if let Some(full) = full.filter(|_| !due(ASLEEP_FULL_EVERY)) {
            let light = self.reader.read(thread, Detail::Light);
            if still_asleep(&full.os, &light) {
                return carried_on(full, light, now);
            }
            if !closely && !due(FULL_EVERY) {
                return light;
            }
        }
        let mut os = self.reader.read(thread, Detail::Full);
        self.waits.fill(memory, &mut os);
        if let Some(known) = self.known.get_mut(&thread) {
            known.full = Some(Full { os: os.clone(), at: now });
        }
        os
    }

    /// A thread that is not looked at in this sample.
    pub(super) fn not_read() -> ThreadOs {
        ThreadOs {
            state: Known::Unknown(Why::NotRead),
            syscall: Known::Unknown(Why::NotRead),
            cpu: Known::Unknown(Why::NotRead),
            switches: Known::Unknown(Why::NotRead),
            asleep_for: Known::Unknown(Why::NotRead),
            waits_on: Vec::new(),
            path: None,
        }
    }
}

/// Whether a thread has not been on a CPU between two looks.
fn still_asleep(before: &ThreadOs, now: &ThreadOs) -> bool {
    let slices = |times: &CpuTimes| times.timeslices;
    let same_slices = before.cpu.get().is_some() && before.cpu.get().map(slices) == now.cpu.get().map(slices);
    let inside = |os: &ThreadOs| matches!(os.syscall, Known::Is(SyscallState::Inside { .. }));
    same_slices && inside(now) && before.syscall == now.syscall
}

/// What was read in full, for a thread that has slept since.
fn carried_on(full: &Full, light: ThreadOs, now: Moment) -> ThreadOs {
    ThreadOs {
        state: full.os.state,
        switches: full.os.switches,
        asleep_for: full.os.asleep_for.map(|length| length + now.since(full.at)),
        waits_on: full.os.waits_on.clone(),
        path: full.os.path.clone(),
        ..light
    }
}
