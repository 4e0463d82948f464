//! The evidence does not decide, and why.

use std::time::Duration;

use super::kernel_facts;
use super::main_thread::Standing;
use crate::aggregate::summary::Undecided as Because;
use crate::aggregate::{
    Advice, Analysis, Confidence, Evidence, Finding, Kind, ProcessSummary, Subject, Track, UndecidedFact, Verdict,
};
use crate::classify::Look;
use crate::snapshot::{Reader, Role};

/// A step that lasted for so long when the process ended may have been a block: ten looks at the usual rate.
const LONG_FOR_AN_END: Duration = Duration::from_millis(200);

/// Fewer looks than this decide nothing.
const FEWEST_LOOKS: u64 = 3;

/// The verdict on a process in which no judge found trouble; `None` where what was seen is enough to say that there is none.
pub(super) fn undecided(analysis: &Analysis<'_>) -> Option<Verdict> {
    // Supervisors and helpers run no loop and need none.
    if matches!(analysis.recording.process.role, Role::Master | Role::Helper) {
        return None;
    }
    reason(analysis).and_then(|reason| cannot_tell(analysis, reason))
}

/// What keeps us from telling.
struct Reason {
    because: Because,
    /// What shows it.
    evidence: Vec<Evidence>,
    /// What would tell.
    advice: Advice,
}

impl Reason {
    fn new(because: Because, evidence: UndecidedFact, advice: Advice) -> Self {
        Self { because, evidence: vec![evidence.into()], advice }
    }

    /// A longer look would tell.
    fn longer(because: Because, evidence: UndecidedFact) -> Self {
        Self::new(because, evidence, Advice::LookLonger)
    }
}

fn reason(analysis: &Analysis<'_>) -> Option<Reason> {
    let recording = analysis.recording;
    let looks = recording.snapshots.len() as u64;
    let failed = recording.ledger.failed;
    if looks < FEWEST_LOOKS {
        let evidence = UndecidedFact::FewLooks { looks, failed, needed: FEWEST_LOOKS };
        return Some(Reason::longer(Because::FewLooks, evidence));
    }
    if failed > looks {
        return Some(Reason::longer(Because::LooksFailed, UndecidedFact::Failed { looks: failed, of: failed + looks }));
    }
    if analysis.tracks.is_empty() {
        return Some(no_loop(analysis));
    }
    let worst =
        analysis.tracks.iter().max_by_key(|track| track.count(Look::Unclear) * 1000 / track.looks.len().max(1))?;
    let unclear = worst.count(Look::Unclear);
    if unclear * 2 > worst.looks.len() {
        let (looks, of) = (unclear as u64, worst.looks.len() as u64);
        let evidence = UndecidedFact::NotClear { thread: worst.thread, looks, of };
        return Some(Reason::longer(Because::LoopUnclear, evidence));
    }
    let for_gil = |track: &&Track<'_>| track.count(Look::StarvedOfGil) * 2 > track.looks.len();
    if let Some(track) = analysis.tracks.iter().find(for_gil) {
        let (looks, of) = (track.count(Look::StarvedOfGil) as u64, track.looks.len() as u64);
        let evidence = UndecidedFact::AwaitedGil { thread: track.thread, looks, of };
        return Some(Reason::longer(Because::AwaitedGil, evidence));
    }
    let turned = |track: &Track<'_>| track.count(Look::Idle) + track.count(Look::Step) > 0;
    if let Some(track) = analysis.tracks.iter().find(|track| !turned(track)) {
        let looks = track.looks.len() as u64;
        let evidence = UndecidedFact::NeitherIdleNorBusy { thread: track.thread, looks };
        return Some(Reason::longer(Because::NotTurning, evidence));
    }
    cut_short(analysis).or_else(|| never_idle(analysis))
}

/// A process that ended in the middle of a step which had lasted for a while: had it lived, that might have been a block.
fn cut_short(analysis: &Analysis<'_>) -> Option<Reason> {
    let ended = analysis.recording.ended?;
    let (track, length) = analysis.tracks.iter().find_map(|track| {
        let last = track.looks.last().filter(|last| last.look == Look::Step)?;
        let same = track.looks.iter().rev().take_while(|look| look.look == Look::Step && look.is_same_step(last));
        Some((track, ended.since(same.last()?.at))).filter(|(_, length)| *length >= LONG_FOR_AN_END)
    })?;
    let evidence = UndecidedFact::OneStepToTheEnd { thread: track.thread, for_s: length.as_secs_f64() };
    Some(Reason::new(Because::EndedInStep, evidence, Advice::SeeWhatEndedIt))
}

/// A loop that is busy in every look turns fast or not at all, and py-spy's walker does not tell one step from the next.
fn never_idle(analysis: &Analysis<'_>) -> Option<Reason> {
    let busy = |track: &&Track<'_>| track.count(Look::Idle) == 0 && track.count(Look::Step) * 2 > track.looks.len();
    let track = analysis.tracks.iter().filter(|_| analysis.recording.process.reader == Reader::PySpy).find(busy)?;
    let (looks, of) = (track.count(Look::Step) as u64, track.looks.len() as u64);
    let evidence = UndecidedFact::NeverIdle { thread: track.thread, looks, of };
    Some(Reason::new(Because::AlwaysBusy, evidence, Advice::RecordLoop))
}

fn no_loop(analysis: &Analysis<'_>) -> Reason {
    let looks = analysis.recording.snapshots.len() as u64;
    if analysis.recording.process.reader == Reader::ProcOnly {
        let mut reason = Reason::new(Because::MemoryClosed, UndecidedFact::MemoryClosed { looks }, Advice::OpenGate);
        reason.evidence.extend(kernel_facts::facts(analysis));
        return reason;
    }
    let gap = analysis.recording.snapshots.iter().rev().flat_map(|snapshot| &snapshot.gaps).next().cloned();
    let evidence = UndecidedFact::NoRunningLoop { looks, gap };
    let mut reason = Reason::new(Because::NoLoop, evidence, Advice::DumpThreads);
    reason.evidence.extend(Standing::of(analysis).map(|standing| standing.fact(analysis).into()));
    reason
}

fn cannot_tell(analysis: &Analysis<'_>, reason: Reason) -> Option<Verdict> {
    let mut evidence = reason.evidence.into_iter();
    let first = evidence.next()?;
    let summary = ProcessSummary::CannotTell { because: reason.because };
    let finding = Finding::new(Kind::CannotTell, analysis.pid(), summary, first)
        .confidence(Confidence::Certain)
        .evidence(evidence)
        .advice(reason.advice)
        .tells(analysis.tracks.iter().map(|track| Subject::Thread(track.thread)));
    Some(finding.verdict())
}
