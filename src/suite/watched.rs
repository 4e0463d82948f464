//! One process of a test run: what was seen of it since it was last added up.

use std::time::{Duration, Instant};

use super::watcher::Sighting;
use crate::os::processes;
use crate::report::{TestLimits, TestProcess, TestRun};
use crate::snapshot::{Ledger, Process, ProcessId, Recording, TestMark, TestMoment};

/// Looks are added up at the next change of tests when there are so many: some ten seconds of them.
const ENOUGH: usize = 1000;
/// When there are so many they are added up in the middle of a test: five minutes of looks.
const TOO_MANY: usize = 30_000;

/// One process, watched.
#[derive(Debug)]
pub(super) struct Watched {
    recording: Recording,
    /// What it ran at each of the snapshots.
    moments: Vec<TestMoment>,
    /// What it runs now, since when, and whether a thread of its own runs that.
    now: Option<(TestMoment, Instant, bool)>,
    /// What the report says of it.
    pub(super) process: TestProcess,
    /// How the looking went.
    pub(super) ledger: Ledger,
    /// The watch is over.
    pub(super) done: bool,
}

/// What a process was started as, or nothing when it is gone.
fn program(pid: ProcessId) -> String {
    let arguments = processes::read(pid).map(|entry| entry.arguments).unwrap_or_default();
    arguments.into_iter().next().unwrap_or_default()
}

impl Watched {
    /// Nothing is known of it yet.
    pub(super) fn new(pid: ProcessId) -> Self {
        Self {
            recording: Recording::new(Process::numbered(pid)),
            moments: Vec::new(),
            now: None,
            process: TestProcess { pid: pid.0, program: program(pid), ..TestProcess::default() },
            ledger: Ledger::default(),
            done: false,
        }
    }

    /// Whether anything was seen of it, or it is Python and could not be looked at.
    pub(super) fn is_python(&self) -> bool {
        !self.process.python.is_empty() || self.process.unseen.is_some()
    }

    /// The test that the process itself runs, and for how long it has been seen in its phase.
    pub(super) fn runs(&self) -> Option<(&TestMark, Duration)> {
        match &self.now {
            Some((TestMoment::Runs(mark), since, true)) => Some((mark, since.elapsed())),
            _ => None,
        }
    }

    /// Takes a sighting; adds up what there is when it is time.
    pub(super) fn take(&mut self, sighting: Sighting, run: &mut TestRun, limits: &TestLimits) {
        match sighting {
            Sighting::Attached(process) => {
                self.process.python = process.python.get().map(ToString::to_string).unwrap_or_default();
                self.recording.process = process;
            }
            Sighting::Look { codes, stacks, mut snapshot, moment } => {
                self.recording.codes.extend(codes);
                self.recording.stacks.extend(stacks);
                if let Some(before) = self.recording.snapshots.last() {
                    snapshot.share_with(before);
                }
                let changes = self.moments.last().is_some_and(|last| *last != moment);
                if self.moments.len() >= TOO_MANY || changes && self.moments.len() >= ENOUGH {
                    self.add_up(run, limits);
                }
                if self.now.as_ref().is_none_or(|(now, ..)| *now != moment) {
                    let own = matches!(&moment, TestMoment::Runs(mark) if snapshot.thread(mark.thread).is_some());
                    self.now = Some((moment.clone(), Instant::now(), own));
                }
                self.recording.snapshots.push(*snapshot);
                self.moments.push(moment);
            }
            Sighting::Unseen(error) => {
                use crate::error::Error::{NotPermitted, UnknownPython};
                self.process.unseen =
                    matches!(error, NotPermitted { .. } | UnknownPython { .. }).then(|| error.to_string());
                self.done = true;
            }
            Sighting::Done { ledger, tests } => {
                self.ledger = ledger;
                self.process.tests = tests;
                self.done = true;
            }
        }
    }

    /// Adds up what was seen, and keeps only what the next looks refer to.
    pub(super) fn add_up(&mut self, run: &mut TestRun, limits: &TestLimits) {
        run.add(&self.recording, &self.moments, limits);
        self.recording.snapshots.clear();
        self.moments.clear();
    }
}
