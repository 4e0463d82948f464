//! What is said of loops, threads and workers.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Act, At, Cause, Lifespan, Place, Where};

/// A finding about a loop or threads, in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum LoopSummary {
    /// A step of the loop does not return.
    Blocked { phase: Option<Lifespan>, for_s: f64, place: Option<Place>, cause: Cause, act: Act },
    /// Many shorter stalls.
    BlockedOften { share: f64, place: Option<Place>, cause: Cause, act: Act, stalls: u64, longest_s: f64 },
    /// The main thread is blocked, as `/proc` alone shows it.
    MainBlocked { for_s: f64, act: Option<Act> },
    /// The loop waits for the GIL, which others have.
    Starved { cause: Cause, place: Option<Place>, threads: u64 },
    /// The loop has more to do than time.
    Overloaded { callbacks: u64, place: Option<Place>, turn_s: f64 },
    /// A loop runs inside of a loop.
    LoopInLoop { outer: Place, inner: Place },
    /// Threads wait for a coroutine of a loop that no thread runs.
    LoopGone { threads: u64, place: Option<Place> },
    /// A thread waits for its own lock, and what ran in between.
    OwnLock { at: Where, taken: Option<Place>, between: Option<Between> },
    /// Threads wait for each other's locks.
    EachOthersLocks { waiters: Vec<Where> },
    /// Tasks and threads wait for each other.
    EachOther { waiters: Vec<Where> },
    /// One has the GIL and waits for a native mutex, whose owner waits for the GIL.
    MutexAgainstGil { place: Place },
    /// All workers stand.
    WorkersStand { library: String, workers: u64, for_s: f64, at: At },
    /// Threads that serve requests stand, and others serve.
    ThreadsStand { requests: u64, for_s: f64, at: At },
    /// A job stands.
    JobStands { name: String, library: String, for_s: f64, at: At },
    /// A process without a loop stands.
    Stands { for_s: f64, at: At },
    /// What a process does that serves nothing that we know.
    NoServer { at: At },
}

/// What ran between the frame that took a lock and the one that waits for it, without being called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Between {
    /// The handler of a signal.
    Handler,
    /// `__del__`, which runs when an object dies or garbage is collected.
    Finalizer,
}
