//! From recordings to the report.

use super::model::{EpisodeReport, Ranked, Window};
use super::verdict::Verdict;
use super::{Gap, Observation, ProcessReport, Report, Target, Tool};
use super::{
    gaps, gil_accounts, jobs, loops, observations, pools, profile, ranking, requests, surroundings, tasks, threads,
};
use crate::aggregate::{self, Analysis, verdicts, worst_first};
use crate::snapshot::{Cost, Excerpt, Known, Moment, Recording, SCHEMA};

/// Turns recordings, one per process, into the finished report. `asked` is what the user named as the target.
#[must_use]
pub fn build(recordings: &[Recording], asked: &str) -> Report {
    // A capture has them in the order in which they were attached to, a run in the order in which they were found.
    let mut in_order: Vec<&Recording> = recordings.iter().collect();
    in_order.sort_by_key(|recording| (recording.process.pid, recording.process.start_ticks));
    let analyses: Vec<Analysis<'_>> = in_order.into_iter().map(Analysis::of).collect();
    let mut judged: Vec<aggregate::Verdict> = analyses.iter().flat_map(verdicts).collect();
    worst_first(&mut judged);
    Report {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        target: Target { asked: asked.to_owned(), processes: analyses.iter().map(process).collect() },
        window: window(recordings),
        observations: observed(&analyses, &judged),
        verdicts: judged.into_iter().map(Verdict::from).collect(),
        ranking: sorted_ranking(analyses.iter().flat_map(ranking::ranked).collect()),
        loops: analyses.iter().flat_map(loops::loops).collect(),
        threads: analyses.iter().flat_map(threads::threads).collect(),
        gil: analyses.iter().map(gil_accounts::gil).collect(),
        pools: analyses.iter().flat_map(pools::pools).collect(),
        tasks: analyses.iter().filter_map(tasks::tasks).collect(),
        requests: analyses.iter().flat_map(requests::requests).collect(),
        jobs: analyses.iter().flat_map(jobs::jobs).collect(),
        sockets: analyses.iter().map(surroundings::sockets).collect(),
        cgroup: analyses.iter().filter_map(surroundings::cgroup).collect(),
        gaps: all_gaps(&analyses),
        cost: cost(recordings),
        excerpts: excerpts(recordings),
        profile: analyses.iter().flat_map(profile::profile).collect(),
    }
}

/// The verdicts alone, the worst first: much less work than the whole report.
pub fn judge<'a>(recordings: impl IntoIterator<Item = &'a Recording>) -> Vec<Verdict> {
    let mut judged: Vec<aggregate::Verdict> =
        recordings.into_iter().flat_map(|recording| verdicts(&Analysis::of(recording))).collect();
    worst_first(&mut judged);
    judged.into_iter().map(Verdict::from).collect()
}

fn observed(analyses: &[Analysis<'_>], judged: &[aggregate::Verdict]) -> Vec<Observation> {
    let of = |analysis: &Analysis<'_>| {
        let own: Vec<&aggregate::Verdict> =
            judged.iter().filter(|verdict| verdict.process == analysis.pid().0).collect();
        observations::observations(analysis, &own)
    };
    analyses.iter().flat_map(of).collect()
}

fn all_gaps(analyses: &[Analysis<'_>]) -> Vec<Gap> {
    let mut all: Vec<Gap> = analyses.iter().flat_map(gaps::gaps).collect();
    all.sort();
    all.dedup();
    all
}

fn sorted_ranking(mut ranking: Vec<Ranked>) -> Vec<Ranked> {
    ranking.sort_by(|one, other| other.total_s.total_cmp(&one.total_s).then(one.process.cmp(&other.process)));
    ranking
}

fn process(analysis: &Analysis<'_>) -> ProcessReport {
    let process = &analysis.recording.process;
    let mut loops: Vec<String> = analysis.tracks.iter().map(|track| track.kind.word().to_owned()).collect();
    loops.sort();
    loops.dedup();
    ProcessReport {
        pid: process.pid.0,
        role: process.role.word().to_owned(),
        server: process.server.word().to_owned(),
        python: process.python.get().map(ToString::to_string).unwrap_or_default(),
        loops,
        ports: process.ports.clone(),
        reader: process.reader,
        ended: analysis.recording.ended.is_some(),
    }
}

fn window(recordings: &[Recording]) -> Window {
    let first = |recording: &Recording| recording.snapshots.first().map(|snapshot| snapshot.at);
    let last = |recording: &Recording| recording.snapshots.last().map(|snapshot| snapshot.at);
    let began: Moment = recordings.iter().filter_map(first).min().unwrap_or_default();
    let ended: Moment = recordings.iter().filter_map(last).max().unwrap_or_default();
    let ledgers = || recordings.iter().map(|recording| recording.ledger);
    Window {
        started_monotonic_s: began.seconds(),
        seconds: ended.since(began).as_secs_f64(),
        rate: ledgers().map(|ledger| ledger.rate).max().unwrap_or_default(),
        samples: recordings.iter().map(|recording| recording.snapshots.len() as u64).sum(),
        torn: ledgers().map(|ledger| ledger.torn).sum(),
        cut: ledgers().map(|ledger| ledger.cut).sum(),
        late: ledgers().map(|ledger| ledger.late).sum(),
        failed: ledgers().map(|ledger| ledger.failed).sum(),
        left_out: recordings.iter().map(left_out).fold(0, u64::saturating_add),
        unwatched: ledgers().map(|ledger| ledger.unwatched).max().unwrap_or_default(),
    }
}

/// Looks that were taken and are not there.
fn left_out(recording: &Recording) -> u64 {
    recording.ledger.samples.saturating_sub(recording.snapshots.len() as u64)
}

/// One process of ours reads all of them, so every recording has the whole cost.
fn cost(recordings: &[Recording]) -> Cost {
    let most = |one: Cost, other: Cost| Cost {
        cpu_s: larger(one.cpu_s, other.cpu_s),
        wall_s: one.wall_s.max(other.wall_s),
        peak_bytes: larger(one.peak_bytes, other.peak_bytes),
        stops: one.stops.max(other.stops),
    };
    recordings.iter().map(|recording| recording.cost).fold(Cost::default(), most)
}

/// The larger of those that are known.
fn larger<T: PartialOrd>(one: Known<T>, other: Known<T>) -> Known<T> {
    match (one, other) {
        (Known::Is(one), Known::Is(other)) => Known::Is(if other > one { other } else { one }),
        (Known::Unknown(_), other) => other,
        (one, Known::Unknown(_)) => one,
    }
}

/// The source lines that were kept, each once: they are shown and take no part in a verdict.
#[must_use]
pub fn excerpts(recordings: &[Recording]) -> Vec<Excerpt> {
    let mut all: Vec<Excerpt> = recordings.iter().flat_map(|recording| recording.excerpts.iter().cloned()).collect();
    all.sort_by(|one, other| one.file.cmp(&other.file).then(one.lines.cmp(&other.lines)));
    all.dedup();
    all
}

/// For the order of episodes in a loop's report, which the profile refers to by index.
pub(super) fn episode(analysis: &Analysis<'_>, stall: &crate::aggregate::Stall) -> EpisodeReport {
    let recording = analysis.recording;
    let blame = stall.blamed.map(|blamed| blamed.blame(recording));
    EpisodeReport {
        start_s: stall.start.seconds(),
        length_s: stall.length().as_secs_f64(),
        ended: stall.ended,
        cause: stall.reason.cause,
        place: stall.blamed.map(|blamed| blamed.place(recording)),
        coroutine: blame.as_ref().and_then(|blame| blame.coroutine.clone()),
        peer: crate::words::party(&stall.reason.example.party),
        stack: blame.map(|blame| blame.stack).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Process, ProcessId};

    #[test]
    fn the_order_of_recordings_does_not_show() {
        let of = |pids: [u32; 3]| {
            let recordings = pids.map(|pid| Recording::new(Process::numbered(ProcessId(pid))));
            build(&recordings, "").target.processes.iter().map(|process| process.pid).collect::<Vec<_>>()
        };
        assert_eq!(of([32, 30, 31]), [30, 31, 32]);
    }
}
