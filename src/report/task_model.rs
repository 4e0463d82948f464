//! Tasks in the report.

use serde::{Deserialize, Serialize};

use crate::aggregate::Place;
use crate::snapshot::{Ending, Known, TaskPhase};

/// The tasks of one process, as they were last read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasksReport {
    /// The process.
    pub process: u32,
    /// When they were read, seconds of `CLOCK_MONOTONIC`.
    pub at_s: f64,
    /// How long reading them took, seconds.
    pub took_s: f64,
    /// Tasks that are not done, of all loops.
    pub found: u64,
    /// Whether there are more, which were not read; then there may be more requests too.
    pub cut: bool,
    /// All of them, counted by where they are, the largest group first.
    pub groups: Vec<TaskGroupReport>,
    /// Tasks one by one; of very many not all.
    pub tasks: Vec<TaskReport>,
    /// Primitives of asyncio that tasks wait for.
    pub primitives: Vec<PrimitiveReport>,
}

/// Tasks at the same place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskGroupReport {
    /// How many.
    pub count: u64,
    /// How many of them wait for the same as when the tasks were read first; unknown when they were read once, and for
    /// those that are not listed one by one.
    pub unchanged: Known<u64>,
    /// `waiting`, `ready` or `running`
    pub phase: TaskPhase,
    /// What one of them waits for, in words.
    pub waits_for: String,
    /// What could end the wait of one of them, in words; unknown where not all was looked through.
    #[serde(default)]
    pub could_end: Known<Vec<String>>,
    /// The innermost frame of the user's.
    pub place: Option<Place>,
    /// Tasks that wait for one of them, by name.
    pub awaited_by: Vec<String>,
    /// The chain of coroutines, innermost first. Empty when `stack_unknown` says why.
    pub stack: Vec<Place>,
    /// Why there is no chain, or `None`.
    pub stack_unknown: Option<String>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskReport {
    /// Its address, `0x7f23b0c48ad0`: what `id(task)` says in the program.
    pub id: String,
    /// Its name.
    pub name: Known<String>,
    /// The thread that runs its loop; unknown when none does.
    pub thread: Known<u32>,
    /// `waiting`, `ready` or `running`
    pub phase: TaskPhase,
    /// What it waits for, in words.
    pub waits_for: String,
    /// For how long it has waited for that at least, seconds; 0 when that was seen once.
    pub since_s: f64,
    /// Whether a timeout ends its wait.
    pub timed: bool,
    /// What could end its wait: empty where nobody is in sight.
    #[serde(default)]
    pub ends: Known<Vec<Ending>>,
    /// Index of its group.
    pub group: Option<usize>,
    /// Ids of the tasks that wait for it.
    pub awaited_by: Vec<String>,
}

/// A primitive of asyncio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrimitiveReport {
    /// Its address.
    pub id: String,
    /// `lock`, `event`, `condition`, `semaphore` or `queue`
    pub kind: String,
    /// Items of a queue, free places of a semaphore, 1 for a lock that is taken and for an event that is set.
    pub value: Known<u64>,
    /// The most items of a queue.
    pub limit: Known<Option<u64>>,
    /// Tasks that wait for it, of a queue to take from it.
    pub waiting: u64,
    /// Tasks that wait to put into a queue.
    pub putting: u64,
    /// Who holds it: id of the task.
    pub holders: Vec<String>,
    /// Where the first of them holds it.
    pub held_in: Option<Place>,
}
