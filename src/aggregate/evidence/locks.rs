//! What shows who has a lock.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Act, Place};
use crate::classify::Who;
use crate::snapshot::ParentLock;

/// A fact about locks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum LockFact {
    /// A thread holds the lock that is waited for, and does something meanwhile.
    Held { by: Who, taken: Option<Place>, looks: u64, of: u64, act: Act },
    /// Its owner is not a thread of this process; the parent has the same lock, or not.
    OwnerGone { in_parent: bool },
    /// Nobody was found who holds it, and what the parent tells of the same lock.
    HolderNotFound { in_parent: Option<ParentLock> },
    /// A task holds it across an await and waits for this loop.
    HeldAcrossAwait { by: Who, place: Place },
    /// A thread waits for a lock that another holds; `None`: it holds it itself.
    WaitsFor { waiter: Who, holder: Option<Who>, taken: Option<Place>, looks: u64, of: u64 },
    /// A signal's handler waits for it, which came while it was held.
    HandlesSignal { place: Place, signal: u8 },
    /// No thread of the circle was on a CPU.
    NoneOnCpu { for_s: f64 },
    /// Somebody can only go on when another does.
    NeedsOther { waiter: Who, at: Option<Place>, deed: Deed, other: Who },
    /// The waits of a circle are the same in two readings.
    SameWaits { apart_s: f64 },
}

/// What somebody needs of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case")]
pub enum Deed {
    /// To let go of an asyncio.Lock.
    Unlock {
        /// Where it was taken.
        taken: Place,
    },
    /// To let go of a lock of threads that is held across an await.
    UnlockThreads {
        /// Where it was taken.
        taken: Place,
    },
    /// To let go of a lock of threads.
    UnlockThread,
    /// To end.
    End,
    /// To end, as one of several.
    EndAmongSeveral,
    /// To run a call.
    RunCall,
    /// To run a coroutine on the loop that it runs.
    RunCoroutine,
    /// To let its loop turn.
    TurnLoop,
}
