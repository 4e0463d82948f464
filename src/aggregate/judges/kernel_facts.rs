//! What the kernel tells of a process whose memory is closed to us: evidence that decides nothing by itself.

use std::time::Duration;

use super::throttling;
use crate::aggregate::{Analysis, CpuFact, DescriptorFact, Evidence, KernelFact};
use crate::snapshot::{TaskState, ThreadId, ThreadSample};

/// Facts about the main thread, all threads, the doors, the connections and the quota, as far as they are known.
pub(super) fn facts(analysis: &Analysis<'_>) -> Vec<Evidence> {
    let facts = [main_thread(analysis), threads(analysis), accept_queue(analysis), unread(analysis), quota(analysis)];
    facts.into_iter().flatten().collect()
}

fn main_thread(analysis: &Analysis<'_>) -> Option<Evidence> {
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
    Some(
        KernelFact::MainAsleep {
            looks: asleep as u64,
            of: told as u64,
            for_s: last.map(|length| length.as_secs_f64()),
        }
        .into(),
    )
}

fn threads(analysis: &Analysis<'_>) -> Option<Evidence> {
    let snapshots = &analysis.recording.snapshots;
    let (first, last) = (snapshots.first()?, snapshots.last()?);
    let seconds = last.at.since(first.at).as_secs_f64();
    let spent = |thread: &ThreadSample| {
        let before = first.thread(thread.thread)?.os.cpu.get()?.on_cpu_ns;
        Some(Duration::from_nanos(thread.os.cpu.get()?.on_cpu_ns.saturating_sub(before)))
    };
    let threads = last.threads.len() as u64;
    let all: Option<Duration> = last.threads.iter().map(|thread| spent(thread)).sum();
    let share = all.filter(|_| seconds > 0.0).map(|all| all.as_secs_f64() / seconds);
    Some(KernelFact::Threads { threads, share }.into())
}

fn accept_queue(analysis: &Analysis<'_>) -> Option<Evidence> {
    let listeners = analysis.recording.surroundings.last()?.listeners.get()?;
    let connections: Vec<(u64, u16)> =
        listeners.iter().map(|listener| (u64::from(listener.waiting), listener.port)).collect();
    (!connections.is_empty()).then(|| DescriptorFact::NotAccepted { connections }.into())
}

fn unread(analysis: &Analysis<'_>) -> Option<Evidence> {
    let connections = analysis.recording.surroundings.last()?.connections.get()?;
    let waiting: Vec<u64> =
        connections.iter().map(|connection| connection.unread).filter(|unread| *unread > 0).collect();
    let bytes = waiting.iter().sum();
    (bytes > 0).then(|| DescriptorFact::Unread { bytes, connections: waiting.len() as u64 }.into())
}

fn quota(analysis: &Analysis<'_>) -> Option<Evidence> {
    let share = throttling(analysis).map(|throttling| throttling.share).filter(|share| *share > 0.0)?;
    Some(CpuFact::QuotaThrottled { share }.into())
}
