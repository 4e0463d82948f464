//! What the kernel tells of threads, children and memory.

use serde::{Deserialize, Serialize};

use crate::snapshot::ThreadId;

/// A fact of the kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum KernelFact {
    /// Memory is at its limit.
    AtMemoryLimit { share: f64, limit_mib: u64, hits_per_s: f64 },
    /// Page faults of a thread.
    PageFaults { thread: ThreadId, per_s: f64, looks: u64, of: u64 },
    /// Everybody in the group waited for memory.
    MemoryStalled { share: f64 },
    /// Every thread is stopped.
    AllStopped { looks: u64, of: u64 },
    /// The control group says that it is frozen.
    GroupFrozen { readings: u64, of: u64 },
    /// Every thread is in uninterruptible sleep.
    AllUninterruptible { looks: u64 },
    /// The main thread is asleep in `looks` of `of`; when it was last on a CPU.
    MainAsleep { looks: u64, of: u64, for_s: Option<f64> },
    /// Threads, and what they use together of a core.
    Threads { threads: u64, share: Option<f64> },
    /// The main thread is in its poll.
    InPoll { looks: u64, of: u64 },
    /// The main thread is in its poll, and no connection waits to be accepted.
    PollsAlone { looks: u64, of: u64 },
    /// The main thread is outside of its poll.
    OutsidePoll { looks: u64, of: u64 },
    /// No worker is among the children.
    NoWorker { readings: u64 },
    /// Workers that ended and were not reaped.
    NotReaped { workers: u64 },
    /// Kills for want of memory in the control group.
    Killed { kills: u64 },
}
