//! What shows who has the GIL.

use crate::aggregate::GilFact;
use crate::classify::Holder;
use crate::figures::seconds;
use crate::words::names::{place, who};
use crate::words::party::holder;

pub(super) fn words(fact: &GilFact) -> String {
    match fact {
        GilFact::GilFree => "GIL free".to_owned(),
        GilFact::WithoutGil => "the thread does not hold the GIL".to_owned(),
        GilFact::HoldsGil { looks, of } => format!("the thread holds the GIL in {looks} of {of} looks"),
        GilFact::AwaitsGil { looks, of, looks_idle } => {
            let idle = if *looks_idle { "; its Python frames look idle" } else { "" };
            format!("loop waits for the GIL in {looks} of {of} looks{idle}")
        }
        GilFact::TakeTurns { threads, looks } => {
            format!("{threads} other threads take turns with it; none has it in more than {looks} of them")
        }
        GilFact::OneHasGil { thread, looks, of } => format!("{} holds it in {looks} of {of} of them", who(thread)),
        GilFact::GilStays { hold_s } => format!("it stays with one thread for {} or more", seconds(*hold_s)),
        GilFact::GilChangesHands { every_s } => format!("it changes hands every {} on average", seconds(*every_s)),
        GilFact::GilNeverChanges { suspects } => {
            let suspects = holder(&Holder::WaitsForGil { suspects: suspects.clone() });
            format!("the GIL never changed hands; waits for it: the loop and {suspects}")
        }
        GilFact::SleepsOnMutex { place: at, looks, of } => {
            format!("{} sleeps on one mutex and has the GIL in {looks} of {of} looks", place(at))
        }
    }
}
