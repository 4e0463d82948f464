//! What a search for who could end a wait found, and what else it may be.

use crate::aggregate::SearchFact;
use crate::figures::seconds;

pub(super) fn words(fact: SearchFact) -> String {
    let words = match fact {
        SearchFact::StandsFor { findings } => {
            return format!("there are {findings} like this, and this one stands for all");
        }
        SearchFact::EndsLate { left_s } => {
            return format!("a time limit ends it, in {}: whoever waits has gone by then", seconds(left_s));
        }
        SearchFact::MayBeLongPollInThread => {
            "possible, not likely: a long poll looks the same; other threads serve meanwhile"
        }
        SearchFact::MaySucceed => "possible, not likely: an attempt may succeed yet",
        SearchFact::NobodyHolds => {
            "it is taken, no task is inside of an async with of it, and every task that runs code of yours waits for it"
        }
        SearchFact::NobodySets => "no other task or thread of the application is left that could set it",
        SearchFact::MayBeLongPolls => {
            "possible, not likely: long polls without a timeout that another request ends look the same"
        }
        SearchFact::MayBeLongPoll => {
            "possible, not likely: a long poll looks the same; it would end when there is news"
        }
        SearchFact::NobodyFound { others_run: true } => {
            "no descriptor, timer, thread, child or other task leads to what they wait for; other tasks or threads of the \
             application run"
        }
        SearchFact::NobodyFound { others_run: false } => {
            "no descriptor, timer, thread, child or other task leads to what they wait for, and no task or thread of the \
             application is left"
        }
        SearchFact::NotAllSearched => "there may be more that could end it: not everything was searched",
    };
    words.to_owned()
}
