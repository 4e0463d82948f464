//! The watch as a whole: which processes are followed, what is kept of what they show, and how it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::audit;
use super::super::console::Console;
use super::super::interrupt::Interrupt;
use super::Armed;
use super::budget::{Budget, Limit};
use super::incidents::{self, Content, Why};
use super::recorder::{self, Incident, Note, Orders};
use super::rules::Rule;
use super::shelf::Shelf;
use crate::error::{Error, Result};
use crate::os::source::SourceReader;
use crate::snapshot::{Process, Recording};
use crate::target::{self, MOST_PROCESSES, choose};

/// How often it is looked which processes there are: while one is followed, and while none is.
const FIND_EVERY: Duration = Duration::from_secs(5);
const FIND_EVERY_WHEN_NONE: Duration = Duration::from_secs(1);
/// How long a note is waited for before other things are looked after.
const TICK: Duration = Duration::from_millis(50);
/// How long the end of the watch waits for what the rings hold.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// Bytes that the rings of all processes may take, and as many that their samplers keep.
const BYTES: usize = 20 << 20;
/// What one of them gets at most, and at least.
const BYTES_OF_ONE: (usize, usize) = (1 << 20, 8 << 20);
/// Processes that cannot be looked at and are remembered: of a target that is started again and again there is a new one each time.
const MOST_CLOSED: usize = 256;
/// How long the same refusal is not said again.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// A process that is followed.
struct Followed {
    process: Process,
    reader: Option<SourceReader>,
    asked: Arc<AtomicBool>,
}

pub(super) struct Guard<'a> {
    request: &'a Armed,
    console: Console,
    began: Instant,
    budget: Arc<Mutex<Budget>>,
    shelf: Shelf,
    stop: Interrupt,
    send: Sender<(usize, Note)>,
    notes: Receiver<(usize, Note)>,
    followed: BTreeMap<usize, Followed>,
    next: usize,
    find_due: Instant,
    /// Processes that cannot be looked at or have ended, by number and start: said once, and not tried again.
    closed: Vec<(u32, u64)>,
    /// What was said last of an incident that is not captured.
    said: Option<(String, Instant)>,
    crowd_said: bool,
}

impl<'a> Guard<'a> {
    pub(super) fn new(request: &'a Armed, console: Console) -> Result<Self> {
        let (shelf, budget) = Shelf::open(&request.folder)?;
        let (send, notes) = channel();
        Ok(Self {
            request,
            console,
            began: Instant::now(),
            budget: Arc::new(Mutex::new(budget)),
            shelf,
            stop: Interrupt::detached(),
            send,
            notes,
            followed: BTreeMap::new(),
            next: 0,
            find_due: Instant::now(),
            closed: Vec::new(),
            said: None,
            crowd_said: false,
        })
    }

    /// Watches until told to stop.
    pub(super) fn run(mut self, interrupt: &Interrupt, asked: &AtomicBool) -> Result<()> {
        let first = self.find();
        match first {
            Err(error) if !self.request.wait => return Err(error),
            Err(error) => self.console.say(&format!("waiting for the target: {error}")),
            Ok(()) => {}
        }
        let mut outcome = Ok(());
        while !interrupt.asked() {
            match self.notes.recv_timeout(TICK) {
                Ok((index, note)) => outcome = self.take(index, note),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            if asked.swap(false, Ordering::Relaxed) {
                self.followed.values().for_each(|one| one.asked.store(true, Ordering::Relaxed));
            }
            if outcome.is_err() && !self.request.wait {
                break;
            }
            if Instant::now() >= self.find_due {
                // An attach that cannot be written down does not take place; a target that is gone may come back.
                if let Err(error @ Error::Output { .. }) = self.find() {
                    self.console.complain(&error);
                }
            }
            let kept = self.shelf.tend(&self.budget);
            self.complain(kept);
        }
        self.end();
        outcome
    }

    /// Finds the target and follows what is new of it.
    fn find(&mut self) -> Result<()> {
        let found = target::find(&self.request.asked);
        let every = if self.followed.is_empty() { FIND_EVERY_WHEN_NONE } else { FIND_EVERY };
        self.find_due = Instant::now() + every;
        let is_known = |guard: &Self, process: &Process| {
            let followed = guard.followed.values().any(|one| is_same(&one.process, process));
            followed || guard.closed.contains(&(process.pid.0, process.start_ticks))
        };
        let new: Vec<Process> = found?.into_iter().filter(|process| !is_known(self, process)).collect();
        let room = MOST_PROCESSES.saturating_sub(self.followed.len());
        let (new, left_out) = choose(new, room);
        if left_out > 0 && !self.crowd_said {
            self.crowd_said = true;
            let words = format!("{left_out} processes of the target are not followed: more than {MOST_PROCESSES}");
            self.console.say(&words);
        }
        if let Some(file) = self.request.audit.as_ref().filter(|_| !new.is_empty()) {
            audit::write(file, "watch", &self.request.asked, &new)?;
        }
        let count = self.followed.len() + new.len();
        new.into_iter().try_for_each(|process| self.follow(process, count))?;
        self.find_due = Instant::now() + if self.followed.is_empty() { FIND_EVERY_WHEN_NONE } else { FIND_EVERY };
        Ok(())
    }

    fn follow(&mut self, process: Process, count: usize) -> Result<()> {
        let index = self.next;
        self.next += 1;
        let asked = Arc::new(AtomicBool::new(false));
        let orders = Orders {
            index,
            stop: self.stop.clone(),
            asked: Arc::clone(&asked),
            budget: Arc::clone(&self.budget),
            bytes: (BYTES / count.max(1)).clamp(BYTES_OF_ONE.0, BYTES_OF_ONE.1),
        };
        self.followed.insert(index, Followed { process: process.clone(), reader: None, asked });
        let send = self.send.clone();
        let spawned = thread::Builder::new()
            .name(format!("recorder {index}"))
            .spawn(move || recorder::follow(process, &orders, &send));
        spawned.map(drop).map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })
    }

    /// Takes what a recorder has to say.
    ///
    /// # Errors
    ///
    /// When the last process that there was cannot be looked at.
    fn take(&mut self, index: usize, note: Note) -> Result<()> {
        match note {
            Note::Attached(process, None) => self.console.say(&format!("watching process {}", process.pid)),
            Note::Attached(process, Some(gate)) => {
                return self.close(index, Error::NotPermitted { pid: process.pid.0, gate });
            }
            Note::Refused(error) => return self.close(index, error),
            Note::Reads(reader) => {
                if let Some(one) = self.followed.get_mut(&index) {
                    one.reader = Some(reader);
                }
            }
            Note::Missed(miss) => self.shelf.ledger.add(&miss),
            Note::Unwatched(length) => self.shelf.ledger.unwatched_s += length.as_secs_f64(),
            Note::Held { rule, thing, limit } => self.say_held(rule, &thing, limit),
            Note::Incident(incident) => self.incident(index, *incident),
            Note::Over { recording, ended } => {
                self.followed.remove(&index);
                self.find_due = Instant::now();
                if ended {
                    self.console.say(&format!("process {} ended", recording.process.pid));
                    // It may still be there for a moment, and nothing of it can be read.
                    self.leave(&recording.process);
                }
            }
        }
        Ok(())
    }

    /// A process that cannot be looked at is an error when there is no other.
    fn close(&mut self, index: usize, error: Error) -> Result<()> {
        if let Some(one) = self.followed.remove(&index) {
            self.leave(&one.process);
        }
        if self.followed.is_empty() && !self.request.wait {
            return Err(error);
        }
        self.console.complain(&error);
        Ok(())
    }

    /// Follows a process no more.
    fn leave(&mut self, process: &Process) {
        self.closed.push((process.pid.0, process.start_ticks));
        let many = self.closed.len().saturating_sub(MOST_CLOSED);
        self.closed.drain(..many);
    }

    fn say_held(&mut self, rule: Rule, thing: &str, limit: Limit) {
        let is_same = self.said.as_ref().is_some_and(|(said, at)| said == thing && at.elapsed() < SAY_AGAIN);
        if !is_same || rule == Rule::Asked {
            self.said = Some((thing.to_owned(), Instant::now()));
            self.console.say(&format!("not captured: {thing}: {}", limit.words()));
        }
    }

    fn incident(&mut self, index: usize, incident: Incident) {
        let Incident { rule, thing, at_s, before, recording } = incident;
        let process = recording.process.pid;
        let folder = incidents::name(&self.shelf.incidents(), at_s, rule.word(), process.0);
        let reader = self.followed.get(&index).and_then(|one| one.reader.clone());
        let written =
            self.write(&folder, &mut [recording], reader.map(|reader| (process, reader)).into_iter().collect());
        self.budget.lock().unwrap_or_else(PoisonError::into_inner).done();
        match written {
            Ok(summary) => {
                self.console.say(&format!("incident: {}: {summary}", folder.display()));
                let time = audit::utc(at_s);
                let seconds_before = before.as_secs_f64();
                let why = Why { rule: rule.word(), thing: &thing, time, process: process.0, seconds_before, summary };
                let explained = incidents::explain(&folder, &why);
                self.complain(explained);
            }
            Err(error) => self.console.complain(&error),
        }
        match incidents::keep_within_limit(&self.shelf.incidents()) {
            Ok(0) | Err(_) => {}
            Ok(gone) => self.console.say(&format!("{gone} of the oldest incidents were given up: more than 200 MiB")),
        }
    }

    fn write(
        &self,
        folder: &Path,
        recordings: &mut [Recording],
        readers: Vec<(crate::snapshot::ProcessId, SourceReader)>,
    ) -> Result<String> {
        let elapsed = self.began.elapsed();
        incidents::write(folder, Content { asked: &self.request.asked, recordings, readers, elapsed })
    }

    fn complain(&self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.console.complain(&error);
        }
    }

    /// Writes what the rings hold, at once.
    fn end(mut self) {
        self.stop.ask();
        let until = Instant::now() + LAST_WORDS;
        let mut recordings = Vec::new();
        let mut incident = None;
        while !self.followed.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((index, note)) = self.notes.recv_timeout(left) else { break };
            match note {
                Note::Over { recording, .. } => {
                    self.followed.remove(&index);
                    recordings.push(*recording);
                }
                Note::Incident(one) => incident = Some((index, *one)),
                note => {
                    let taken = self.take(index, note);
                    self.complain(taken);
                }
            }
        }
        // First what is short.
        let kept = self.shelf.keep(&self.budget);
        self.complain(kept);
        if let Some((index, one)) = incident {
            self.incident(index, one);
        }
        recordings.retain(|recording| !recording.snapshots.is_empty());
        if !recordings.is_empty() {
            let folder: PathBuf = self.shelf.last();
            match self.write(&folder, &mut recordings, Vec::new()) {
                Ok(_) => self.console.say(&format!("what was seen last: {}", folder.display())),
                Err(error) => self.console.complain(&error),
            }
        }
    }
}

fn is_same(one: &Process, other: &Process) -> bool {
    one.pid == other.pid && one.start_ticks == other.start_ticks
}
