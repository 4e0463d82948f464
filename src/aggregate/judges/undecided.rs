//! The evidence does not decide, and why.

use super::Judge;
use crate::aggregate::{Analysis, Confidence, Finding, Kind, Verdict};
use crate::classify::Look;
use crate::snapshot::{Reader, Role, Why};

pub(super) struct Undecided;

/// Fewer looks than this decide nothing.
const FEWEST_LOOKS: usize = 3;

impl Judge for Undecided {
    fn judge(&self, analysis: &Analysis<'_>) -> Vec<Verdict> {
        let recording = analysis.recording;
        // Supervisors and helpers run no loop and need none.
        if matches!(recording.process.role, Role::Master | Role::Helper) {
            return Vec::new();
        }
        let found = reason(analysis);
        found.map(|(summary, evidence)| cannot_tell(analysis, &summary, evidence)).into_iter().collect()
    }
}

/// What keeps us from telling, and the count that shows it.
fn reason(analysis: &Analysis<'_>) -> Option<(String, String)> {
    let recording = analysis.recording;
    let looks = recording.snapshots.len();
    if looks < FEWEST_LOOKS {
        let failed = recording.ledger.failed;
        return Some((
            "too few looks to tell".to_owned(),
            format!("{looks} looks taken, {failed} failed; {FEWEST_LOOKS} are needed at least"),
        ));
    }
    if recording.ledger.failed > looks as u64 {
        let evidence =
            format!("{} of {} looks failed", recording.ledger.failed, recording.ledger.failed + looks as u64);
        return Some(("most looks failed".to_owned(), evidence));
    }
    if analysis.tracks.is_empty() {
        return Some(no_loop(analysis));
    }
    let worst =
        analysis.tracks.iter().max_by_key(|track| track.count(Look::Unclear) * 1000 / track.looks.len().max(1))?;
    let unclear = worst.count(Look::Unclear);
    let all = worst.looks.len();
    (unclear * 2 > all).then(|| {
        let evidence = format!("what the loop of thread {} did is not clear in {unclear} of {all} looks", worst.thread);
        ("the loop could not be read often enough".to_owned(), evidence)
    })
}

fn no_loop(analysis: &Analysis<'_>) -> (String, String) {
    let looks = analysis.recording.snapshots.len();
    if analysis.recording.process.reader == Reader::ProcOnly {
        let evidence = format!("memory closed to us in {looks} of {looks} looks; /proc alone does not decide");
        return ("the process's memory is closed to us".to_owned(), evidence);
    }
    let gap = analysis.recording.snapshots.iter().rev().flat_map(|snapshot| &snapshot.gaps).next();
    let why = gap.map(|(what, why): &(String, Why)| format!("; {what}: {}", why.words())).unwrap_or_default();
    ("no event loop runs in this process".to_owned(), format!("no running loop in {looks} of {looks} looks{why}"))
}

fn cannot_tell(analysis: &Analysis<'_>, summary: &str, evidence: String) -> Verdict {
    Finding::new(Kind::CannotTell, analysis.pid(), format!("cannot tell: {summary}"), evidence)
        .confidence(Confidence::Certain)
        .advice("look again for longer: hangspy --for 10s; see what hangspy can read: hangspy doctor")
        .verdict()
}
