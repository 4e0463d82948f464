//! What comes of a loop that is kept from turning.

use super::Explains;
use crate::aggregate::task_graph::{held_up, on_loop};
use crate::aggregate::{Analysis, Because, Cause, Kind, Subject, Verdict};

/// Ages that differ by less than this, seconds, are the same: they come of different looks.
const SAME_AGE_S: f64 = 1.0;

/// Everybody who stands still is on the loop, or waits for it.
pub(super) const STANDS_ON_IT: Explains = Explains { when: stands_on_it, because: Because::LoopDoesNotTurn };

/// The same function used up the CPU quota.
pub(super) const USES_THE_CPU: Explains = Explains { when: uses_the_cpu, because: Because::UsesTheCpu };

/// Steps that take this much of the time are why turns take long.
pub(super) const STEPS_LAST: Explains = Explains {
    when: |_, own, other| {
        other.kind == Kind::LoopOverloaded && other.thread == own.thread && own.share * 2.0 > other.share
    },
    because: Because::StepsLast,
};

fn stands_on_it(analysis: &Analysis<'_>, own: &Verdict, other: &Verdict) -> bool {
    if own.since_s.is_none() || other.about.stands.is_empty() {
        return false;
    }
    let stopped = analysis.tracks.iter().filter(|track| own.about.stands.contains(&Subject::Thread(track.thread)));
    let of_loop = |who: &Subject| stopped.clone().any(|track| *who == Subject::Thread(track.thread));
    // Tasks that wait for each other would do so if the loop turned; a peer who was silent before it stopped is silent by
    // himself.
    let older = other.since_s.zip(own.since_s).is_some_and(|(other, since)| other > since + SAME_AGE_S);
    let by_itself = match other.kind {
        Kind::Deadlock => !other.about.stands.iter().any(of_loop),
        Kind::SlowRequests => older,
        _ => false,
    };
    // Nobody is seen to have the places of a pool that the loop itself wants one of: whoever has them may be on it.
    let of_pool = |who: &Subject| matches!(who, Subject::Pool(_)) && own.cause == Some(Cause::PoolCheckout);
    let mut held = stopped.clone().map(|track| held_up(analysis, &on_loop(analysis, track)));
    !by_itself && held.any(|held| other.about.stands.iter().all(|who| held.contains(who) || of_pool(who)))
}

fn uses_the_cpu(_: &Analysis<'_>, own: &Verdict, other: &Verdict) -> bool {
    let computes = matches!(
        own.cause,
        Some(
            Cause::PythonCpu
                | Cause::NativeCpu
                | Cause::NativeCpuGil
                | Cause::Serialization
                | Cause::Gc
                | Cause::Import
                | Cause::NeverSuspends
                | Cause::TaskStorm
                | Cause::GilPythonThreads
        )
    );
    let function = |verdict: &Verdict| verdict.blame.as_ref().map(|blame| (blame.function.clone(), blame.file.clone()));
    other.kind == Kind::CpuThrottled && computes && other.blame.is_some() && function(own) == function(other)
}
