//! Sockets and control groups.

use super::model::{CgroupReport, SocketReport};
use crate::aggregate::{Analysis, throttling};
use crate::snapshot::{Known, Why};

/// The sockets of a process, as last seen.
pub(super) fn sockets(analysis: &Analysis<'_>) -> SocketReport {
    let process = analysis.pid().0;
    match analysis.last_surroundings() {
        Some(around) => SocketReport {
            process,
            listeners: around.listeners.clone(),
            connections: match &around.connections {
                Known::Is(all) => Known::Is(all.len() as u64),
                Known::Unknown(why) => Known::Unknown(*why),
            },
            open_descriptors: around.open_descriptors,
            descriptor_limit: around.descriptor_limit,
        },
        None => SocketReport {
            process,
            listeners: Known::Unknown(Why::NotRead),
            connections: Known::Unknown(Why::NotRead),
            open_descriptors: Known::Unknown(Why::NotRead),
            descriptor_limit: Known::Unknown(Why::NotRead),
        },
    }
}

/// The control group of a process over the window; `None` where it could not be read.
pub(super) fn cgroup(analysis: &Analysis<'_>) -> Option<CgroupReport> {
    let last = analysis.last_surroundings()?.cgroup.get()?;
    Some(CgroupReport {
        process: analysis.pid().0,
        cpu_quota: last.cpu_quota,
        cpu_used: cpu_used(analysis),
        throttled: Known::from_option(throttling(analysis).map(|throttling| throttling.share), Why::NotRead),
        memory_limit: last.memory_limit,
        memory_used: last.memory_used,
    })
}

/// Cores used between the first and the last reading.
fn cpu_used(analysis: &Analysis<'_>) -> Known<f64> {
    let surroundings = &analysis.recording.surroundings;
    let used = |around: &crate::snapshot::Surroundings| Some((around.at, around.cgroup.get()?.cpu_used_ns.ok()?));
    let ends = surroundings.first().and_then(used).zip(surroundings.last().and_then(used));
    let cores = ends.and_then(|((began, before), (ended, after))| {
        let nanoseconds = ended.since(began).as_nanos();
        (nanoseconds > 0).then(|| after.saturating_sub(before) as f64 / nanoseconds as f64)
    });
    Known::from_option(cores, Why::NotRead)
}
