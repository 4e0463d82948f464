//! Requests that wait for one and the same `asyncio.Event` which nobody is left to set.
//!
//! What such requests look like is what a long poll without a timeout looks like: it waits until another request comes and
//! sets the event. What a look from outside can add is whether a task or a thread is left that could, how long they have
//! waited, and where they stand: the clients of a long poll came to the endpoint that is one, and what all sorts of
//! requests pass through on their way is a gate.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Place;
use super::bystanders::{is_applications, is_of_application, other_tasks, some_thread};
use super::connections::request_age;
use super::places::place_of;
use super::{Analysis, same_wait_since, users_frame};
use crate::classify::{Origin, Phase};
use crate::libraries::Marks;
use crate::snapshot::{
    Address, Awaited, Census, CodeId, Frame, Known, PrimitiveKind, PrimitiveSample, RequestSample, StackId, TaskCensus,
    TaskSample,
};

/// So many requests have to wait for one event: two may be there by chance.
const FEWEST: usize = 3;
/// Their waits have to have been the same for so long, to be waits at all.
const APART: Duration = Duration::from_secs(2);
/// A request that waits for so long is slow by any measure.
const LONG: Duration = Duration::from_secs(10);
/// For how long to look to see such waits: the two readings have to be [`LONG`] apart.
pub const LOOK: &str = "12s";

/// An event, and the requests that wait for it.
#[derive(Clone, Debug)]
pub(super) struct UnsetEvent<'a> {
    /// The event.
    pub(super) address: Address,
    /// The requests.
    pub(super) requests: Vec<&'a RequestSample>,
    /// How many of them have waited for long.
    pub(super) long: usize,
    /// How old the oldest is at least, where the kernel counted.
    pub(super) oldest: Option<Duration>,
    /// For how long all of them have waited, as far as it was seen.
    pub(super) since: Duration,
    /// The frame of the user's that most of them wait in, how many do, and the task of one of them.
    pub(super) most: (Frame, usize, Address),
    /// Endpoints that they came to; empty where they wait before their endpoint.
    pub(super) endpoints: BTreeSet<CodeId>,
    /// How many wait before their endpoint: in a dependency or in middleware.
    pub(super) before: usize,
}

impl UnsetEvent<'_> {
    /// Whether they wait where all sorts of requests pass, which those of a long poll do not, and have done so for long.
    pub(super) fn is_gate(&self) -> bool {
        self.long >= FEWEST && self.is_passed_by_many()
    }

    fn is_passed_by_many(&self) -> bool {
        self.before > 0 || self.endpoints.len() > 1
    }
}

/// The events that requests wait for and nobody is left to set, the one with the most requests first.
pub(super) fn unset_events<'a>(analysis: &Analysis<'a>) -> Vec<UnsetEvent<'a>> {
    let Some((census, tasks)) = analysis.tasks() else { return Vec::new() };
    let unset = |event: &&PrimitiveSample| event.kind == PrimitiveKind::Event && event.value == Known::Is(0);
    let mut found: Vec<UnsetEvent<'a>> = tasks
        .primitives
        .iter()
        .filter(unset)
        .filter_map(|event| waiting(analysis, census, tasks, event.address))
        .filter(|_| !some_thread(analysis))
        .collect();
    found.sort_by_key(|event| std::cmp::Reverse(event.requests.len()));
    found
}

fn waiting<'a>(
    analysis: &Analysis<'a>,
    census: &'a Census,
    tasks: &'a TaskCensus,
    event: Address,
) -> Option<UnsetEvent<'a>> {
    let wants = |task: &TaskSample| {
        matches!(&task.wait, Known::Is(Some(wait)) if wait.on == Awaited::Primitive(event)) && !is_timed(tasks, task)
    };
    let requests: Vec<(&RequestSample, &TaskSample)> = census
        .requests
        .iter()
        .filter(|request| request.answering == Known::Is(false))
        .filter_map(|request| Some((request, tasks.task(request.task.ok()?).filter(|task| wants(task))?)))
        .collect();
    if requests.len() < FEWEST || !alone(analysis, tasks, wants) {
        return None;
    }
    let waited = |task: &TaskSample| Some(census.at.since(same_wait_since(analysis.recording, task)?));
    let waits: Vec<Duration> = requests.iter().map(|(_, task)| waited(task)).collect::<Option<_>>()?;
    let since = waits.iter().min().copied().filter(|since| *since >= APART)?;
    let ages: Vec<Option<Duration>> = requests.iter().map(|(request, _)| request_age(analysis, request)).collect();
    let is_long = |(wait, age): &(&Duration, &Option<Duration>)| **wait >= LONG || age.is_some_and(|age| age >= LONG);
    let long = waits.iter().zip(&ages).filter(is_long).count();
    let oldest = ages.into_iter().flatten().max();
    let mut places: BTreeMap<CodeId, (Frame, usize, Address)> = BTreeMap::new();
    let (mut endpoints, mut before) = (BTreeSet::new(), 0);
    for (_, task) in &requests {
        let chain = task.chain.ok()?;
        let frame = users_frame(analysis.recording, &analysis.book, chain)?;
        places.entry(frame.code).or_insert((frame, 0, task.address)).1 += 1;
        match endpoint(analysis, chain) {
            Some(endpoint) => drop(endpoints.insert(endpoint)),
            None => before += 1,
        }
    }
    let most = places.into_values().max_by_key(|(frame, count, _)| (*count, std::cmp::Reverse(frame.code)))?;
    let requests = requests.into_iter().map(|(request, _)| request).collect();
    Some(UnsetEvent { address: event, requests, long, oldest, since, most, endpoints, before })
}

/// Requests that wait for an event, where that is no verdict.
#[derive(Clone, Debug)]
pub struct WaitsForEvent {
    /// The event.
    pub event: Address,
    /// How many wait.
    pub requests: u64,
    /// The function that most of them are in, and how many are.
    pub most: (Place, u64),
    /// Whether a longer look would tell more; else a long poll looks the same.
    pub look_longer: bool,
}

/// The events that requests wait for.
#[must_use]
pub fn waits_for_events(analysis: &Analysis<'_>) -> Vec<WaitsForEvent> {
    let waits = |event: &UnsetEvent<'_>| {
        let (frame, count, _) = event.most;
        WaitsForEvent {
            event: event.address,
            requests: event.requests.len() as u64,
            most: (place_of(analysis.recording, frame.code, frame.line), count as u64),
            look_longer: event.is_passed_by_many(),
        }
    };
    unset_events(analysis).iter().map(waits).collect()
}

/// Whether a timeout ends a wait, its own or that of one who waits for it.
fn is_timed(tasks: &TaskCensus, task: &TaskSample) -> bool {
    let mut awaiting = task.awaited_by.iter().filter_map(|awaiting| tasks.task(*awaiting));
    task.timed || awaiting.any(|awaiting| awaiting.timed)
}

/// Whether no other task is left that could do something for the application. One that waits for a request with a timeout
/// is, for it ends the wait.
fn alone(analysis: &Analysis<'_>, tasks: &TaskCensus, wants: impl Fn(&TaskSample) -> bool) -> bool {
    let idle = |task: &TaskSample| match task.chain {
        Known::Is(chain) => {
            let lifespan = analysis.book.stack(chain).phase == Some(Phase::Lifespan);
            !is_of_application(analysis, chain) || lifespan || waits_for_called(analysis, chain) && !task.timed
        }
        // It runs, or could not be read.
        Known::Unknown(_) => false,
    };
    other_tasks(tasks, wants).is_some_and(|others| others.into_iter().all(idle))
}

/// Whether a function that waits for what it called is further in than all code of the application: that only waits for
/// somebody who is listed himself.
fn waits_for_called(analysis: &Analysis<'_>, chain: StackId) -> bool {
    let mut inner = analysis.recording.stack(chain).iter().take_while(|frame| !is_applications(analysis, frame));
    inner.any(|frame| analysis.book.code(frame.code).marks.has(Marks::CALLER))
}

/// The endpoint that a request is in; `None` when it has not come to it.
fn endpoint(analysis: &Analysis<'_>, chain: StackId) -> Option<CodeId> {
    let frames = analysis.recording.stack(chain);
    let facts = |frame: &Frame| analysis.book.code(frame.code);
    let route = frames.iter().position(|frame| facts(frame).marks.has(Marks::ROUTE))?;
    let inside = frames.get(..route)?;
    let at = inside.iter().rposition(|frame| matches!(facts(frame).origin, Origin::User | Origin::Installed))?;
    let depends = inside.get(at..)?.iter().any(|frame| facts(frame).marks.has(Marks::DEPENDS));
    (!depends).then(|| inside.get(at).map(|frame| frame.code)).flatten()
}
