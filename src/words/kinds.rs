//! The kinds of verdicts, a row each.

use crate::aggregate::Kind;

/// A kind in words.
#[derive(Clone, Copy, Debug)]
pub struct KindRow {
    /// The word of the contract.
    pub word: &'static str,
    /// The headline on the screen.
    pub label: &'static str,
    /// What stands before the length of one that lasts: `for at least` where its beginning was not seen, only that it is so.
    pub since: &'static str,
    /// What a verdict that lasts says behind its duration; `None` where the headline says it.
    pub lasting: Option<&'static str>,
    /// One sentence.
    pub meaning: &'static str,
    /// Its page of `hangspy explain`.
    pub page: &'static str,
}

/// All kinds, the worst first.
pub const KINDS: [Kind; 20] = [
    Kind::ProcessStopped,
    Kind::Deadlock,
    Kind::LoopBlocked,
    Kind::WorkerBlocked,
    Kind::LoopStarved,
    Kind::StartupStuck,
    Kind::ShutdownStuck,
    Kind::LoopGone,
    Kind::PoolExhausted,
    Kind::TasksStuck,
    Kind::CpuThrottled,
    Kind::MemoryPressure,
    Kind::LoopOverloaded,
    Kind::SlowRequests,
    Kind::RequestsWaiting,
    Kind::JobStuck,
    Kind::Starting,
    Kind::Draining,
    Kind::CannotTell,
    Kind::Healthy,
];

macro_rules! row {
    ($word:literal, $label:literal, $since:literal, $lasting:expr, $meaning:literal) => {
        KindRow {
            word: $word,
            label: $label,
            since: $since,
            lasting: $lasting,
            meaning: $meaning,
            page: include_str!(concat!("pages/", $word, ".md")),
        }
    };
}

/// A kind in words.
#[must_use]
#[rustfmt::skip]
pub const fn kind(kind: Kind) -> KindRow {
    match kind {
        Kind::ProcessStopped => row!("process-stopped", "PROCESS STOPPED", "for at least", Some("still stopped"),
            "Nothing of the process runs: a signal, a tracer or a frozen control group holds it."),
        Kind::Deadlock => row!("deadlock", "DEADLOCK", "for at least", Some("still locked"),
            "Threads, tasks or both wait for each other in a circle, and nobody in it can go on."),
        Kind::LoopBlocked => row!("loop-blocked", "LOOP BLOCKED", "for", Some("still blocked"),
            "One call on the event loop does not return, and nothing else of that loop can run."),
        Kind::WorkerBlocked => row!("worker-blocked", "WORKER BLOCKED", "for", Some("still blocked"),
            "A worker without an event loop is in a call that does not return, and can take no other request."),
        Kind::LoopStarved => row!("loop-starved", "LOOP STARVED", "for at least", Some("still starved"),
            "The event loop could run, and other threads do not let it: they have the GIL or the CPUs."),
        Kind::StartupStuck => row!("startup-stuck", "STARTUP STUCK", "for at least", Some("still stuck"),
            "The application never came to serve: its start-up waits for something."),
        Kind::ShutdownStuck => row!("shutdown-stuck", "SHUTDOWN STUCK", "for at least", Some("still stuck"),
            "The process should end and does not: requests or its own clean-up do not come to an end."),
        Kind::LoopGone => row!("loop-gone", "LOOP GONE", "for at least", None,
            "Whoever should answer is gone: a master has no worker left, or threads wait for a loop that no thread runs."),
        Kind::PoolExhausted => row!("pool-exhausted", "POOL EXHAUSTED", "for at least", Some("still exhausted"),
            "Nothing is left of something bounded, such as worker threads, connections or file descriptors, and nothing comes back."),
        Kind::TasksStuck => row!("tasks-stuck", "TASKS STUCK", "for at least", Some("still stuck"),
            "The loop turns, and tasks wait for an asyncio lock, queue or event that nobody ends."),
        Kind::CpuThrottled => row!("cpu-throttled", "CPU THROTTLED", "for at least", Some("still throttled"),
            "The CPU limit of the container is used up, and the kernel holds the process for a part of each period."),
        Kind::MemoryPressure => row!("memory-pressure", "MEMORY PRESSURE", "for at least", None,
            "The memory limit of the container throws out what the loop needs again at once."),
        Kind::LoopOverloaded => row!("loop-overloaded", "LOOP OVERLOADED", "for at least", Some("still overloaded"),
            "The loop turns, and has more short steps in each turn than there is time for."),
        Kind::SlowRequests => row!("slow-requests", "SLOW REQUESTS", "for at least", None,
            "The loop turns, and requests wait for somebody outside: a service that says nothing, or a client that does not read."),
        Kind::RequestsWaiting => row!("requests-waiting", "REQUESTS WAITING", "for at least", Some("still waiting"),
            "The loop turns, requests stand still, and nobody is in sight who would end that, or whoever could does not move."),
        Kind::JobStuck => row!("job-stuck", "JOB STUCK", "for", Some("still stuck"),
            "Work that no request asked for, such as a scheduled job or a consumer, stands still."),
        Kind::Starting => row!("starting", "STARTING", "for", None,
            "It does not serve yet, and gets ahead."),
        Kind::Draining => row!("draining", "DRAINING", "for", None,
            "It was told to end, and finishes what is in flight."),
        Kind::CannotTell => row!("cannot-tell", "CANNOT TELL", "for", None,
            "What was seen does not decide; the verdict says what is missing."),
        Kind::Healthy => row!("healthy", "HEALTHY", "for", None,
            "The event loop turns, and nothing that was seen stands still: this process is not what hangs."),
    }
}
