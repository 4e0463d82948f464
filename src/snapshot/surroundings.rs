//! What surrounds the threads: sockets, limits, children. Read about once a second.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::known::not_read;
use super::{Known, Moment, ProcessId};

/// A listening TCP socket of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Where it listens, `0.0.0.0:8000`.
    pub address: String,
    /// The port alone.
    pub port: u16,
    /// Connections that the kernel accepted and the process did not.
    pub waiting: u32,
    /// The accept queue's limit.
    pub limit: Known<u32>,
}

/// A connected TCP socket of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The descriptor.
    pub descriptor: i32,
    /// Our end.
    pub local: String,
    /// The other end.
    pub peer: String,
    /// State in `ss`'s words.
    pub state: String,
    /// Bytes received and not read.
    pub unread: u64,
    /// Bytes written and not acknowledged.
    pub unsent: u64,
    /// What the kernel counted on it.
    #[serde(default = "not_read")]
    pub traffic: Known<Traffic>,
}

/// What the kernel counted on a TCP connection since it was made (`struct tcp_info`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// How long ago data was sent last; since it was connected, if none was. Data sent again counts.
    pub last_sent: Duration,
    /// How long ago data was received last; since it was connected, if none was.
    pub last_received: Duration,
    /// Bytes sent that the other end acknowledged; the kernel counts one for the connection itself where we made it.
    pub acknowledged: u64,
    /// Bytes received.
    pub received: u64,
}

impl Traffic {
    /// How long the other end has owed an answer to what was sent last, or the rest of one that it began.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        self.last_sent.min(self.last_received)
    }
}

/// The control group's limits and what they did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cgroup {
    /// 1 or 2.
    pub version: u8,
    /// CPU quota in cores; `Is(None)` when unlimited.
    pub cpu_quota: Known<Option<f64>>,
    /// Scheduling periods so far in which the group was runnable.
    pub periods: Known<u64>,
    /// Periods in which it was throttled.
    pub throttled_periods: Known<u64>,
    /// Time throttled, nanoseconds.
    pub throttled_ns: Known<u64>,
    /// CPU time used by the group, nanoseconds.
    pub cpu_used_ns: Known<u64>,
    /// Memory limit in bytes; `Is(None)` when unlimited.
    pub memory_limit: Known<Option<u64>>,
    /// Memory in use, bytes.
    pub memory_used: Known<u64>,
    /// How often the group was pushed back at a memory limit (`memory.events` `high` + `max`, v1 `failcnt`).
    pub memory_limit_hits: Known<u64>,
    /// How often the kernel killed for memory.
    pub memory_kills: Known<u64>,
    /// For how long all processes of the group that had work to do waited for memory, nanoseconds.
    #[serde(default = "not_read")]
    pub memory_stalled_ns: Known<u64>,
}

/// Open descriptors of one kind that lead to the same place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescriptorClass {
    /// In words: `connections to 10.0.3.7:5432`, `files in /var/log/app`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// How many of these connections the other side has closed and the process has not.
    pub closed_by_peer: u64,
}

/// A child process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its pid.
    pub pid: ProcessId,
    /// Its name (`comm`).
    pub name: String,
    /// The kernel's state letter.
    pub state: char,
    /// Whether it waits to write into a pipe that this process has the other end of, or into what it was given for its output.
    #[serde(default = "not_read")]
    pub writes_to_us: Known<bool>,
}

/// A line of `/proc/locks` that concerns this process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLock {
    /// `FLOCK`, `POSIX` or `OFDLCK`.
    pub kind: String,
    /// Inode of the locked file.
    pub inode: u64,
    /// Who holds it.
    pub holder: ProcessId,
    /// The holder's name, where visible.
    pub holder_name: Option<String>,
    /// Who waits for it.
    pub waiters: Vec<ProcessId>,
}

/// What surrounds the threads of a process at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    /// When it was read.
    pub at: Moment,
    /// Listening sockets.
    pub listeners: Known<Vec<Listener>>,
    /// Connections so far that the kernel dropped because an accept queue was full, in the whole network namespace.
    #[serde(default = "not_read")]
    pub accept_overflows: Known<u64>,
    /// Connected sockets, at most [`Surroundings::MOST_CONNECTIONS`].
    pub connections: Known<Vec<Connection>>,
    /// Name servers that its `resolv.conf` names, with their port.
    #[serde(default = "not_read")]
    pub name_servers: Known<Vec<String>>,
    /// Open descriptors.
    pub open_descriptors: Known<u64>,
    /// `RLIMIT_NOFILE`, soft.
    pub descriptor_limit: Known<u64>,
    /// How many numbers below the limit are free. Numbers above it may be in use from before it was lowered.
    #[serde(default = "not_read")]
    pub descriptors_left: Known<u64>,
    /// What the open descriptors are, the largest classes.
    #[serde(default = "not_read")]
    pub descriptor_classes: Known<Vec<DescriptorClass>>,
    /// Limits of the control group.
    pub cgroup: Known<Cgroup>,
    /// The frozen control group that the process is in, or below; `Is(None)` when it is in none.
    #[serde(default = "not_read")]
    pub frozen: Known<Option<String>>,
    /// Child processes.
    pub children: Known<Vec<Child>>,
    /// File locks held or wanted.
    pub file_locks: Known<Vec<FileLock>>,
    /// Who traces the process; `Is(None)` when nobody does.
    pub tracer: Known<Option<ProcessId>>,
    /// Resident memory, bytes.
    pub resident_bytes: Known<u64>,
    /// Major page faults so far.
    pub major_faults: Known<u64>,
}

impl Surroundings {
    /// How many connections are kept, so that a server with 100,000 of them cannot fill our memory.
    pub const MOST_CONNECTIONS: usize = 4096;
}
