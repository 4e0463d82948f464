//! What shows how a loop is, as a whole.

use crate::aggregate::LoopFact;
use crate::figures::{count, seconds};

pub(super) fn words(fact: &LoopFact) -> String {
    match fact {
        LoopFact::NoStepLasts { looks, of } => {
            format!("the loop runs steps in {looks} of {of} looks, and no step lasts")
        }
        LoopFact::DifferentTasks { tasks } => format!("{tasks} different tasks were seen to run"),
        LoopFact::ReadyAtOnce { callbacks } => format!("{} were ready at once", count(*callbacks, "callback")),
        LoopFact::Idle { thread, looks, of, steps } => {
            let short = if *steps > 0 { format!(", in a short step in {steps}") } else { String::new() };
            format!("loop of thread {thread} idle in {looks} of {of} looks{short}")
        }
        LoopFact::Waiting { connections, port } => {
            format!("{} waiting on :{port}", count(*connections, "connection"))
        }
        LoopFact::NoRequest => "no request in flight in any reading".to_owned(),
        LoopFact::OldRequests { requests, for_s } => {
            let (requests, oldest) = (count(*requests, "request"), seconds(*for_s));
            format!(
                "{requests} in flight for up to {oldest}: streams, WebSockets, work, waits that end by themselves, or for what others may set"
            )
        }
        LoopFact::NoTrouble { looks } => format!("no trouble in {looks} of {looks} looks"),
        LoopFact::NoLoop { role, looks } => {
            format!("{} process; no event loop in {looks} of {looks} looks", role.word())
        }
    }
}
