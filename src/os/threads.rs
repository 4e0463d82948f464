//! The threads of a process as the kernel sees them, cheap enough to be read with every snapshot.
//!
//! A look at a thread is two `pread`s of descriptors that stay open (about a microsecond each); opening the files again
//! every time would cost five times as much. A descriptor of `/proc` belongs to one thread for ever: after the thread's
//! end it answers `ESRCH`, also when the number is used again, and is then opened anew.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;

use super::clock;
use super::proc_file::{self, SMALL, known, numbered_entries, reason};
use super::task_text::{
    Sched, parse_sched, parse_schedstat, parse_status_switches, parse_syscall, parse_task_stat, status_value,
};
use crate::snapshot::{CpuTimes, Known, Moment, ProcessId, ThreadId, ThreadOs, Why, without_secrets};

/// How many threads of one process are listed. A Python server has tens; a thousand is a fault worth reporting; beyond
/// this the list itself would cost more than a sample may.
pub const MOST_THREADS: usize = 8192;

/// How often a scheduler's clock is compared with ours. It runs at the same rate but leaves out time stolen by
/// interrupts and hypervisors (0.7 s in 53 minutes were measured), which is nothing in this span.
const CALIBRATION_SPAN: Duration = Duration::from_secs(1);

/// How many descriptors hangspy lets itself have, if the hard limit allows: 16 threads short of 4000 threads at four
/// files each.
const WANTED_DESCRIPTORS: u64 = 16_384;

/// How much of a thread is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// System call, CPU and run-queue time: with every snapshot.
    Light,
    /// Also state, context switches and for how long it has slept: a few times a second.
    Full,
}

/// Threads of one process, with their files kept open.
#[derive(Debug)]
pub struct ThreadReader {
    process: ProcessId,
    threads: HashMap<ThreadId, OpenThread>,
    scheduler_clocks: HashMap<u32, SchedulerClock>,
    buffer: Vec<u8>,
}

impl ThreadReader {
    /// A reader that has not opened anything yet.
    #[must_use]
    pub fn new(process: ProcessId) -> Self {
        Self { process, threads: HashMap::new(), scheduler_clocks: HashMap::new(), buffer: vec![0; BUFFER] }
    }

    /// The threads that exist now, at most [`MOST_THREADS`], by id. Closes the files of those that ended.
    pub fn threads(&mut self) -> Known<Vec<ThreadId>> {
        let listed = list(self.process);
        if let Known::Is(threads) = &listed {
            self.threads.retain(|thread, _| threads.binary_search(thread).is_ok());
        }
        listed
    }

    /// CPU and run-queue time alone: the cheapest way to see whether a thread has run at all.
    pub fn cpu(&mut self, thread: ThreadId) -> Known<CpuTimes> {
        let place = ThreadKey { process: self.process, thread };
        let open = self.threads.entry(thread).or_default();
        known(open.read(ThreadFile::Schedstat, place, &mut self.buffer, parse_schedstat))
    }

    /// What the kernel says of one thread. What its system call waits on is not resolved here.
    pub fn read(&mut self, thread: ThreadId, detail: Detail) -> ThreadOs {
        let place = ThreadKey { process: self.process, thread };
        let open = self.threads.entry(thread).or_default();
        let buffer = &mut self.buffer;
        // In this order: a thread that is asleep in the second file has run no more time slices than the first one says,
        // or the next look will show more.
        let cpu = known(open.read(ThreadFile::Schedstat, place, buffer, parse_schedstat));
        let mut os = ThreadOs {
            syscall: known(open.read(ThreadFile::Syscall, place, buffer, parse_syscall)),
            cpu,
            ..ThreadOs::not_read()
        };
        if detail == Detail::Full {
            let stat = open.read(ThreadFile::Stat, place, buffer, parse_task_stat);
            os.state = known(stat.map(|stat| stat.state));
            os.major_faults = known(stat.map(|stat| stat.major_faults));
            let sched = open.read(ThreadFile::Sched, place, buffer, parse_sched);
            // `sched` has the same two counters; `status` costs a read of its own and is for kernels without `sched`.
            os.switches = match sched {
                Ok(Sched { switches: Some(switches), .. }) => Known::Is(switches),
                _ => known(open.read(ThreadFile::Status, place, buffer, parse_status_switches)),
            };
            os.asleep_for = known(sched.and_then(|sched| self.asleep_for(sched.last_on_cpu, stat?.processor)));
        }
        os
    }

    /// How long ago it was last on a CPU. Every CPU has a scheduler's clock of its own, which leaves out what interrupts
    /// and the hypervisor took from that CPU: two of them were seen 0.6 s apart after 80 minutes.
    fn asleep_for(&mut self, last_on_cpu: Duration, processor: u32) -> Result<Duration, Why> {
        let now = clock::now();
        let current = match self.scheduler_clocks.get(&processor) {
            Some(clock) if now.since(clock.read_at) < CALIBRATION_SPAN => *clock,
            _ => SchedulerClock::read(processor)?,
        };
        self.scheduler_clocks.insert(processor, current);
        Ok((current.value + now.since(current.read_at)).saturating_sub(last_on_cpu))
    }
}

/// The threads of a process, at most [`MOST_THREADS`], by id.
#[must_use]
pub fn list(process: ProcessId) -> Known<Vec<ThreadId>> {
    known(
        numbered_entries(format!("/proc/{process}/task"), MOST_THREADS)
            .map(|(numbers, _)| numbers.into_iter().map(ThreadId).collect()),
    )
}

/// The kernel's name of a thread (`comm`): up to 15 bytes that the program chose.
#[must_use]
pub fn kernel_name(process: ProcessId, thread: ThreadId) -> Known<String> {
    let text = proc_file::read_text(format!("/proc/{process}/task/{thread}/comm"), SMALL);
    known(text.map(|text| without_secrets(text.strip_suffix('\n').unwrap_or(&text)).into_owned()))
}

/// Whether a thread that opens a FIFO waits for somebody to open the other end: where in the kernel it sleeps says so
/// (`fs/pipe.c`), and asking that never touches the file.
#[must_use]
pub fn waits_for_partner(process: ProcessId, thread: ThreadId) -> bool {
    let place = proc_file::read_text(format!("/proc/{process}/task/{thread}/wchan"), SMALL);
    place.is_ok_and(|place| matches!(place.trim(), "wait_for_partner" | "fifo_open"))
}

/// The number by which the thread knows itself: the innermost pid namespace's. CPython's thread states hold this one.
#[must_use]
pub fn innermost_id(process: ProcessId, thread: ThreadId) -> Known<u32> {
    let text = proc_file::read_text(format!("/proc/{process}/task/{thread}/status"), SMALL);
    known(text.and_then(|text| parse_innermost(&text).ok_or(Why::NotInThisKernel)))
}

/// The last column of `NSpid` in `/proc/PID/task/TID/status`.
#[must_use]
pub fn parse_innermost(status: &str) -> Option<u32> {
    status_value(status, "NSpid")?.split_ascii_whitespace().next_back()?.parse().ok()
}

/// The scheduler's clock of one CPU, as our own thread shows it when it runs there, and when it was looked at.
#[derive(Clone, Copy, Debug)]
struct SchedulerClock {
    value: Duration,
    read_at: Moment,
}

impl SchedulerClock {
    /// Goes to that CPU for a moment, because a thread shows no other clock than the one of the CPU it runs on.
    fn read(processor: u32) -> Result<Self, Why> {
        let ourselves = Pid::from_raw(0);
        let usual = sched_getaffinity(ourselves).map_err(|_| Why::NotInThisKernel)?;
        let mut there = CpuSet::new();
        there.set(usize::try_from(processor).map_err(|_| Why::Implausible)?).map_err(|_| Why::Implausible)?;
        sched_setaffinity(ourselves, &there).map_err(|_| Why::NotPermitted)?;
        let clock = Self::here();
        // Without this we would stay where the target was last; the set was ours a moment ago, so it cannot be refused.
        let back = sched_setaffinity(ourselves, &usual).map_err(|_| Why::NotPermitted);
        back.and(clock)
    }

    fn here() -> Result<Self, Why> {
        let text = proc_file::read_text("/proc/thread-self/sched", SMALL).map_err(|why| match why {
            Why::Vanished => Why::NotInThisKernel,
            other => other,
        })?;
        let sched = parse_sched(&text).ok_or(Why::NotInThisKernel)?;
        Ok(Self { value: sched.last_on_cpu, read_at: clock::now() })
    }
}

/// Room for the longest of the files; `status` is the longest with some kilobytes on the largest machines.
const BUFFER: usize = 16 * 1024;

#[derive(Clone, Copy, Debug)]
struct ThreadKey {
    process: ProcessId,
    thread: ThreadId,
}

/// The files about a thread that are read again and again.
#[derive(Clone, Copy, Debug)]
enum ThreadFile {
    Syscall,
    Schedstat,
    Stat,
    Sched,
    Status,
}

impl ThreadFile {
    fn name(self) -> &'static str {
        match self {
            Self::Syscall => "syscall",
            Self::Schedstat => "schedstat",
            Self::Stat => "stat",
            Self::Sched => "sched",
            Self::Status => "status",
        }
    }
}

#[derive(Debug, Default)]
struct OpenThread {
    slots: [Slot; 5],
}

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Unopened,
    Open(KeptFile),
    /// Refused for good: rights and kernels do not change under us.
    Refused(Why),
}

impl OpenThread {
    fn read<T>(
        &mut self,
        kind: ThreadFile,
        place: ThreadKey,
        buffer: &mut [u8],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Why> {
        let Some(slot) = self.slots.get_mut(kind as usize) else { return Err(Why::NotRead) };
        if let Slot::Open(kept) = slot {
            match read_whole(&kept.file, buffer, &parse) {
                Err(Why::Vanished) => *slot = Slot::Unopened,
                answer => return answer,
            }
        }
        if let Slot::Refused(why) = slot {
            return Err(*why);
        }
        let file = match File::open(format!("/proc/{}/task/{}/{}", place.process, place.thread, kind.name())) {
            Ok(file) => file,
            Err(error) => {
                let why = missing(kind, reason(&error));
                if matches!(why, Why::NotPermitted | Why::NotInThisKernel) {
                    *slot = Slot::Refused(why);
                }
                return Err(why);
            }
        };
        let answer = read_whole(&file, buffer, &parse);
        if !matches!(answer, Err(Why::Vanished))
            && let Some(kept) = KeptFile::new(file)
        {
            *slot = Slot::Open(kept);
        }
        answer
    }
}

/// A file that is missing for our own thread too is not offered by this kernel.
fn missing(kind: ThreadFile, why: Why) -> Why {
    let offered = || std::fs::exists(format!("/proc/thread-self/{}", kind.name())).unwrap_or(true);
    if why == Why::Vanished && !offered() { Why::NotInThisKernel } else { why }
}

fn read_whole<T>(file: &File, buffer: &mut [u8], parse: impl Fn(&str) -> Option<T>) -> Result<T, Why> {
    let length = file.read_at(buffer, 0).map_err(|error| reason(&error))?;
    if length == buffer.len() {
        return Err(Why::Bounded);
    }
    let bytes = buffer.get(..length).unwrap_or_default();
    // Only a name can be something else than ASCII, and then the text is copied.
    let text = String::from_utf8_lossy(bytes);
    parse(&text).ok_or(if length == 0 { Why::Vanished } else { Why::Implausible })
}

/// Files that all readers of this program keep open.
static KEPT_FILES: AtomicU64 = AtomicU64::new(0);

/// A file that stays open, counted, so that watching many workers cannot use up our own descriptors.
#[derive(Debug)]
struct KeptFile {
    file: File,
}

impl KeptFile {
    /// `None` when enough are open: the caller then reads the file once and closes it, which is slower but right.
    fn new(file: File) -> Option<Self> {
        let before = KEPT_FILES.fetch_add(1, Ordering::Relaxed);
        if before < most_kept_files() {
            return Some(Self { file });
        }
        KEPT_FILES.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        KEPT_FILES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Three quarters of our descriptors; the rest is for everything else. Raises the soft limit once, within the hard one.
fn most_kept_files() -> u64 {
    static MOST: OnceLock<u64> = OnceLock::new();
    *MOST.get_or_init(|| {
        let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 128 };
        let wanted = WANTED_DESCRIPTORS.min(hard);
        let have =
            if wanted > soft && setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).is_ok() { wanted } else { soft };
        have.saturating_mul(3) / 4
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::snapshot::{SyscallState, TaskState};

    fn own_process() -> ProcessId {
        ProcessId(std::process::id())
    }

    fn own_thread() -> ThreadId {
        ThreadId(nix::unistd::gettid().as_raw().cast_unsigned())
    }

    #[test]
    fn the_reader_sees_itself_reading() {
        let mut reader = ThreadReader::new(own_process());
        let os = reader.read(own_thread(), Detail::Full);
        let inside = matches!(os.syscall, Known::Is(SyscallState::Inside { .. }));
        assert!(inside, "our own look is itself a system call, but was seen as {:?}", os.syscall);
        assert_eq!(os.state, Known::Is(TaskState::Running));
        assert!(os.cpu.get().is_some_and(|times| times.timeslices > 0), "never put on a CPU: {:?}", os.cpu);
        assert!(os.switches.get().is_some(), "no context switches: {:?}", os.switches);
    }

    #[test]
    fn how_long_it_slept_is_right_on_every_cpu() {
        /// Our clock follows the scheduler's by one tick at most, 10 ms at 100 ticks per second.
        const TICKS: Duration = Duration::from_millis(20);
        let allowed = sched_getaffinity(Pid::from_raw(0)).unwrap();
        let mut reader = ThreadReader::new(own_process());
        for processor in (0..CpuSet::count()).filter(|processor| allowed.is_set(*processor).unwrap()).take(8) {
            let (tell, told) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let sleeper = thread::spawn(move || {
                let mut here = CpuSet::new();
                here.set(processor).unwrap();
                sched_setaffinity(Pid::from_raw(0), &here).unwrap();
                tell.send((own_thread(), clock::now())).unwrap();
                let _ = released.recv();
            });
            let (id, awake_at) = told.recv().unwrap();
            while !matches!(reader.read(id, Detail::Light).syscall, Known::Is(SyscallState::Inside { .. })) {
                thread::yield_now();
            }
            let asleep_at = clock::now();
            while clock::now().since(asleep_at) < TICKS {
                thread::yield_now();
            }
            let Known::Is(slept) = reader.read(id, Detail::Full).asleep_for else {
                println!("skipped: this kernel does not say when a thread was last on a CPU");
                return;
            };
            let now = clock::now();
            assert!(
                slept <= now.since(awake_at) + TICKS,
                "CPU {processor}: {slept:?}, awake {:?} ago",
                now.since(awake_at)
            );
            assert!(slept + TICKS >= now.since(asleep_at), "CPU {processor}: {slept:?}, in {:?}", now.since(asleep_at));
            drop(release);
            sleeper.join().unwrap();
        }
    }

    #[test]
    fn an_ended_thread_is_forgotten_and_its_files_closed() {
        let mut reader = ThreadReader::new(own_process());
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let other = thread::spawn(move || {
            tell.send(own_thread()).unwrap();
            let _ = released.recv();
        });
        let id = told.recv().unwrap();
        assert!(reader.threads().get().unwrap().contains(&id), "the thread is not in the list");
        assert!(reader.read(id, Detail::Light).syscall.get().is_some(), "its system call cannot be read");
        drop(release);
        other.join().unwrap();
        // The kernel removes the task shortly after the join returns; both answers must come to agree.
        while reader.threads().get().unwrap().contains(&id) {
            thread::yield_now();
        }
        assert!(reader.threads.is_empty(), "the files of an ended thread stay open");
        assert_eq!(reader.read(id, Detail::Light).syscall, Known::Unknown(Why::Vanished));
    }

    #[test]
    fn no_such_process() {
        let mut reader = ThreadReader::new(ProcessId(u32::MAX));
        assert_eq!(reader.threads(), Known::Unknown(Why::Vanished));
        assert_eq!(reader.read(ThreadId(1), Detail::Full).state, Known::Unknown(Why::Vanished));
    }

    #[test]
    fn names_and_inner_numbers() {
        let name = kernel_name(own_process(), own_thread());
        assert!(name.get().is_some_and(|name| !name.is_empty() && !name.ends_with('\n')), "{name:?}");
        assert_eq!(parse_innermost("Name:\tx\nNSpid:\t4711\t31\t7\n"), Some(7));
        assert_eq!(parse_innermost("Name:\tx\n"), None);
    }
}
