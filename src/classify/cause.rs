//! What a single look can already say of the contract: why, and where.

use serde::{Deserialize, Serialize};

/// Why it is wrong. The words are the contract's; see the README for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each variant is the word of the contract; words::cause says what it means")]
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

impl std::fmt::Display for Place {
    /// `fetch_orders (app.py:7)`
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.rsplit('/').next().unwrap_or(&self.file);
        match self.line {
            0 => write!(out, "{} ({file})", self.function),
            line => write!(out, "{} ({file}:{line})", self.function),
        }
    }
}
