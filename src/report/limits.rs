//! Limits that are near or were met: facts that contribute.

use super::observations::Seen;
use crate::aggregate::{Analysis, Subject, Throttling, full_queue, overflow, throttling};
use crate::snapshot::Surroundings;
use crate::words;

/// Resident memory from this share of the limit on is worth a word.
const NOTABLE_MEMORY: f64 = 0.9;
/// Open descriptors from this share of the limit on are worth a word.
const NOTABLE_DESCRIPTORS: f64 = 0.9;
/// Page faults that read from a disk, from so many a second on, are worth a word.
const NOTABLE_FAULTS: f64 = 100.0;

/// What the limits of a process did.
pub(super) fn limits(analysis: &Analysis<'_>) -> Vec<Seen> {
    let mut said = Vec::new();
    let throttled = throttling(analysis).filter(Throttling::is_notable);
    said.extend(throttled.map(|throttling| Seen::of(Subject::Quota, words::throttled(&throttling))));
    let Some(around) = analysis.last_surroundings() else { return said };
    let cgroup = around.cgroup.get();
    let memory = cgroup.and_then(|group| Some((group.memory_used.ok()?, group.memory_limit.ok()??)));
    if let Some((used, limit)) = memory.filter(|(used, limit)| *used as f64 >= *limit as f64 * NOTABLE_MEMORY) {
        said.push(Seen::of(Subject::Memory, words::memory_in_use(used as f64 / limit.max(1) as f64)));
    }
    said.extend(memory_trouble(analysis));
    let queue = full_queue(analysis).into_iter().chain(overflow(analysis));
    said.extend(queue.map(|queue| Seen::of(Subject::AcceptQueue, words::hurt(&queue))));
    let descriptors = around.open_descriptors.ok().zip(around.descriptor_limit.ok());
    if let Some((open, limit)) = descriptors.filter(|(open, limit)| *open as f64 >= *limit as f64 * NOTABLE_DESCRIPTORS)
    {
        said.push(Seen::of(Subject::Descriptors, words::descriptors_open(open, limit)));
    }
    said
}

/// What the want of memory did meanwhile.
fn memory_trouble(analysis: &Analysis<'_>) -> Vec<Seen> {
    let readings = &analysis.recording.surroundings;
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return Vec::new() };
    let kills = |around: &Surroundings| around.cgroup.get()?.memory_kills.ok();
    let killed = kills(last).zip(kills(first)).map_or(0, |(last, first)| last.saturating_sub(first));
    let killed = (killed > 0).then(|| Seen::plain(words::kernel_killed(killed)));
    let faults = last.major_faults.ok().zip(first.major_faults.ok());
    let seconds = last.at.since(first.at).as_secs_f64();
    let rate = faults.map_or(0.0, |(last, first)| last.saturating_sub(first) as f64 / seconds.max(f64::EPSILON));
    let faults = (rate >= NOTABLE_FAULTS).then(|| Seen::of(Subject::Memory, words::reads_pages_back(rate)));
    killed.into_iter().chain(faults).collect()
}
