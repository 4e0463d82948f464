//! Who supervises a worker, and what became of the worker when it ended while it was watched.

use serde::{Deserialize, Serialize};

use super::{Known, Moment, ProcessId};

/// The process above a worker, which may kill it and start another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervisor {
    /// Its number.
    pub pid: ProcessId,
    /// When it was started.
    pub started: Moment,
    /// When the worker was.
    pub worker_started: Moment,
    /// For how long it lets a worker be silent, seconds, as its command line says; `Is(None)` when that does not say.
    pub patience_s: Known<Option<u64>>,
    /// What was seen of it after the worker's end.
    pub after: Option<Aftermath>,
}

/// What was seen after a worker's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aftermath {
    /// Whether the supervisor was still there.
    pub supervised: bool,
    /// Children that it did not have while the worker lived.
    pub successors: Vec<ProcessId>,
    /// How often the kernel had killed for memory in the supervisor's control group by then.
    pub memory_kills: Known<u64>,
}
