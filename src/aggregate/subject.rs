//! Whom and what a finding is about, as data: what tells one finding from another, and which of them comes of which.

use std::collections::BTreeSet;

use crate::snapshot::{Actor, Address, CodeId, ThreadId};

/// Somebody or something that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A thread.
    Thread(ThreadId),
    /// A task.
    Task(Address),
    /// A pool.
    Pool(Address),
    /// A primitive of asyncio.
    Primitive(Address),
    /// A connection, by its descriptor.
    Connection(i32),
    /// An event loop that no thread runs.
    IdleLoop(Address),
    /// The stalls of a loop that are blamed on one function.
    Stalls(ThreadId, Option<CodeId>),
    /// Who has the GIL.
    Gil,
    /// The process, stopped or frozen by somebody else.
    Stop,
    /// The CPU quota.
    Quota,
    /// The control group's memory, and pages that are read from a disk.
    Memory,
    /// The table of descriptors.
    Descriptors,
    /// Connections that are not accepted.
    AcceptQueue,
    /// The end of the process.
    End,
}

impl From<Actor> for Subject {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Thread(thread) => Self::Thread(thread),
            Actor::Task(task) => Self::Task(task),
        }
    }
}

/// Whom a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// Those that do not go on. Where another finding holds up all of them, this one is its consequence. Empty where
    /// nobody stands still, as with a share of the time.
    pub stands: BTreeSet<Subject>,
    /// Those that go on when these do, and what stands still with them. Who waits for one of them need not be listed: see
    /// `task_graph::held_up`.
    pub holds_up: BTreeSet<Subject>,
    /// What else it tells of. What is told in a finding is not told once more as an observation.
    pub tells: BTreeSet<Subject>,
}

impl About {
    /// Whether the finding has told of this one.
    #[must_use]
    pub fn has_told(&self, subject: &Subject) -> bool {
        [&self.stands, &self.holds_up, &self.tells].into_iter().any(|told| told.contains(subject))
    }
}
