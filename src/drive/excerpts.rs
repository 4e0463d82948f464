//! Source lines around blamed frames, read once and kept with the recording.

use crate::os::source;
use crate::report::Report;
use crate::snapshot::{Excerpt, Recording};

/// Lines shown before and after the blamed one.
const LINES_AROUND: u32 = 1;

/// Adds an excerpt for every blamed place to the recording of its process. A file that cannot be read has none.
pub(super) fn add(report: &Report, recordings: &mut [Recording]) {
    for verdict in &report.verdicts {
        let Some(blame) = verdict.blame.as_ref().filter(|blame| blame.line > 0) else { continue };
        let Some(recording) = recordings.iter_mut().find(|one| one.process.pid.0 == verdict.process) else { continue };
        if let Ok(lines) = source::lines(recording.process.pid, &blame.file, blame.line, LINES_AROUND) {
            recording.excerpts.push(Excerpt { file: blame.file.clone(), lines });
        }
    }
}
