//! The contract's words as a person would say them.

use super::places;
use crate::report::{Cause, Confidence, Kind, Place, SecondParty};

/// A verdict's headline.
#[must_use]
pub(super) fn headline(kind: Kind) -> &'static str {
    match kind {
        Kind::ProcessStopped => "PROCESS STOPPED",
        Kind::Deadlock => "DEADLOCK",
        Kind::LoopBlocked => "LOOP BLOCKED",
        Kind::WorkerBlocked => "WORKER BLOCKED",
        Kind::LoopStarved => "LOOP STARVED",
        Kind::StartupStuck => "STARTUP STUCK",
        Kind::ShutdownStuck => "SHUTDOWN STUCK",
        Kind::LoopGone => "LOOP GONE",
        Kind::PoolExhausted => "POOL EXHAUSTED",
        Kind::TasksStuck => "TASKS STUCK",
        Kind::CpuThrottled => "CPU THROTTLED",
        Kind::MemoryPressure => "MEMORY PRESSURE",
        Kind::LoopOverloaded => "LOOP OVERLOADED",
        Kind::SlowRequests => "SLOW REQUESTS",
        Kind::RequestsWaiting => "REQUESTS WAITING",
        Kind::JobStuck => "JOB STUCK",
        Kind::Starting => "STARTING",
        Kind::Draining => "DRAINING",
        Kind::CannotTell => "CANNOT TELL",
        Kind::Healthy => "HEALTHY",
    }
}

/// What a verdict that lasts says behind its duration.
#[must_use]
pub(super) fn lasting(kind: Kind) -> &'static str {
    match kind {
        Kind::ProcessStopped => "still stopped",
        Kind::Deadlock => "still locked",
        Kind::LoopBlocked | Kind::WorkerBlocked => "still blocked",
        Kind::LoopStarved => "still starved",
        Kind::StartupStuck | Kind::ShutdownStuck | Kind::TasksStuck | Kind::JobStuck => "still stuck",
        Kind::PoolExhausted => "still exhausted",
        Kind::CpuThrottled => "still throttled",
        Kind::LoopOverloaded => "still overloaded",
        Kind::RequestsWaiting => "still waiting",
        Kind::LoopGone
        | Kind::MemoryPressure
        | Kind::SlowRequests
        | Kind::Starting
        | Kind::Draining
        | Kind::CannotTell
        | Kind::Healthy => "still so",
    }
}

/// How sure a verdict is.
#[must_use]
pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// The contract's word for a cause, `socket-read`.
#[must_use]
pub(super) fn cause(cause: Cause) -> String {
    serde_json::to_value(cause).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the blamed function does there: a label and a phrase.
#[must_use]
pub(super) fn activity(cause: Cause) -> (&'static str, &'static str) {
    const WAITS: &str = "waits for";
    const RUNS: &str = "runs";
    match cause {
        Cause::Sleep => (WAITS, "a sleep to end"),
        Cause::SocketRead => (WAITS, "data from a socket"),
        Cause::SocketWrite => (WAITS, "the other side of a socket to take data"),
        Cause::Connect => (WAITS, "a connection to be accepted"),
        Cause::Dns => (WAITS, "a host name to be resolved"),
        Cause::SelfRequest => (WAITS, "an answer that only this process can give"),
        Cause::Lock => (WAITS, "a lock"),
        Cause::LockAcrossAwait => (WAITS, "a lock that a suspended task holds"),
        Cause::ImportLock => (WAITS, "a module that another thread is importing"),
        Cause::ForkLock => (WAITS, "a lock that was held when this process was forked"),
        Cause::QueueWait => (WAITS, "a queue"),
        Cause::FutureResult => (WAITS, "the result of a future"),
        Cause::PoolCheckout => (WAITS, "a connection of a pool"),
        Cause::Subprocess => (WAITS, "a child process"),
        Cause::FileIo => (WAITS, "a file or pipe"),
        Cause::Disk => (WAITS, "the disk or a network file system"),
        Cause::FileLock => (WAITS, "a file lock"),
        Cause::SqliteBusy => (WAITS, "a locked SQLite database"),
        Cause::PipeWrite => (WAITS, "the reader of a pipe to take data"),
        Cause::Stdin => (WAITS, "input on stdin"),
        Cause::PythonCpu => (RUNS, "Python code on the CPU"),
        Cause::NativeCpu => (RUNS, "native code on the CPU, with the GIL free"),
        Cause::NativeCpuGil => (RUNS, "native code on the CPU, holding the GIL"),
        Cause::Gc => (RUNS, "the garbage collector"),
        Cause::Serialization => (RUNS, "the framework, which turns its result into a response"),
        Cause::Import => (RUNS, "the import of a module"),
        Cause::NeverSuspends => (RUNS, "a coroutine whose awaits never suspend"),
        Cause::TaskStorm => (RUNS, "more short steps than there is time for"),
        Cause::GilPythonThreads => (WAITS, "the GIL, taken by other Python threads"),
        Cause::GilNativeHold => (WAITS, "the GIL, kept by native code"),
        Cause::GilHeldWaiting => (WAITS, "the GIL, kept by a thread that waits itself"),
        Cause::ThreadPool => (WAITS, "a free worker thread"),
        Cause::DefaultExecutor => (WAITS, "a free thread of the default executor"),
        Cause::DbPool => (WAITS, "a free database connection"),
        Cause::HttpPool => (WAITS, "a free HTTP connection"),
        Cause::AsyncioLock => (WAITS, "an asyncio lock"),
        Cause::AsyncioQueue => (WAITS, "an asyncio queue"),
        Cause::AsyncioEvent => (WAITS, "an event or future that nobody sets"),
        Cause::NoTimeout => (WAITS, "an answer, without a timeout"),
        Cause::SlowClient => (WAITS, "a client to take its response"),
        Cause::CancelledAndGoing => (RUNS, "on, although it was cancelled"),
        Cause::Client => (WAITS, "its client, whose turn it is"),
        Cause::OpenStream => (WAITS, "an open stream to end"),
        Cause::FdLimit => (WAITS, "a free file descriptor"),
        Cause::Quota => (WAITS, "the next period"),
        Cause::Debugger => (WAITS, "a debugger"),
        Cause::PageFaults => (WAITS, "pages that were thrown out to be read back"),
        Cause::Freezer => (WAITS, "its control group to be thawed"),
        Cause::Signal => (WAITS, "a signal to continue"),
        Cause::Unknown => (WAITS, "something that could not be identified"),
    }
}

/// The other side in words; `None` when there is none.
#[must_use]
pub(super) fn second_party(party: &SecondParty) -> Option<String> {
    match party {
        SecondParty::Peer { address, service: Some(service) } => Some(format!("{address} ({service})")),
        SecondParty::Peer { address, service: None } => Some(address.clone()),
        SecondParty::Holder { holder, stack } => Some(match telling(stack) {
            Some(place) => {
                let position = places::brief_position(&place.file, place.line);
                format!("{holder}, in {} {position}", places::function(&place.function))
            }
            None => holder.clone(),
        }),
        SecondParty::Child { pid, name, state } => Some(format!("child {pid} ({name}), {}", task_state(state))),
        SecondParty::File { path, held_by: Some(holder) } => Some(format!("{path}, held by {holder}")),
        SecondParty::File { path, held_by: None } => Some(path.clone()),
        SecondParty::Resource { name } => Some(name.clone()),
        SecondParty::None => None,
    }
}

/// The frame that says most about a stack: the innermost outside of libraries, else the innermost.
#[must_use]
pub(super) fn telling(stack: &[Place]) -> Option<&Place> {
    stack.iter().find(|place| !places::is_library(&place.file)).or_else(|| stack.first())
}

/// The kernel's state letter in words.
fn task_state(letter: &str) -> String {
    let words = match letter {
        "R" => "running",
        "S" => "asleep",
        "D" => "in uninterruptible sleep",
        "T" => "stopped by a signal",
        "t" => "stopped by a tracer",
        "Z" => "ended and not reaped",
        _ => return format!("state {letter}"),
    };
    words.to_owned()
}
