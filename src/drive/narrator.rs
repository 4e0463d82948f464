//! What happens while a watch goes on: the capture is kept, progress is shown, the first verdict is said at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::console::Console;
use super::lookout::Sighting;
use super::new_file::NewFile;
use super::observe::Listener;
use super::observed::Observed;
use super::progress;
use super::session::{Watch, own_cost};
use crate::error::{Error, Result};
use crate::journal;
use crate::report;
use crate::snapshot::{Cost, ProcessId, Recording};

/// How many looks must agree before a verdict is said: one can be a moment, two a coincidence.
const LOOKS_FOR_A_VERDICT: usize = 3;

/// How often somebody behind a proxy is told that the run goes on: proxies cut connections that are silent for a minute.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(15);

/// How often a capture is told what the watch cost and missed so far.
const ACCOUNT_EVERY: Duration = Duration::from_secs(1);

/// A capture that is being written, and the members that the processes of this run are in it.
struct Capture {
    writer: journal::Writer,
    /// Where it will stand once there is a look in it.
    file: Arc<NewFile>,
    path: PathBuf,
    members: Vec<(usize, ProcessId, journal::Member)>,
}

/// Listens to a watch.
pub(super) struct Narrator {
    captures: Vec<Capture>,
    /// Why the captures were given up.
    lost: Option<Error>,
    progress: Option<ProgressBar>,
    console: Console,
    began: Instant,
    accounted: Instant,
    /// When we last said that the run goes on; `None` when nobody wants to hear it.
    sign_of_life: Option<Instant>,
    window: Duration,
    /// Looks of all processes when the early verdict was last tried; `None` when it is not wanted or has been said.
    early: Option<usize>,
}

impl Narrator {
    /// Begins to listen; writes the head of every capture.
    pub(super) fn new(watch: &Watch<'_>, captures: Vec<(PathBuf, Arc<NewFile>)>, console: Console) -> Result<Self> {
        let begin = |(path, file): (PathBuf, Arc<NewFile>)| {
            let descriptor = file.descriptor().map_err(|source| Error::Output { path: path.clone(), source })?;
            let writer = journal::Writer::begin(descriptor, &path, watch.asked)?;
            Ok(Capture { writer, file, path, members: Vec::new() })
        };
        let captures = captures.into_iter().map(begin).collect::<Result<_>>()?;
        let progress = console.shows_progress().then(|| progress::bar(watch.plan.length));
        let early = watch.early_verdict.then_some(0);
        Ok(Self {
            captures,
            lost: None,
            progress,
            console,
            began: Instant::now(),
            accounted: Instant::now(),
            sign_of_life: console.attended.then(Instant::now),
            window: watch.plan.length,
            early,
        })
    }

    /// Time since the watch began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Ends the captures with what is known only now.
    ///
    /// # Errors
    ///
    /// When a capture could not be written, now or earlier. What was written of it stays readable.
    pub(super) fn finish(self, recordings: &[Recording]) -> Result<()> {
        if let Some(bar) = &self.progress {
            bar.finish_and_clear();
        }
        let finished = self.captures.into_iter().try_for_each(|capture| capture.finish(recordings));
        self.lost.map_or(finished, Err)
    }

    /// Carries on without captures after the first failure: a full disk must not cost the verdict.
    fn keep(&mut self, mut write: impl FnMut(&mut Capture) -> Result<()>) {
        let keep = |capture: &mut Capture| {
            write(capture)?;
            capture.publish()
        };
        if let Err(error) = self.captures.iter_mut().try_for_each(keep) {
            self.captures.clear();
            self.lost = Some(error);
        }
    }

    /// Clears the line before an error is printed. What the captures have, they keep.
    pub(super) fn give_up(self) {
        if let Some(bar) = &self.progress {
            bar.finish_and_clear();
        }
    }

    /// Says the first verdict, once.
    fn try_early_verdict(&mut self, so_far: &[Observed]) {
        let fewest = so_far.iter().map(|one| one.recording.snapshots.len()).filter(|looks| *looks > 0).min();
        let Some((tried, looks)) = self.early.zip(fewest) else { return };
        // What the kernel alone tells is judged by the whole window.
        if so_far.iter().any(|one| one.refused_by.is_some()) {
            return;
        }
        // Tried at 3, 6, 12, ... looks: a verdict that three looks do not give needs clearly more of them.
        if looks < LOOKS_FOR_A_VERDICT.max(tried * 2) {
            return;
        }
        self.early = Some(looks);
        let verdicts = report::judge(so_far.iter().map(|one| &one.recording));
        let worst = verdicts.first().filter(|one| one.kind.is_trouble());
        let Some(worst) = worst else { return };
        self.early = None;
        let after = format!("after {:.1} s: ", self.elapsed().as_secs_f64());
        let say = || self.console.say_in_a_line(&after, &worst.summary, "; still looking");
        match &self.progress {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

impl Capture {
    fn add(&mut self, index: usize, sighting: &Sighting) -> Result<()> {
        let writer = &mut self.writer;
        if let Sighting::Attached(process, _) = sighting {
            self.members.push((index, process.pid, writer.process(process)?));
        }
        let Some(&(.., member)) = self.members.iter().find(|(of, ..)| *of == index) else { return Ok(()) };
        match sighting {
            Sighting::Pieces { codes, stacks } => {
                writer.codes(member, codes)?;
                writer.stacks(member, stacks)
            }
            Sighting::Look(snapshot) => writer.snapshot(member, snapshot),
            Sighting::Around(surroundings) => writer.surroundings(member, surroundings),
            Sighting::Census(census) => writer.census(member, census),
            Sighting::Ended(at) => writer.ended(member, *at),
            Sighting::Supervised(supervisor) => writer.supervisor(member, supervisor),
            Sighting::Attached(..)
            | Sighting::Reads(_)
            | Sighting::Replaced(_)
            | Sighting::Refused(_)
            | Sighting::Done { .. } => Ok(()),
        }
    }

    /// Lets the capture take its place as soon as it is worth that.
    fn publish(&self) -> Result<()> {
        if !self.writer.holds_a_look() {
            return Ok(());
        }
        self.file.publish().map_err(|source| Error::Output { path: self.path.clone(), source })
    }

    /// Says how the sampling went so far, for the case that we are killed.
    fn account(&mut self, so_far: &[Observed], cost: Cost) -> Result<()> {
        for (index, _, member) in &self.members {
            let Some(one) = so_far.get(*index) else { continue };
            self.writer.ledger(*member, one.recording.ledger)?;
            self.writer.cost(*member, cost)?;
        }
        Ok(())
    }

    fn finish(mut self, recordings: &[Recording]) -> Result<()> {
        for recording in recordings {
            let pid = recording.process.pid;
            let Some(&(.., member)) = self.members.iter().find(|(_, of, _)| *of == pid) else { continue };
            self.writer.excerpts(member, &recording.excerpts)?;
            self.writer.ledger(member, recording.ledger)?;
            self.writer.cost(member, recording.cost)?;
        }
        self.writer.flush()?;
        self.publish()?;
        self.writer.finish()
    }
}

impl Listener for Narrator {
    fn sighted(&mut self, index: usize, sighting: &Sighting) {
        self.keep(|capture| capture.add(index, sighting));
    }

    fn heartbeat(&mut self, elapsed: Duration, so_far: &[Observed]) {
        if self.accounted.elapsed() >= ACCOUNT_EVERY {
            self.accounted = Instant::now();
            let cost = own_cost(self.began.elapsed());
            self.keep(|capture| capture.account(so_far, cost));
        }
        self.try_early_verdict(so_far);
        if self.sign_of_life.is_some_and(|last| last.elapsed() >= SIGN_OF_LIFE_EVERY) {
            self.sign_of_life = Some(Instant::now());
            let (so_long, window) = (elapsed.as_secs(), self.window.as_secs());
            self.console.say(&format!("looking on: {so_long} s of {window} s"));
        }
        if let Some(bar) = &self.progress {
            let looks: usize = so_far.iter().map(|one| one.recording.snapshots.len()).sum();
            bar.set_position(u64::try_from(elapsed.min(self.window).as_millis()).unwrap_or(u64::MAX));
            bar.set_message(format!("{looks} looks"));
        }
    }
}
