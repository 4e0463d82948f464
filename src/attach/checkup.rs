//! What we may do to a process, tried and explained.

use std::fs::{self, File};
use std::io::ErrorKind;

use super::facts::{Facts, Presence};
use super::gates::{self, ExaminedGate};
use crate::memory::{LiveMemory, Memory, ReadError};
use crate::os::visibility;
use crate::snapshot::{Address, ProcessId};

/// Something that hangspy reads of a process, tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What is read.
    pub what: &'static str,
    /// What it is for.
    pub gives: &'static str,
    /// Whether the kernel allows it.
    pub allowed: bool,
}

/// What we may do to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// Every gate.
    pub gates: Vec<ExaminedGate>,
    /// Every kind of reading; empty when there is no process to try them on.
    pub trials: Vec<Trial>,
    /// Our own user.
    pub own_user: Option<u32>,
}

impl Checkup {
    /// Whether the memory can be read, without which there are no stacks.
    #[must_use]
    pub fn reads_memory(&self) -> bool {
        self.trials.first().is_some_and(|trial| trial.allowed)
    }
}

/// Tries everything that hangspy reads, and examines every gate.
#[must_use]
pub fn checkup(pid: ProcessId) -> Checkup {
    let facts = Facts::of(pid);
    let trials = if facts.presence == Presence::There { trials(pid) } else { Vec::new() };
    let readable = trials.first().map(|trial| trial.allowed);
    Checkup { gates: gates::examine(&facts, readable), trials, own_user: facts.own.users.map(|[real, ..]| real) }
}

/// The folder is open to the process's user; what it lists is open to those who may trace the process.
fn descriptors_open(pid: ProcessId) -> bool {
    let Ok(mut entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    entries.all(|entry| {
        entry.is_ok_and(|entry| match fs::read_link(entry.path()) {
            Err(error) => error.kind() != ErrorKind::PermissionDenied,
            Ok(_) => true,
        })
    })
}

fn trials(pid: ProcessId) -> Vec<Trial> {
    let trial = |what, gives, allowed| Trial { what, gives, allowed };
    let opens = |name: &str| File::open(format!("/proc/{pid}/{name}")).is_ok();
    // A number that means another process to system calls must not be tried.
    let memory = visibility::numbers_are_ours()
        && !matches!(LiveMemory::new(pid).read(Address(0), 1), Err(ReadError::Refused | ReadError::Gone));
    vec![
        trial("memory", "stacks, loops, locks", memory),
        trial("maps", "the interpreter and its version", opens("maps")),
        // The mode of this file is asked when it is opened, the right to trace when it is read.
        trial("syscall", "what threads wait for", fs::read(format!("/proc/{pid}/syscall")).is_ok()),
        trial("fd", "peers, files, accept queues", descriptors_open(pid)),
        trial("root", "source lines", fs::read_dir(format!("/proc/{pid}/root")).is_ok()),
        trial("stat", "states and CPU of threads", opens("stat")),
    ]
}
