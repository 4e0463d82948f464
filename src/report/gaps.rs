//! What could not be known, and why.

use std::collections::BTreeSet;

use super::model::Gap;
use crate::aggregate::Analysis;
use crate::snapshot::{Known, Reader, Why};

/// What is read with a census.
const FROM_CENSUS: &[&str] = &["pools", "requests"];

/// The gaps of one process, each said once.
pub(super) fn gaps(analysis: &Analysis<'_>) -> Vec<Gap> {
    let process = analysis.pid().0;
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    if analysis.recording.censuses.is_empty() && analysis.recording.process.reader == Reader::Own {
        for what in FROM_CENSUS {
            found.insert(((*what).to_owned(), "not looked at in this recording".to_owned()));
        }
    }
    let mut missing = |what: &str, why: Option<Why>| {
        // What was left out of one sample to keep the cost down was read in another.
        if let Some(why) = why.filter(|why| *why != Why::NotRead) {
            found.insert((what.to_owned(), why.words().to_owned()));
        }
    };
    missing(
        "holders of locks",
        match analysis.recording.process.reader {
            Reader::Own => None,
            Reader::PySpy => Some(Why::NotInThisPython),
            Reader::ProcOnly => Some(Why::NotPermitted),
        },
    );
    for (what, why) in analysis.recording.snapshots.iter().flat_map(|snapshot| &snapshot.gaps) {
        missing(what, Some(*why));
    }
    for what in FROM_CENSUS {
        missing(what, (analysis.recording.process.reader == Reader::PySpy).then_some(Why::NotInThisPython));
        missing(what, (analysis.recording.process.reader == Reader::ProcOnly).then_some(Why::NotPermitted));
    }
    for (what, why) in analysis.recording.censuses.iter().flat_map(|census| &census.gaps) {
        missing(what, Some(*why));
    }
    if let Some((_, last)) = analysis.last_snapshot() {
        for interpreter in &last.interpreters {
            missing("the GIL", interpreter.gil.why());
            missing("whether the garbage collector runs", interpreter.collecting.why());
        }
        for thread in &last.threads {
            missing("system calls", thread.os.syscall.why());
            missing("task states", thread.os.state.why());
            missing("CPU times", thread.os.cpu.why());
        }
        for event_loop in &last.loops {
            missing("the loop's poll", event_loop.poll_descriptor.why());
            missing("the loop's step", event_loop.step.why());
            missing("when the loop's turn began", event_loop.turn_began.why());
        }
    }
    for census in &analysis.recording.censuses {
        missing("tasks", census.tasks.why());
        for (what, why) in &census.gaps {
            missing(what, Some(*why));
        }
    }
    match analysis.last_surroundings() {
        None => missing("what surrounds the process", Some(Why::Vanished)),
        Some(around) => {
            missing("listening sockets", around.listeners.why());
            missing("connections", around.connections.why());
            missing("control group", around.cgroup.why());
            missing("child processes", around.children.why());
            missing("file locks", around.file_locks.why());
            let quota = around.cgroup.get().map(|group| group.cpu_quota);
            missing("CPU quota", quota.as_ref().and_then(Known::why));
        }
    }
    found.into_iter().map(|(what, why)| Gap { process, what, why }).collect()
}
