//! What to do about a trouble, as a fact. The other facts of the verdict say what of it fits; the sentences are made in
//! `words`.

use serde::{Deserialize, Serialize};

/// What to do about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Advice {
    /// Nothing that we know of.
    #[default]
    Nothing,
    /// Take what blocks the loop off it, or shorten it.
    OffTheLoop,
    /// Do not let the start wait for it.
    StartWithout,
    /// Free the workers that stand.
    FreeWorkers {
        /// How many the process has, where it matters whether others could serve; else `None`.
        workers: Option<u64>,
    },
    /// Let the loop have the GIL.
    ShareTheGil,
    /// Let the GIL go before a native mutex is taken.
    ReleaseGilFirst,
    /// Give the places of a pool back.
    GivePlacesBack,
    /// A thread of its own for what keeps the only one of an executor.
    OwnThread,
    /// Not to wait in a call of an executor for what stands in its queue.
    NotBehindItself,
    /// Close descriptors, or open fewer.
    CloseDescriptors {
        /// What most of them are.
        of: Option<String>,
        /// Whether the other side has closed most of them already.
        closed_by_peer: bool,
    },
    /// Let the process go on after a signal stopped it.
    Continue,
    /// End what traces the process.
    EndTracer {
        /// Its pid, where it is in sight.
        tracer: Option<u32>,
    },
    /// Thaw the control group.
    Thaw {
        /// Which, where it is known.
        group: Option<String>,
    },
    /// More CPU, or fewer threads.
    RaiseCpuLimit,
    /// More memory, or less in it.
    RaiseMemoryLimit,
    /// Bound how much runs at once.
    BoundConcurrency,
    /// No lock in a signal handler.
    NoLockInHandler,
    /// No lock in a finalizer.
    NoLockInFinalizer,
    /// Not the same lock twice.
    NoLockTwice,
    /// The same order of locks everywhere.
    SameOrder,
    /// The same order of locks, and no wait for a task that needs one of them.
    SameOrderOfTasks,
    /// To let go of a lock before waiting for the loop that wants it.
    LetGoFirst,
    /// No await while a lock of threads is held.
    NoAwaitInsideLock,
    /// Import before there are threads.
    ImportFirst,
    /// A loop inside of a loop: await instead.
    AwaitInstead,
    /// Start the thread of a loop anew.
    RestartLoop,
    /// See why the workers of a master ended.
    RestartService,
    /// A timeout around what start-up awaits.
    LimitStartup,
    /// A timeout around what shutdown awaits.
    LimitShutdown,
    /// Streams that end when the server does.
    EndStreams,
    /// Let it work.
    LetItWork,
    /// Not to send while a lock is held.
    SendOutsideTheLock,
    /// A queue for each client.
    QueuePerClient,
    /// To hold a lock for less time.
    HoldForLess,
    /// To give back a lock that was taken.
    GiveBack,
    /// Not to enter a semaphore inside of itself.
    EnterOnce,
    /// To restart a consumer that has ended.
    RestartConsumer,
    /// To set an event also when what precedes it failed.
    SetTheEvent,
    /// A timeout around the question to a peer that says nothing.
    LimitAnswer {
        /// The peer.
        peer: String,
        /// Whether there is a timeout.
        timed: bool,
    },
    /// To bound how often a call is tried again.
    BoundRetries,
    /// To let a cancellation through.
    LetCancelThrough,
    /// To read what a child writes.
    ReadOutput,
    /// A body of a request is read once.
    ReadBodyOnce,
    /// Whoever has it should give it back or take it.
    SeeHolder,
    /// Something should have ended the wait.
    SeeWhatFailed,
    /// The same, where what waits is no task of asyncio.
    SeeWhatFailedElsewhere,
    /// Look at what is between the clients and this process.
    LookOutside,
    /// See what threads, pools and upstreams do.
    LookInside,
    /// See the log, the threads and what is between it and its clients.
    LookAround,
    /// Look again for longer.
    LookLonger,
    /// See what keeps the loop busy.
    RecordLoop,
    /// See where the time of all threads goes.
    RecordThreads,
    /// See what the threads do.
    DumpThreads,
    /// See its log, and what its threads do.
    SeeThreads,
    /// See which gate refuses.
    OpenGate,
    /// See what ended the process.
    SeeWhatEndedIt,
}
