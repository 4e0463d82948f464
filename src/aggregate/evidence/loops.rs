//! What shows how a loop is, as a whole.

use serde::{Deserialize, Serialize};

use crate::snapshot::{Role, ThreadId};

/// A fact about a loop as a whole, or about a process that serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum LoopFact {
    /// It runs steps in `looks` of `of`, and none lasts.
    NoStepLasts { looks: u64, of: u64 },
    /// Different tasks were seen to run.
    DifferentTasks { tasks: u64 },
    /// Callbacks that were ready at once.
    ReadyAtOnce { callbacks: u64 },
    /// It is idle in `looks` of `of`, and in steps that end in time in `steps`.
    Idle { thread: ThreadId, looks: u64, of: u64, steps: u64 },
    /// Connections that wait to be accepted.
    Waiting { connections: u64, port: u16 },
    /// No request in flight in any reading.
    NoRequest,
    /// Requests that are old although nothing is wrong with them.
    OldRequests { requests: u64, for_s: f64 },
    /// No trouble in all looks.
    NoTrouble { looks: u64 },
    /// A process of this role, and no loop in it.
    NoLoop { role: Role, looks: u64 },
}
