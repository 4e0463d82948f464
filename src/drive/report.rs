//! `hangspy report`: the same outputs from a kept capture.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::console::Console;
use super::outputs::{Format, GraphThreads, Outputs};
use super::session::Privacy;
use super::{console, diagnose, leash, watch};
use crate::error::{Error, Result};
use crate::snapshot::{Moment, Recording};
use crate::{journal, render, report};

/// What reading and rendering captures may take before [`leash::Limit`] adds its grace: some of hours take minutes, and a
/// capture from elsewhere may be made to take for ever.
const LONGEST: Duration = Duration::from_secs(540);

/// Between captures that are told as one: a worker that is replaced needs so long to start.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// What `hangspy report` was asked.
#[derive(Clone, Debug)]
pub struct Render {
    /// Captures to read.
    pub captures: Vec<PathBuf>,
    /// The folder of a watch whose near misses are shown instead.
    pub ledger: Option<PathBuf>,
    /// Where to write; nothing means the screen.
    pub outputs: Vec<PathBuf>,
    /// The format of all files, whatever they end in.
    pub format: Option<Format>,
    /// Which threads a flame graph shows.
    pub threads: GraphThreads,
    /// Print JSON instead of the screen.
    pub json: bool,
    /// Leave out source lines, addresses, folders and URLs.
    pub redact: bool,
}

/// Reads the captures and renders them as one.
///
/// # Errors
///
/// When a capture is not one of ours, and when an output cannot be written.
pub fn report(request: &Render, console: Console) -> Result<()> {
    let _limit = leash::Limit::new(LONGEST);
    if let Some(folder) = &request.ledger {
        return near_misses(folder, request.json, console);
    }
    let outputs = Outputs::new(request.threads)
        .without_capture("would be a copy of the capture that is read")
        .claim(&request.outputs, request.format)?;
    let (recordings, asked) = read(&request.captures, console)?;
    one_window(&recordings, request.captures.len())?;
    let privacy = Privacy { redact: request.redact, audit: None };
    let report = privacy.apply(report::build(&recordings, &asked))?;
    outputs.write(&report)?;
    if request.outputs.is_empty() || request.json {
        diagnose::show(&report, request.json, console)?;
    }
    outputs.announce(console);
    Ok(())
}

/// Reads captures as one, and what was asked for in the last of them.
///
/// # Errors
///
/// When one is not ours, and when there is no look in any of them.
pub(super) fn read(captures: &[PathBuf], console: Console) -> Result<(Vec<Recording>, String)> {
    let mut recordings = Vec::new();
    let mut asked = String::new();
    for path in captures {
        let kept = journal::read(path)?;
        if let Some(truncation) = kept.truncation {
            console.say(&format!("note: {}: {}", path.display(), truncation.words()));
        }
        asked = kept.asked;
        // A process that ended before the first look is in the capture, but there is nothing to say of it.
        recordings.extend(kept.recordings.into_iter().filter(|recording| !recording.snapshots.is_empty()));
    }
    if recordings.is_empty() {
        let path = captures.first().cloned().unwrap_or_default();
        return Err(Error::Capture { path, reason: "it holds no look at any process".to_owned() });
    }
    Ok((recordings, asked))
}

/// Refuses captures of different times: their looks make no one window, and what is said of shares and lengths would be false.
fn one_window(recordings: &[Recording], captures: usize) -> Result<()> {
    let ends = |recording: &Recording| Some((recording.snapshots.first()?.at, recording.snapshots.last()?.at));
    let windows: Vec<(Moment, Moment)> = recordings.iter().filter_map(ends).collect();
    // The processes of one capture may have come one after the other.
    if captures < 2 || !are_apart(windows) {
        return Ok(());
    }
    Err(Error::Usage {
        message: "the captures are of different times: their looks make no one window".to_owned(),
        hint: Some("hangspy report each of them by itself".to_owned()),
    })
}

/// Whether there is a time between the windows that none of them covers.
fn are_apart(mut windows: Vec<(Moment, Moment)>) -> bool {
    windows.sort_unstable();
    let mut covered = windows.first().map(|first| first.1).unwrap_or_default();
    windows.into_iter().any(|(began, ended)| {
        let apart = began.since(covered) > LONGEST_GAP;
        covered = covered.max(ended);
        apart
    })
}

/// Prints the near misses that a watch has counted.
fn near_misses(folder: &Path, json: bool, console: Console) -> Result<()> {
    let ledger = watch::read_ledger(folder)?.ok_or_else(|| Error::Usage {
        message: format!("there is no {} in {}", watch::LEDGER, folder.display()),
        hint: Some("name the folder that hangspy watch -o was given".to_owned()),
    })?;
    let mut bytes = Vec::new();
    let rendered = if json {
        render::ledger_json(&ledger, &mut bytes)
    } else {
        render::ledger(&ledger, render::Screen { width: console.width(), color: console.colored() }, &mut bytes)
    };
    rendered.map_err(console::unprintable)?;
    console.print(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(windows: &[(u64, u64)]) -> bool {
        let at = |seconds: u64| Moment(seconds * 1_000_000_000);
        are_apart(windows.iter().map(|(began, ended)| (at(*began), at(*ended))).collect())
    }

    #[test]
    fn captures_of_different_times_are_not_taken_for_one_window() {
        assert!(apart(&[(1956, 1959), (0, 3)]) && apart(&[(0, 60), (3, 4), (90, 91)]));
        assert!(!apart(&[]) && !apart(&[(0, 3)]) && !apart(&[(0, 3), (1, 4)]) && !apart(&[(0, 60), (3, 4), (50, 91)]));
        assert!(!apart(&[(0, 3), (5, 8)]), "workers that follow each other");
    }
}
