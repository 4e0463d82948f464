//! The causes, a row each.

use crate::aggregate::Cause;

/// What the blamed function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It waits for something.
    Waits,
    /// It waits for a lock, which somebody holds.
    Locks,
    /// It runs something.
    Runs,
}

/// A cause in words.
#[derive(Clone, Copy, Debug)]
pub struct CauseRow {
    /// The word of the contract.
    pub word: &'static str,
    /// Whether the blamed function waits or runs.
    pub role: Verb,
    /// What for, or what: "data from a socket".
    pub phrase: &'static str,
    /// One sentence.
    pub meaning: &'static str,
    /// Its page of `hangspy explain`.
    pub page: &'static str,
}

/// All causes.
#[rustfmt::skip]
pub const CAUSES: [Cause; 50] = [
    Cause::Sleep, Cause::SocketRead, Cause::SocketWrite, Cause::Connect, Cause::Dns, Cause::SelfRequest, Cause::Lock,
    Cause::LockAcrossAwait, Cause::ImportLock, Cause::ForkLock, Cause::QueueWait, Cause::FutureResult, Cause::PoolCheckout,
    Cause::Subprocess, Cause::FileIo, Cause::Disk, Cause::FileLock, Cause::SqliteBusy, Cause::PipeWrite, Cause::Stdin,
    Cause::PythonCpu, Cause::NativeCpu, Cause::NativeCpuGil, Cause::Gc, Cause::Serialization, Cause::Import,
    Cause::NeverSuspends, Cause::TaskStorm, Cause::GilPythonThreads, Cause::GilNativeHold, Cause::GilHeldWaiting,
    Cause::ThreadPool, Cause::DefaultExecutor, Cause::DbPool, Cause::HttpPool, Cause::AsyncioLock, Cause::AsyncioQueue,
    Cause::AsyncioEvent, Cause::NoTimeout, Cause::SlowClient, Cause::OpenStream, Cause::CancelledAndGoing, Cause::Client,
    Cause::FdLimit, Cause::Quota, Cause::Debugger, Cause::PageFaults, Cause::Freezer, Cause::Signal, Cause::Unknown,
];

macro_rules! row {
    ($role:ident, $word:literal, $phrase:literal, $meaning:literal) => {
        CauseRow {
            word: $word,
            role: Verb::$role,
            phrase: $phrase,
            meaning: $meaning,
            page: include_str!(concat!("pages/", $word, ".md")),
        }
    };
}

/// A cause in words.
#[must_use]
#[rustfmt::skip]
pub const fn cause(cause: Cause) -> CauseRow {
    match cause {
        Cause::Sleep => row!(Waits, "sleep", "a sleep to end",
            "It sleeps for a time, as `time.sleep` does."),
        Cause::SocketRead => row!(Waits, "socket-read", "data from a socket",
            "It waits until the other end of a connection sends something."),
        Cause::SocketWrite => row!(Waits, "socket-write", "the other side of a socket to take data",
            "It waits until the other end of a connection takes what was sent."),
        Cause::Connect => row!(Waits, "connect", "a connection to be accepted",
            "It waits until the other end takes the connection."),
        Cause::Dns => row!(Waits, "dns", "a host name to be resolved",
            "It waits for a name server."),
        Cause::SelfRequest => row!(Waits, "self-request", "an answer that only this process can give",
            "It waits for an answer of a port that this very process serves."),
        Cause::Lock => row!(Locks, "lock", "a lock",
            "It waits for a lock between threads, or inside of a native library that waits like one."),
        Cause::LockAcrossAwait => row!(Locks, "lock-across-await", "a lock between threads",
            "It waits for a lock of `threading` that a suspended task of the same loop holds."),
        Cause::ImportLock => row!(Locks, "import-lock", "a module that another thread is importing",
            "It waits until another thread has imported a module."),
        Cause::ForkLock => row!(Locks, "fork-lock", "a lock that was held when this process was forked",
            "It waits for a lock that was held when this process was forked; nobody here can let go of it."),
        Cause::QueueWait => row!(Waits, "queue-wait", "a queue",
            "It waits on a queue between threads or processes."),
        Cause::FutureResult => row!(Waits, "future-result", "the result of a future",
            "It waits for the result of a future, or for a thread to end."),
        Cause::PoolCheckout => row!(Waits, "pool-checkout", "a connection of a pool",
            "The loop itself waits inside of a synchronous pool until a connection is given back."),
        Cause::Subprocess => row!(Waits, "subprocess", "a child process",
            "It waits for a child process: to start, to say something or to end."),
        Cause::FileIo => row!(Waits, "file-io", "a file or pipe",
            "It opens, reads or writes a file or a pipe."),
        Cause::Disk => row!(Waits, "disk", "the disk or a network file system",
            "A disk or a network file system does not answer."),
        Cause::FileLock => row!(Locks, "file-lock", "a file lock",
            "It waits for a lock on a file that somebody else holds."),
        Cause::SqliteBusy => row!(Locks, "sqlite-busy", "a locked SQLite database",
            "Another connection is writing to the SQLite database."),
        Cause::PipeWrite => row!(Waits, "pipe-write", "the reader of a pipe to take data",
            "It writes to a pipe, a terminal or standard output, and the reader does not keep up."),
        Cause::Stdin => row!(Waits, "stdin", "input on stdin",
            "It reads standard input."),
        Cause::PythonCpu => row!(Runs, "python-cpu", "Python code on the CPU",
            "Python code computes."),
        Cause::NativeCpu => row!(Runs, "native-cpu", "native code on the CPU, with the GIL free",
            "Native code computes and has released the GIL."),
        Cause::NativeCpuGil => row!(Runs, "native-cpu-gil", "native code on the CPU, holding the GIL",
            "Native code computes and keeps the GIL."),
        Cause::Gc => row!(Runs, "gc", "the garbage collector",
            "The garbage collector looks through many objects."),
        Cause::Serialization => row!(Runs, "serialization", "the framework, which turns its result into a response",
            "The framework turns a large result into a response."),
        Cause::Import => row!(Runs, "import", "the import of a module",
            "A module is imported late, and that takes long."),
        Cause::NeverSuspends => row!(Runs, "never-suspends", "a coroutine whose awaits never suspend",
            "A coroutine awaits all the while, and its awaits never give the loop a turn."),
        Cause::TaskStorm => row!(Runs, "task-storm", "more short steps than there is time for",
            "Too many tasks are ready at once."),
        Cause::GilPythonThreads => row!(Waits, "gil-python-threads", "the GIL, taken by other Python threads",
            "Other threads compute in Python and take turns with the GIL."),
        Cause::GilNativeHold => row!(Waits, "gil-native-hold", "the GIL, kept by native code",
            "Native code in another thread computes and keeps the GIL."),
        Cause::GilHeldWaiting => row!(Waits, "gil-held-waiting", "the GIL, kept by a thread that waits itself",
            "Another thread has the GIL and waits for something itself."),
        Cause::ThreadPool => row!(Waits, "thread-pool", "a free worker thread",
            "All worker threads for plain `def` endpoints are taken."),
        Cause::DefaultExecutor => row!(Waits, "default-executor", "a free thread of the default executor",
            "All threads of the loop's default executor are taken."),
        Cause::DbPool => row!(Waits, "db-pool", "a free database connection",
            "All connections of a database pool are given out."),
        Cause::HttpPool => row!(Waits, "http-pool", "a free HTTP connection",
            "All connections of an HTTP client are in use."),
        Cause::AsyncioLock => row!(Locks, "asyncio-lock", "an asyncio lock",
            "An asyncio lock or semaphore is not released."),
        Cause::AsyncioQueue => row!(Waits, "asyncio-queue", "an asyncio queue",
            "Nobody takes from a full asyncio queue, or nobody puts back what was taken."),
        Cause::AsyncioEvent => row!(Waits, "asyncio-event", "an event or future that nobody sets",
            "Nobody is left who could set an event or a future."),
        Cause::NoTimeout => row!(Waits, "no-timeout", "an answer, without a timeout",
            "Another service does not answer, and nothing limits the wait."),
        Cause::SlowClient => row!(Waits, "slow-client", "a client to take its response",
            "A client does not take what is sent to it, and others wait behind it."),
        Cause::OpenStream => row!(Waits, "open-stream", "an open stream to end",
            "A stream goes on although the server should end."),
        Cause::CancelledAndGoing => row!(Runs, "cancelled-and-going", "on, although it was cancelled",
            "A task was cancelled and goes on all the same."),
        Cause::Client => row!(Waits, "client", "its client, whose turn it is",
            "It is the client's turn: to send the rest, or the next message."),
        Cause::FdLimit => row!(Waits, "fd-limit", "a free file descriptor",
            "As many descriptors are open as the limit allows."),
        Cause::Quota => row!(Waits, "quota", "the next period",
            "The CPU limit of the control group is used up."),
        Cause::Debugger => row!(Waits, "debugger", "a debugger",
            "A debugger waits for somebody to type, or a tracer holds the process."),
        Cause::PageFaults => row!(Waits, "page-faults", "pages that were thrown out to be read back",
            "Memory that was thrown out is read back again and again."),
        Cause::Freezer => row!(Waits, "freezer", "its control group to be thawed",
            "Its control group is frozen."),
        Cause::Signal => row!(Waits, "signal", "a signal to continue",
            "It was stopped by a signal."),
        Cause::Unknown => row!(Waits, "unknown", "something that could not be identified",
            "What it waits for could not be told."),
    }
}
