//! Tasks and threads that do something else than wait for the primitive in question, and so may be about to let others on.

use super::{Analysis, users_frame};
use crate::classify::Origin;
use crate::snapshot::{Address, Frame, Known, StackId, StackSample, TaskCensus, TaskSample};

/// Whether a task that runs code of the user's does something else than wait, as those who `want` do, or behind them. Not
/// all tasks may be listed: then there can be one.
pub(super) fn some_task(analysis: &Analysis<'_>, tasks: &TaskCensus, wants: impl Fn(&TaskSample) -> bool) -> bool {
    other_tasks(tasks, wants).is_none_or(|others| {
        others.into_iter().any(|task| match task.chain {
            Known::Is(chain) => users_frame(analysis.recording, &analysis.book, chain).is_some(),
            // It runs, or could not be read.
            Known::Unknown(_) => true,
        })
    })
}

/// Tasks that neither wait as those who `want` do nor behind them; `None` when not all tasks are listed.
pub(super) fn other_tasks(tasks: &TaskCensus, wants: impl Fn(&TaskSample) -> bool) -> Option<Vec<&TaskSample>> {
    if tasks.cut || tasks.found > tasks.tasks.len() as u64 {
        return None;
    }
    let mut behind: Vec<Address> = tasks.tasks.iter().filter(|task| wants(task)).map(|task| task.address).collect();
    let mut at = 0;
    while let Some(task) = behind.get(at).and_then(|task| tasks.task(*task)) {
        let more: Vec<Address> = task.awaited_by.iter().filter(|task| !behind.contains(task)).copied().collect();
        behind.extend(more);
        at += 1;
    }
    Some(tasks.tasks.iter().filter(|task| !behind.contains(&task.address)).collect())
}

/// Whether the frames of a stack are more than those of a server and the standard library: they, or a callback of theirs,
/// can do what the user wants.
pub(super) fn is_of_application(analysis: &Analysis<'_>, stack: StackId) -> bool {
    analysis.recording.stack(stack).iter().any(|frame| is_applications(analysis, frame))
}

/// Whether a frame is of the application or of what was installed for it, but for servers and frameworks.
pub(super) fn is_applications(analysis: &Analysis<'_>, frame: &Frame) -> bool {
    matches!(analysis.book.code(frame.code).origin, Origin::User | Origin::Installed | Origin::Driver)
}

/// Whether a thread that runs no loop may do something for the application, parked or not: it runs code of its own, or of
/// a client of it, or could not be read.
pub(super) fn some_thread(analysis: &Analysis<'_>) -> bool {
    let Some((_, last)) = analysis.last_snapshot() else { return true };
    let beside = last.threads.iter().filter(|thread| analysis.track_of(thread.thread).is_none());
    beside.filter_map(|thread| thread.python.as_ref()).any(|python| match python.stack {
        StackSample::Stable(stack) | StackSample::Cut(stack) => is_of_application(analysis, stack),
        StackSample::Torn | StackSample::Unknown(_) => true,
    })
}
