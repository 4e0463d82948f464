//! Jobs and consumers by name: what runs beside the requests, so that what is new can be read.

use std::collections::HashSet;
use std::time::Duration;

use super::workers::{age, asleep, is_request_of};
use super::{Analysis, Place, place_of, place_of_user};
use crate::classify::Origin;
use crate::snapshot::{Actor, Address, Census, CrewSample, MemberSample, TaskSample, WorkKind};

/// Whose jobs tasks are that no library gives out.
const TASKS: &str = "asyncio";
/// Jobs that are listed.
const MOST_JOBS: usize = 200;

/// A job or consumer that runs.
#[derive(Clone, Debug)]
pub struct Job {
    /// Whose it is: `apscheduler`, `celery`, `kafka`; `asyncio` for a task that the program started beside its requests.
    pub library: String,
    /// What it does piece by piece.
    pub kind: WorkKind,
    /// Its name, else the function that it runs in.
    pub name: String,
    /// Who runs it.
    pub who: Actor,
    /// For how long it has run, at least.
    pub age: Duration,
    /// How often it is to run, where that is known.
    pub every: Option<Duration>,
    /// The program's own function that it is in.
    pub place: Option<Place>,
}

/// Jobs and consumers as of the last census.
#[must_use]
pub fn jobs(analysis: &Analysis<'_>) -> Vec<Job> {
    let Some(census) = analysis.recording.censuses.last() else { return Vec::new() };
    let crews = census.crews.iter().filter(|crew| crew.kind != WorkKind::Requests);
    let each = |crew: &CrewSample| {
        let jobs = crew.members.iter().filter_map(|member| job(analysis, census, crew, member));
        jobs.collect::<Vec<Job>>()
    };
    let mut jobs: Vec<Job> = crews.flat_map(each).collect();
    let known: HashSet<Actor> = jobs.iter().map(|job| job.who).collect();
    jobs.extend(tasks(analysis, census).into_iter().filter(|job| !known.contains(&job.who)));
    jobs.truncate(MOST_JOBS);
    jobs
}

fn job(analysis: &Analysis<'_>, census: &Census, crew: &CrewSample, member: &MemberSample) -> Option<Job> {
    let piece = member.piece.as_ref()?;
    let place = place_of_user(analysis, census, member.who);
    let slept = match member.who {
        Actor::Thread(thread) => asleep(analysis, thread).unwrap_or_default(),
        Actor::Task(_) => Duration::ZERO,
    };
    let function = || place.as_ref().map(|place| place.function.clone());
    Some(Job {
        library: crew.name.clone(),
        kind: crew.kind,
        name: piece.name.get().cloned().or_else(function).unwrap_or_else(|| "a job".to_owned()),
        who: member.who,
        age: age(analysis, census, member.who, piece).max(slept),
        every: piece.every.ok(),
        place,
    })
}

/// Tasks of the program's own that serve no request and that nobody waits for.
fn tasks(analysis: &Analysis<'_>, census: &Census) -> Vec<Job> {
    let Some(tasks) = census.tasks.get() else { return Vec::new() };
    let serving: HashSet<Address> = census.requests.iter().filter_map(|request| request.task.ok()).collect();
    let own = |task: &&TaskSample| task.awaited_by.is_empty() && !serving.contains(&task.address);
    let job = |task: &TaskSample| {
        let outermost = analysis.recording.stack(task.chain.ok()?).last()?;
        let is_users = analysis.book.code(outermost.code).origin == Origin::User;
        let first = analysis
            .recording
            .censuses
            .iter()
            .find(|census| census.tasks.get().is_some_and(|tasks| tasks.task(task.address).is_some()))?;
        let who = Actor::Task(task.address);
        let request = census.requests.iter().any(|request| is_request_of(request, who));
        (is_users && !request).then(|| Job {
            library: TASKS.to_owned(),
            kind: WorkKind::Jobs,
            name: place_of(analysis.recording, outermost.code, None).function,
            who,
            age: census.at.since(first.at),
            every: None,
            place: place_of_user(analysis, census, who),
        })
    };
    tasks.tasks.iter().filter(own).filter_map(job).collect()
}

/// The jobs of libraries. Any program has tasks beside its requests: they are in the report.
#[must_use]
pub fn jobs_of_libraries(analysis: &Analysis<'_>) -> Vec<Job> {
    jobs(analysis).into_iter().filter(|job| job.library != TASKS).collect()
}
