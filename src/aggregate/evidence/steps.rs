//! What shows that a step of a loop lasts, and what it does.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Act, At};
use crate::snapshot::ThreadId;

/// A fact about one step of a loop, or one call of the main thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum StepFact {
    /// The same step in all looks at it.
    SameStep { looks: u64, ended: bool },
    /// Several stalls of one function; `looks` of the longest.
    Stalls { stalls: u64, total_s: f64, longest_s: f64, looks: u64 },
    /// What the thread did, in `looks` of `of`.
    Did { thread: ThreadId, act: Act, looks: u64, of: u64 },
    /// The same of the main thread of a process that has no loop yet.
    MainDid { act: Act, looks: u64, of: u64 },
    /// The main thread stays where it is.
    MainStands { at: At, looks: u64, of: u64 },
    /// The import machinery is on the stack.
    Imports,
    /// One line, frozen.
    FrozenLine { for_s: f64 },
    /// What it awaits comes and goes on its stack.
    AwaitsComeAndGo,
    /// The blamed function is known from the route alone.
    ByRoute,
    /// What would set the awaited future belongs to a loop: a task of it, or a call in its queue.
    FutureOf { queued: bool, event_loop: LoopIs },
    /// Voluntary context switches in the time.
    Switches { switches: u64, in_s: f64 },
    /// Ready to run and in the queue for a CPU.
    QueuedForCpu { for_s: f64, of_s: f64 },
    /// It began before the first look.
    BeganBefore { by_s: f64 },
    /// No event loop runs yet.
    NoLoopYet,
    /// Runs of loops on one stack.
    NestedRuns { runs: u64, thread: ThreadId, for_s: f64 },
}

/// Which loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "loop", rename_all = "kebab-case")]
pub enum LoopIs {
    /// The one that waits.
    This,
    /// Another one.
    OfThread {
        /// The thread that runs it.
        thread: ThreadId,
    },
    /// One that no thread runs.
    Nowhere {
        /// So many looks saw all threads.
        looks: u64,
    },
}
