//! What is said of a process and what surrounds it.

use serde::{Deserialize, Serialize};

use crate::aggregate::{Place, Progress};
use crate::classify::WaitsFor;
use crate::snapshot::{Role, Why};

/// A finding about a process, in one sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "the fields are the figures and names of the sentence that the variant is described by"
)]
pub enum ProcessSummary {
    /// A master has no worker.
    NoWorker { connections: u64 },
    /// No descriptor is free; what most of them are.
    NoDescriptor { open: u64, limit: u64, most: Option<(u64, String)> },
    /// Memory is short.
    MemoryShort { limit_mib: u64, pages_per_s: f64 },
    /// The CPU quota is used up.
    QuotaUsedUp { cores: Option<f64>, share: f64 },
    /// Stopped by a tracer.
    Traced { tracer: Option<u32> },
    /// Stopped by a signal.
    Stopped,
    /// Its control group is frozen.
    Frozen,
    /// It looks as if its container were paused.
    Paused,
    /// The start or the end does not go on.
    LifespanStuck { phase: Lifespan, for_s: f64, place: Place, waits_for: WaitsFor },
    /// The start or the end goes on by the hands of others.
    LifespanAtWork { phase: Lifespan, for_s: f64, place: Place, progress: Progress },
    /// The end waits for requests that do not end.
    OpenStreams { for_s: f64, requests: u64, place: Option<Place> },
    /// Nothing in this process serves.
    ServesNothing { role: Role },
    /// Nothing is asked of it.
    Quiet,
    /// The loop turns, and its requests are not known.
    RequestsNotKnown { why: Why },
    /// The loop turns.
    Turns,
    /// `/proc` alone shows nothing wrong.
    ClosedAndWell,
    /// A hub gives turns, and the requests whose turn it is not are not known.
    HubTurns { server: String },
    /// A hub gives turns to greenlets, which were all read.
    GreenletsTurn { hub: String, greenlets: u64, requests: u64 },
    /// The main thread waits for whoever comes, and the requests are not known.
    AwaitsWhoeverComes { server: String },
    /// How the workers of a process without a loop are.
    Workers { state: Crews },
    /// We cannot tell.
    CannotTell { because: Undecided },
}

/// The start or the end of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifespan {
    /// It comes to serve.
    Startup,
    /// It ends.
    Shutdown,
}

/// How the workers of a process are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crews {
    /// They wait for work.
    Idle,
    /// They go from one piece to the next.
    Turning,
    /// Some stand, and others could serve.
    SomeStand,
}

/// Why we cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undecided {
    /// Too few looks.
    FewLooks,
    /// Most looks failed.
    LooksFailed,
    /// The loop could not be read often enough.
    LoopUnclear,
    /// The loop waited for the GIL, in a short window.
    AwaitedGil,
    /// The loop was not seen to turn.
    NotTurning,
    /// The process ended in the middle of a step.
    EndedInStep,
    /// Always busy, in a Python whose steps cannot be told apart.
    AlwaysBusy,
    /// The memory is closed to us.
    MemoryClosed,
    /// No loop runs.
    NoLoop,
}
