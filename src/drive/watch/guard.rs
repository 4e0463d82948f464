//! The watch as a whole: which processes are followed, what is kept of what they show, and how it ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::audit;
use super::super::console::Console;
use super::super::interrupt::Interrupt;
use super::Armed;
use super::account::Account;
use super::board::{Call, End, News};
use super::budget::{Budget, Limit};
use super::calls::{Calls, Outcome};
use super::desk::Desk;
use super::incidents::{self, Content, Why};
use super::recorder::{self, Incident, Note, Orders};
use super::rules::{Rule, Rules};
use super::shelf::Shelf;
use crate::error::{Error, Result};
use crate::gateway::{Gateway, State};
use crate::os::clock;
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
/// How often it is written what the rules saw.
const ACCOUNT_EVERY: Duration = Duration::from_secs(2);
/// How long the same refusal is not said again.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// Incidents of alerts that are still told when the alerts end.
const MOST_OPEN: usize = 16;

/// A process that is followed.
struct Followed {
    process: Process,
    reader: Option<SourceReader>,
    /// For how long its longest step has lasted, nanoseconds.
    lasting: Arc<AtomicU64>,
}

/// What was captured, and of whom.
struct Captured {
    rule: Rule,
    thing: String,
    at_s: u64,
    before: Duration,
    /// By recorder.
    recordings: Vec<(usize, Recording)>,
    /// Whether it was asked for from outside.
    is_call: bool,
}

pub(super) struct Guard<'a> {
    request: &'a Armed,
    console: Console,
    began: Instant,
    budget: Arc<Mutex<Budget>>,
    shelf: Shelf,
    desk: Arc<Desk>,
    calls: Calls,
    /// Closed with us.
    _gateway: Option<Gateway>,
    /// Incidents of alerts, the last one at the end.
    open: VecDeque<(PathBuf, Why)>,
    rules: Arc<Rules>,
    account: Account,
    account_due: Instant,
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
        let rules = request.rules.as_deref().map_or_else(|| Ok(Rules::default()), Rules::read)?;
        let (shelf, budget) = Shelf::open(&request.folder)?;
        let budget = Arc::new(Mutex::new(budget));
        let desk = Arc::new(Desk::new(Arc::clone(&budget), Arc::clone(&shelf.ledger), shelf.incidents()));
        let gateway = request.door.as_ref().map(|door| door.open(Arc::clone(&desk))).transpose()?;
        if let Some(gateway) = &gateway {
            console.say(&format!("listening at {}", gateway.at()));
        }
        let (send, notes) = channel();
        Ok(Self {
            request,
            console,
            began: Instant::now(),
            budget,
            shelf,
            calls: Calls::new(Arc::clone(&desk)),
            desk,
            _gateway: gateway,
            open: VecDeque::new(),
            account: Account::of(&rules),
            rules: Arc::new(rules),
            account_due: Instant::now(),
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
                // Who asks while a capture is being taken has it.
                let _taken_already = self.desk.board().ask(Rule::Asked, "SIGUSR1", clock::wall().as_secs());
            }
            self.tend();
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
            if Instant::now() >= self.account_due {
                self.keep_account();
            }
        }
        self.end();
        outcome
    }

    fn keep_account(&mut self) {
        self.account_due = Instant::now() + ACCOUNT_EVERY;
        // A folder that cannot be written to is complained about when it is the ledger's turn.
        let _complained_elsewhere = self.shelf.keep_account(&mut self.account);
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
        let lasting = Arc::new(AtomicU64::new(0));
        let orders = Orders {
            index,
            stop: self.stop.clone(),
            summons: Arc::clone(&self.calls.summons),
            lasting: Arc::clone(&lasting),
            budget: Arc::clone(&self.budget),
            rules: Arc::clone(&self.rules),
            bytes: (BYTES / count.max(1)).clamp(BYTES_OF_ONE.0, BYTES_OF_ONE.1),
        };
        self.followed.insert(index, Followed { process: process.clone(), reader: None, lasting });
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
            Note::Missed(miss) => {
                self.desk.figures.stall(miss.length);
                self.shelf.ledger().add(&miss);
            }
            Note::Unwatched(length) => self.shelf.ledger().unwatched_s += length.as_secs_f64(),
            Note::Values(process, values) => self.account.add(process.0, &values),
            Note::Held { rule, thing, limit } => self.say_held(rule, &thing, limit),
            Note::Incident(incident) => {
                let Incident { rule, thing, at_s, before, recording } = *incident;
                let recordings = vec![(index, recording)];
                self.incident(Captured { rule, thing, at_s, before, recordings, is_call: false });
            }
            Note::Part(part) => self.calls.take(index, *part),
            Note::Over { recording, ended } => {
                self.followed.remove(&index);
                self.account.leave(recording.process.pid.0);
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
        self.account.refused(rule, format!("not captured: {thing}: {}", limit.words()));
        let is_same = self.said.as_ref().is_some_and(|(said, at)| said == thing && at.elapsed() < SAY_AGAIN);
        if !is_same || rule == Rule::Asked {
            self.said = Some((thing.to_owned(), Instant::now()));
            self.console.say(&format!("not captured: {thing}: {}", limit.words()));
        }
    }

    fn incident(&mut self, captured: Captured) {
        let Captured { rule, thing, at_s, before, recordings, is_call } = captured;
        let readers = recordings.iter().filter_map(|(index, recording)| {
            let reader = self.followed.get(index)?.reader.clone()?;
            Some((recording.process.pid, reader))
        });
        let readers = readers.collect();
        let mut recordings: Vec<Recording> = recordings.into_iter().map(|(_, recording)| recording).collect();
        let processes: Vec<u32> = recordings.iter().map(|recording| recording.process.pid.0).collect();
        let process = processes.first().copied().unwrap_or_default();
        let folder = incidents::name(&self.shelf.incidents(), at_s, rule.word(), process);
        let earlier = incidents::earlier(&self.shelf.incidents(), at_s);
        let written = self.write(&folder, &mut recordings, readers);
        self.budget.lock().unwrap_or_else(PoisonError::into_inner).done();
        let end = match &written {
            Ok(summary) => {
                let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
                End::Kept { incident: name.unwrap_or_default(), summary: summary.clone() }
            }
            Err(error) => End::Not(State::Failed, Some(error.to_string())),
        };
        let call = is_call.then(|| self.desk.board().ended(end, earlier.clone())).flatten();
        match written {
            Ok(summary) => {
                self.desk.figures.incident(rule);
                self.console.say(&format!("incident: {}: {summary}", folder.display()));
                self.account.captured(rule, &folder);
                let time = audit::utc(at_s);
                let seconds_before = before.as_secs_f64();
                let alerts = call.map(|call| call.alerts).unwrap_or_default();
                let rule = rule.word();
                let why = Why { rule, thing, time, process, processes, seconds_before, summary, alerts, earlier };
                self.explain(folder, why);
            }
            Err(error) => self.console.complain(&error),
        }
        match incidents::keep_within_limit(&self.shelf.incidents()) {
            Ok(0) | Err(_) => {}
            Ok(gone) => self.console.say(&format!("{gone} of the oldest incidents were given up: more than 200 MiB")),
        }
    }

    /// Says beside an incident why it was captured; of one for alerts that is said again when there is more of them.
    fn explain(&mut self, folder: PathBuf, why: Why) {
        let explained = incidents::explain(&folder, &why);
        self.complain(explained);
        if !why.alerts.is_empty() {
            self.open.push_back((folder, why));
            let many = self.open.len().saturating_sub(MOST_OPEN);
            self.open.drain(..many);
        }
    }

    /// Does what was asked for from outside, and tells what is to be told there.
    fn tend(&mut self) {
        let lasting = self.followed.values().map(|one| one.lasting.load(Ordering::Relaxed)).max();
        self.desk.figures.now(Duration::from_nanos(lasting.unwrap_or_default()), self.followed.len());
        let followed: BTreeSet<usize> = self.followed.keys().copied().collect();
        if let Some(outcome) = self.calls.tend(&followed) {
            self.conclude(outcome);
        }
        let news = self.desk.board().news();
        news.into_iter().for_each(|news| self.tell(news));
    }

    /// Writes into the incident of an alert what it does not say yet.
    fn tell(&mut self, news: News) {
        let told = match &news {
            News::Joined(_) => self.open.len().checked_sub(1),
            News::Ended(alert) => self.open.iter().position(|(_, why)| why.alerts.iter().any(|one| one.is(alert))),
        };
        // Of an incident of long ago, or that could not be explained, nothing more is said.
        let Some((folder, why)) = told.and_then(|index| self.open.get_mut(index)) else { return };
        match news {
            News::Joined(alert) => why.alerts.push(alert),
            News::Ended(alert) => {
                why.alerts
                    .iter_mut()
                    .filter(|one| one.is(&alert))
                    .for_each(|one| one.ends_at.clone_from(&alert.ends_at));
            }
        }
        let explained = incidents::explain(folder, why);
        self.complain(explained);
    }

    /// Takes what a call has come to.
    fn conclude(&mut self, outcome: Outcome) {
        let incidents = self.shelf.incidents();
        let dropped = |guard: &Self, state, reason: String| {
            let earlier = incidents::earlier(&incidents, clock::wall().as_secs());
            guard.desk.board().ended(End::Not(state, Some(reason)), earlier)
        };
        match outcome {
            Outcome::Held(Call { rule, thing, .. }, limit) => {
                dropped(self, State::Refused, limit.words());
                self.say_held(rule, &rule.of(&thing), limit);
            }
            Outcome::Dropped(call, reason) => {
                let state = if call.end.is_some() { State::Cancelled } else { State::Failed };
                if call.began.is_some() {
                    self.budget.lock().unwrap_or_else(PoisonError::into_inner).done();
                }
                dropped(self, state, reason.to_owned());
                self.console.say(&format!("not captured: {}: {reason}", call.rule.of(&call.thing)));
            }
            Outcome::Seen { call, at_s, parts } => {
                let before = parts.iter().map(|(_, part)| part.before).max().unwrap_or_default();
                let recordings = parts.into_iter().map(|(index, part)| (index, part.recording)).collect();
                let thing = call.rule.of(&call.thing);
                self.incident(Captured { rule: call.rule, thing, at_s, before, recordings, is_call: true });
            }
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
                Note::Incident(_) => incident = Some((index, note)),
                note => {
                    let taken = self.take(index, note);
                    self.complain(taken);
                }
            }
        }
        // First what is short.
        self.keep_account();
        let kept = self.shelf.keep(&self.budget);
        self.complain(kept);
        if let Some((index, note)) = incident {
            let taken = self.take(index, note);
            self.complain(taken);
        }
        if let Some(outcome) = self.calls.last() {
            self.conclude(outcome);
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
