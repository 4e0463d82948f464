//! What shows that tasks stand still.

use serde::{Deserialize, Serialize};

use crate::aggregate::Place;
use crate::classify::{WaitsFor, Who};

/// A fact about tasks and the requests that they serve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum TaskFact {
    /// A task has held it and awaited the same.
    HeldFor { by: Who, place: Place, for_s: f64 },
    /// It has no free place, and every task inside of it waits for one.
    NoPlaceInside { for_s: f64 },
    /// A full queue from which nobody is left to take.
    NobodyTakes { items: u64, for_s: f64 },
    /// Tasks wait for the same in two readings.
    SameWait { tasks: u64, apart_s: f64 },
    /// The same, without a timeout.
    SameUntimedWaits { apart_s: f64 },
    /// When the oldest of the requests was sent.
    OldestSent { ago_s: f64 },
    /// Requests that wait before their endpoint.
    BeforeEndpoint { requests: u64 },
    /// To which endpoints they came.
    CameTo { endpoints: u64, names: Vec<String> },
    /// The same waits in all readings, and how old the oldest request is.
    SameInAll { waits: u64, seen_s: f64, age_s: f64 },
    /// Requests were seen in the pause between two attempts.
    BetweenAttempts { requests: u64, age_s: f64 },
    /// A task was cancelled, and waits.
    Cancelled { place: Place, waits_for: WaitsFor },
    /// The lifespan has not gone on.
    LifespanStands { apart_s: f64 },
    /// The server waits for its requests.
    AwaitsRequests { apart_s: f64 },
    /// What one of them awaits.
    OneAwaits { waits_for: WaitsFor, place: Option<Place> },
    /// A loop that no thread runs.
    LoopRunsNowhere { looks: u64 },
    /// Threads wait for the same futures.
    SameFutures { threads: u64, apart_s: f64 },
    /// What they wait for is in its queue, or one of its tasks.
    HandedOver { queued: u64, tasks: u64 },
    /// Tasks of one function that ended with an exception which nobody fetched.
    NobodyFetched { tasks: u64, function: String, error: String },
    /// Tasks that are left on it.
    LeftOn { tasks: u64, named: Vec<(Who, Option<Place>)> },
}
