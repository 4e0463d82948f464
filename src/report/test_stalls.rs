//! The stalls of a test run: in which test, for how long at least, and whether that is the fault of the code under test.
//!
//! A test that fails now and then for what the machine did is worse than none. So what counts against a limit is not the length
//! of a stall, which is an estimate, but the time for which the step was seen to go on ([`held`]), without what its thread waited for
//! a CPU or for the GIL; and what is nobody's mistake there is excused by name.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::verdict::Verdict;
use crate::aggregate::{Analysis, Cause, Group, LookAt, STALL, Stall, Track, verdict_on};
use crate::classify::{Book, Look, Manner, Origin};
use crate::libraries;
use crate::snapshot::{CodeId, Recording, TaskState, TestMark, TestMoment, TestPhase};

/// What a test may do, and what can be seen of it.
#[derive(Clone, Copy, Debug)]
pub struct TestLimits {
    /// A loop may not be blocked for so long in a test; `None` only tells.
    pub limit: Option<Duration>,
    /// From one look to the next.
    pub interval: Duration,
}

impl TestLimits {
    /// Of so many looks in a row two are one interval apart, and nothing shorter than two intervals is claimed.
    const LOOKS: u32 = 3;

    /// The shortest limit that these looks can tell.
    #[must_use]
    pub fn resolution(&self) -> Duration {
        self.interval * Self::LOOKS
    }

    /// Steps that last so long are told.
    #[must_use]
    pub fn told_from(&self) -> Duration {
        self.limit.unwrap_or(STALL).min(STALL).max(self.resolution())
    }
}

/// Why a stall does not count against the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Excuse {
    /// A fixture did it.
    Fixture,
    /// The test had asked to be let alone.
    Paused,
    /// No test ran.
    OutsideOfTests,
    /// A module was imported for the first time.
    Import,
    /// The garbage collector ran.
    GarbageCollection,
    /// Pages were read from a disk.
    PageFaults,
    /// No code of the user's did it.
    NotYours,
    /// The test itself made an application or a client for it.
    TestDriver,
    /// The kernel does not say for how long its thread waited for a CPU.
    Unmeasured,
    /// Without what its thread waited for a CPU or the GIL, it was seen for less time than the limit.
    Machine,
}

/// The stalls of one function in one phase of one test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestStall {
    /// The process.
    pub process: u32,
    /// The test and its phase; `None` where no test ran, or nobody said which.
    pub test: Option<TestMark>,
    /// How many stalls.
    pub stalls: u64,
    /// Their time, seconds.
    pub total_s: f64,
    /// The longest, seconds: an estimate.
    pub longest_s: f64,
    /// For how long the longest was seen to go on, without waits for a CPU and for the GIL, seconds; `None` where that is not known.
    pub held_s: Option<f64>,
    /// Whether it is longer than the test may block a loop.
    pub broken: bool,
    /// Why it does not count against the limit, if it is long enough to.
    pub excuse: Option<Excuse>,
    /// What there is to say of it.
    pub verdict: Verdict,
}

impl TestStall {
    /// Whether it breaks another limit than the one that it was judged by. Who is excused for having been seen for less than that
    /// may have been seen for longer than this.
    #[must_use]
    pub fn breaks(&self, limit: Duration) -> bool {
        let counts = matches!(self.excuse, None | Some(Excuse::Machine));
        counts && self.held_s.is_some_and(|held| held >= limit.as_secs_f64())
    }
}

/// What stalls are grouped by: the loop, the test and its phase, the function.
type Key<'m> = (usize, Option<&'m TestMark>, Option<CodeId>);

/// Finds the stalls of a process. `moments` are what it ran at each of its snapshots.
#[must_use]
pub(super) fn test_stalls(analysis: &Analysis<'_>, moments: &[TestMoment], limits: &TestLimits) -> Vec<TestStall> {
    let mut groups: BTreeMap<Key<'_>, Vec<(&Stall, Judged)>> = BTreeMap::new();
    for (index, (track, stalls)) in analysis.tracks.iter().zip(&analysis.stalls).enumerate() {
        for stall in &stalls.found {
            let (mark, judged) = judged(analysis, track, stall, moments, limits);
            groups.entry((index, mark, stall.blamed.map(|blamed| blamed.code))).or_default().push((stall, judged));
        }
    }
    let process = analysis.pid().0;
    groups
        .into_iter()
        .filter_map(|((track, mark, _), found)| {
            let group = Group::of(track, found.iter().map(|(stall, _)| *stall).collect(), analysis.began())?;
            let worst =
                found.iter().max_by_key(|(stall, judged)| (judged.excuse.is_none(), judged.held, stall.length()))?;
            let held = worst.1.held;
            Some(TestStall {
                process,
                test: mark.cloned(),
                stalls: group.stalls.len() as u64,
                total_s: group.total.as_secs_f64(),
                longest_s: group.longest().as_secs_f64(),
                held_s: held.map(|held| held.as_secs_f64()),
                broken: worst.1.excuse.is_none() && held.zip(limits.limit).is_some_and(|(held, limit)| held >= limit),
                excuse: worst.1.excuse,
                verdict: verdict_on(analysis, &group)?.into(),
            })
        })
        .collect()
}

/// What counts of one stall.
struct Judged {
    held: Option<Duration>,
    excuse: Option<Excuse>,
}

/// The test that a stall is of, and what counts of it. One that goes on when the next test begins is the first one's, as far as
/// it was seen there.
fn judged<'m>(
    analysis: &Analysis<'_>,
    track: &Track<'_>,
    stall: &Stall,
    moments: &'m [TestMoment],
    limits: &TestLimits,
) -> (Option<&'m TestMark>, Judged) {
    let moment = |look: &usize| moments.get(track.looks.get(*look)?.snapshot);
    let told = stall.looks.iter().find(|look| !matches!(moment(look), None | Some(TestMoment::Changed)));
    let first = told.and_then(moment).unwrap_or(&TestMoment::Changed);
    let looks: Vec<usize> = stall.looks.iter().filter(|look| moment(look) == Some(first)).copied().collect();
    let mark = match first {
        TestMoment::Runs(mark) => Some(mark.as_ref()),
        TestMoment::Unmarked | TestMoment::Between | TestMoment::Changed => None,
    };
    let held = held(track, &looks);
    let excuse = of_phase(first)
        .or_else(|| of_cause(stall))
        .or_else(|| of_blame(analysis, stall, mark))
        .or_else(|| read_from_disk(track, &looks).then_some(Excuse::PageFaults))
        .or(held.is_none().then_some(Excuse::Unmeasured))
        .or_else(|| {
            let limit = limits.limit?;
            (stall.length() >= limit && held < Some(limit)).then_some(Excuse::Machine)
        });
    (mark, Judged { held, excuse })
}

fn of_phase(moment: &TestMoment) -> Option<Excuse> {
    match moment {
        TestMoment::Runs(mark) if mark.phase == TestPhase::Call => None,
        TestMoment::Runs(mark) if mark.phase == TestPhase::Paused => Some(Excuse::Paused),
        TestMoment::Runs(_) => Some(Excuse::Fixture),
        TestMoment::Between | TestMoment::Changed => Some(Excuse::OutsideOfTests),
        TestMoment::Unmarked => None,
    }
}

fn of_cause(stall: &Stall) -> Option<Excuse> {
    match stall.reason.cause {
        Cause::Import | Cause::ImportLock => Some(Excuse::Import),
        Cause::Gc => Some(Excuse::GarbageCollection),
        _ => None,
    }
}

fn of_blame(analysis: &Analysis<'_>, stall: &Stall, mark: Option<&TestMark>) -> Option<Excuse> {
    let Some(blamed) = stall.blamed.filter(|blamed| matches!(blamed.origin, Origin::User | Origin::Installed)) else {
        return Some(Excuse::NotYours);
    };
    let (recording, book) = (analysis.recording, &analysis.book);
    let is_test = mark.zip(recording.code(blamed.code)).is_some_and(|(mark, code)| mark.is_test_function(code));
    let drives = is_test && calls_what_drives(recording, book, blamed.code, recording.stack(blamed.stack));
    drives.then_some(Excuse::TestDriver)
}

/// Whether the function calls a framework or a client on this stack: it builds an application, or a client that drives one.
fn calls_what_drives(recording: &Recording, book: &Book, code: CodeId, stack: &[crate::snapshot::Frame]) -> bool {
    let called = stack.iter().position(|frame| frame.code == code).and_then(|at| stack.get(at.checked_sub(1)?));
    called.is_some_and(|frame| {
        let drives = || recording.code(frame.code).is_some_and(|code| libraries::drives_tests(&code.file));
        book.code(frame.code).origin == Origin::Framework || drives()
    })
}

/// Whether the thread had to wait for pages from a disk.
fn read_from_disk(track: &Track<'_>, looks: &[usize]) -> bool {
    let faults = |look: Option<&usize>| track.looks.get(*look?)?.thread?.os.major_faults.ok();
    faults(looks.first()).zip(faults(looks.last())).is_some_and(|(first, last)| last > first)
}

/// For how long a step was seen to go on, without what its thread waited for a CPU or for the GIL; `None` where that is not known.
fn held(track: &Track<'_>, looks: &[usize]) -> Option<Duration> {
    let mut seen: Vec<&LookAt<'_>> = looks.iter().filter_map(|index| track.looks.get(*index)).collect();
    // The kernel adds a wait for a CPU when it has ended: at the end, what did not get ahead may be one.
    while let [.., before, last] = seen.as_slice() {
        if state(last) != Some(TaskState::Running) || on_cpu(last) > on_cpu(before) {
            break;
        }
        seen.pop();
    }
    let first = *seen.first()?;
    let mut total = asleep_before(track, first, looks);
    let mut queued = Duration::ZERO;
    for pair in seen.windows(2) {
        let [before, after] = pair else { continue };
        if after.look != Look::StarvedOfGil {
            total += after.at.since(before.at);
            queued += Duration::from_nanos(run_queue(after)?.saturating_sub(run_queue(before)?));
        }
    }
    Some(total.saturating_sub(queued))
}

/// For how long a thread that sleeps in this look had been asleep since the look before.
fn asleep_before(track: &Track<'_>, first: &LookAt<'_>, looks: &[usize]) -> Duration {
    let waits = first.activity.as_ref().is_some_and(|did| did.manner == Manner::Waiting);
    let asleep = first.thread.filter(|_| waits).and_then(|thread| thread.os.asleep_for.ok()).unwrap_or_default();
    let before = looks.first().and_then(|index| track.looks.get(index.checked_sub(1)?));
    before.map_or(Duration::ZERO, |before| asleep.min(first.at.since(before.at)))
}

fn state(seen: &LookAt<'_>) -> Option<TaskState> {
    seen.thread?.os.state.ok()
}

fn on_cpu(seen: &LookAt<'_>) -> Option<u64> {
    Some(seen.thread?.os.cpu.get()?.on_cpu_ns)
}

fn run_queue(seen: &LookAt<'_>) -> Option<u64> {
    Some(seen.thread?.os.cpu.get()?.run_queue_ns)
}
