//! Tasks that ended with an exception which nobody fetched. What others wait for may have been theirs to do.

use std::collections::BTreeMap;

use super::{Analysis, Subject};
use crate::figures::count as count_words;

/// Functions that are named.
const MOST: usize = 3;

/// `a task of warm_up() ended with OSError, which nobody fetched`, for each function and class of exception.
#[must_use]
pub fn failed_tasks(analysis: &Analysis<'_>) -> Vec<(Subject, String)> {
    let Some((_, tasks)) = analysis.tasks() else { return Vec::new() };
    let mut alike: BTreeMap<(&str, &str), (Subject, u64)> = BTreeMap::new();
    for task in &tasks.failed {
        let first = (Subject::Task(task.address), 0);
        alike.entry((&task.function, &task.error)).or_insert(first).1 += 1;
    }
    let words = |((function, error), (subject, count)): ((&str, &str), (Subject, u64))| {
        let tasks = if count == 1 { "a task".to_owned() } else { count_words(count, "task") };
        (subject, format!("{tasks} of {function}() ended with {error}, which nobody fetched"))
    };
    alike.into_iter().take(MOST).map(words).collect()
}
