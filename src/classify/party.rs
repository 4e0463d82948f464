//! The other side of a wait, as facts.

use serde::{Deserialize, Serialize};

use super::{FifoEnd, Object, Place, Sink, Who};
use crate::snapshot::{PoolKind, PrimitiveKind};

/// The other side of the wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
        /// A thread or task.
        holder: Holder,
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
        state: char,
    },
    /// A file, pipe or device.
    File {
        /// Which.
        file: Opened,
        /// The processes at the other end, or the one that holds the lock; empty where they are not known.
        held_by: Vec<OtherProcess>,
    },
    /// A pool, control group or limit.
    Resource {
        /// Which.
        resource: Resource,
    },
    /// Nobody.
    #[default]
    None,
}

/// Who holds something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "holder", rename_all = "kebab-case")]
pub enum Holder {
    /// A thread or task.
    Other {
        /// Which.
        who: Who,
    },
    /// The thread that waits.
    SameThread,
    /// The task that waits.
    SameTask,
    /// A thread that is not in this process any more.
    GoneThread,
    /// A thread of the parent process, which is not in this one.
    ParentsThread {
        /// The parent.
        parent: Option<u32>,
    },
    /// What traces the process.
    Tracer {
        /// Its pid.
        pid: u32,
    },
    /// One of those that wait for the GIL.
    WaitsForGil {
        /// They.
        suspects: Vec<Who>,
    },
}

/// Something that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "file", rename_all = "kebab-case")]
pub enum Opened {
    /// By its path, or as the kernel names it.
    Path {
        /// `/var/log/app.log`
        path: String,
    },
    /// What is written to.
    Sink {
        /// What it is.
        sink: Sink,
        /// Its number.
        descriptor: i32,
    },
    /// A pipe or FIFO that is read.
    Pipe {
        /// The path of a FIFO.
        path: Option<String>,
        /// Its number.
        descriptor: i32,
    },
    /// A FIFO that waits for somebody at its other end.
    Fifo {
        /// Its path.
        path: Option<String>,
        /// Which end nobody has open.
        missing: Option<FifoEnd>,
    },
    /// The output of a child that has ended.
    LeftOutput {
        /// The child.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// A database.
    Database {
        /// The inode of its file.
        inode: Option<u64>,
    },
}

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OtherProcess {
    /// Its pid; `None`: the one that was looked at.
    pub pid: Option<u32>,
    /// Its name.
    pub name: Option<String>,
    /// Its state letter, where that says that it will not move by itself.
    pub state: Option<char>,
}

/// A pool, control group or limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "kebab-case")]
pub enum Resource {
    /// A library of native code.
    Library {
        /// Its name.
        name: String,
    },
    /// A pool of which only is known that it is one of connections.
    ConnectionPool,
    /// A pool.
    Pool {
        /// Of what.
        pool: PoolKind,
        /// How many places it has.
        size: u64,
    },
    /// A primitive of asyncio.
    Primitive {
        /// Which.
        primitive: PrimitiveKind,
    },
    /// What a task awaits.
    Awaited {
        /// What.
        object: Object,
    },
    /// An event loop that no thread runs.
    IdleLoop,
    /// A child process that was not seen.
    Child {
        /// Its pid.
        pid: u32,
    },
    /// The memory limit.
    Memory {
        /// In MiB.
        mib: u64,
    },
    /// The CPU quota.
    Cpu {
        /// In cores, where that is known.
        cores: Option<f64>,
    },
    /// The table of descriptors.
    Descriptors {
        /// How many it takes.
        limit: u64,
    },
    /// The freezer of control groups.
    Freezer {
        /// The frozen group, where that is known.
        group: Option<String>,
    },
}
