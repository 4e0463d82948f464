//! The words of the contract that a single look can already say: why, where, and who is at the other side.

use serde::{Deserialize, Serialize};

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
    Serialization,
    Import,
    NeverSuspends,
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
    /// Cancelled, and it goes on all the same.
    CancelledAndGoing,
    /// It is the client's turn.
    Client,
    FdLimit,
    Quota,
    Debugger,
    /// Pages that were thrown out for want of memory are read back again and again.
    PageFaults,
    /// Its control group is frozen.
    Freezer,
    Signal,
    Unknown,
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
