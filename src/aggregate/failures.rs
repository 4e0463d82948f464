//! Tasks that ended with an exception which nobody fetched. What others wait for may have been theirs to do.

use std::collections::BTreeMap;

use super::{Analysis, Subject, TaskFact};

/// Functions that are named.
const MOST: usize = 3;

/// Tasks that ended so, for each function and class of exception.
#[must_use]
pub fn failed_tasks(analysis: &Analysis<'_>) -> Vec<(Subject, TaskFact)> {
    let Some((_, tasks)) = analysis.tasks() else { return Vec::new() };
    let mut alike: BTreeMap<(&str, &str), (Subject, u64)> = BTreeMap::new();
    for task in &tasks.failed {
        let first = (Subject::Task(task.address), 0);
        alike.entry((&task.function, &task.error)).or_insert(first).1 += 1;
    }
    let fact = |((function, error), (subject, tasks)): ((&str, &str), (Subject, u64))| {
        (subject, TaskFact::NobodyFetched { tasks, function: function.to_owned(), error: error.to_owned() })
    };
    alike.into_iter().take(MOST).map(fact).collect()
}
