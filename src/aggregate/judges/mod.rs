//! The judges: each knows one kind of trouble, and all of them are asked. What comes of another trouble is told under it:
//! most of that is seen from who stands still in it, and the rest a judge says itself.

mod across_await;
mod blocked;
mod blocked_workers;
mod dead_loop;
mod deadlocked;
mod descriptors;
mod healthy;
mod kernel_facts;
mod lifespan;
mod loopless;
mod loops;
mod main_thread;
mod memory;
mod native_mutex;
mod nested_loops;
mod overloaded;
mod pools;
mod proc_only;
mod retried_requests;
mod silent_peers;
mod slow_clients;
mod standing_threads;
mod starved;
mod stopped;
mod stuck_jobs;
mod stuck_tasks;
mod task_deadlocks;
mod throttled;
mod unanswered_clients;
mod unanswered_jobs;
mod undecided;
mod unserved;
mod unset_event;
mod waiting_requests;
mod workerless;

use super::explained::explained;
use super::{Analysis, Because, Hurt, Subject, Verdict, fate};

pub use blocked::verdict_on;
pub use healthy::facts as facts_of_health;

pub use throttled::{Throttling, throttling};

/// Knows one kind of trouble. A new one is a file here and a line in [`JUDGES`].
pub trait Judge: Sync {
    /// What there is of such trouble.
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict>;

    /// Which other findings come of one of this judge's, beside those of which everybody is held up by it: that is seen from
    /// [`super::About`].
    fn explains(&self) -> &'static [Explains] {
        &[]
    }
}

/// Findings that come of another one.
#[derive(Clone, Copy, Debug)]
pub struct Explains {
    /// Whether the second finding comes of the first, which is one of the judge's own.
    pub when: fn(&Analysis<'_>, &Verdict, &Verdict) -> bool,
    /// Why it does.
    pub because: Because,
}

/// All judges. Their order means nothing.
pub const JUDGES: &[&dyn Judge] = &[
    &stopped::StoppedProcess,
    &descriptors::FullDescriptors,
    &memory::MemoryPressure,
    &deadlocked::ThreadDeadlocks,
    &blocked::BlockedLoops,
    &starved::StarvedLoops,
    &overloaded::OverloadedLoops,
    &nested_loops::NestedLoops,
    &blocked_workers::BlockedWorkers,
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
    &waiting_requests::WaitingRequests,
    &retried_requests::RetriedRequests,
    &stuck_jobs::StuckJobs,
    &unanswered_jobs::UnansweredJobs,
    &unanswered_clients::UnansweredClients,
    &standing_threads::StandingThreads,
    &proc_only::FactsOfTheKernel,
];

/// The verdicts on one recording, the worst first. Never empty.
#[must_use]
pub fn verdicts(analysis: &Analysis<'_>) -> Vec<Verdict> {
    heard(analysis, JUDGES)
}

/// What these judges say of a recording, the worst first, and what comes of another trouble under that. Where none of them
/// has found anything: that the evidence does not decide, or that nothing is wrong. Never empty.
#[must_use]
pub fn heard(analysis: &Analysis<'_>, judges: &[&'static dyn Judge]) -> Vec<Verdict> {
    let all = judges.iter().flat_map(|judge| judge.judge(analysis).into_iter().map(move |finding| (*judge, finding)));
    let mut found = explained(analysis, all.collect());
    if found.is_empty() {
        let unclear = || {
            let closed = proc_only::healthy(analysis).or_else(|| loopless::loopless(analysis));
            closed.or_else(|| undecided::undecided(analysis))
        };
        found.push(unclear().unwrap_or_else(|| healthy::healthy(analysis)));
    }
    // What the watchdog did about it belongs to the trouble that it saw.
    let trouble = found.first_mut().filter(|worst| worst.kind.is_trouble());
    if let Some((worst, fate)) = trouble.zip(fate(analysis)) {
        worst.hurts.insert(0, Hurt::Process { fate });
        worst.about.tells.insert(Subject::End);
    }
    found
}
