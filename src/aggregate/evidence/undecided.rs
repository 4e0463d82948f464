//! What keeps us from telling.

use serde::{Deserialize, Serialize};

use crate::snapshot::{ThreadId, Why};

/// A fact about what was not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum UndecidedFact {
    /// Too few looks.
    FewLooks { looks: u64, failed: u64, needed: u64 },
    /// Looks that failed.
    Failed { looks: u64, of: u64 },
    /// What the loop did is not clear.
    NotClear { thread: ThreadId, looks: u64, of: u64 },
    /// The loop waited for the GIL.
    AwaitedGil { thread: ThreadId, looks: u64, of: u64 },
    /// The loop was neither idle nor at work.
    NeitherIdleNorBusy { thread: ThreadId, looks: u64 },
    /// It was in one step until the process ended.
    OneStepToTheEnd { thread: ThreadId, for_s: f64 },
    /// It was busy in `looks` of `of` and idle in none.
    NeverIdle { thread: ThreadId, looks: u64, of: u64 },
    /// The memory is closed to us.
    MemoryClosed { looks: u64 },
    /// The requests of a server cannot be read.
    RequestsNotRead { server: String },
    /// No loop runs, and what could not be read.
    NoRunningLoop { looks: u64, gap: Option<(String, Why)> },
}
