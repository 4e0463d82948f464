//! A gate that does not open: requests of several kinds wait for an event, and nobody is left to set it.

use std::time::Duration;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::places::place_of;
use crate::aggregate::unset_events::{UnsetEvent, unset_events};
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Evidence, Finding, Hurt, Kind, SearchFact, SecondParty, Subject, TaskFact,
    TaskSummary, Verdict,
};
use crate::classify::Resource;
use crate::snapshot::{Actor, PrimitiveKind};

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
    let requests = event.requests.len() as u64;
    let place = place_of(analysis.recording, frame.code, frame.line);
    let summary = TaskSummary::EventUnset { requests, place, here: count as u64 };
    let waits = TaskFact::SameUntimedWaits { apart_s: event.since.as_secs_f64() };
    let sent = |age: Duration| TaskFact::OldestSent { ago_s: age.as_secs_f64() };
    Finding::new(Kind::TasksStuck, analysis.pid(), summary, waits)
        .cause(Cause::AsyncioEvent, Confidence::Possible)
        .lasting(Some(event.since.as_secs_f64()), 1.0)
        .failures(analysis)
        .evidence(event.oldest.map(sent))
        .evidence([
            SearchFact::NobodySets.into(),
            passage(analysis, event).into(),
            Evidence::from(SearchFact::MayBeLongPolls),
        ])
        .hurts([Hurt::AtEvent { requests }])
        .advice(Advice::SetTheEvent)
        .blame(
            blame(analysis, Actor::Task(task)),
            SecondParty::Resource { resource: Resource::Primitive { primitive: PrimitiveKind::Event } },
        )
        .stands(event.requests.iter().filter_map(|request| request.task.ok()).map(Subject::Task))
        .holds_up([Subject::Primitive(event.address)])
        .verdict()
}

/// What tells these requests from those of a long poll.
fn passage(analysis: &Analysis<'_>, event: &UnsetEvent<'_>) -> TaskFact {
    if event.before > 0 {
        return TaskFact::BeforeEndpoint { requests: event.before as u64 };
    }
    let name = |code: &crate::snapshot::CodeId| place_of(analysis.recording, *code, None).function;
    let names: Vec<String> = event.endpoints.iter().take(MOST_NAMED).map(name).collect();
    TaskFact::CameTo { endpoints: event.endpoints.len() as u64, names }
}
