//! When an incident is captured without anybody asking.

use std::time::Duration;

use crate::report::{Confidence, Kind, Verdict};

/// A step of a loop that lasts so long blocks it.
pub(super) const BLOCKED: Duration = Duration::from_secs(1);
/// One in which the application is loaded, begins or ends, is given more, as the judges do: large libraries take seconds to import.
pub(super) const BLOCKED_OUTSIDE_OF_SERVICE: Duration = Duration::from_secs(10);
/// A loop that waits for the GIL in this share of three seconds is starved.
pub(super) const STARVED: f64 = 0.5;

/// Why an incident is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    LoopBlocked,
    LoopStarved,
    Deadlock,
    PoolExhausted,
    OldRequest,
    TasksStuck,
    WorkerReplaced,
    Alert,
    Asked,
}

impl Rule {
    /// Its word, in names of folders too.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::LoopBlocked => "loop-blocked",
            Self::LoopStarved => "loop-starved",
            Self::Deadlock => "deadlock",
            Self::PoolExhausted => "pool-exhausted",
            Self::OldRequest => "old-request",
            Self::TasksStuck => "tasks-stuck",
            Self::WorkerReplaced => "worker-replaced",
            Self::Alert => "alert",
            Self::Asked => "asked",
        }
    }

    /// What an incident is of, in a line: the same again is captured less often.
    pub(super) fn of(self, thing: &str) -> String {
        format!("{}: {thing}", self.word())
    }
}

/// What of the verdicts on the last minute sets a rule off, and for how long it must have lasted.
const JUDGED: &[(Kind, Rule, f64)] = &[
    (Kind::Deadlock, Rule::Deadlock, 0.0),
    (Kind::PoolExhausted, Rule::PoolExhausted, 2.0),
    (Kind::RequestsWaiting, Rule::OldRequest, 10.0),
    (Kind::SlowRequests, Rule::OldRequest, 10.0),
    (Kind::TasksStuck, Rule::TasksStuck, 10.0),
];

/// The rule that the verdicts set off, and the verdict. What is merely possible wakes nobody.
pub(super) fn set_off(verdicts: &[Verdict]) -> Option<(Rule, &Verdict)> {
    verdicts.iter().filter(|verdict| verdict.confidence > Confidence::Possible).find_map(|verdict| {
        let row = JUDGED.iter().find(|(kind, ..)| *kind == verdict.kind)?;
        (verdict.since_s.unwrap_or_default() >= row.2).then_some((row.1, verdict))
    })
}
