//! What keeps us from telling.

use crate::aggregate::UndecidedFact;
use crate::figures::seconds;

pub(super) fn words(fact: &UndecidedFact) -> String {
    match fact {
        UndecidedFact::FewLooks { looks, failed, needed } => {
            format!("{looks} looks taken, {failed} failed; {needed} are needed at least")
        }
        UndecidedFact::Failed { looks, of } => format!("{looks} of {of} looks failed"),
        UndecidedFact::NotClear { thread, looks, of } => {
            format!("what the loop of thread {thread} did is not clear in {looks} of {of} looks")
        }
        UndecidedFact::AwaitedGil { thread, looks, of } => {
            format!("loop of thread {thread} waited for the GIL in {looks} of {of} looks")
        }
        UndecidedFact::NeitherIdleNorBusy { thread, looks } => {
            format!("loop of thread {thread} neither idle nor at work in {looks} looks")
        }
        UndecidedFact::OneStepToTheEnd { thread, for_s } => {
            format!("loop of thread {thread} in one step for the last {}, until the end", seconds(*for_s))
        }
        UndecidedFact::NeverIdle { thread, looks, of } => {
            format!("loop of thread {thread} idle in 0 of {of} looks, busy in {looks}")
        }
        UndecidedFact::MemoryClosed { looks } => {
            format!("memory closed to us in {looks} of {looks} looks; /proc alone does not decide")
        }
        UndecidedFact::RequestsNotRead { server } => {
            format!("NOT KNOWN: requests of {server}, and where they wait")
        }
        UndecidedFact::NoRunningLoop { looks, gap } => {
            let why = gap.as_ref().map(|(what, why)| format!("; {what}: {}", why.words())).unwrap_or_default();
            format!("no running loop in {looks} of {looks} looks{why}")
        }
    }
}
