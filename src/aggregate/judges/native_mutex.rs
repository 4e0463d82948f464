//! The GIL against a mutex of native code: one thread has the GIL and wants the mutex, another has the mutex and wants the
//! GIL. From outside the first looks like any wait that keeps the GIL; how it sleeps tells.

use crate::aggregate::Analysis;
use crate::aggregate::gil;
use crate::aggregate::track::Track;
use crate::classify::Who;
use crate::snapshot::{Call, GilRole, Snapshot, Syscall, SyscallState, ThreadId, ThreadSample};

/// `FUTEX_PRIVATE_FLAG` (`include/uapi/linux/futex.h`).
const PRIVATE: u64 = 0x80;
/// `FUTEX_WAIT`, as `pthread_mutex_lock` of glibc and of musl sleeps.
const WAIT: u64 = 0;
/// `FUTEX_WAIT_BITSET`, as the mutex of Rust's standard library sleeps.
const WAIT_BITSET: u64 = 9;
/// What a mutex holds while it is locked and somebody waits: of glibc (`sysdeps/nptl/lowlevellock.h`) and Rust
/// (`library/std/src/sys/sync/mutex/futex.rs`) 2, of musl `EBUSY` and the highest bit (`src/thread/pthread_mutex_timedlock.c`).
/// Semaphores and glibc's conditions wait for other values, or with a clock.
const LOCKED_AND_WANTED: [u64; 2] = [2, 0x8000_0010];
/// Who waits for a condition of musl waits for 2 as well, but on a variable of its own stack, some hundred bytes above the
/// stack pointer (`src/thread/pthread_cond_timedwait.c`).
const OWN_FRAMES: u64 = 4096;

/// A thread that sleeps on a native mutex and has the GIL all the while.
pub(super) struct Standoff<'a> {
    /// Threads beside the loops that wait for the GIL all the while: one of them has the mutex.
    pub(super) suspects: Vec<&'a ThreadSample>,
}

/// Whether the holder of the GIL sleeps on one mutex in all of these looks and nothing moves.
pub(super) fn standoff<'a>(analysis: &Analysis<'a>, track: &Track<'_>, indices: &[usize]) -> Option<Standoff<'a>> {
    let snapshots: Vec<&'a Snapshot> =
        indices.iter().filter_map(|index| analysis.recording.snapshots.get(*index)).collect();
    let (first, last) = (snapshots.first()?, snapshots.last()?);
    let asleep = |snapshot: &Snapshot| gil::holder(snapshot).and_then(sleeps_on_mutex);
    let same = asleep(first)?;
    let frozen = gil::sample(first)?.switch_number == gil::sample(last)?.switch_number;
    if !frozen || snapshots.iter().any(|snapshot| asleep(snapshot) != Some(same)) {
        return None;
    }
    let waits = |snapshot: &Snapshot, thread: ThreadId| {
        let role = snapshot.thread(thread).and_then(|found| found.python.as_ref()).and_then(|python| python.gil.ok());
        role == Some(GilRole::Waits)
    };
    // A waiter wakes every 5 ms and is missed in a few looks of a hundred.
    let always = |thread: ThreadId| {
        snapshots.iter().filter(|snapshot| waits(snapshot, thread)).count() * 10 >= snapshots.len() * 8
    };
    let beside = last.threads.iter().map(AsRef::as_ref).filter(|thread| analysis.track_of(thread.thread).is_none());
    let suspects: Vec<&ThreadSample> =
        beside.filter(|thread| thread.thread != track.thread && always(thread.thread)).collect();
    (!suspects.is_empty()).then_some(Standoff { suspects })
}

/// Which mutex a thread sleeps on, and how often it had gone to sleep by then; `None` for any other wait.
fn sleeps_on_mutex(thread: &ThreadSample) -> Option<(u64, ThreadId, Option<u64>)> {
    let Some(SyscallState::Inside { number, arguments, stack_pointer }) = thread.os.syscall.get() else { return None };
    let [address, operation, value, timeout, ..] = *arguments;
    let is_futex = Syscall::of(*number).is_some_and(|call| call.call == Call::Futex);
    let plain = matches!(operation & !PRIVATE, WAIT | WAIT_BITSET);
    let sleeps = thread.os.switches.get().map(|switches| switches.voluntary);
    let wanted = LOCKED_AND_WANTED.contains(&(value & 0xffff_ffff)) && timeout == 0;
    let on_own_stack = address.checked_sub(*stack_pointer).is_some_and(|above| above < OWN_FRAMES);
    (is_futex && plain && wanted && !on_own_stack).then_some((address, thread.thread, sleeps))
}

impl Standoff<'_> {
    /// Who they are.
    pub(super) fn who(&self) -> Vec<Who> {
        self.suspects.iter().map(|thread| Who::from(*thread)).collect()
    }
}
