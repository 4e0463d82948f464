//! The words of the contract: what can be wrong, why, and how sure we are.

use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The whole process is stopped or frozen.
    ProcessStopped,
    /// Threads, tasks or both wait for each other.
    Deadlock,
    /// One step of the loop does not return.
    LoopBlocked,
    /// The loop could run and is not let.
    LoopStarved,
    /// The process never came to serve.
    StartupStuck,
    /// The process does not end.
    ShutdownStuck,
    /// The loop's thread ended.
    LoopGone,
    /// A bounded pool has nothing left.
    PoolExhausted,
    /// Tasks wait for something that does not come.
    TasksStuck,
    /// The control group's CPU quota is used up.
    CpuThrottled,
    /// Memory is short.
    MemoryPressure,
    /// The loop turns, but has more to do than time.
    LoopOverloaded,
    /// Requests take long and nothing here is the reason.
    SlowRequests,
    /// The evidence does not decide.
    CannotTell,
    /// Nothing is wrong with this process.
    Healthy,
}

/// Why it is wrong. The words are the contract's; see the README for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is the word of the contract; Cause::explanation says what it means")]
pub enum Cause {
    Sleep,
    SocketRead,
    SocketWrite,
    Connect,
    Dns,
    SelfRequest,
    Lock,
    LockAcrossAwait,
    ImportLock,
    ForkLock,
    QueueWait,
    FutureResult,
    PoolCheckout,
    Subprocess,
    FileIo,
    Disk,
    FileLock,
    SqliteBusy,
    PipeWrite,
    Stdin,
    PythonCpu,
    NativeCpu,
    NativeCpuGil,
    Gc,
    Import,
    NeverSuspends,
    CallbackSpin,
    TaskStorm,
    GilPythonThreads,
    GilNativeHold,
    GilHeldWaiting,
    ThreadPool,
    DefaultExecutor,
    DbPool,
    HttpPool,
    AsyncioLock,
    AsyncioQueue,
    AsyncioEvent,
    NoTimeout,
    SlowClient,
    OpenStream,
    FdLimit,
    Quota,
    Debugger,
    Signal,
    Unknown,
}

/// How sure we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It could be.
    Possible,
    /// The evidence points there.
    Likely,
    /// Nothing else explains the evidence.
    Certain,
}

/// A frame in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Function, qualified where the interpreter keeps that.
    pub function: String,
    /// File as the code object names it.
    pub file: String,
    /// Line; 0 where the line table has none.
    pub line: u32,
}

/// Whom to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blame {
    /// The function: the innermost frame of the user's.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line it is on.
    pub line: u32,
    /// The `async def` that called it (itself, when it is one); `None` when there is none on the stack.
    pub coroutine: Option<Place>,
    /// The whole stack, innermost first.
    pub stack: Vec<Place>,
}

/// The other side of the wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SecondParty {
    /// The far end of a socket.
    Peer {
        /// `10.0.3.7:5432`
        address: String,
        /// `postgresql`, from the port; `None` when the port says nothing.
        service: Option<String>,
    },
    /// Who holds what is waited for.
    Holder {
        /// A thread or task in words.
        holder: String,
        /// Its stack, innermost first.
        stack: Vec<Place>,
    },
    /// A child process.
    Child {
        /// Its pid.
        pid: u32,
        /// Its name.
        name: String,
        /// Its state letter.
        state: String,
    },
    /// A file, pipe or device.
    File {
        /// Its path or description.
        path: String,
        /// The process at the other end or that holds the lock, in words.
        held_by: Option<String>,
    },
    /// A pool, control group or limit.
    Resource {
        /// Which.
        name: String,
    },
    /// Nobody.
    None,
}

/// A verdict: what, why, whom to blame, how we know, what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is wrong.
    pub kind: Kind,
    /// Why; `None` for `healthy`.
    pub cause: Option<Cause>,
    /// How sure we are.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
    /// The process.
    pub process: u32,
    /// The thread, where one is meant.
    pub thread: Option<u32>,
    /// The loop kind, where one is meant.
    #[serde(rename = "loop")]
    pub event_loop: Option<String>,
    /// For how long it has lasted, seconds; `None` when it does not last any more or is not known.
    pub since_s: Option<f64>,
    /// Share of the window, 0 to 1.
    pub share: f64,
    /// Whom to blame.
    pub blame: Option<Blame>,
    /// The other side.
    pub second_party: SecondParty,
    /// Whom it hurts, in words.
    pub hurts: Vec<String>,
    /// How we know. Never empty.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}
