//! What a thread does at one instant, as facts. No text is made here, and none is needed to decide anything.

use serde::{Deserialize, Serialize};

use super::OtherProcess;

/// What a thread does at one instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Doing {
    /// Stopped by a signal.
    StoppedBySignal,
    /// Stopped by a tracer.
    StoppedByTracer,
    /// It has ended and is not collected yet.
    Ended,
    /// Waits for the GIL.
    AwaitsGil,
    /// Waits until another thread has taken the GIL from it.
    HandsOverGil,
    /// Collects garbage.
    CollectsGarbage,
    /// In a poll for whatever comes next.
    Polls,
    /// A worker thread without work.
    AwaitsWork,
    /// Waits for a signal.
    AwaitsSignal,
    /// A thread without Python, parked.
    ParkedNative,
    /// Waits for a lock on a file.
    AwaitsFileLock {
        /// The system call.
        call: String,
        /// The file.
        path: String,
    },
    /// Waits for a child process to end or to say something.
    AwaitsChild {
        /// Which, where that is known.
        child: Option<AwaitedChild>,
    },
    /// Waits for a child process to start its program: a parent is suspended until then.
    StartsChild {
        /// Which, where that is known.
        child: Option<AwaitedChild>,
    },
    /// Waits for the end of the output of a child that has ended: others have it open.
    AwaitsLeftOutput {
        /// The child.
        pid: u32,
        /// Its name.
        name: String,
        /// Who has the output open.
        heirs: Vec<OtherProcess>,
    },
    /// Resolves a host name.
    ResolvesName {
        /// The name server, `10.0.0.2:53`.
        server: Option<String>,
    },
    /// Waits for a lock that a thread of the parent held when this process was forked.
    AwaitsForkedLock,
    /// Waits for another thread to finish an import.
    AwaitsImport,
    /// Waits for a connection from a pool.
    AwaitsPool,
    /// Waits for a future's result.
    AwaitsFuture,
    /// Waits on a queue.
    AwaitsQueue,
    /// Waits for room in a full queue.
    AwaitsRoomInQueue,
    /// Waits for a thread to end.
    AwaitsThreadEnd,
    /// Reads standard input.
    ReadsStdin {
        /// The system call.
        call: String,
        /// Whether it asks for a password.
        password: bool,
    },
    /// Writes to something whose reader can hold it up.
    WritesStream {
        /// What.
        sink: Sink,
        /// The file descriptor.
        descriptor: i32,
    },
    /// Reads from a pipe or FIFO.
    ReadsPipe {
        /// The system call.
        call: String,
        /// The path of a FIFO.
        path: Option<String>,
        /// The file descriptor.
        descriptor: i32,
    },
    /// Opens a FIFO, and nobody has the other end open.
    OpensFifo {
        /// Its path.
        path: Option<String>,
        /// Which end nobody has open.
        missing: Option<FifoEnd>,
    },
    /// On a socket.
    OnSocket {
        /// The system call.
        call: String,
        /// What it does there.
        direction: Direction,
        /// The peer; what it listens on, for one that accepts; the socket in words where it has neither.
        at: Option<String>,
    },
    /// On a file.
    OnFile {
        /// The system call.
        call: String,
        /// What it does there.
        access: Access,
        /// The file.
        path: Option<String>,
        /// The mounted file system it is on, `nfs4 10.0.3.7:/export`.
        mount: Option<String>,
        /// Whether no signal reaches it: it is the disk or the network file system.
        uninterruptible: bool,
    },
    /// In uninterruptible sleep outside of any system call, as in a page fault.
    AwaitsPage,
    /// In `time.sleep`.
    Sleeps,
    /// In `time.sleep` of an installed package, until what it asks for again and again is there.
    SleepsWithin {
        /// The package.
        library: String,
    },
    /// Sleeps in native code.
    SleepsNative,
    /// Waits for a locked SQLite database.
    AwaitsSqlite,
    /// Waits for a lock.
    AwaitsLock {
        /// What is known of it.
        lock: Lock,
    },
    /// Parked inside of a library of native code.
    InLibrary {
        /// Its name.
        library: String,
        /// The server that it waits for, where that is known.
        server: Option<String>,
    },
    /// On the CPU, in a thread without Python.
    RunsNative,
    /// On the CPU, turning a result into a response.
    Serializes,
    /// On the CPU with the GIL held.
    ComputesWithGil,
    /// On the CPU in native code that released the GIL.
    ComputesWithoutGil,
    /// On the CPU; who has the GIL is not known.
    Runs,
    /// In a system call that says nothing more.
    InCall {
        /// The system call.
        call: String,
    },
    /// In a system call that has no name here.
    InCallNumbered {
        /// Its number.
        number: u32,
    },
    /// Not on a CPU and in no system call.
    OffCpu,
    /// Asleep; in which call, the kernel does not tell us.
    Asleep,
    /// Nothing is known.
    NotKnown,
}

/// Whether a process in this state, by its letter, will not move by itself.
pub(super) const fn moves_not(state: char) -> bool {
    matches!(state, 'T' | 't' | 'Z' | 'D')
}

/// A child process that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AwaitedChild {
    /// Its pid.
    pub pid: u32,
    /// Its name; `None` where only its pid was asked for.
    pub name: Option<String>,
    /// Its state letter, where it says that the child will not move by itself.
    pub state: Option<char>,
}

/// What is written to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Sink {
    /// A FIFO.
    Fifo {
        /// Its path.
        path: String,
    },
    /// A pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A terminal.
    Terminal,
}

/// An end of a FIFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FifoEnd {
    /// The one that is read from.
    Reading,
    /// The one that is written to.
    Writing,
}

/// What is done with a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It is connected.
    Connect,
    /// It is read.
    Read,
    /// It is written.
    Write,
    /// A connection is waited for.
    Accept,
}

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It is opened.
    Open,
    /// It is read.
    Read,
    /// It is written.
    Write,
    /// Something else, as flushing or renaming.
    Other,
}

/// What is known of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// The thread that waits for it has it.
    Own,
    /// It is a logging handler's.
    Logging,
    /// It is what a thread sleeps on until another one gives a sign: an event, a condition.
    Sign,
    /// Nothing in particular.
    Plain,
}
