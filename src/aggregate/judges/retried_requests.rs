//! Requests in which the same call is tried again and again.
//!
//! Each pause between two attempts ends by itself, and nothing stands still: the request does not end all the same. Which functions
//! try again is in the rows of `libraries`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Judge;
use super::task_deadlocks::blame;
use crate::aggregate::connections::request_age;
use crate::aggregate::hurt::requests;
use crate::aggregate::places::place_of;
use crate::aggregate::standing::LONG;
use crate::aggregate::{
    Advice, Analysis, Cause, Confidence, Finding, Hurt, Kind, SearchFact, SecondParty, Subject, TaskFact, TaskSummary,
    Verdict, users_frame,
};
use crate::classify::Origin;
use crate::libraries::{self, Home, Marks};
use crate::snapshot::{Actor, Address, Awaited, Code, CodeId, Known, RequestSample, StackId, TaskSample};

pub(super) struct RetriedRequests;

/// Functions of one process that are told.
const MOST: usize = 3;

/// A request that has been tried again for long.
struct Retried<'a> {
    request: &'a RequestSample,
    task: Address,
    chain: StackId,
    age: Duration,
}

impl Judge for RetriedRequests {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
        let mut groups: BTreeMap<CodeId, Vec<Retried<'_>>> = BTreeMap::new();
        for one in census.requests.iter().filter_map(|request| retried(analysis, request)) {
            if let Some(frame) = users_frame(analysis.recording, &analysis.book, one.chain) {
                groups.entry(frame.code).or_default().push(one);
            }
        }
        let mut groups: Vec<Vec<Retried<'_>>> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups.iter().take(MOST).filter_map(|group| verdict(analysis, group)).collect()
    }
}

/// A request that is old, and was seen to pause between two attempts.
fn retried<'a>(analysis: &Analysis<'_>, request: &'a RequestSample) -> Option<Retried<'a>> {
    let age = request_age(analysis, request).filter(|age| *age >= LONG)?;
    if request.answering == Known::Is(true) {
        return None;
    }
    let task = request.task.ok()?;
    let mut seen = analysis.recording.censuses.iter().rev().filter_map(|census| census.tasks.get()?.task(task));
    let chain = seen.find_map(|task| pause(analysis, task))?;
    Some(Retried { request, task, chain, age })
}

/// The chain of a task that sleeps between two attempts: nothing but its own sleep is further in than what tries
/// again.
fn pause(analysis: &Analysis<'_>, task: &TaskSample) -> Option<StackId> {
    let Known::Is(Some(wait)) = &task.wait else { return None };
    let chain = task.chain.ok().filter(|_| matches!(wait.on, Awaited::Sleep { .. }))?;
    let mut frames = analysis.recording.stack(chain).iter().map(|frame| analysis.book.code(frame.code));
    let innermost = frames.find(|facts| facts.origin != Origin::Standard)?;
    let tries_again =
        innermost.marks.has(Marks::RETRY) || frames.next().is_some_and(|next| next.marks.has(Marks::RETRY));
    tries_again.then_some(chain)
}

fn verdict(analysis: &Analysis<'_>, group: &[Retried<'_>]) -> Option<Verdict> {
    let oldest = group.iter().max_by_key(|one| one.age)?;
    let frame = users_frame(analysis.recording, &analysis.book, oldest.chain)?;
    let (requests_in, age_s) = (group.len() as u64, oldest.age.as_secs_f64());
    let summary = TaskSummary::Retried {
        requests: requests_in,
        for_s: age_s,
        place: place_of(analysis.recording, frame.code, frame.line),
        by: analysis.recording.codes(oldest.chain).find_map(library),
    };
    let evidence = TaskFact::BetweenAttempts { requests: requests_in, age_s };
    let asked: Vec<Hurt> = requests(group.iter().map(|one| one.request)).into_iter().map(|(hurt, _)| hurt).collect();
    Some(
        Finding::new(Kind::RequestsWaiting, analysis.pid(), summary, evidence)
            .cause(Cause::Unknown, Confidence::Possible)
            .lasting(Some(oldest.age.as_secs_f64()), 1.0)
            .evidence([SearchFact::MaySucceed])
            .hurts(asked)
            .advice(Advice::BoundRetries)
            .blame(blame(analysis, Actor::Task(oldest.task)), SecondParty::None)
            .stands(group.iter().map(|one| Subject::Task(one.task)))
            .verdict(),
    )
}

/// The library that tries again.
fn library(code: &Code) -> Option<String> {
    let tries = libraries::marks(&code.file, &code.name).has(Marks::RETRY);
    Home::of(&code.file).package().filter(|_| tries).map(str::to_owned)
}
