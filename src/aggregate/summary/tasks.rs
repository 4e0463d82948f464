//! What is said of tasks, requests and pools.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Act, Place};
use crate::classify::{Object, WaitsFor};
use crate::snapshot::{PoolKind, PrimitiveKind};

/// A finding about tasks, requests or a pool, in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum TaskSummary {
    /// A pool has no place left; how many wait for one.
    PoolFull { pool: PoolKind, size: u64, who: Occupancy, waiting: u64 },
    /// Tasks wait for what a function holds while it awaits something.
    HeldWhileAwaiting { tasks: u64, primitive: PrimitiveKind, place: Place, waits_for: WaitsFor },
    /// All who hold a semaphore wait for it once more.
    EnteredTwice { primitive: PrimitiveKind, place: Place },
    /// Tasks wait for what was not given back.
    NotGivenBack { tasks: u64, primitive: PrimitiveKind },
    /// Tasks put into a full queue from which nobody takes.
    NobodyTakes { tasks: u64, items: u64 },
    /// Requests wait for an event that nobody is left to set; in the place are so many.
    EventUnset { requests: u64, place: Place, here: u64 },
    /// Requests wait, and who could end that.
    RequestsWait { requests: u64, for_s: f64, place: Place, object: Object, who: Option<CouldEnd> },
    /// What a function calls fails and is tried again, by a library.
    Retried { requests: u64, for_s: f64, place: Place, by: Option<String> },
    /// Requests wait for a task that was cancelled and goes on.
    CancelledGoesOn { requests: u64, for_s: f64, place: Place },
    /// Requests wait for a peer that says nothing.
    PeerSilent { requests: u64, place: Place, peer: String, for_s: f64, timed: bool },
    /// Tasks wait for what one holds that sends to a client which takes nothing.
    BehindSlowClient { tasks: u64, primitive: PrimitiveKind, place: Place, client: String },
    /// Other clients wait with one that takes nothing; `None`: the request of one of them.
    WithSlowClient { place: Place, client: String, others: Option<u64> },
    /// Jobs wait for an answer of a peer, and no timeout ends that; the name, where one job has one.
    JobUnanswered { jobs: u64, name: Option<String>, for_s: f64, place: Place, peer: String },
    /// Clients have got no answer, and for how long a peer has owed this process one.
    ClientsUnanswered { clients: u64, for_s: f64, peer: String, owes_for_s: f64 },
}

/// Who has the places of a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "places", rename_all = "kebab-case")]
pub enum Occupancy {
    /// A function, so many of them, and what it does there.
    Taken {
        /// The function.
        place: Place,
        /// How many.
        users: u64,
        /// What most of them do.
        act: Option<PoolUse>,
    },
    /// Users that wait for one more of the same.
    Nested {
        /// Where.
        place: Option<Place>,
    },
    /// A function, and its users wait for a call in the queue behind them.
    Behind {
        /// The function.
        place: Place,
    },
    /// Users that wait for those of another pool, who wait for them.
    Crossed {
        /// The other pool, and its size.
        other: Option<(PoolKind, u64)>,
        /// Where they wait.
        place: Option<Place>,
    },
    /// Lookups of names that wait for a name server.
    Lookups {
        /// Which.
        server: Option<String>,
        /// Who asked.
        place: Option<Place>,
    },
    /// No thread, while every place of a limiter waits.
    NoThread {
        /// The limiter, and its size.
        limiter: (PoolKind, u64),
        /// Where they wait.
        place: Place,
    },
    /// Nobody is seen to.
    Lost,
}

/// What the users of a pool do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PoolUse {
    /// Threads: what they do.
    Act(Act),
    /// Tasks: from whom they read.
    Reads {
        /// Whom.
        peer: String,
    },
}

/// Who could end a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum CouldEnd {
    /// A peer.
    Peer {
        /// Whom.
        peer: String,
    },
    /// A call in a thread that does not move.
    Thread {
        /// Which.
        thread: crate::snapshot::ThreadId,
    },
    /// A child that sleeps.
    Child {
        /// Its pid.
        pid: u32,
    },
    /// A child that waits to write into a pipe that only this process reads.
    WritingChild {
        /// Its pid.
        pid: u32,
        /// Its name.
        name: String,
    },
    /// Only the client.
    Client,
    /// A time limit that is far away.
    Limit {
        /// Seconds from now.
        left_s: f64,
    },
    /// Something on a descriptor.
    Descriptor {
        /// Its number.
        number: i32,
    },
    /// Nobody is in sight.
    Nobody,
}
