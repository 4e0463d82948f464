//! A loop that turns, and has more to do in each turn than there is time: no step lasts, and whatever arrives waits until
//! all that is ready has run.

use std::time::Duration;

use super::loops::USES_THE_CPU;
use super::{Explains, Judge};
use crate::aggregate::busy::{Busy, busy};
use crate::aggregate::{
    Advice, Analysis, Because, Cause, Confidence, Finding, Kind, LoopFact, LoopSummary, SecondParty, Track, Verdict,
};

/// A turn so long is felt by everybody who asks for something.
const LONG_TURN: Duration = Duration::from_millis(500);
/// So many callbacks ready at once are a storm; fewer that take so long are slow ones.
const STORM: u64 = 1000;

/// So many different steps have to be seen: a loop that has few and slow ones is blocked, not overloaded.
const FEWEST_STEPS: usize = 20;

pub(super) struct OverloadedLoops;

impl Judge for OverloadedLoops {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        analysis.tracks.iter().filter_map(|track| judge(analysis, track)).collect()
    }

    fn explains(&self) -> &'static [Explains] {
        // Among very many steps some last, and each of so many objects costs the garbage collector time.
        const SOME_LAST: Explains = Explains {
            when: |_, own, other| {
                let of_loop = matches!(other.kind, Kind::LoopBlocked | Kind::LoopStarved);
                of_loop && other.thread == own.thread && other.share * 2.0 <= own.share
            },
            because: Because::ManySteps,
        };
        &[SOME_LAST, USES_THE_CPU]
    }
}

/// The verdict on a loop whose turns take long.
fn judge(analysis: &Analysis<'_>, track: &Track<'_>) -> Option<Verdict> {
    let busy = busy(analysis, track)?;
    let in_long: usize = busy.turns.values().filter(|(length, _)| *length >= LONG_TURN).map(|(_, looks)| looks).sum();
    let (steps, decided) = busy.steps;
    // A loop that is kept from running has long turns too, and makes no progress in them.
    if in_long * 2 <= decided || busy.ran * 2 <= decided || busy.different < FEWEST_STEPS {
        return None;
    }
    let longest = busy.turns.values().map(|(length, _)| *length).max()?;
    let place = busy.function.map(|found| found.place(analysis.recording));
    let summary = LoopSummary::Overloaded { callbacks: busy.ready, place, turn_s: longest.as_secs_f64() };
    let confidence = if busy.ready >= STORM { Confidence::Certain } else { Confidence::Likely };
    let evidence = LoopFact::NoStepLasts { looks: steps as u64, of: decided as u64 };
    let finding = Finding::new(Kind::LoopOverloaded, analysis.pid(), summary, evidence)
        .cause(Cause::TaskStorm, confidence)
        .on(track.thread.0, Some(track.kind.word()))
        .lasting(None, in_long as f64 / decided as f64)
        .evidence(different_tasks(&busy))
        .evidence([LoopFact::ReadyAtOnce { callbacks: busy.ready }])
        .hurts_users_of(analysis, Some(track))
        .advice(Advice::BoundConcurrency);
    let blame = busy.function.map(|found| found.blame(analysis.recording));
    Some(finding.blame(blame, SecondParty::None).verdict())
}

fn different_tasks(busy: &Busy) -> Option<LoopFact> {
    (busy.tasks > 1).then_some(LoopFact::DifferentTasks { tasks: busy.tasks as u64 })
}
