//! What the kernel says of the threads, by cost: every look costs two reads of `/proc`, the rest a few times a second.
//!
//! What was read in full stays true for a thread that has not been on a CPU since: its count of time slices says so. For
//! the threads that matter most here, those that are parked, the cheap look therefore is the full one; and what was read
//! of their memory after the look before is still what stands there.

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
pub(in crate::read) struct KernelThreads {
    process: ProcessId,
    reader: ThreadReader,
    waits: Waits,
    listed: Known<Vec<ThreadId>>,
    known: HashMap<ThreadId, KnownThread>,
    sample: u64,
    listed_in: u64,
}

#[derive(Debug, Default)]
struct KnownThread {
    name: Option<Known<String>>,
    names_read: u8,
    full: Option<Full>,
    /// Time slices at the last look, if the thread was asleep in a system call.
    slept_at: Option<u64>,
}

/// The last look in full.
#[derive(Clone, Debug)]
struct Full {
    os: ThreadOs,
    at: Moment,
}

impl KernelThreads {
    /// Nothing is read yet.
    pub(in crate::read) fn new(process: ProcessId) -> Self {
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
    pub(in crate::read) fn begin(&mut self) {
        self.sample += 1;
        if self.listed_in == 0 || self.sample >= self.listed_in + FULL_EVERY {
            self.list();
        }
    }

    /// Lists the threads, unless that was already done in this sample.
    pub(in crate::read) fn list(&mut self) {
        if self.listed_in != self.sample {
            self.listed_in = self.sample;
            self.listed = self.reader.threads();
            if let Known::Is(listed) = &self.listed {
                self.known.retain(|thread, _| listed.binary_search(thread).is_ok());
            }
        }
    }

    /// Whether the threads were listed in this sample.
    pub(in crate::read) fn was_listed_now(&self) -> bool {
        self.listed_in == self.sample
    }

    /// The threads as of the last listing, by id.
    pub(in crate::read) fn listed(&self) -> &Known<Vec<ThreadId>> {
        &self.listed
    }

    /// The kernel's name of a thread.
    pub(in crate::read) fn name(&mut self, thread: ThreadId) -> Known<String> {
        let phase = self.sample + u64::from(thread.0);
        let known = self.known.entry(thread).or_default();
        // A thread has its creator's name at first: look again soon.
        let every = if known.names_read < 2 { FULL_EVERY } else { NAME_EVERY };
        match &known.name {
            Some(name) if !phase.is_multiple_of(every) => name.clone(),
            _ => {
                let name = threads::kernel_name(self.process, thread);
                known.name = Some(name.clone());
                known.names_read = known.names_read.saturating_add(1);
                name
            }
        }
    }

    /// What the kernel says of a thread before its memory is read, and whether it has slept since the look before.
    /// `closely`: in full whenever it has moved.
    pub(in crate::read) fn look(
        &mut self,
        memory: Option<&dyn Memory>,
        thread: ThreadId,
        closely: bool,
        now: Moment,
    ) -> (ThreadOs, bool) {
        let before = self.known.get(&thread).and_then(|known| known.slept_at);
        let os = self.read(memory, thread, closely, now);
        self.known.entry(thread).or_default().slept_at = sleeping_slices(&os);
        let slept = before.is_some() && before == os.cpu.get().map(|times| times.timeslices);
        (os, slept)
    }

    /// What the kernel says of a thread, at any time in the sample.
    pub(in crate::read) fn read(
        &mut self,
        memory: Option<&dyn Memory>,
        thread: ThreadId,
        closely: bool,
        now: Moment,
    ) -> ThreadOs {
        let due = |every| (self.sample + u64::from(thread.0)).is_multiple_of(every);
        // The main thread is where a server without a loop, or before it has one, gets stuck.
        let closely = closely || thread.0 == self.process.0;
        let known = self.known.entry(thread).or_default();
        let slept_at = known.slept_at.take();
        if let Some(full) = known.full.as_ref().filter(|_| !due(ASLEEP_FULL_EVERY)) {
            if let Some(slices) = sleeping_slices(&full.os) {
                let cpu = self.reader.cpu(thread);
                if cpu.get().is_some_and(|times| times.timeslices == slices) {
                    return full.carried_on(cpu, closely.then_some(now));
                }
            }
            if !closely && !due(FULL_EVERY) {
                let light = self.reader.read(thread, Detail::Light);
                // Asleep for the second time in a row: from now on it may stay so, and one look in full lasts.
                if slept_at.is_none() || sleeping_slices(&light) != slept_at {
                    return light;
                }
            }
        }
        let mut os = self.reader.read(thread, Detail::Full);
        self.waits.fill(memory, thread, &mut os);
        known.full = Some(Full { os: os.clone(), at: now });
        os
    }

    /// The system call of a thread and nothing else.
    pub(in crate::read) fn syscall(&mut self, thread: ThreadId) -> Known<SyscallState> {
        self.reader.read(thread, Detail::Light).syscall
    }
}

impl Full {
    /// What was read in full, for a thread that has slept since. For how long, only of those that are watched closely
    /// (`now`): it is all that differs between two looks at a parked thread, and would keep their samples from being
    /// shared.
    fn carried_on(&self, cpu: Known<CpuTimes>, now: Option<Moment>) -> ThreadOs {
        let asleep_for = match now {
            Some(now) => self.os.asleep_for.map(|length| length + now.since(self.at)),
            None => Known::Unknown(Why::NotRead),
        };
        ThreadOs { cpu, asleep_for, ..self.os.clone() }
    }
}

/// How many time slices a thread had that was asleep in a system call. Kernels that do not count them say 0.
fn sleeping_slices(os: &ThreadOs) -> Option<u64> {
    let slices = os.cpu.get().map(|times| times.timeslices).filter(|slices| *slices > 0);
    slices.filter(|_| matches!(os.syscall, Known::Is(SyscallState::Inside { .. })))
}
