//! What shows that pools are full and workers stand.

use serde::{Deserialize, Serialize};

use crate::aggregate::{At, Place};
use crate::snapshot::{PoolKind, ThreadId};

/// A fact about pools, workers and jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum WorkerFact {
    /// The same users have the places.
    SameUsers { users: u64, pool: PoolKind, apart_s: f64 },
    /// Whoever waited still waits.
    SameWaiters { apart_s: f64 },
    /// Functions beside the blamed one, and how many are in each.
    Others { users: Vec<(u64, Place)> },
    /// Places of which nobody is seen to have them.
    Unseen { places: u64, of: u64 },
    /// Where those are who wait.
    WaitersIn { waiters: u64, place: Place },
    /// Workers have the same piece at each reading.
    SamePiece { workers: u64, for_s: f64 },
    /// Workers of a library in the same wait at each look, of so many threads.
    InSameWaits { workers: u64, size: Option<u64>, library: String },
    /// Others of them.
    AlsoIn { workers: u64, at: At },
    /// A thread in one wait.
    OneWait { thread: ThreadId, for_s: f64 },
    /// A thread that computes in nearly all looks.
    Computes { thread: ThreadId },
    /// A thread that computes in most of them.
    MostlyComputes { thread: ThreadId, looks: u64 },
    /// A thread that was there in the last look.
    ThereLast { thread: ThreadId },
    /// How often a job is to run.
    Interval { every_s: f64 },
    /// A long job looks the same.
    MayBeLong,
    /// A consumer without messages looks the same.
    MayBeConsumer,
    /// Threads in all.
    ThreadsInAll { threads: u64 },
    /// How many of a crew are at work, and how many of those stand.
    AtWork { library: String, workers: u64, size: Option<u64>, standing: u64 },
}
