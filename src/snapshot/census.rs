//! Who is in the process: tasks, pools, requests. Read a few times in a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CrewSample, Handover, Known, Moment, PoolSample, RequestSample, TaskCensus, Why};

/// The tasks, pools and requests of a process at one instant. Reading them costs more than a snapshot, and what hangs
/// does not change: one early and one at the end tell what stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Census {
    /// When the reading began.
    pub at: Moment,
    /// How long the reading took.
    pub took: Duration,
    /// Tasks.
    pub tasks: Known<TaskCensus>,
    /// Pools that somebody uses or waits for.
    #[serde(default)]
    pub pools: Vec<PoolSample>,
    /// Requests in flight, at most [`Census::MOST_REQUESTS`].
    #[serde(default)]
    pub requests: Vec<RequestSample>,
    /// Those who work for a server, a queue of jobs or a schedule.
    #[serde(default)]
    pub crews: Vec<CrewSample>,
    /// Threads that wait for coroutines which they handed to a loop, by thread.
    #[serde(default)]
    pub handovers: Vec<Handover>,
    /// What was not read, and why.
    #[serde(default)]
    pub gaps: Vec<(String, Why)>,
}

impl Census {
    /// Requests that are kept.
    pub const MOST_REQUESTS: usize = 4096;
    /// The name of the gap where not every thread that waits for a loop, or has one among its variables, was looked at.
    pub const WAITS_FOR_LOOPS: &str = "for which loops threads wait";

    /// A census of which nothing is known.
    #[must_use]
    pub fn unknown(at: Moment, why: Why) -> Self {
        Self {
            at,
            took: Duration::ZERO,
            tasks: Known::Unknown(why),
            pools: Vec::new(),
            requests: Vec::new(),
            crews: Vec::new(),
            handovers: Vec::new(),
            gaps: Vec::new(),
        }
    }
}
