//! What shows who has a lock.

use crate::aggregate::{Deed, LockFact};
use crate::figures::seconds;
use crate::snapshot::ParentLock;
use crate::words::doing::did;
use crate::words::names::{in_place, place, who};

pub(super) fn words(fact: &LockFact) -> String {
    match fact {
        LockFact::Held { by, taken, looks, of, act } => {
            let (by, taken) = (who(by), in_place(taken.as_ref()));
            format!("{by} holds the lock{taken} in {looks} of {of} looks, {}", did(act))
        }
        LockFact::OwnerGone { in_parent } => {
            let origin = match in_parent {
                true => "it stayed behind in the parent process, which has the same lock",
                false => "it ended, or stayed behind in the process that this one was forked from",
            };
            format!("the lock's owner is not a thread of this process: {origin}")
        }
        LockFact::HolderNotFound { in_parent } => {
            let fork = match in_parent {
                Some(ParentLock::Held) => "; the parent process has the same lock, and there it is held",
                Some(ParentLock::Free) => "; it is older than the fork, and may have been held then",
                None => "",
            };
            format!("holder not found: the lock keeps no owner and no thread has it in a with block{fork}")
        }
        LockFact::HeldAcrossAwait { by, place: at } => {
            format!("{} holds the lock across an await in {}, and waits for this loop", who(by), place(at))
        }
        LockFact::WaitsFor { waiter, holder, taken, looks, of } => {
            let holder = match holder {
                Some(holder) => format!("{} holds", who(holder)),
                None => "it holds itself".to_owned(),
            };
            let taken = taken.as_ref().map(|taken| format!(", inside of {}", place(taken))).unwrap_or_default();
            format!("{} waits for a lock that {holder}{taken}, in {looks} of {of} looks", who(waiter))
        }
        LockFact::HandlesSignal { place: at, signal } => {
            format!("{} handles signal {signal}, which came while the lock was held", place(at))
        }
        LockFact::NoneOnCpu { for_s } => format!("no thread of it was on a CPU for {}", seconds(*for_s)),
        LockFact::NeedsOther { waiter, at, deed, other } => {
            needs(deed, &who(waiter), &in_place(at.as_ref()), &who(other))
        }
        LockFact::SameWaits { apart_s } => format!("the same waits in two readings {} apart", seconds(*apart_s)),
    }
}

fn needs(deed: &Deed, waiter: &str, at: &str, other: &str) -> String {
    match deed {
        Deed::Unlock { taken } => {
            format!("{waiter} waits{at} for an asyncio.Lock that {other} holds in {}", place(taken))
        }
        Deed::UnlockThreads { taken } => {
            format!("{waiter} waits{at} for a threading.Lock that {other} holds across an await in {}", place(taken))
        }
        Deed::UnlockThread => format!("{waiter} waits{at} for a lock that {other} holds"),
        Deed::End => format!("{waiter} awaits{at} {other}"),
        Deed::EndAmongSeveral => format!("{waiter} awaits{at} several tasks, {other} among them"),
        Deed::RunCall => format!("{waiter} awaits{at} a call in {other}"),
        Deed::RunCoroutine => format!("{waiter} waits for a coroutine on the loop that {other} runs"),
        Deed::TurnLoop => format!("{waiter} can only go on when {other}, which runs its loop, does"),
    }
}
