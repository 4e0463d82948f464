//! Threads over the window.

use super::model::ThreadReport;
use crate::aggregate::{Act, Analysis, places, share_of, thread_name};
use crate::classify::{Activity, Cause, Doing, Lock, SecondParty};
use crate::snapshot::{Known, Reader, Snapshot, StackSample, ThreadId, ThreadSample, Why};
use crate::words;

/// The threads of a process as they were last seen.
pub(super) fn threads(analysis: &Analysis<'_>) -> Vec<ThreadReport> {
    let Some((_, last)) = analysis.last_snapshot() else { return Vec::new() };
    let seen = last.threads.iter().filter_map(|thread| last_read(analysis, thread.thread));
    seen.map(|(index, snapshot, thread)| report(analysis, index, snapshot, thread)).collect()
}

/// The last look at a thread in which its system call was read: native threads are not read every time.
fn last_read<'a>(analysis: &Analysis<'a>, id: ThreadId) -> Option<(usize, &'a Snapshot, &'a ThreadSample)> {
    let snapshots = analysis.recording.snapshots.iter().enumerate().rev();
    let mut looks = snapshots.filter_map(|(index, snapshot)| Some((index, snapshot, snapshot.thread(id)?)));
    let newest = looks.next()?;
    let was_read = |thread: &ThreadSample| thread.os.syscall.why() != Some(Why::NotRead);
    if was_read(newest.2) { Some(newest) } else { looks.find(|(.., thread)| was_read(thread)).or(Some(newest)) }
}

fn report(analysis: &Analysis<'_>, index: usize, snapshot: &Snapshot, thread: &ThreadSample) -> ThreadReport {
    let (stack, stack_unknown) = stack(analysis, thread);
    ThreadReport {
        process: analysis.pid().0,
        thread: thread.thread.0,
        name: thread_name(thread),
        python: thread.python.is_some(),
        runs_loop: analysis.track_of(thread.thread).is_some(),
        doing: doing(analysis.activity(index, snapshot, thread)),
        cpu_share: cpu_share(analysis, index, thread),
        gil_share: match thread.python {
            Some(_) => share_of(analysis, thread.thread),
            None if analysis.recording.process.reader == Reader::ProcOnly => Known::Unknown(Why::NotPermitted),
            None => Known::Is(0.0),
        },
        stack,
        stack_unknown,
    }
}

/// What a thread does, and of one that waits for a lock who has it.
fn doing(activity: Activity) -> String {
    let doing = words::did(&Act::from(&activity));
    match (activity.cause, activity.does, activity.party) {
        (_, Doing::AwaitsLock { lock: Lock::Own }, _) => doing,
        (Some(Cause::Lock | Cause::ImportLock), _, SecondParty::Holder { holder, .. }) => {
            words::with_holder(&doing, &holder)
        }
        _ => doing,
    }
}

fn stack(analysis: &Analysis<'_>, thread: &ThreadSample) -> (Vec<super::Place>, Option<String>) {
    let recording = analysis.recording;
    match thread.python.as_ref().map(|python| python.stack) {
        Some(StackSample::Stable(stack)) => (places(recording, recording.stack(stack)), None),
        Some(StackSample::Cut(stack)) => {
            (places(recording, recording.stack(stack)), Some(words::INNER_FRAMES_CHANGED.to_owned()))
        }
        Some(StackSample::Torn) => (Vec::new(), Some(Why::Torn.words().to_owned())),
        Some(StackSample::Unknown(why)) => (Vec::new(), Some(why.words().to_owned())),
        None if recording.process.reader == Reader::ProcOnly => (Vec::new(), Some(words::MEMORY_CLOSED.to_owned())),
        None => (Vec::new(), Some(words::NATIVE_THREAD.to_owned())),
    }
}

/// CPU time from the first look at a thread to the last, as a share of one core.
fn cpu_share(analysis: &Analysis<'_>, last: usize, thread: &ThreadSample) -> Known<f64> {
    let snapshots = &analysis.recording.snapshots;
    let spent = match thread.os.cpu {
        Known::Is(times) => times.on_cpu_ns,
        Known::Unknown(why) => return Known::Unknown(why),
    };
    let first = snapshots.iter().find_map(|snapshot| {
        let at = snapshot.threads.binary_search_by_key(&thread.thread, |sample| sample.thread).ok()?;
        Some((snapshot.at, snapshot.threads.get(at)?.os.cpu.get()?.on_cpu_ns))
    });
    let seconds = |began: crate::snapshot::Moment| snapshots.get(last).map(|end| end.at.since(began).as_secs_f64());
    match first.and_then(|(began, before)| Some((seconds(began)?, before))) {
        Some((seconds, before)) if seconds > 0.0 => Known::Is(spent.saturating_sub(before) as f64 / 1e9 / seconds),
        _ => Known::Unknown(Why::NotRead),
    }
}
