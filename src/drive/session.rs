//! What `diagnose`, `dump` and `record` have in common: find, watch, keep, conclude.

use std::path::PathBuf;
use std::time::Duration;

use super::console::Console;
use super::interrupt::Interrupt;
use super::leash;
use super::narrator::Narrator;
use super::observe::{self, Plan};
use super::observed::Observed;
use super::outputs::Outputs;
use super::{audit, excerpts};
use crate::error::{Error, Gate, Result};
use crate::report::{self, Report};
use crate::snapshot::{Cost, Recording};
use crate::{os, target};

/// What to watch and how.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    /// The verb.
    pub(super) verb: &'static str,
    /// The target in the user's words.
    pub(super) asked: &'a str,
    /// How long and how often.
    pub(super) plan: Plan,
    /// Say the verdict on stderr as soon as there is one.
    pub(super) early_verdict: bool,
    /// What is not told, and what is written down.
    pub(super) privacy: &'a Privacy,
}

/// What is not told of a target, and what is written down about looking at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Leave out source lines, addresses, folders and URLs.
    pub redact: bool,
    /// Add a line for each attach to this file.
    pub audit: Option<PathBuf>,
}

impl Privacy {
    /// The report as it may be shown.
    pub(super) fn apply(&self, report: Report) -> Result<Report> {
        if !self.redact {
            return Ok(report);
        }
        report::redacted(&report).map_err(|error| Error::Bug(format!("the report could not be redacted: {error}")))
    }
}

/// What a watch came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The findings.
    pub(super) report: Report,
    /// Why memory was closed to us, for every process of which it was.
    refusals: Vec<(u32, Gate)>,
    /// Whether the capture is whole.
    kept: Result<()>,
}

/// Finds the target, watches it, keeps the capture where one is wanted, and concludes.
///
/// # Errors
///
/// When there is no such target, when none of its processes could be looked at, and when a capture cannot be written.
pub(super) fn watch(watch: &Watch<'_>, outputs: &Outputs, console: Console) -> Result<Outcome> {
    let interrupt = Interrupt::install()?;
    let _limit = leash::Limit::new(watch.plan.length);
    leash::fasten(interrupt.clone(), console)?;
    let (processes, unwatched) = target::choose(target::find(watch.asked)?, target::MOST_PROCESSES);
    if let Some(file) = &watch.privacy.audit {
        audit::write(file, watch.verb, watch.asked, &processes)?;
    }
    let mut narrator = Narrator::new(watch, outputs.captures(), console)?;
    let outcome = observe::observe((processes, unwatched), watch.plan, &interrupt, &mut narrator);
    let mut observed = match outcome {
        Ok(observed) => observed,
        Err(error) => {
            narrator.give_up();
            return Err(error);
        }
    };
    if observed.iter().all(|one| one.recording.snapshots.is_empty()) {
        narrator.give_up();
        return Err(nothing_seen(&mut observed, &interrupt));
    }
    for error in observed.iter().filter_map(|one| one.error.as_ref()) {
        console.complain(error);
    }
    for one in &observed {
        if let Some(words) = one.replaced {
            console.say(&format!("process {} is not looked at any more: {words}", one.recording.process.pid));
        }
    }
    let refusals = observed.iter().filter_map(|one| Some((one.recording.process.pid.0, one.refused_by?))).collect();
    let readers = observed.iter_mut().filter_map(|one| Some((one.recording.process.pid, one.reader.take()?))).collect();
    let seen = observed.into_iter().map(|one| one.recording).filter(|recording| !recording.snapshots.is_empty());
    let mut recordings: Vec<Recording> = seen.collect();
    let cost = own_cost(narrator.elapsed());
    for recording in &mut recordings {
        recording.cost = cost;
    }
    let mut report = report::build(&recordings, watch.asked);
    excerpts::add(&report, readers, &mut recordings);
    report.excerpts = report::excerpts(&recordings);
    let report = watch.privacy.apply(report)?;
    let kept = narrator.finish(&recordings);
    Ok(Outcome { report, refusals, kept })
}

impl Outcome {
    /// The error to end with after everything has been shown: a capture that could not be kept, or that nothing but
    /// `/proc` could be read.
    pub(super) fn conclusion(self) -> Result<()> {
        self.kept?;
        let all_refused = self.refusals.len() == self.report.target.processes.len();
        match self.refusals.first() {
            Some((pid, gate)) if all_refused => Err(Error::NotPermitted { pid: *pid, gate: *gate }),
            _ => Ok(()),
        }
    }
}

/// Why there is not a single look.
fn nothing_seen(observed: &mut [Observed], interrupt: &Interrupt) -> Error {
    if interrupt.asked() {
        return Error::Interrupted;
    }
    let pid = observed.first().map_or(0, |one| one.recording.process.pid.0);
    let first_error = observed.iter_mut().find_map(|one| one.error.take());
    first_error.unwrap_or(Error::Exited { pid })
}

/// What we cost since we started, spread over the time that we ran.
pub(crate) fn own_cost(wall: Duration) -> Cost {
    let own = os::self_cost();
    Cost { cpu_s: own.cpu_s, wall_s: wall.as_secs_f64(), peak_bytes: own.peak_bytes, stops: 0 }
}
