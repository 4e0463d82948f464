//! What is said of a process and what surrounds it.

use super::loops::stuck;
use crate::aggregate::{Crews, Lifespan, ProcessSummary, Undecided};
use crate::figures::{count, seconds, share};
use crate::words::names::place;
use crate::words::party::quota;
use crate::words::waits::{progress, waits_for};

/// About the process and what surrounds it.
pub(super) fn words(summary: &ProcessSummary) -> String {
    let words = match summary {
        ProcessSummary::NoWorker { connections } => {
            let waiting = count(*connections, "connection");
            return format!("no worker serves: {waiting} at the master's socket, and it has no worker");
        }
        ProcessSummary::NoDescriptor { open, limit, most } => {
            let most = most.as_ref().map(|(count, what)| format!(", {count} of them {what}")).unwrap_or_default();
            return format!("no file descriptor is free: {open} open, {limit} allowed{most}");
        }
        ProcessSummary::MemoryShort { limit_mib, pages_per_s } => {
            return format!(
                "memory is short: at its limit of {limit_mib} MiB, and the loop reads {pages_per_s:.0} pages a second back"
            );
        }
        ProcessSummary::QuotaUsedUp { cores, share: of } => {
            let (quota, often) = (quota(*cores), share(*of));
            return format!("the CPU quota{quota} is used up: throttled in {often} of its periods");
        }
        ProcessSummary::Traced { tracer: Some(tracer) } => {
            return format!("process stopped by its tracer, pid {tracer}");
        }
        ProcessSummary::LifespanStuck { phase, for_s, place: at, waits_for: wait } => {
            let (place, awaits) = (place(at), waits_for(wait));
            return format!("{} for at least {} in {place}, which awaits {awaits}", stuck(*phase), seconds(*for_s));
        }
        ProcessSummary::LifespanAtWork { phase, for_s, place: at, progress: work } => {
            let word = match phase {
                Lifespan::Startup => "starting",
                Lifespan::Shutdown => "ending",
            };
            return format!("{word} for at least {}: {} waits, and {}", seconds(*for_s), place(at), progress(work));
        }
        ProcessSummary::OpenStreams { for_s, requests, place: at } => {
            let inside = at.as_ref().map(|at| format!(", in {}", place(at))).unwrap_or_default();
            let verb = if *requests == 1 { "does" } else { "do" };
            let requests = count(*requests, "request");
            return format!("shutdown stuck for at least {}: {requests} {verb} not end{inside}", seconds(*for_s));
        }
        ProcessSummary::ServesNothing { role } => return format!("{}: serves nothing itself", role.word()),
        ProcessSummary::RequestsNotKnown { why } => {
            return format!("the event loop turns; NOT KNOWN: its requests ({})", why.words());
        }
        ProcessSummary::GreenletsTurn { hub, greenlets, requests } => {
            let requests = match requests {
                0 => "no request was in flight at the last look".to_owned(),
                _ => format!("{} in flight, none of which is seen to hang", count(*requests, "request")),
            };
            return format!("the hub of {hub} gives turns (greenlets: {greenlets}); {requests}");
        }
        ProcessSummary::HubTurns { server } => {
            return format!("its hub gives turns; NOT KNOWN: requests of {server} whose turn it is not");
        }
        ProcessSummary::AwaitsWhoeverComes { server } => {
            return format!("its main thread waits for whoever comes; NOT KNOWN: requests of {server}");
        }
        ProcessSummary::Traced { tracer: None } => "process stopped by a tracer",
        ProcessSummary::Stopped => "process stopped by a signal",
        ProcessSummary::Frozen => "process frozen: its control group is",
        ProcessSummary::Paused => "process frozen, as by a paused container",
        ProcessSummary::Quiet => {
            "the event loop turns, no request was seen in flight and no connection waits: look outside"
        }
        ProcessSummary::Turns => "the event loop turns; it is not what hangs",
        ProcessSummary::ClosedAndWell => "nothing wrong to see from /proc alone; stacks are closed to us",
        ProcessSummary::Workers { state: Crews::Idle } => "its workers wait for work",
        ProcessSummary::Workers { state: Crews::Turning } => "its workers go from one piece of work to the next",
        ProcessSummary::Workers { state: Crews::SomeStand } => "some of its workers stand, and others could serve",
        ProcessSummary::CannotTell { because } => undecided(*because),
    };
    words.to_owned()
}

const fn undecided(because: Undecided) -> &'static str {
    match because {
        Undecided::FewLooks => "too few looks to tell",
        Undecided::LooksFailed => "most looks failed",
        Undecided::LoopUnclear => "the loop could not be read often enough",
        Undecided::AwaitedGil => "the loop waited for the GIL, in a window too short to call it starved",
        Undecided::NotTurning => "the loop was not seen to turn",
        Undecided::EndedInStep => "the process ended in the middle of a step of its loop",
        Undecided::AlwaysBusy => "the loop is always busy; whether it turns cannot be seen in this Python",
        Undecided::MemoryClosed => "the process's memory is closed to us",
        Undecided::NoLoop => "no event loop runs in this process",
    }
}
