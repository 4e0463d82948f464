//! The evidence does not decide, and why.

use std::time::Duration;

use super::kernel_facts;
use super::main_thread::Standing;
use crate::aggregate::phrases::length_words;
use crate::aggregate::{Advice, Analysis, Confidence, Finding, Kind, Subject, Track, Verdict};
use crate::classify::Look;
use crate::snapshot::{Reader, Role, Why};

/// A step that lasted for so long when the process ended may have been a block: ten looks at the usual rate.
const LONG_FOR_AN_END: Duration = Duration::from_millis(200);

/// Fewer looks than this decide nothing.
const FEWEST_LOOKS: usize = 3;

/// The verdict on a process in which no judge found trouble; `None` where what was seen is enough to say that there is none.
pub(super) fn undecided(analysis: &Analysis<'_>) -> Option<Verdict> {
    // Supervisors and helpers run no loop and need none.
    if matches!(analysis.recording.process.role, Role::Master | Role::Helper) {
        return None;
    }
    reason(analysis).map(|reason| cannot_tell(analysis, reason))
}

/// What keeps us from telling.
struct Reason {
    summary: String,
    /// What shows it.
    evidence: Vec<String>,
    /// What would tell.
    advice: Advice,
}

fn reason(analysis: &Analysis<'_>) -> Option<Reason> {
    let recording = analysis.recording;
    let looks = recording.snapshots.len();
    let failed = recording.ledger.failed;
    let longer = |summary: &str, evidence: String| Reason {
        summary: summary.to_owned(),
        evidence: vec![evidence],
        advice: Advice::LookLonger,
    };
    if looks < FEWEST_LOOKS {
        let evidence = format!("{looks} looks taken, {failed} failed; {FEWEST_LOOKS} are needed at least");
        return Some(longer("too few looks to tell", evidence));
    }
    if failed > looks as u64 {
        return Some(longer("most looks failed", format!("{failed} of {} looks failed", failed + looks as u64)));
    }
    if analysis.tracks.is_empty() {
        return Some(no_loop(analysis));
    }
    let worst =
        analysis.tracks.iter().max_by_key(|track| track.count(Look::Unclear) * 1000 / track.looks.len().max(1))?;
    let unclear = worst.count(Look::Unclear);
    let all = worst.looks.len();
    if unclear * 2 > all {
        let evidence = format!("what the loop of thread {} did is not clear in {unclear} of {all} looks", worst.thread);
        return Some(longer("the loop could not be read often enough", evidence));
    }
    let for_gil = |track: &&Track<'_>| track.count(Look::StarvedOfGil) * 2 > track.looks.len();
    if let Some(track) = analysis.tracks.iter().find(for_gil) {
        let (waited, all) = (track.count(Look::StarvedOfGil), track.looks.len());
        let evidence = format!("loop of thread {} waited for the GIL in {waited} of {all} looks", track.thread);
        return Some(longer("the loop waited for the GIL, in a window too short to call it starved", evidence));
    }
    let turned = |track: &Track<'_>| track.count(Look::Idle) + track.count(Look::Step) > 0;
    if let Some(track) = analysis.tracks.iter().find(|track| !turned(track)) {
        let evidence =
            format!("loop of thread {} neither idle nor at work in {} looks", track.thread, track.looks.len());
        return Some(longer("the loop was not seen to turn", evidence));
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
    let words = length_words(length);
    Some(Reason {
        summary: "the process ended in the middle of a step of its loop".to_owned(),
        evidence: vec![format!("loop of thread {} in one step for the last {words}, until the end", track.thread)],
        advice: Advice::SeeWhatEndedIt,
    })
}

/// A loop that is busy in every look turns fast or not at all, and py-spy's walker does not tell one step from the next.
fn never_idle(analysis: &Analysis<'_>) -> Option<Reason> {
    let busy = |track: &&Track<'_>| track.count(Look::Idle) == 0 && track.count(Look::Step) * 2 > track.looks.len();
    let track = analysis.tracks.iter().filter(|_| analysis.recording.process.reader == Reader::PySpy).find(busy)?;
    let (steps, all) = (track.count(Look::Step), track.looks.len());
    Some(Reason {
        summary: "the loop is always busy; whether it turns cannot be seen in this Python".to_owned(),
        evidence: vec![format!("loop of thread {} idle in 0 of {all} looks, busy in {steps}", track.thread)],
        advice: Advice::RecordLoop,
    })
}

fn no_loop(analysis: &Analysis<'_>) -> Reason {
    let looks = analysis.recording.snapshots.len();
    if analysis.recording.process.reader == Reader::ProcOnly {
        let mut evidence =
            vec![format!("memory closed to us in {looks} of {looks} looks; /proc alone does not decide")];
        evidence.extend(kernel_facts::words(analysis));
        return Reason {
            summary: "the process's memory is closed to us".to_owned(),
            evidence,
            advice: Advice::OpenGate,
        };
    }
    let gap = analysis.recording.snapshots.iter().rev().flat_map(|snapshot| &snapshot.gaps).next();
    let why = gap.map(|(what, why): &(String, Why)| format!("; {what}: {}", why.words())).unwrap_or_default();
    let mut evidence = vec![format!("no running loop in {looks} of {looks} looks{why}")];
    evidence.extend(Standing::of(analysis).map(|standing| standing.words(analysis)));
    Reason { summary: "no event loop runs in this process".to_owned(), evidence, advice: Advice::DumpThreads }
}

fn cannot_tell(analysis: &Analysis<'_>, reason: Reason) -> Verdict {
    let mut evidence = reason.evidence.into_iter();
    let first = evidence.next().unwrap_or_default();
    Finding::new(Kind::CannotTell, analysis.pid(), format!("cannot tell: {}", reason.summary), first)
        .confidence(Confidence::Certain)
        .evidence(evidence)
        .advice(reason.advice)
        .tells(analysis.tracks.iter().map(|track| Subject::Thread(track.thread)))
        .verdict()
}
