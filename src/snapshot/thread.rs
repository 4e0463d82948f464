//! What a thread was doing, as Python and as the kernel see it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::known::not_read;
use super::{Address, Known, Site, StackId, ThreadId, Why};

/// The kernel's one-letter task state (`proc_pid_stat(5)`, field 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    /// `R`: on a CPU or ready for one.
    Running,
    /// `S`: interruptible sleep.
    Sleeping,
    /// `D`: uninterruptible sleep, usually a disk or a network file system.
    DiskSleep,
    /// `T`: stopped by a signal.
    Stopped,
    /// `t`: stopped by a tracer.
    Traced,
    /// `Z`: ended, not yet reaped.
    Zombie,
    /// `X`, `I` and whatever comes.
    Other,
}

/// `/proc/PID/task/TID/syscall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyscallState {
    /// The file says `running`: on a CPU or ready for one.
    Running,
    /// Inside a system call.
    Inside {
        /// Its number on the target's architecture.
        number: u32,
        /// Its arguments as passed.
        arguments: [u64; 6],
        /// The stack pointer.
        stack_pointer: u64,
    },
    /// Asleep or preempted outside of any call (`-1`).
    Outside,
}

/// `/proc/PID/task/TID/schedstat`, since the thread began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CpuTimes {
    /// Time on a CPU, nanoseconds.
    pub on_cpu_ns: u64,
    /// Time ready but waiting for a CPU, nanoseconds.
    pub run_queue_ns: u64,
    /// How many times it was put on a CPU.
    pub timeslices: u64,
}

/// Context switches since the thread began (`/proc/PID/task/TID/status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Switches {
    /// The thread went to sleep by itself.
    pub voluntary: u64,
    /// The kernel took the CPU away.
    pub involuntary: u64,
}

/// A file descriptor that a thread waits on, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Descriptor {
    /// The number.
    pub number: i32,
    /// What it leads to.
    pub kind: DescriptorKind,
}

/// What a file descriptor leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DescriptorKind {
    /// A TCP or UDP socket.
    Inet {
        /// `tcp` or `udp`.
        protocol: String,
        /// Our end, `10.0.0.5:41234`.
        local: String,
        /// The other end; `None` when not connected.
        peer: Option<String>,
        /// Port of our end.
        local_port: u16,
        /// Port of the other end, 0 when not connected.
        peer_port: u16,
        /// TCP state in `ss`'s words: `ESTAB`, `SYN-SENT`, `LISTEN`, `CLOSE-WAIT`, ...
        state: String,
        /// Bytes received and not yet read.
        unread: u64,
        /// Bytes written and not yet acknowledged.
        unsent: u64,
    },
    /// A Unix socket and its path, empty when it has none.
    Unix {
        /// Path or abstract name.
        path: String,
    },
    /// A pipe or FIFO.
    Pipe {
        /// The inode both ends share.
        inode: u64,
        /// Path, for a FIFO.
        path: Option<String>,
        /// Other processes that hold an end, as far as they are visible: pid and name.
        others: Vec<(u32, String)>,
    },
    /// A file or device with a path.
    File {
        /// The path as the target sees it.
        path: String,
        /// The mounted file system it is on, `nfs4 10.0.3.7:/export`; `None` where that is not known.
        #[serde(default)]
        mount: Option<String>,
    },
    /// An epoll, eventfd, timerfd or other anonymous inode: the kernel's name for it.
    Anonymous {
        /// `eventpoll`, `eventfd`, ...
        name: String,
    },
    /// Could not be resolved.
    Unresolved(Why),
}

/// What the kernel says of one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadOs {
    /// Task state.
    pub state: Known<TaskState>,
    /// The system call.
    pub syscall: Known<SyscallState>,
    /// CPU and run-queue time.
    pub cpu: Known<CpuTimes>,
    /// Context switches.
    pub switches: Known<Switches>,
    /// For how long it has not been on a CPU (`/proc/PID/task/TID/sched`, `se.exec_start`); not for GIL waiters, who wake
    /// every 5 ms.
    pub asleep_for: Known<Duration>,
    /// Page faults so far that had to read the page from a disk.
    #[serde(default = "not_read")]
    pub major_faults: Known<u64>,
    /// What the system call's descriptors lead to. Empty for calls without one.
    pub waits_on: Vec<Descriptor>,
    /// A path that the system call names (`openat` and its kin), as the target sees it.
    pub path: Option<String>,
}

impl ThreadOs {
    /// Of a thread that is not looked at in this sample.
    #[must_use]
    pub fn not_read() -> Self {
        Self {
            state: Known::Unknown(Why::NotRead),
            syscall: Known::Unknown(Why::NotRead),
            cpu: Known::Unknown(Why::NotRead),
            switches: Known::Unknown(Why::NotRead),
            asleep_for: Known::Unknown(Why::NotRead),
            major_faults: Known::Unknown(Why::NotRead),
            waits_on: Vec::new(),
            path: None,
        }
    }
}

/// What a thread has to do with the GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GilRole {
    /// Holds it, running or asleep.
    Holds,
    /// Sleeps on its condition variable.
    Waits,
    /// Gave it up on request and waits for the taker to confirm.
    HandsOver,
    /// Neither.
    Apart,
}

/// How well a stack could be read without stopping the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackSample {
    /// Read twice and equal, or of a thread that could not have moved in between.
    Stable(StackId),
    /// Only the outer frames were the same in both readings; they are kept.
    Cut(StackId),
    /// Nothing that can be relied on.
    Torn,
    /// Not read.
    Unknown(Why),
}

/// What Python says of one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonThread {
    /// Index into [`Snapshot::interpreters`](super::Snapshot::interpreters).
    pub interpreter: u16,
    /// The thread state object.
    pub thread_state: Address,
    /// `threading.Thread.name`, where known.
    pub name: Known<String>,
    /// Its stack, innermost frame first.
    pub stack: StackSample,
    /// What it has to do with the GIL.
    pub gil: Known<GilRole>,
    /// The instruction that its innermost frame is at, where the whole stack was read.
    #[serde(default = "not_read")]
    pub site: Known<Site>,
}

/// One thread at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadSample {
    /// Its id as we see it.
    pub thread: ThreadId,
    /// The kernel's name (`comm`), 15 bytes at most.
    pub kernel_name: Known<String>,
    /// Python's view; `None` for a native thread.
    pub python: Option<PythonThread>,
    /// The kernel's view.
    pub os: ThreadOs,
}

/// The GIL of an interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GilSample {
    /// Whether somebody holds it.
    pub locked: bool,
    /// Thread state of the last holder; it holds the GIL now only when `locked`.
    pub last_holder: Address,
    /// Counts changes of owner; frozen while one thread keeps it.
    pub switch_number: u64,
    /// Whether somebody asked the holder to give it up.
    pub requested: Known<bool>,
}

/// One interpreter at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterpreterSample {
    /// Its address.
    pub address: Address,
    /// Its GIL. Sub-interpreters may share one.
    pub gil: Known<GilSample>,
    /// Whether the garbage collector is running.
    pub collecting: Known<bool>,
}
