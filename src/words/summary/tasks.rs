//! What is said of tasks, requests and pools.

use crate::aggregate::{Occupancy, PoolUse, TaskSummary};
use crate::figures::{count, counted, seconds};
use crate::snapshot::PoolKind;
use crate::words::doing::clause;
use crate::words::names::{in_place, place};
use crate::words::pools::{all, things};
use crate::words::verbs::wait;
use crate::words::waits::{could_end, lock, object, waits_for};

/// About tasks, requests and pools.
pub(super) fn words(summary: &TaskSummary) -> String {
    match summary {
        TaskSummary::PoolFull { pool, size, who, waiting } => {
            format!("{}; {} for one", full(*pool, *size, who), counted(*waiting, "waits", "wait"))
        }
        TaskSummary::HeldWhileAwaiting { tasks, primitive, place: at, waits_for: wait } => {
            let (who, what, holder) = (tasks_wait(*tasks), lock(*primitive), place(at));
            format!("{who} for {what} that {holder} holds while it awaits {}", waits_for(wait))
        }
        TaskSummary::EnteredTwice { primitive, place: at } => {
            format!("all who hold {} wait for it once more, as in {}", lock(*primitive), place(at))
        }
        TaskSummary::NotGivenBack { tasks, primitive } => {
            format!("{} for {} that was taken and not given back", tasks_wait(*tasks), lock(*primitive))
        }
        TaskSummary::NobodyTakes { tasks, items } => {
            format!("{} to put into a full asyncio.Queue of {items} that nobody takes from", tasks_wait(*tasks))
        }
        TaskSummary::EventUnset { requests, place: at, here } => {
            let at = place(at);
            let at = if here == requests { format!(" in {at}") } else { format!(", {here} of them in {at},") };
            let requests = count(*requests, "request");
            format!("{requests} wait{at} for an asyncio.Event that is not set, and nobody is left to set it")
        }
        TaskSummary::RequestsWait { requests, for_s, place: at, object: awaited, who } => {
            let who = who.as_ref().map(could_end).unwrap_or_default();
            format!("{} in {} for {}{who}", requests_wait(*requests, *for_s), place(at), object(awaited))
        }
        TaskSummary::Retried { requests, for_s, place: at, by } => {
            let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let have = if *requests == 1 { "has" } else { "have" };
            let (requests, age) = (count(*requests, "request"), seconds(*for_s));
            format!("{requests} {have} not ended for {age}: what {} calls fails and is tried again{by}", place(at))
        }
        TaskSummary::CancelledGoesOn { requests, for_s, place: at } => format!(
            "{} for {}, which was cancelled and goes on all the same",
            requests_wait(*requests, *for_s),
            place(at)
        ),
        TaskSummary::PeerSilent { requests, place: at, peer, for_s, timed } => {
            let ends = if *timed { "; a timeout will end that" } else { ", and no timeout ends that" };
            let (who, verb) = (count(*requests, "request"), wait(*requests));
            let length = seconds(*for_s);
            format!(
                "{who} {verb} in {} for an answer from {peer}, which has sent nothing for {length}{ends}",
                place(at)
            )
        }
        TaskSummary::BehindSlowClient { tasks, primitive, place: at, client } => format!(
            "{} for {} that {} holds while it waits for the client {client} to take data",
            tasks_wait(*tasks),
            lock(*primitive),
            place(at)
        ),
        TaskSummary::WithSlowClient { place: at, client, others } => {
            let others = match others {
                Some(others) => count(*others, "other client"),
                None => "the request of another client".to_owned(),
            };
            format!("{} waits for the client {client} to take data, and {others} with it", place(at))
        }
        TaskSummary::JobUnanswered { jobs, name, for_s, place: at, peer } => {
            let (age, at) = (seconds(*for_s), place(at));
            format!(
                "{} waited for {age} in {at} for an answer from {peer}, and no timeout ends that",
                jobs_have(*jobs, name.as_deref())
            )
        }
        TaskSummary::ClientsUnanswered { clients, for_s, peer, owes_for_s } => format!(
            "{} without an answer for {}, while {peer} owes this process one for {}",
            count(*clients, "client"),
            seconds(*for_s),
            seconds(*owes_for_s)
        ),
    }
}

/// `3 tasks wait`
pub(in crate::words) fn tasks_wait(tasks: u64) -> String {
    format!("{} {}", count(tasks, "task"), wait(tasks))
}

/// `3 requests have waited for at least 14 s`
fn requests_wait(requests: u64, for_s: f64) -> String {
    let have = if requests == 1 { "has" } else { "have" };
    format!("{} {have} waited for at least {}", count(requests, "request"), seconds(for_s))
}

/// `job pull_rates has`, `2 jobs have`
fn jobs_have(jobs: u64, name: Option<&str>) -> String {
    match (jobs, name) {
        (1, Some(name)) => format!("job {name} has"),
        (1, None) => "a job has".to_owned(),
        _ => format!("{jobs} jobs have"),
    }
}

/// That a pool has no place left.
fn full(pool: PoolKind, size: u64, who: &Occupancy) -> String {
    let all_are = all(pool, size);
    match who {
        Occupancy::Taken { place: at, users, act } => {
            let act = act.as_ref().map(|act| format!(", {}", use_words(act))).unwrap_or_default();
            let taken = if *users >= size { "taken".to_owned() } else { format!("taken, {users} of them") };
            format!("{all_are} {taken} by {}{act}", place(at))
        }
        Occupancy::Nested { place: at } => {
            format!("{all_are} with users that wait for one more of the same pool{}", in_place(at.as_ref()))
        }
        Occupancy::Behind { place: at } => {
            let (thing, verb) = if size == 1 { ("it", "waits") } else { ("they", "wait") };
            format!("{all_are} taken by {}, and {thing} {verb} for a call in the queue behind", place(at))
        }
        Occupancy::Crossed { other, place: at } => {
            let other = other.map_or_else(|| "others".to_owned(), |(pool, size)| things(pool, size));
            let (at, own) = (in_place(at.as_ref()), things(pool, size));
            format!("all {other} wait{at} for one of {own}, and whoever has those waits for them")
        }
        Occupancy::Lookups { server, place: at } => {
            let at = at.as_ref().map(|at| format!(", called in {}", place(at))).unwrap_or_default();
            let server = server.as_deref().unwrap_or("a name server");
            format!("all {size} lookups that libuv makes at once wait for {server}{at}")
        }
        Occupancy::NoThread { limiter: (limiter, threads), place: at } => {
            let (threads, own) = (things(*limiter, *threads), things(pool, size));
            format!("all {threads} wait in {} for one of {own}, which no thread has", place(at))
        }
        Occupancy::Lost => {
            format!("{all_are} out, and no thread or task is seen to have one: perhaps never given back")
        }
    }
}

fn use_words(act: &PoolUse) -> String {
    match act {
        PoolUse::Act(act) => clause(act),
        PoolUse::Reads { peer } => format!("reading from {peer}"),
    }
}
