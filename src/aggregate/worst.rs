//! Which finding is the worst: what it costs the process.

use std::cmp::Ordering;

use super::{Confidence, Kind, Verdict};

/// What a finding costs, the least number the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    /// A loop, or the whole process, does nothing any more.
    Everything,
    /// Part of what it does.
    Part,
    /// Perhaps a part: it may be meant so.
    Perhaps,
    /// Nothing.
    Nothing,
}

impl Cost {
    fn of(verdict: &Verdict) -> Self {
        let own = Self::of_itself(verdict);
        verdict.consequences.iter().map(|consequence| Self::of(&consequence.finding)).fold(own, Self::min)
    }

    fn of_itself(verdict: &Verdict) -> Self {
        let lasts_on_loop = verdict.event_loop.is_some() && verdict.since_s.is_some();
        match verdict.kind {
            kind if !kind.is_trouble() => Self::Nothing,
            _ if verdict.confidence == Confidence::Possible => Self::Perhaps,
            Kind::ProcessStopped | Kind::StartupStuck | Kind::ShutdownStuck => Self::Everything,
            Kind::WorkerBlocked if verdict.since_s.is_some() => Self::Everything,
            Kind::Deadlock | Kind::LoopBlocked if lasts_on_loop => Self::Everything,
            _ => Self::Part,
        }
    }
}

/// Puts the worst first: what it costs, then the kind, then what took more of the window. The order does not depend on the
/// one before.
pub fn worst_first(verdicts: &mut [Verdict]) {
    verdicts.sort_by(worse);
}

/// The worse one is the lesser.
pub(super) fn worse(one: &Verdict, other: &Verdict) -> Ordering {
    let since = |verdict: &Verdict| verdict.since_s.unwrap_or_default();
    let place = |verdict: &Verdict| verdict.blame.as_ref().map(|blame| (blame.file.clone(), blame.line));
    let ties = |verdict: &Verdict| (verdict.process, verdict.thread, verdict.cause);
    (Cost::of(one), kind(one))
        .cmp(&(Cost::of(other), kind(other)))
        .then(other.share.total_cmp(&one.share))
        .then(other.confidence.cmp(&one.confidence))
        .then(since(other).total_cmp(&since(one)))
        .then(ties(one).cmp(&ties(other)))
        .then_with(|| place(one).cmp(&place(other)))
        .then_with(|| one.about.cmp(&other.about))
}

/// A stall that has ended is no worse than a want of the GIL that took more of the window.
fn kind(verdict: &Verdict) -> Kind {
    match verdict.kind {
        Kind::LoopBlocked if verdict.since_s.is_none() => Kind::LoopStarved,
        kind => kind,
    }
}
