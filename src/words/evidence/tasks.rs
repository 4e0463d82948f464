//! What shows that tasks stand still.

use super::steps::runs_nowhere;
use crate::aggregate::{Place, TaskFact};
use crate::classify::Who;
use crate::figures::{count, seconds};
use crate::words::names::{in_place, place, who};
use crate::words::summary::tasks_wait;
use crate::words::verbs::wait;
use crate::words::waits::waits_for;

pub(super) fn words(fact: &TaskFact) -> String {
    match fact {
        TaskFact::HeldFor { by, place: at, for_s } => {
            let (by, at) = (who(by), place(at));
            format!("{by} has held it in {at} and awaited the same for {} at least", seconds(*for_s))
        }
        TaskFact::NoPlaceInside { for_s } => {
            format!("it has no free place, and every task inside of it waits for one for {} at least", seconds(*for_s))
        }
        TaskFact::NobodyTakes { items, for_s } => format!(
            "{items} of {items} items, no task waits to take one, and every task that runs code of yours waits to put for {} at \
             least",
            seconds(*for_s)
        ),
        TaskFact::SameWait { tasks, apart_s } => {
            format!("{} for the same in two readings {} apart", tasks_wait(*tasks), seconds(*apart_s))
        }
        TaskFact::SameUntimedWaits { apart_s } => {
            format!("the same waits, without a timeout, in two readings {} apart", seconds(*apart_s))
        }
        TaskFact::OldestSent { ago_s } => {
            format!("by the kernel's count the oldest of them was sent {} ago or earlier", seconds(*ago_s))
        }
        TaskFact::BeforeEndpoint { requests } => {
            format!("{requests} of them wait before their endpoint: in a dependency or middleware")
        }
        TaskFact::CameTo { endpoints, names } => {
            let more = if *endpoints > names.len() as u64 { ", ..." } else { "" };
            format!("they came to {}: {}{more}", count(*endpoints, "endpoint"), names.join(", "))
        }
        TaskFact::SameInAll { waits, seen_s, age_s } => format!(
            "the same {} in all readings for {}; the oldest request is {} old at least",
            if *waits == 1 { "wait" } else { "waits" },
            seconds(*seen_s),
            seconds(*age_s)
        ),
        TaskFact::BetweenAttempts { requests, age_s } => format!(
            "{} {} seen in the pause between two attempts; the oldest is {} old at least",
            count(*requests, "request"),
            if *requests == 1 { "was" } else { "were" },
            seconds(*age_s)
        ),
        TaskFact::Cancelled { place: at, waits_for: wait } => {
            format!("its cancellation was asked for, and it waits in {} for {}", place(at), waits_for(wait))
        }
        TaskFact::LifespanStands { apart_s } => {
            format!("the lifespan has not gone on between two readings {} apart, and nothing moved", seconds(*apart_s))
        }
        TaskFact::AwaitsRequests { apart_s } => {
            format!("the server has waited for its requests in two readings {} apart", seconds(*apart_s))
        }
        TaskFact::OneAwaits { waits_for: wait, place: at } => {
            let inside = at.as_ref().map(|at| format!(", in {}", place(at))).unwrap_or_default();
            format!("one of them awaits {}{inside}", waits_for(wait))
        }
        TaskFact::LoopRunsNowhere { looks } => runs_nowhere(*looks),
        TaskFact::SameFutures { threads, apart_s } => format!(
            "{} {} for the same futures in two looks {} apart",
            count(*threads, "thread"),
            wait(*threads),
            seconds(*apart_s)
        ),
        TaskFact::HandedOver { queued, tasks } => handed_over(*queued, *tasks),
        TaskFact::NobodyFetched { tasks, function, error } => {
            let tasks = if *tasks == 1 { "a task".to_owned() } else { count(*tasks, "task") };
            format!("{tasks} of {function}() ended with {error}, which nobody fetched")
        }
        TaskFact::LeftOn { tasks, named } => {
            let more = if *tasks > named.len() as u64 { ", ..." } else { "" };
            let named: Vec<String> = named.iter().map(left).collect();
            format!("{} left on it: {}{more}", count(*tasks, "task"), named.join(", "))
        }
    }
}

/// Whether a loop that nobody runs has begun with what it was handed.
fn handed_over(queued: u64, tasks: u64) -> String {
    let in_queue = format!("{} in its queue", count(queued, "such call"));
    let in_tasks = format!("{} of its own", count(tasks, "awaited task"));
    match (queued, tasks) {
        (_, 0) => in_queue,
        (0, _) => in_tasks,
        _ => format!("{in_queue}, {in_tasks}"),
    }
}

fn left((task, at): &(Who, Option<Place>)) -> String {
    format!("{}{}", who(task), in_place(at.as_ref()))
}
