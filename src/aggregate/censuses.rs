//! What stayed as it was from one census to the next.

use std::time::Duration;

use crate::snapshot::{Address, Awaited, Census, Known, Moment, Recording, TaskCensus, TaskSample, TaskWait};

use super::Analysis;

impl<'a> Analysis<'a> {
    /// The last census that read the tasks.
    #[must_use]
    pub fn tasks(&self) -> Option<(&'a Census, &'a TaskCensus)> {
        let read = |census: &'a Census| Some((census, census.tasks.get()?));
        self.recording.censuses.iter().rev().find_map(read)
    }
}

/// Since when a task of the last census has waited for what it waits for, or has been where it is, as far as it was seen:
/// the time of the first census in a row that shows the same, with nothing else seen in between. `None` when it does not
/// wait.
#[must_use]
pub fn same_wait_since(recording: &Recording, task: &TaskSample) -> Option<Moment> {
    let Known::Is(Some(wait)) = &task.wait else { return None };
    let mut since = None;
    for census in recording.censuses.iter().rev() {
        let Some(tasks) = census.tasks.get() else { continue };
        let Some(before) = tasks.task(task.address).filter(|before| is_same(before, wait, task)) else { break };
        since = Some(census.at);
        if before.moved {
            break;
        }
    }
    since
}

/// Whether a task was in the same wait, as far as one census can tell.
fn is_same(before: &TaskSample, wait: &TaskWait, task: &TaskSample) -> bool {
    let Known::Is(Some(earlier)) = &before.wait else { return false };
    let another_sleep = match (&earlier.on, &wait.on) {
        (Awaited::Sleep { until: Known::Is(first) }, Awaited::Sleep { until: Known::Is(last) }) => first != last,
        _ => false,
    };
    earlier.future == wait.future && before.chain == task.chain && !another_sleep
}

/// Two readings that show the same wait have to be so far apart for it to count. Users notice a second; a slow upstream answers
/// in two.
pub(super) const APART: Duration = Duration::from_secs(2);

/// For how long a task of the census taken `now` was seen to wait for the same, when that is long enough.
pub(super) fn waited(recording: &Recording, now: Moment, task: &TaskSample) -> Option<Duration> {
    let since = now.since(same_wait_since(recording, task)?);
    (since >= APART).then_some(since)
}

/// Tasks that are followed from one to those that wait for it.
const MOST_AWAITING: usize = 64;

/// A task and those that wait for it, directly or through others, the nearest first.
#[must_use]
pub fn awaiting(tasks: &TaskCensus, task: Address) -> Vec<&TaskSample> {
    let mut found: Vec<&TaskSample> = tasks.task(task).into_iter().collect();
    let mut at = 0;
    while let Some(next) = found.get(at) {
        for other in next.awaited_by.iter().filter_map(|other| tasks.task(*other)) {
            let known = found.iter().any(|known| known.address == other.address);
            if !known && found.len() < MOST_AWAITING {
                found.push(other);
            }
        }
        at += 1;
    }
    found
}
