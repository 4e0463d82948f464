//! A gate that does not open: requests of several kinds wait for an event, and nobody is left to set it.

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::phrases::{count_words, length_words, place_of, place_words};
use crate::aggregate::unset_events::{UnsetEvent, unset_events};
use crate::aggregate::{Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, SecondParty, Subject, Verdict};
use crate::snapshot::Actor;

pub(super) struct UnsetEvents;

/// Events of one process that are told.
const MOST: usize = 3;
/// Endpoints that are named.
const MOST_NAMED: usize = 4;

impl Judge for UnsetEvents {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let events = unset_events(analysis);
        events.iter().filter(|event| event.is_gate()).take(MOST).map(|event| verdict(analysis, event)).collect()
    }
}

fn verdict(analysis: &Analysis<'_>, event: &UnsetEvent<'_>) -> Verdict {
    let (frame, count, task) = event.most;
    let place = place_words(&place_of(analysis.recording, frame.code, frame.line));
    let all = event.requests.len();
    let place = if count == all { format!(" in {place}") } else { format!(", {count} of them in {place},") };
    let requests = count_words(all as u64, "request");
    let summary = format!("{requests} wait{place} for an asyncio.Event that is not set, and nobody is left to set it");
    let waits = format!("the same waits, without a timeout, in two readings {} apart", length_words(event.since));
    let sent = |age| format!("by the kernel's count the oldest of them was sent {} ago or earlier", length_words(age));
    Finding::new(Kind::TasksStuck, analysis.pid(), summary, waits)
        .cause(Cause::AsyncioEvent, Confidence::Possible)
        .lasting(Some(event.since.as_secs_f64()), 1.0)
        .failures(analysis)
        .evidence(event.oldest.map(sent))
        .evidence([
            "no other task and no thread of the application is left, to set it".to_owned(),
            passage(analysis, event),
            "possible, not likely: long polls without a timeout that another request ends look the same".to_owned(),
        ])
        .hurts([Hurt::AtEvent { requests: all as u64 }])
        .advice(Advice::SetTheEvent)
        .blame(blame(analysis, Actor::Task(task)), SecondParty::Resource { name: "asyncio.Event".to_owned() })
        .stands(event.requests.iter().filter_map(|request| request.task.ok()).map(Subject::Task))
        .holds_up([Subject::Primitive(event.address)])
        .verdict()
}

/// What tells these requests from those of a long poll.
fn passage(analysis: &Analysis<'_>, event: &UnsetEvent<'_>) -> String {
    if event.before > 0 {
        return format!("{} of them wait before their endpoint: in a dependency or middleware", event.before);
    }
    let name = |code: &crate::snapshot::CodeId| place_of(analysis.recording, *code, None).function;
    let names: Vec<String> = event.endpoints.iter().take(MOST_NAMED).map(name).collect();
    let more = if event.endpoints.len() > names.len() { ", ..." } else { "" };
    format!("they came to {}: {}{more}", count_words(event.endpoints.len() as u64, "endpoint"), names.join(", "))
}
