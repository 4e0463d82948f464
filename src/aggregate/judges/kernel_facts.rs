//! What the kernel tells of a process whose memory is closed to us, in words: evidence that decides nothing by itself.

use std::time::Duration;

use super::throttling;
use crate::aggregate::Analysis;
use crate::aggregate::phrases::{count_words, length_words, share_words};
use crate::snapshot::{TaskState, ThreadId, ThreadSample};

/// Facts about the main thread, all threads, the doors, the connections and the quota, as far as they are known.
pub(super) fn words(analysis: &Analysis<'_>) -> Vec<String> {
    let facts = [main_thread(analysis), threads(analysis), accept_queue(analysis), unread(analysis), quota(analysis)];
    facts.into_iter().flatten().collect()
}

fn main_thread(analysis: &Analysis<'_>) -> Option<String> {
    let main = ThreadId(analysis.pid().0);
    let looks: Vec<&ThreadSample> =
        analysis.recording.snapshots.iter().filter_map(|snapshot| snapshot.thread(main)).collect();
    let is_asleep =
        |look: &&&ThreadSample| matches!(look.os.state.ok(), Some(TaskState::Sleeping | TaskState::DiskSleep));
    let asleep = looks.iter().filter(is_asleep).count();
    let told = looks.iter().filter(|look| look.os.state.get().is_some()).count();
    if told == 0 {
        return None;
    }
    let last = looks.last().and_then(|look| look.os.asleep_for.ok()).filter(|_| asleep == told);
    let since = last.map(|length| format!(", last on a CPU {} ago", length_words(length))).unwrap_or_default();
    Some(format!("main thread asleep in {asleep} of {told} looks{since}"))
}

fn threads(analysis: &Analysis<'_>) -> Option<String> {
    let snapshots = &analysis.recording.snapshots;
    let (first, last) = (snapshots.first()?, snapshots.last()?);
    let seconds = last.at.since(first.at).as_secs_f64();
    let spent = |thread: &ThreadSample| {
        let before = first.thread(thread.thread)?.os.cpu.get()?.on_cpu_ns;
        Some(Duration::from_nanos(thread.os.cpu.get()?.on_cpu_ns.saturating_sub(before)))
    };
    let count = count_words(last.threads.len() as u64, "thread");
    let all: Option<Duration> = last.threads.iter().map(|thread| spent(thread)).sum();
    match all.filter(|_| seconds > 0.0) {
        Some(all) => Some(format!("{count}, together {} of a core", share_words(all.as_secs_f64() / seconds))),
        None => Some(count),
    }
}

fn accept_queue(analysis: &Analysis<'_>) -> Option<String> {
    let listeners = analysis.recording.surroundings.last()?.listeners.get()?;
    let waiting: Vec<String> = listeners
        .iter()
        .map(|listener| {
            let waits = count_words(u64::from(listener.waiting), "connection");
            format!("{waits} not accepted on :{}", listener.port)
        })
        .collect();
    (!waiting.is_empty()).then(|| waiting.join(", "))
}

fn unread(analysis: &Analysis<'_>) -> Option<String> {
    let connections = analysis.recording.surroundings.last()?.connections.get()?;
    let waiting: Vec<u64> =
        connections.iter().map(|connection| connection.unread).filter(|unread| *unread > 0).collect();
    let bytes = waiting.iter().sum();
    (bytes > 0).then(|| {
        let connections = count_words(waiting.len() as u64, "connection");
        format!("{} received and not read on {connections}", count_words(bytes, "byte"))
    })
}

fn quota(analysis: &Analysis<'_>) -> Option<String> {
    let share = throttling(analysis).map(|throttling| throttling.share).filter(|share| *share > 0.0)?;
    Some(format!("CPU quota: throttled in {} of its periods", share_words(share)))
}
