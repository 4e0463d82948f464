//! What is said of loops, threads and workers.

use crate::aggregate::{Act, Between, Cause, Lifespan, LoopSummary, Place, Where};
use crate::figures::{count, seconds, share};
use crate::words::doing::{at, clause};
use crate::words::names::{in_place, place, position};
use crate::words::verbs::wait;

/// About loops and threads.
pub(super) fn words(summary: &LoopSummary) -> String {
    match summary {
        LoopSummary::Blocked { phase, for_s, place, cause, act } => {
            let what = phase.map_or("event loop blocked", stuck);
            format!("{what} for {}{}, {}", seconds(*for_s), in_place(place.as_ref()), does(*cause, act))
        }
        LoopSummary::BlockedOften { share: of, place, cause, act, stalls, longest_s } => format!(
            "event loop blocked {} of the time{}, {}, {} of up to {}",
            share(*of),
            in_place(place.as_ref()),
            does(*cause, act),
            count(*stalls, "stall"),
            seconds(*longest_s)
        ),
        LoopSummary::MainBlocked { for_s, act } => {
            let act = act.as_ref().map(|act| format!(", {}", clause(act))).unwrap_or_default();
            format!("main thread blocked for {}{act}; connections pile up", seconds(*for_s))
        }
        LoopSummary::Starved { cause, place: at, threads } => {
            format!("event loop starved of the GIL: {}", has_gil(*cause, at.as_ref(), *threads))
        }
        LoopSummary::Overloaded { callbacks, place: at, turn_s } => {
            let of = at.as_ref().map(|at| format!(", most of them of {}", place(at))).unwrap_or_default();
            let ready = count(*callbacks, "callback");
            format!("event loop overloaded: {ready} ready{of}; a turn takes {} or more", seconds(*turn_s))
        }
        LoopSummary::LoopInLoop { outer, inner } => format!(
            "a loop runs inside of a loop: the call in {} cannot return before the one further in, in {}, has",
            place(outer),
            place(inner)
        ),
        LoopSummary::LoopGone { threads, place: at } => format!(
            "{} {}{} for a coroutine of an event loop that no thread runs",
            count(*threads, "thread"),
            wait(*threads),
            in_place(at.as_ref())
        ),
        LoopSummary::OwnLock { at, taken, between } => {
            let between = match between {
                Some(Between::Handler) => ", which a signal interrupted",
                Some(Between::Finalizer) => ", and a finalizer (__del__) ran in the middle of it",
                None => "",
            };
            format!("{} waits for a lock that its own thread took{}{between}", position(at), in_place(taken.as_ref()))
        }
        LoopSummary::EachOthersLocks { waiters } => match waiters.as_slice() {
            [one, other] if position(one) == position(other) => {
                format!("two threads in {} wait for each other's lock", position(one))
            }
            [one, other] => format!("{} and {} wait for each other's lock", position(one), position(other)),
            many => {
                let of = count(many.len() as u64, "thread");
                format!("deadlock of {of}: each waits for the next one's lock: {}", positions(many))
            }
        },
        LoopSummary::EachOther { waiters } => match waiters.as_slice() {
            [own] => format!("{} waits for a lock that its own task holds", position(own)),
            [one, other] => format!("{} and {} wait for each other", position(one), position(other)),
            many => format!("deadlock of {}: each waits for the next one: {}", many.len(), positions(many)),
        },
        LoopSummary::MutexAgainstGil { place: at } => {
            format!("{} has the GIL and waits for a mutex; its owner waits for the GIL", place(at))
        }
        LoopSummary::WorkersStand { library, workers, for_s, at: stands } => {
            let who = match workers {
                1 => format!("the worker of {library} has"),
                2 => format!("both workers of {library} have"),
                many => format!("all {many} workers of {library} have"),
            };
            format!("{who} stood still for {}, in {}", seconds(*for_s), at(stands))
        }
        LoopSummary::ThreadsStand { requests, for_s, at: stands } => {
            let have = if *requests == 1 { "has" } else { "have" };
            format!("{} {have} stood still for {}, in {}", count(*requests, "request"), seconds(*for_s), at(stands))
        }
        LoopSummary::JobStands { name, library, for_s, at: stands } => {
            format!("job {name} of {library} has stood still for {}, in {}", seconds(*for_s), at(stands))
        }
        LoopSummary::Stands { for_s, at: stands } => {
            format!("it has stood still for {}, in {}", seconds(*for_s), at(stands))
        }
        LoopSummary::NoServer { at: stands } => {
            let act = stands.act.as_ref().map(|act| format!(", {}", clause(act))).unwrap_or_default();
            let is = if stands.act.is_some() { "is" } else { "computes" };
            let at = stands.place.as_ref().map(place).unwrap_or_default();
            format!("no server and no worker that we know: it {is} in {at}{act}")
        }
    }
}

/// What the blamed function does: what many looks together say, else what one shows.
fn does(cause: Cause, act: &Act) -> String {
    match cause {
        Cause::Import => "importing a module".to_owned(),
        Cause::NativeCpuGil => "running native code that keeps the GIL".to_owned(),
        Cause::NeverSuspends => "awaiting all the while and never suspending".to_owned(),
        _ => clause(act),
    }
}

fn has_gil(cause: Cause, at: Option<&Place>, threads: u64) -> String {
    let Some(at) = at else { return "others have it".to_owned() };
    let what = match cause {
        Cause::GilHeldWaiting => "holds it while waiting",
        Cause::GilNativeHold => "keeps it in native code",
        _ => "computes in Python",
    };
    let threads = if threads == 1 { String::new() } else { format!(", {threads} threads") };
    format!("{} {what}{threads}", place(at))
}

/// `startup stuck`
pub(super) const fn stuck(phase: Lifespan) -> &'static str {
    match phase {
        Lifespan::Startup => "startup stuck",
        Lifespan::Shutdown => "shutdown stuck",
    }
}

fn positions(many: &[Where]) -> String {
    many.iter().map(position).collect::<Vec<_>>().join(", ")
}
