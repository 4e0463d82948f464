//! What a task waits for, as a fact.

use serde::{Deserialize, Serialize};

use super::{Place, Who};
use crate::snapshot::{PrimitiveKind, ThreadId, Why};

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WaitsFor {
    /// Nothing: it runs.
    Nothing,
    /// Its turn.
    Turn,
    /// It is not known.
    NotKnown {
        /// Why not.
        why: Why,
    },
    /// Another task.
    Task {
        /// Which.
        task: Who,
    },
    /// Some of several tasks.
    Tasks {
        /// How many have not ended.
        pending: u64,
        /// How many there are.
        of: u64,
    },
    /// A primitive of asyncio.
    Primitive {
        /// Which; `None` where it could not be read.
        state: Option<Primitive>,
    },
    /// A timer.
    Sleep {
        /// In how many seconds it ends.
        ends_in_s: Option<f64>,
    },
    /// A call in a thread.
    Call {
        /// Which thread; `None`: none runs it yet.
        thread: Option<ThreadId>,
    },
    /// Data of a connection, or that it takes some.
    Connection {
        /// The other end.
        peer: Option<String>,
        /// Whether it is to take data.
        sends: bool,
    },
    /// A future of which nothing more is known.
    Future,
}

/// A primitive of asyncio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primitive {
    /// Which.
    pub primitive: PrimitiveKind,
    /// Where somebody holds it.
    pub held_in: Option<Place>,
    /// Of a queue: how many items it has, and how many it takes.
    pub items: Option<(u64, Option<u64>)>,
}

/// What is awaited, and in which call of a library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// What is awaited.
    pub waits_for: WaitsFor,
    /// The function between the user's and what it awaits, `Semaphore.acquire()`, and the package that it is of.
    pub method: Option<(String, String)>,
}
