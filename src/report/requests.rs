//! Requests in flight as they were last seen.

use super::model::RequestReport;
use crate::aggregate::{Analysis, Place, place_of_user, request_age};
use crate::snapshot::{Actor, Census, Moment, RequestSample};
use crate::words::{self, InFlight};

/// The requests of a process, the oldest first.
pub(super) fn requests(analysis: &Analysis<'_>) -> Vec<RequestReport> {
    let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
    let mut requests: Vec<RequestReport> =
        census.requests.iter().map(|request| report(analysis, census, request)).collect();
    requests.sort_by(|one, other| {
        other.age_s.total_cmp(&one.age_s).then_with(|| words::text(&one.path).cmp(words::text(&other.path)))
    });
    requests
}

fn report(analysis: &Analysis<'_>, census: &Census, request: &RequestSample) -> RequestReport {
    let thread = request.thread.ok().flatten();
    let task = request.task.ok();
    let in_thread = thread.and_then(|thread| place_of_user(analysis, census, Actor::Thread(thread)));
    let in_task = || place_of_user(analysis, census, Actor::Task(task?));
    let name = task.and_then(|task| census.tasks.get()?.task(task)?.name.clone().ok());
    let seen_for_s = census.at.since(first_seen(analysis, request)).as_secs_f64();
    let age = request_age(analysis, request).unwrap_or_default().as_secs_f64();
    RequestReport {
        process: analysis.pid().0,
        method: request.method.clone(),
        path: request.path.clone(),
        client: request.client.clone(),
        protocol: request.protocol.clone(),
        request_id: request.request_id.clone(),
        response_started: request.answering,
        seen_for_s,
        age_s: age.max(seen_for_s),
        task: name,
        thread: thread.map(|thread| thread.0),
        place: in_thread.or_else(in_task),
    }
}

/// Whether there may be more requests than were read: they are found by their tasks.
fn is_cut(census: &Census) -> bool {
    census.requests.len() >= Census::MOST_REQUESTS || census.tasks.get().is_none_or(|tasks| tasks.cut)
}

/// When a request was seen first: an address that another request had before is told from it by method, path and client.
fn first_seen(analysis: &Analysis<'_>, request: &RequestSample) -> Moment {
    let same = |other: &&RequestSample| {
        (other.address, &other.method, &other.path, &other.client)
            == (request.address, &request.method, &request.path, &request.client)
    };
    let earlier = analysis.recording.censuses.iter().rev();
    let seen = earlier.take_while(|census| census.requests.iter().any(|other| same(&other)));
    seen.last().map_or(Moment::default(), |census| census.at)
}

/// What is in flight, in words; `None` where nothing is.
pub(super) fn in_flight(analysis: &Analysis<'_>) -> Option<String> {
    let requests = requests(analysis);
    let oldest_s = requests.first()?.age_s.max(0.0);
    let mut places: Vec<(&Place, u64)> = Vec::new();
    for place in requests.iter().filter_map(|request| request.place.as_ref()) {
        match places.iter_mut().find(|(known, _)| words::place(known) == words::place(place)) {
            Some((_, count)) => *count += 1,
            None => places.push((place, 1)),
        }
    }
    Some(words::in_flight(&InFlight {
        requests: requests.len() as u64,
        more: analysis.recording.censuses.last().is_some_and(is_cut),
        oldest_s,
        most: places.into_iter().max_by_key(|(_, count)| *count),
    }))
}
