//! What was true of a process at one instant, and what could not be known, and why.
//!
//! This room is the hub. Everything to the left of it touches a process; everything to the right is a pure function of
//! the values defined here, so a verdict can be replayed from a file. Live and recorded input meet in [`Recording`].
//!
//! Three lifetimes, three homes: facts that hold as long as the process lives ([`Process`]), facts that are learnt once
//! and referred to by number ([`Code`], stacks), and facts of one instant ([`Snapshot`] many times a second,
//! [`Surroundings`] about once a second, [`Census`] a few times in a run).

mod bytes;
mod census;
mod code;
mod ending;
mod event_loop;
mod handover;
mod known;
mod lock;
mod names;
mod pool;
mod process;
mod pulse;
mod recording;
mod request;
mod secrets;
mod site;
mod supervisor;
mod surroundings;
mod syscalls;
mod task;
mod test_mark;
mod thread;
mod work;

pub(crate) use bytes::each;
pub use census::Census;
pub use code::{Code, CodeFlags, CodeId, Frame, StackId};
pub use ending::Ending;
pub use event_loop::{LoopKind, LoopSample, Step, TaskRef};
pub use handover::Handover;
pub use known::{Known, Why};
pub use lock::{LockHolder, LockKind, LockSample, ParentLock, SignalHandler};
pub use names::{Address, Moment, ProcessId, ThreadId};
pub use pool::{Actor, Occupier, PoolKind, PoolSample};
pub use process::{Process, PythonVersion, Reader, Role, Server};
pub use pulse::{LoopPulse, Pulse};
pub use recording::{Cost, Excerpt, Ledger, Recording, Snapshot};
pub use request::RequestSample;
pub use secrets::{source_without_secrets, without_secrets, without_users};
pub use site::{Site, SiteKind};
pub use supervisor::{Aftermath, Supervisor};
pub use surroundings::{Cgroup, Child, Connection, DescriptorClass, FileLock, Listener, Surroundings, Traffic};
pub use syscalls::{Call, Operand, Syscall};
pub use task::{
    Awaited, FailedTask, PrimitiveKind, PrimitiveSample, TaskCensus, TaskGroup, TaskHold, TaskPhase, TaskSample,
    TaskWait,
};
pub use test_mark::{TestMark, TestMoment, TestPhase};
pub use thread::{
    CpuTimes, Descriptor, DescriptorKind, GilRole, GilSample, InterpreterSample, PythonThread, StackSample, Switches,
    SyscallState, TaskState, ThreadOs, ThreadSample,
};
pub use work::{CrewSample, MemberSample, PieceSample, WorkKind};

/// The version of these types on disk and of the `--json` report. Changed when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;
