//! Memory is short: the limit of the control group throws pages out that a loop needs again at once.
//!
//! A group at its limit is nothing by itself, the page cache fills it up; nor are page faults, a program that reads a large
//! mapped file has them by the thousand. Both, and a loop whose own time goes into them, are.

use std::time::Duration;

use super::{Explains, Judge};
use crate::aggregate::ranking::groups;
use crate::aggregate::track::Track;
use crate::aggregate::{
    Advice, Analysis, Because, Cause, Confidence, Finding, KernelFact, Kind, ProcessSummary, SecondParty, Subject,
    Verdict,
};
use crate::classify::{Look, Origin, Resource};
use crate::snapshot::{Cgroup, Surroundings, SyscallState, TaskState, ThreadSample};

pub(super) struct MemoryPressure;

/// A group that uses this share of its limit is at it.
const AT_THE_LIMIT: f64 = 0.95;
/// Pushed back at the limit so often a second, pages are thrown out all the time.
const HITS_PER_SECOND: f64 = 10.0;
/// Fewer faults a second cost a loop little, whatever each of them takes.
const FAULTS_PER_SECOND: f64 = 100.0;
/// So many faults in a second of the thread's CPU time leave little of it for anything else: finding a page to throw out and
/// reading another takes the kernel 50 to 200 microseconds.
const FAULTS_PER_CPU_SECOND: f64 = 5000.0;
/// On a slow disk the faults are fewer and the thread sleeps through them, in this share of the looks.
const ASLEEP_IN_FAULTS: f64 = 0.25;
/// A loop that is at work in less than this share of the looks does not suffer from it.
const AT_WORK: f64 = 0.25;
/// Shares of a shorter window than this say nothing.
const SHORTEST: Duration = Duration::from_secs(1);

impl Judge for MemoryPressure {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let Some(pressure) = pressure(analysis) else { return Vec::new() };
        let suffers = |(index, track)| Some((index, track, faults(track)?)).filter(|(.., faults)| faults.are_severe());
        let worst = analysis.tracks.iter().enumerate().filter_map(suffers);
        let worst = worst.max_by(|one, other| one.2.per_second.total_cmp(&other.2.per_second));
        let Some((index, track, faults)) = worst else { return Vec::new() };
        vec![verdict(analysis, (index, track), &pressure, &faults)]
    }

    fn explains(&self) -> &'static [Explains] {
        // A step that takes long because each page of it is read anew looks like one that computes, or that reads files.
        &[Explains {
            when: |_, own, other| other.thread == own.thread && may_be_faults(other.cause),
            because: Because::PagesAreGone,
        }]
    }
}

fn may_be_faults(cause: Option<Cause>) -> bool {
    matches!(
        cause,
        Some(Cause::PythonCpu | Cause::NativeCpu | Cause::NativeCpuGil | Cause::Disk | Cause::FileIo | Cause::Unknown)
    )
}

/// A group at its limit.
struct Pressure {
    limit: u64,
    used_share: f64,
    hits_per_second: f64,
    /// Share of the window in which everybody in the group waited for memory, where the kernel says so.
    stalled: Option<f64>,
}

fn pressure(analysis: &Analysis<'_>) -> Option<Pressure> {
    let mut readings = analysis.recording.surroundings.iter().filter_map(|around| Some((around, around.cgroup.get()?)));
    let (first, last): ((&Surroundings, &Cgroup), (&Surroundings, &Cgroup)) = (readings.next()?, readings.next_back()?);
    let window = last.0.at.since(first.0.at);
    let seconds = Some(window).filter(|window| *window >= SHORTEST)?.as_secs_f64();
    let limit = last.1.memory_limit.ok()??;
    let used_share = last.1.memory_used.ok()? as f64 / limit.max(1) as f64;
    let hits = last.1.memory_limit_hits.ok()?.checked_sub(first.1.memory_limit_hits.ok()?)?;
    let stalled = last.1.memory_stalled_ns.ok().zip(first.1.memory_stalled_ns.ok());
    let pressure = Pressure {
        limit,
        used_share,
        hits_per_second: hits as f64 / seconds,
        stalled: stalled.map(|(last, first)| last.saturating_sub(first) as f64 / 1e9 / seconds),
    };
    (used_share >= AT_THE_LIMIT && pressure.hits_per_second >= HITS_PER_SECOND).then_some(pressure)
}

/// What the page faults of a loop's thread cost it.
struct Faults {
    per_second: f64,
    per_cpu_second: f64,
    /// Looks in which it slept in one, and all of them.
    asleep: (usize, usize),
    at_work: f64,
}

impl Faults {
    fn are_severe(&self) -> bool {
        let (asleep, looks) = self.asleep;
        let costs = self.per_cpu_second >= FAULTS_PER_CPU_SECOND || asleep as f64 >= looks as f64 * ASLEEP_IN_FAULTS;
        self.per_second >= FAULTS_PER_SECOND && self.at_work >= AT_WORK && costs
    }
}

fn faults(track: &Track<'_>) -> Option<Faults> {
    let mut counts = track.looks.iter().filter_map(|seen| {
        let os = &seen.thread?.os;
        Some((seen.at, os.major_faults.ok()?, os.cpu.ok()?.on_cpu_ns))
    });
    let (first, last) = (counts.next()?, counts.next_back()?);
    let seconds = last.0.since(first.0).as_secs_f64();
    let faults = last.1.checked_sub(first.1)? as f64;
    let on_cpu = last.2.saturating_sub(first.2) as f64 / 1e9;
    let looks = track.looks.len();
    // Asleep outside of any system call: only a page fault does that.
    let in_fault = |thread: &ThreadSample| {
        let outside = matches!(thread.os.syscall.ok(), Some(SyscallState::Outside));
        outside && thread.os.state.ok() == Some(TaskState::DiskSleep)
    };
    (seconds > 0.0).then(|| Faults {
        per_second: faults / seconds,
        per_cpu_second: faults / on_cpu.max(f64::EPSILON),
        asleep: (track.looks.iter().filter_map(|seen| seen.thread).filter(|thread| in_fault(thread)).count(), looks),
        at_work: 1.0 - track.count(Look::Idle) as f64 / looks.max(1) as f64,
    })
}

fn verdict(
    analysis: &Analysis<'_>,
    (index, track): (usize, &Track<'_>),
    pressure: &Pressure,
    faults: &Faults,
) -> Verdict {
    let limit_mib = pressure.limit >> 20;
    let summary = ProcessSummary::MemoryShort { limit_mib, pages_per_s: faults.per_second };
    let evidence = KernelFact::AtMemoryLimit {
        share: pressure.used_share.min(1.0),
        limit_mib,
        hits_per_s: pressure.hits_per_second,
    };
    let (asleep, looks) = faults.asleep;
    let own = KernelFact::PageFaults {
        thread: track.thread,
        per_s: faults.per_second,
        looks: asleep as u64,
        of: looks as u64,
    };
    let stalled = pressure.stalled.map(|share| KernelFact::MemoryStalled { share });
    let of_loop: Vec<_> = groups(analysis).into_iter().filter(|group| group.track == index).collect();
    let stalls = of_loop.iter().filter_map(|group| group.subject(analysis));
    let blamed = of_loop.first().and_then(|group| group.example.blamed).filter(|blamed| blamed.origin == Origin::User);
    Finding::new(Kind::MemoryPressure, analysis.pid(), summary, evidence)
        .cause(Cause::PageFaults, Confidence::Likely)
        .on(track.thread.0, Some(track.kind.word()))
        .lasting(None, faults.at_work)
        .evidence([own].into_iter().chain(stalled))
        .hurts_users_of(analysis, Some(track))
        .blame(
            blamed.map(|blamed| blamed.blame(analysis.recording)),
            SecondParty::Resource { resource: Resource::Memory { mib: limit_mib } },
        )
        .tells([Subject::Memory])
        .tells(stalls)
        .advice(Advice::RaiseMemoryLimit)
        .verdict()
}
