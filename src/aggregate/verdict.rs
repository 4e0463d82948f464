//! The words of the contract: what can be wrong, why, and how sure we are.

use serde::{Deserialize, Serialize};

use super::subject::About;
use super::{Advice, Evidence, Hurt, Summary};
use crate::classify::Doing;

pub use crate::classify::{Cause, Place, SecondParty};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The whole process is stopped or frozen.
    ProcessStopped,
    /// Threads, tasks or both wait for each other.
    Deadlock,
    /// One step of the loop does not return.
    LoopBlocked,
    /// A worker that serves without a loop does one thing that does not return.
    WorkerBlocked,
    /// The loop could run and is not let.
    LoopStarved,
    /// The process never came to serve.
    StartupStuck,
    /// The process does not end.
    ShutdownStuck,
    /// The loop's thread ended.
    LoopGone,
    /// A bounded pool has nothing left.
    PoolExhausted,
    /// Tasks wait for something that does not come.
    TasksStuck,
    /// The control group's CPU quota is used up.
    CpuThrottled,
    /// Memory is short.
    MemoryPressure,
    /// The loop turns, but has more to do than time.
    LoopOverloaded,
    /// Requests take long and nothing here is the reason.
    SlowRequests,
    /// Requests stand still, and what would end their wait is not known.
    RequestsWaiting,
    /// Work outside of requests, such as a scheduled job or a consumer, stands still.
    JobStuck,
    /// Not ready yet, and still getting ahead.
    Starting,
    /// Told to end, and finishing what is in flight.
    Draining,
    /// The evidence does not decide.
    CannotTell,
    /// Nothing is wrong with this process.
    Healthy,
}

impl Kind {
    /// Whether it is a trouble, not a state in which a process may well be.
    #[must_use]
    pub const fn is_trouble(self) -> bool {
        match self {
            Self::Starting | Self::Draining | Self::CannotTell | Self::Healthy => false,
            Self::ProcessStopped
            | Self::Deadlock
            | Self::LoopBlocked
            | Self::WorkerBlocked
            | Self::LoopStarved
            | Self::StartupStuck
            | Self::ShutdownStuck
            | Self::LoopGone
            | Self::PoolExhausted
            | Self::TasksStuck
            | Self::CpuThrottled
            | Self::MemoryPressure
            | Self::LoopOverloaded
            | Self::SlowRequests
            | Self::RequestsWaiting
            | Self::JobStuck => true,
        }
    }
}

/// How sure we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It could be.
    Possible,
    /// The evidence points there.
    Likely,
    /// Nothing else explains the evidence.
    Certain,
}

/// Whom to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blame {
    /// The function: the innermost frame of the user's.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line it is on.
    pub line: u32,
    /// The `async def` that called it (itself, when it is one); `None` when there is none on the stack.
    pub coroutine: Option<Place>,
    /// The whole stack, innermost first.
    pub stack: Vec<Place>,
}

/// A verdict: what, why, whom to blame, how we know, what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is wrong.
    pub kind: Kind,
    /// Why; `None` for `healthy`.
    pub cause: Option<Cause>,
    /// How sure we are.
    pub confidence: Confidence,
    /// What it says in one sentence.
    pub summary: Summary,
    /// The process.
    pub process: u32,
    /// The thread, where one is meant.
    pub thread: Option<u32>,
    /// The loop kind, where one is meant.
    pub event_loop: Option<String>,
    /// For how long it has lasted, seconds; `None` when it does not last any more or is not known.
    pub since_s: Option<f64>,
    /// Share of the window, 0 to 1.
    pub share: f64,
    /// Whom to blame.
    pub blame: Option<Blame>,
    /// The other side.
    pub second_party: SecondParty,
    /// Whom it hurts.
    pub hurts: Vec<Hurt>,
    /// How we know. Never empty.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Advice,
    /// What the blamed function does, as a fact, where one look shows it.
    pub doing: Option<Doing>,
    /// Other findings that come of it, the worst first. They have none of their own.
    pub consequences: Vec<Consequence>,
    /// Whom it is about: what tells it from others.
    pub about: About,
}

/// A finding that comes of another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Consequence {
    /// Why it does.
    pub because: Because,
    /// The finding.
    pub finding: Verdict,
}

/// Why one finding comes of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// Nothing in the process runs.
    NothingRuns,
    /// The loop does not turn, and all who stand still there are on it.
    LoopDoesNotTurn,
    /// Everybody who stands still there is one of those here, or waits for them.
    WaitsForThem,
    /// No descriptor is free, so accepting a connection fails again and again.
    AcceptFails,
    /// Each page that a step needs is read anew.
    PagesAreGone,
    /// Whoever is throttled keeps what he has.
    ThrottledMeanwhile,
    /// What is to blame here used the CPU up.
    UsesTheCpu,
    /// Among very many steps some last.
    ManySteps,
    /// Steps that last make turns that last.
    StepsLast,
}
