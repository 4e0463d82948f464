//! Source lines around blamed frames, read once and kept with the recording.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::os::keep_what_reading_needs;
use crate::os::source::SourceReader;
use crate::report::{Report, Verdict};
use crate::snapshot::{Excerpt, ProcessId, Recording};

/// Lines shown before and after the blamed one.
const LINES_AROUND: u32 = 1;

/// How long reading them may take in all: the file can be on the very disk that the target hangs on.
const PATIENCE: Duration = Duration::from_millis(500);

/// Adds an excerpt for every blamed place to the recording of its process. A file that cannot be read has none, nor one that
/// is not read in time, nor one of a process that nobody remembered when it was looked into.
pub(super) fn add(report: &Report, readers: Vec<(ProcessId, SourceReader)>, recordings: &mut [Recording]) {
    let blamed = report
        .verdicts
        .iter()
        .flat_map(Verdict::all)
        .filter_map(|verdict| Some((verdict.process, verdict.blame.as_ref()?)));
    let wanted: Vec<(ProcessId, String, u32)> = blamed
        .filter(|(_, blame)| blame.line > 0)
        .map(|(process, blame)| (ProcessId(process), blame.file.clone(), blame.line))
        .collect();
    let (send, read) = channel();
    // A read that does not return keeps this thread and nobody else.
    let reader = thread::Builder::new().name("source".to_owned()).spawn(move || {
        keep_what_reading_needs();
        for (process, file, line) in wanted {
            let reader = readers.iter().find(|(of, _)| *of == process);
            let Some(Ok(lines)) = reader.map(|(_, one)| one.lines(&file, line, LINES_AROUND)) else { continue };
            if send.send((process, Excerpt { file, lines })).is_err() {
                break;
            }
        }
    });
    if reader.is_err() {
        return;
    }
    let deadline = Instant::now() + PATIENCE;
    while let Ok((process, excerpt)) = read.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        if let Some(recording) = recordings.iter_mut().find(|one| one.process.pid == process) {
            recording.excerpts.push(excerpt);
        }
    }
}
