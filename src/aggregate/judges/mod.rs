//! The judges: each knows one kind of trouble. They are asked in order, and the first one that has something to say has
//! said it; what the others would have seen is then a consequence, or not worth a word.

mod across_await;
mod blocked;
mod dead_loop;
mod deadlocked;
mod descriptors;
mod healthy;
mod kernel_facts;
mod lifespan;
mod loops;
mod main_thread;
mod memory;
mod native_mutex;
mod overloaded;
mod pools;
mod proc_only;
mod silent_peers;
mod slow_clients;
mod starved;
mod stopped;
mod stuck_tasks;
mod task_deadlocks;
mod throttled;
mod undecided;
mod unserved;
mod unset_event;
mod workerless;

use super::{Analysis, Verdict, fate};

pub use throttled::{Throttling, throttling};

/// Knows one kind of trouble.
trait Judge: Sync {
    /// The verdicts, if there is such trouble.
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict>;
}

const JUDGES: &[&dyn Judge] = &[
    &stopped::StoppedProcess,
    &descriptors::FullDescriptors,
    &memory::MemoryPressure,
    &loops::Loops,
    &task_deadlocks::TaskDeadlocks,
    &lifespan::Lifespan,
    &dead_loop::DeadLoops,
    &pools::Pools,
    &unserved::NeverServed,
    &workerless::Workerless,
    &throttled::Throttled,
    &slow_clients::SlowClients,
    &stuck_tasks::StuckTasks,
    &silent_peers::SilentPeers,
    &unset_event::UnsetEvents,
    &proc_only::FactsOfTheKernel,
    &undecided::Undecided,
];

/// The verdicts on one recording, the worst first. Never empty.
#[must_use]
pub fn verdicts(analysis: &Analysis<'_>) -> Vec<Verdict> {
    let found = JUDGES.iter().map(|judge| judge.judge(analysis)).find(|found| !found.is_empty());
    let mut found = found.unwrap_or_else(|| vec![healthy::healthy(analysis)]);
    // What the watchdog did about it belongs to the trouble that it saw.
    let trouble = found.first_mut().filter(|worst| worst.kind.is_trouble());
    if let Some((worst, fate)) = trouble.zip(fate(analysis)) {
        worst.hurts.insert(0, fate);
    }
    found
}
