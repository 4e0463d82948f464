//! What shows that pools are full and workers stand.

use crate::aggregate::WorkerFact;
use crate::figures::{count, counted, seconds};
use crate::words::doing::at;
use crate::words::names::place;
use crate::words::pools::use_of;

pub(super) fn words(fact: &WorkerFact) -> String {
    match fact {
        WorkerFact::SameUsers { users, pool, apart_s } => {
            let users = match users {
                1 => use_of(*pool).to_owned(),
                many => count(*many, use_of(*pool)),
            };
            format!("the same {users} now as {} ago: nothing was given back", seconds(*apart_s))
        }
        WorkerFact::SameWaiters { apart_s } => {
            format!("whoever waited {} ago still waits: nothing was given back", seconds(*apart_s))
        }
        WorkerFact::Others { users } => {
            let named: Vec<String> = users.iter().map(|(count, at)| format!("{count} in {}", place(at))).collect();
            format!("others: {}", named.join(", "))
        }
        WorkerFact::Unseen { places, of } => format!("who has {places} of the {of} could not be seen"),
        WorkerFact::WaitersIn { waiters, place: at } => {
            format!("{} in {}", counted(*waiters, "waits", "wait"), place(at))
        }
        WorkerFact::SamePiece { workers: 1, for_s } => {
            format!("it has the same piece of work in every reading, for {} at least", seconds(*for_s))
        }
        WorkerFact::SamePiece { workers, for_s } => {
            format!("all {workers} have the same piece of work in every reading, for {} at least", seconds(*for_s))
        }
        WorkerFact::InSameWaits { workers, size, library } => {
            let of = size.map(|size| format!(" of {size} threads")).unwrap_or_default();
            format!("{workers}{of} of {library} in the same wait at each look")
        }
        WorkerFact::AlsoIn { workers, at: others } => format!("{workers} of them in {}", at(others)),
        WorkerFact::OneWait { thread, for_s } => format!("thread {thread} in the same wait for {}", seconds(*for_s)),
        WorkerFact::Computes { thread } => {
            format!("thread {thread} on a CPU, or waiting for one, in nearly all looks")
        }
        WorkerFact::MostlyComputes { thread, looks } => {
            format!("thread {thread} on a CPU, or waiting for one, in most of {looks} looks")
        }
        WorkerFact::ThereLast { thread } => format!("thread {thread} there in the last look"),
        WorkerFact::Interval { every_s } => format!("it is to run every {}", seconds(*every_s)),
        WorkerFact::MayBeLong => "how long it may take is not known: a long job looks the same".to_owned(),
        WorkerFact::MayBeConsumer => {
            "how long it may wait is not known: a consumer without messages looks the same".to_owned()
        }
        WorkerFact::ThreadsInAll { threads } => format!("{} in all", count(*threads, "thread")),
        WorkerFact::AtWork { library, workers, size, standing } => {
            let size = size.map(|size| format!(" of {size}")).unwrap_or_default();
            let stand = match standing {
                0 => String::new(),
                _ => format!(", {standing} of them for longer than a few seconds"),
            };
            format!("{library}: {workers}{size} at work{stand}")
        }
    }
}
