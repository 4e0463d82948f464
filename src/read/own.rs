//! Our own reader: everything a snapshot has to say of a Python whose layout we know, in a fixed order.
//!
//! What the kernel says of the threads comes first: it tells who has slept since the last sample, whose stack then need
//! not be read. Then the stacks; then the loops, most of whose words were fetched together with the stacks; names last, because they hardly change.

use std::collections::{HashMap, HashSet};

use super::budget::Budget;
use super::crews::Crews;
use super::locks::fork_parent::ForkParent;
use super::locks::reader::{Around as AroundLocks, Locks};
use super::loops::endpoint::endpoint;
use super::loops::reader::{Loops, Surroundings as Around};
use super::objects::builtin::Objects;
use super::objects::moments::Lifetime;
use super::pools::reader::Pools;
use super::requests::Requests;
use super::stacks::foresight::Ahead;
use super::stacks::reader::{StackReader, Target};
use super::stacks::reading::ThreadReading;
use super::stacks::sites::Sites;
use super::tasks::watch::WaitWatch;
use super::threads::gil::{self, Gil};
use super::threads::ids::ThreadIds;
use super::threads::kernel::KernelThreads;
use super::threads::live::LiveThread;
use super::threads::names::ThreadNames;
use super::threads::roster::{Interpreter, ThreadState};
use crate::attach::OwnAccess;
use crate::layout::{CLibraryOffsets, Offsets};
use crate::memory::{LiveMemory, Memory, ReadError, u64_at};
use crate::os::clock;
use crate::os::threads::innermost_id;
use crate::snapshot::{
    Address, GilRole, InterpreterSample, Known, LockSample, LoopSample, Moment, Process, ProcessId, PythonThread, Site,
    StackSample, SyscallState, ThreadId, ThreadOs, Why,
};

/// Reads a Python whose layout we know.
#[derive(Debug)]
pub(in crate::read) struct OwnReader {
    pub(in crate::read) memory: LiveMemory,
    pub(in crate::read) offsets: Offsets,
    pub(super) library: CLibraryOffsets,
    pub(super) runtime: Address,
    pub(super) pid: ProcessId,
    pub(super) began: Moment,
    innermost: Option<u32>,
    pub(in crate::read) stacks: StackReader,
    ids: ThreadIds,
    resolved: HashMap<Address, (Identity, ThreadId)>,
    pub(super) loops: Loops,
    pub(super) pulses: Ahead,
    locks: Locks,
    parent: ForkParent,
    pub(in crate::read) pools: Pools,
    pub(in crate::read) requests: Requests,
    pub(in crate::read) crews: Crews,
    pub(in crate::read) wait_watch: WaitWatch,
    names: ThreadNames,
    sites: Sites,
    pub(super) loop_threads: Vec<ThreadId>,
    /// Locks that threads slept for in the last sample.
    pub(in crate::read) last_locks: Vec<LockSample>,
    /// Loops that ran in the last sample.
    pub(in crate::read) last_loops: Vec<Address>,
    /// Threads that slept for the GIL in the last sample, and how often they had been put on a CPU by then.
    waited: HashMap<ThreadId, (u64, GilRole)>,
    /// Thread states whose kernel thread was not found in the last sample.
    nameless: HashSet<Address>,
    /// The sample before succeeded.
    was_read: bool,
}

/// Where a thread state is and which thread it says it is of; one that is freed and used again says another.
type Identity = (Address, Option<u64>, Option<u64>);

fn identity(state: &ThreadState, offsets: &Offsets) -> Identity {
    let word = |offset| u64_at(&state.bytes, offset);
    (state.address, word(offsets.thread.thread_id), offsets.thread.native_thread_id.and_then(word))
}

/// What was read of Python.
#[derive(Debug, Default)]
pub(in crate::read) struct OwnSample {
    pub(in crate::read) interpreters: Vec<InterpreterSample>,
    pub(in crate::read) loops: Vec<LoopSample>,
    pub(in crate::read) locks: Vec<LockSample>,
    /// By thread id.
    pub(in crate::read) threads: Vec<(ThreadId, PythonThread, ThreadOs)>,
    pub(in crate::read) gaps: Vec<(String, Why)>,
}

impl OwnReader {
    pub(in crate::read) fn new(
        process: &Process,
        library: CLibraryOffsets,
        access: OwnAccess,
        budget: &Budget,
    ) -> Self {
        let OwnAccess { memory, offsets, runtime, .. } = access;
        Self {
            memory,
            offsets,
            library,
            runtime,
            pid: process.pid,
            began: clock::of_ticks(process.start_ticks),
            innermost: innermost_id(process.pid, ThreadId(process.pid.0)).ok(),
            stacks: StackReader::within(budget),
            ids: ThreadIds::new(process.pid, library.thread_ids),
            resolved: HashMap::new(),
            loops: Loops::default(),
            pulses: Ahead::default(),
            locks: Locks::default(),
            parent: ForkParent::of(process.pid),
            pools: Pools::default(),
            requests: Requests::default(),
            crews: Crews::default(),
            wait_watch: WaitWatch::default(),
            names: ThreadNames::default(),
            sites: Sites::default(),
            loop_threads: Vec::new(),
            last_locks: Vec::new(),
            last_loops: Vec::new(),
            waited: HashMap::new(),
            nameless: HashSet::new(),
            was_read: false,
        }
    }

    /// The target's memory.
    pub(in crate::read) fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    /// Reads everything once.
    ///
    /// # Errors
    ///
    /// When the process is gone or closed to us, or the runtime cannot be read.
    pub(in crate::read) fn read(&mut self, kernel: &mut KernelThreads) -> Result<OwnSample, ReadError> {
        let mut os: HashMap<ThreadId, (ThreadOs, bool)> = HashMap::with_capacity(self.resolved.len());
        let mut rested = HashSet::new();
        let now = clock::now();
        // Before their memory is read: a thread that sleeps now and at the next look has not moved in between.
        for (identity, thread) in self.resolved.values() {
            // Several interpreters can have states of one thread, but two looks at it in a row would prove nothing.
            let (_, slept) = os.entry(*thread).or_insert_with(|| {
                let closely = self.loop_threads.contains(thread);
                kernel.look(Some(&self.memory), *thread, closely, now)
            });
            if *slept && self.was_read {
                rested.insert(*identity);
            }
        }
        let mut os: HashMap<ThreadId, ThreadOs> = os.into_iter().map(|(thread, (os, _))| (thread, os)).collect();
        self.was_read = false;
        let target = Target { memory: &self.memory, offsets: &self.offsets, runtime: self.runtime };
        let has_rested = |state: &ThreadState| rested.contains(&identity(state, &self.offsets));
        self.stacks.read(target, &has_rested)?;
        self.was_read = true;
        let (threads, unresolved) = self.live_threads(kernel)?;
        for thread in &threads {
            let look = || kernel.read(Some(&self.memory), thread.thread, false, now);
            os.entry(thread.thread).or_insert_with(look);
        }
        let mut sample = OwnSample::default();
        if self.stacks.is_restless() {
            sample.gaps.push(("threads".to_owned(), Why::Torn));
        }
        sample.gaps.extend(self.stacks.gaps());
        if unresolved > 0 {
            sample.gaps.push((format!("kernel ids of {unresolved} Python threads"), Why::Vanished));
        }
        self.read_interpreters_and_loops(&mut sample, &threads, &os);
        let (interpreters, gils) = self.read_gils();
        sample.interpreters = interpreters;
        sample.locks = self.read_locks(&threads, &os, &gils)?;
        self.last_locks.clone_from(&sample.locks);
        let sites = self.read_sites(&threads)?;
        self.assemble(&mut sample, threads, os, (&gils, &sites));
        self.wait_watch.look(&self.memory)?;
        Ok(sample)
    }

    /// The threads of Python with their kernel ids; and how many thread states had none in this and the last sample.
    pub(in crate::read) fn live_threads(
        &mut self,
        kernel: &mut KernelThreads,
    ) -> Result<(Vec<LiveThread>, usize), ReadError> {
        let identity = |reading: &ThreadReading| identity(&reading.state, &self.offsets);
        let known = |resolved: &HashMap<Address, (Identity, ThreadId)>, reading: &ThreadReading| {
            let (before, thread) = resolved.get(&reading.state.address)?;
            (*before == identity(reading)).then_some(*thread)
        };
        let readings = &self.stacks.threads;
        if readings.iter().any(|reading| known(&self.resolved, reading).is_none()) {
            kernel.list();
        }
        if kernel.was_listed_now() {
            if let Known::Is(listed) = kernel.listed() {
                self.ids.learn(listed);
            }
            let states: Vec<&[u8]> = readings.iter().map(|reading| reading.state.bytes.as_slice()).collect();
            let ids = self.ids.resolve(&self.memory, &self.offsets, &states)?;
            let found = readings.iter().zip(ids);
            self.resolved = found
                .filter_map(|(reading, id)| Some((reading.state.address, (identity(reading), id.ok()?))))
                .collect();
        }
        let mut threads = Vec::with_capacity(readings.len());
        let mut nameless = HashSet::new();
        for reading in readings {
            if let Some(thread) = known(&self.resolved, reading) {
                threads.push(LiveThread {
                    thread,
                    state: reading.state.address,
                    state_bytes: reading.state.bytes.clone(),
                    interpreter: reading.state.interpreter,
                    frames: reading.frames.clone(),
                    stable: matches!(reading.stack, Some(StackSample::Stable(_))),
                });
            } else {
                nameless.insert(reading.state.address);
            }
        }
        // A thread that begins or ends has a state without a kernel thread for a moment; that is no gap.
        let unresolved = nameless.intersection(&self.nameless).count();
        self.nameless = nameless;
        Ok((threads, unresolved))
    }

    fn read_interpreters_and_loops(
        &mut self,
        sample: &mut OwnSample,
        threads: &[LiveThread],
        os: &HashMap<ThreadId, ThreadOs>,
    ) {
        let interpreters: Vec<Address> =
            self.stacks.interpreters().iter().map(|interpreter| interpreter.address).collect();
        let search = Objects::new(&self.memory, &self.offsets);
        let lifetime = Lifetime { began: self.began, now: clock::now() };
        let syscall = |thread| os.get(&thread).map_or(Known::Unknown(Why::NotRead), |os| os.syscall);
        let view = self.stacks.foresight.view(&self.stacks.batch, &self.memory);
        let objects = Objects::new(&view, &self.offsets);
        let around = Around {
            interpreters: &interpreters,
            threads,
            codes: self.stacks.codes.codes(),
            syscall: &syscall,
            innermost: self.innermost,
            lifetime,
        };
        let (mut loops, gaps) = self.loops.read(objects, search, &around);
        for sample in &mut loops {
            let thread = threads.iter().find(|thread| thread.thread == sample.thread && !thread.frames.is_empty());
            sample.endpoint = match thread {
                Some(thread) => endpoint(search, thread, &mut self.stacks.codes),
                None => Known::Is(None),
            };
        }
        self.names.refresh(search, &interpreters, threads, lifetime.now);
        self.loop_threads = loops.iter().map(|sample| sample.thread).collect();
        self.last_loops = loops.iter().map(|sample| sample.address).collect();
        sample.loops = loops;
        sample.gaps.extend(gaps);
    }

    /// The interpreters, and the GIL of each that has one.
    fn read_gils(&self) -> (Vec<InterpreterSample>, Vec<Option<Gil>>) {
        let view = self.stacks.foresight.view(&self.stacks.batch, &self.memory);
        let read = |interpreter: &Interpreter| {
            gil::interpreter(&view, &self.offsets, &self.library, self.runtime, interpreter.address)
        };
        self.stacks.interpreters().iter().map(read).unzip()
    }

    fn read_locks(
        &mut self,
        threads: &[LiveThread],
        os: &HashMap<ThreadId, ThreadOs>,
        gils: &[Option<Gil>],
    ) -> Result<Vec<LockSample>, ReadError> {
        let view = self.stacks.foresight.view(&self.stacks.batch, &self.memory);
        let is_of_gil = |slept_on: Address| {
            gils.iter().flatten().any(|gil| gil.role_of_sleeper(&view, &self.offsets, slept_on, true).is_some())
        };
        let (codes, parent) = (&self.stacks.codes, &self.parent);
        let around = AroundLocks { threads, os, codes, is_of_gil: &is_of_gil, parent };
        self.locks.read(Objects::new(&self.memory, &self.offsets), &around)
    }

    /// The instructions that threads are at whose whole stack was read, by thread state.
    fn read_sites(&mut self, threads: &[LiveThread]) -> Result<HashMap<Address, Site>, ReadError> {
        let objects = Objects::new(&self.memory, &self.offsets);
        let mut found = HashMap::with_capacity(threads.len());
        for thread in threads.iter().filter(|thread| thread.stable) {
            let Some(innermost) = thread.frames.first() else { continue };
            if let Some(site) = self.sites.of(objects, innermost)? {
                found.insert(thread.state, site);
            }
        }
        Ok(found)
    }

    /// Puts together what belongs to one kernel thread.
    fn assemble(
        &mut self,
        sample: &mut OwnSample,
        threads: Vec<LiveThread>,
        mut os: HashMap<ThreadId, ThreadOs>,
        (gils, sites): (&[Option<Gil>], &HashMap<Address, Site>),
    ) {
        let view = self.stacks.foresight.view(&self.stacks.batch, &self.memory);
        let stacks: HashMap<Address, StackSample> =
            self.stacks.threads.iter().filter_map(|reading| Some((reading.state.address, reading.stack?))).collect();
        let mut of_thread: HashMap<ThreadId, Vec<LiveThread>> = HashMap::with_capacity(threads.len());
        for thread in threads {
            of_thread.entry(thread.thread).or_default().push(thread);
        }
        let mut nested = Vec::new();
        let before = std::mem::take(&mut self.waited);
        for (thread, mut states) in of_thread {
            let Some(os) = os.remove(&thread) else { continue };
            // Several interpreters in one thread: the newest was called by the older ones.
            states.sort_by_key(|state| std::cmp::Reverse(state.interpreter));
            let stack = |state: &LiveThread| stacks.get(&state.state).copied().unwrap_or(StackSample::Torn);
            let inner = states.iter().find(|state| !state.frames.is_empty()).or(states.first());
            let Some(inner) = inner else { continue };
            let role = match gils.get(usize::from(inner.interpreter)).and_then(Option::as_ref) {
                Some(gil) => still_waits(self.role(gil, &view, inner, os.syscall), &os, before.get(&thread)),
                None => Known::Unknown(Why::NotInThisPython),
            };
            if let (Known::Is(role @ (GilRole::Waits | GilRole::HandsOver)), Known::Is(cpu)) = (role, os.cpu) {
                self.waited.insert(thread, (cpu.timeslices, role));
            }
            let python = PythonThread {
                interpreter: inner.interpreter,
                thread_state: inner.state,
                name: self.names.get(thread),
                stack: stack(inner),
                gil: role,
                site: Known::from_option(sites.get(&inner.state).cloned(), Why::NotRead),
            };
            if states.len() > 1 {
                nested.push((thread, states.iter().map(stack).collect::<Vec<_>>()));
            }
            sample.threads.push((thread, python, os));
        }
        for (thread, parts) in nested {
            let whole = self.stacks.nest(&parts);
            for (_, python, _) in sample.threads.iter_mut().filter(|(id, ..)| *id == thread) {
                python.stack = whole;
            }
        }
        sample.threads.sort_by_key(|(thread, ..)| *thread);
    }

    fn role(
        &self,
        gil: &Gil,
        memory: &dyn Memory,
        thread: &LiveThread,
        syscall: Known<SyscallState>,
    ) -> Known<GilRole> {
        let asks = self.offsets.thread.gil_requested;
        let asks = asks.and_then(|offset| u64_at(&thread.state_bytes, offset)).map(|word| word & 0xffff_ffff != 0);
        gil.role(memory, &self.offsets, thread.state, syscall, asks)
    }
}

/// A waiter wakes every 5 ms to ask for the GIL again. Woken, and not put on a CPU since it was seen asleep, it has not come
/// to ask and still waits; on a crowded machine that is how many waiters are found.
fn still_waits(role: Known<GilRole>, os: &ThreadOs, before: Option<&(u64, GilRole)>) -> Known<GilRole> {
    let woken = role == Known::Is(GilRole::Apart) && os.syscall == Known::Is(SyscallState::Running);
    match before {
        Some((slices, slept)) if woken && os.cpu.get().is_some_and(|cpu| cpu.timeslices == *slices && *slices > 0) => {
            Known::Is(*slept)
        }
        _ => role,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::CpuTimes;

    #[test]
    fn a_woken_waiter_that_was_not_put_on_a_cpu_still_waits() {
        let woken = |timeslices| ThreadOs {
            syscall: Known::Is(SyscallState::Running),
            cpu: Known::Is(CpuTimes { on_cpu_ns: 0, run_queue_ns: 0, timeslices }),
            ..ThreadOs::not_read()
        };
        let apart = Known::Is(GilRole::Apart);
        let before = Some(&(7, GilRole::Waits));
        assert_eq!(still_waits(apart, &woken(7), before), Known::Is(GilRole::Waits));
        assert_eq!(still_waits(apart, &woken(8), before), apart, "it was on a CPU, and may have got the GIL");
        assert_eq!(still_waits(apart, &woken(7), None), apart, "it was not seen to wait");
        assert_eq!(still_waits(apart, &woken(0), Some(&(0, GilRole::Waits))), apart, "a kernel that does not count");
        let holds = Known::Is(GilRole::Holds);
        assert_eq!(still_waits(holds, &woken(7), before), holds);
        let elsewhere = ThreadOs { syscall: Known::Is(SyscallState::Outside), ..woken(7) };
        assert_eq!(still_waits(apart, &elsewhere, before), apart);
    }
}
