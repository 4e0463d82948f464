//! What a finding says in one sentence, as facts: a file for what belongs together. The sentences are made in `words`.
//!
//! Lengths are seconds, shares are 0 to 1; a place is the function of the user's.

mod loops;
mod processes;
mod tasks;

use serde::{Deserialize, Serialize};

pub use loops::{Between, LoopSummary};
pub use processes::{Crews, Lifespan, ProcessSummary, Undecided};
pub use tasks::{CouldEnd, Occupancy, PoolUse, TaskSummary};

/// What a finding says in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Summary {
    /// Of loops, threads and workers.
    Loop(LoopSummary),
    /// Of a process and what surrounds it.
    Process(ProcessSummary),
    /// Of tasks, requests and pools.
    Task(TaskSummary),
}

impl From<LoopSummary> for Summary {
    fn from(summary: LoopSummary) -> Self {
        Self::Loop(summary)
    }
}

impl From<ProcessSummary> for Summary {
    fn from(summary: ProcessSummary) -> Self {
        Self::Process(summary)
    }
}

impl From<TaskSummary> for Summary {
    fn from(summary: TaskSummary) -> Self {
        Self::Task(summary)
    }
}
