//! One process, followed all day from one thread of ours: pulses, few looks, and a minute of them in a ring.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::interrupt::Interrupt;
use super::super::lookout::PASSING_CENSUS;
use super::super::neighbour::Neighbour;
use super::super::one_program::OneProgram;
use super::super::supervision::Supervision;
use super::account::Values;
use super::beat::Beat;
use super::budget::{Budget, Limit};
use super::calls::Summons;
use super::ring::Ring;
use super::rules::{Rule, Rules};
use crate::aggregate::{Glance, NEAR_MISS, PulseNews, PulseStall, Pulses};
use crate::attach::{self, Access};
use crate::error::{Error, Gate};
use crate::ledger::NearMiss;
use crate::memory::ReadError;
use crate::os::clock::{self, thread_cpu};
use crate::os::keep_what_reading_needs;
use crate::os::source::SourceReader;
use crate::read::{self, Sampler};
use crate::report;
use crate::snapshot::{Address, Known, Moment, Process, ProcessId, Pulse, Recording, Snapshot, ThreadId};

/// How often the whole process is looked at while nothing happens.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The least time between two looks of an incident.
const LOOK_EVERY_OF_INCIDENT: Duration = Duration::from_millis(18);
/// How long an incident is looked at after it was noticed.
pub(super) const INCIDENT: Duration = Duration::from_secs(3);
/// How often tasks, pools and requests are read and judged, at most,
const CENSUS_EVERY: Duration = Duration::from_secs(10);
/// and so much of a core that may take.
const CENSUS_CPU_SHARE: f64 = 0.003;
/// Pulses of one step after which it is looked at once more: what it does for most of its time counts.
const LOOK_AGAIN_AT: [u32; 2] = [10, 60];
/// How many failed pulses in a row end the watch.
const MOST_FAILURES: u32 = 200;
/// How often it is told what the rules saw.
const TELL_VALUES_EVERY: Duration = Duration::from_secs(2);
/// How often it is told that pulses were too far apart.
const TELL_UNWATCHED_EVERY: Duration = Duration::from_secs(10);

/// What a recorder has to say.
#[derive(Debug)]
pub(super) enum Note {
    /// It looks now; `Some` gate when memory is closed to us, which ends it.
    Attached(Box<Process>, Option<Gate>),
    /// Who can read the source.
    Reads(SourceReader),
    /// It cannot look.
    Refused(Error),
    /// A step lasted.
    Missed(NearMiss),
    /// For so long pulses were too far apart.
    Unwatched(Duration),
    /// What the rules saw.
    Values(ProcessId, Values),
    /// A rule was set off, and nothing is captured.
    Held { rule: Rule, thing: String, limit: Limit },
    /// An incident was captured.
    Incident(Box<Incident>),
    /// What was seen of a capture that was asked for from outside.
    Part(Box<Part>),
    /// It looks no more.
    Over { recording: Box<Recording>, ended: bool },
}

/// What was captured, and why.
#[derive(Debug)]
pub(super) struct Incident {
    pub(super) rule: Rule,
    /// What it is of: the same again is captured less often.
    pub(super) thing: String,
    /// When the rule was set off, seconds since 1970.
    pub(super) at_s: u64,
    /// How far the recording reaches back before that.
    pub(super) before: Duration,
    pub(super) recording: Recording,
}

/// What one recorder has seen of a capture that all were asked for.
#[derive(Debug)]
pub(super) struct Part {
    /// Of which.
    pub(super) number: u64,
    /// How far the recording reaches back before it was asked for.
    pub(super) before: Duration,
    pub(super) recording: Recording,
}

/// What a recorder needs to know.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    pub(super) index: usize,
    /// Ends it.
    pub(super) stop: Interrupt,
    /// Asks for a capture now.
    pub(super) summons: Arc<Summons>,
    /// Where the recorder tells for how long the longest step has lasted, nanoseconds.
    pub(super) lasting: Arc<AtomicU64>,
    pub(super) budget: Arc<Mutex<Budget>>,
    pub(super) rules: Arc<Rules>,
    /// Bytes that the ring may take, and that a sampler may keep.
    pub(super) bytes: usize,
}

/// Whether an incident is being captured.
#[derive(Debug)]
enum Mode {
    Quiet,
    Incident { rule: Rule, thing: String, at_s: u64, at: Moment },
}

struct Recorder<'a> {
    orders: &'a Orders,
    send: &'a Sender<(usize, Note)>,
    sampler: Sampler,
    kept: read::Budget,
    neighbour: Neighbour,
    program: OneProgram,
    supervision: Option<Supervision>,
    ring: Ring,
    beat: Beat,
    pulses: Pulses,
    /// What the last look found each lasting step at.
    glances: BTreeMap<(ThreadId, Address), Glance>,
    /// The step of each loop that has set a rule off.
    told: BTreeMap<(ThreadId, Address), Moment>,
    mode: Mode,
    /// The capture that is being taken because it was asked for from outside, and since when.
    called: Option<(u64, Moment)>,
    /// The last one.
    answered: Option<u64>,
    /// What the rules saw since that was told.
    seen: Values,
    values_due: Moment,
    look_due: Moment,
    census_due: Moment,
    unwatched_due: Moment,
    failures: u32,
}

/// Follows a process until told to stop or until it ends.
pub(super) fn follow(process: Process, orders: &Orders, send: &Sender<(usize, Note)>) {
    clock::follow(process.pid);
    // With nobody listening there is nobody to miss it.
    let tell = |note: Note| send.send((orders.index, note)).is_ok();
    let neighbour = Neighbour::of(process.pid);
    let attached = neighbour.and_then(|neighbour| Ok((attach::attach_or_proc_only(process)?, neighbour)));
    let (session, neighbour) = match attached {
        Ok(attached) => attached,
        Err(error) => {
            let _unheard = tell(Note::Refused(error));
            return;
        }
    };
    keep_what_reading_needs();
    let gate = match &session.access {
        Access::ProcOnly { gate } => Some(*gate),
        Access::Own(_) => None,
        Access::PySpy(_) => {
            let (pid, reason) = (session.process.pid.0, "it has no words of loops that are known here".to_owned());
            let _unheard = tell(Note::Refused(Error::UnknownPython { pid, reason }));
            return;
        }
    };
    let reader = SourceReader::of(session.process.pid).ok().map(Note::Reads);
    let attached = Note::Attached(Box::new(session.process.clone()), gate);
    if !std::iter::once(attached).chain(reader).all(tell) || gate.is_some() {
        return;
    }
    let kept = read::Budget::beside_lines(orders.bytes);
    let ring = Ring::new(session.process.clone(), orders.bytes);
    let sampler = Sampler::within(session, &kept);
    let now = clock::now();
    Recorder {
        orders,
        send,
        program: OneProgram::of(sampler.process().pid),
        supervision: Supervision::of(sampler.process()),
        sampler,
        kept,
        neighbour,
        ring,
        beat: Beat::new(),
        pulses: Pulses::default(),
        glances: BTreeMap::new(),
        told: BTreeMap::new(),
        mode: Mode::Quiet,
        called: None,
        answered: None,
        seen: Values::default(),
        values_due: now,
        look_due: now,
        census_due: now.after(Duration::from_secs(1)),
        unwatched_due: now,
        failures: 0,
    }
    .run();
}

impl Recorder<'_> {
    fn tell(&self, note: Note) {
        // Who does not listen any more has told us to stop.
        let _unheard = self.send.send((self.orders.index, note));
    }

    fn run(mut self) {
        let ended = loop {
            if self.orders.stop.asked() {
                break false;
            }
            self.beat.wait(self.pulses.wants_more());
            match self.beat_once() {
                Ok(()) => self.failures = 0,
                Err(ReadError::Gone) => break true,
                Err(_) => self.failures += 1,
            }
            if self.program.other(clock::now(), self.failures > 0).is_some() {
                break true;
            }
            // Where stacks find no room any more, another recorder begins anew.
            if self.failures > MOST_FAILURES || !self.kept.has_room_for_lines() {
                break false;
            }
        };
        self.end(ended);
    }

    /// One pulse, and what it asks for.
    fn beat_once(&mut self) -> Result<(), ReadError> {
        let now = clock::now();
        if now >= self.look_due {
            self.look()?;
        }
        let Some(pulse) = self.sampler.pulse()? else { return Err(ReadError::Refused) };
        for news in self.pulses.add(&pulse) {
            match news {
                PulseNews::Lasts(stall) => self.glance(&stall)?,
                PulseNews::Ended(stall) => self.count(&stall),
            }
        }
        self.watch_steps(&pulse)?;
        self.take_orders(now);
        if now >= self.census_due && self.is_quiet() {
            self.judge(now);
        }
        self.end_incident(now);
        if now >= self.values_due {
            self.values_due = now.after(TELL_VALUES_EVERY);
            let seen = std::mem::take(&mut self.seen);
            self.tell(Note::Values(self.sampler.process().pid, seen));
        }
        if now >= self.unwatched_due {
            self.unwatched_due = now.after(TELL_UNWATCHED_EVERY);
            let unwatched = self.beat.unwatched();
            if !unwatched.is_zero() {
                self.tell(Note::Unwatched(unwatched));
            }
        }
        Ok(())
    }

    /// Looks at the whole process.
    fn look(&mut self) -> Result<(), ReadError> {
        let snapshot = self.sampler.snapshot()?;
        let every = if self.is_quiet() { LOOK_EVERY } else { LOOK_EVERY_OF_INCIDENT };
        self.look_due = snapshot.at.after(every);
        self.ring.look(&mut self.sampler, snapshot);
        if let Some(around) = self.neighbour.look() {
            self.ring.around(around);
        }
        Ok(())
    }

    /// Finds out where a step is that lasts, where that may be paid for.
    fn glance(&mut self, stall: &PulseStall) -> Result<(), ReadError> {
        if self.beat.may_look() { self.look_at(stall) } else { Ok(()) }
    }

    fn look_at(&mut self, stall: &PulseStall) -> Result<(), ReadError> {
        self.look()?;
        let recording = self.ring.recording();
        let Some(snapshot) = recording.snapshots.last() else { return Ok(()) };
        let seen = if stall.is_starved() {
            Glance::at_holder(recording, snapshot, stall.thread)
        } else {
            Glance::at_step(recording, snapshot, stall.thread)
        };
        if let Some(seen) = seen {
            self.glances.insert((stall.thread, stall.event_loop), seen);
        }
        Ok(())
    }

    fn count(&mut self, stall: &PulseStall) {
        let seen = self.glances.remove(&(stall.thread, stall.event_loop));
        if seen.as_ref().is_some_and(|seen| seen.outside_of_service) {
            return;
        }
        let length = stall.length();
        let error = stall.longest.saturating_sub(length).max(length.saturating_sub(stall.shortest));
        self.tell(Note::Missed(NearMiss { seen, length, error, at_s: clock::wall().as_secs() }));
    }

    /// What the steps that run now set off.
    fn watch_steps(&mut self, pulse: &Pulse) -> Result<(), ReadError> {
        let standing: Vec<PulseStall> = self.pulses.standing().collect();
        let longest = standing.iter().map(PulseStall::length).filter(|length| *length >= NEAR_MISS).max();
        let longest = u64::try_from(longest.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
        self.orders.lasting.store(longest, Ordering::Relaxed);
        let runs = |key: &(ThreadId, Address)| standing.iter().any(|stall| (stall.thread, stall.event_loop) == *key);
        self.told.retain(|key, _| runs(key));
        self.glances.retain(|key, _| runs(key));
        for stall in &standing {
            let key = (stall.thread, stall.event_loop);
            if LOOK_AGAIN_AT.contains(&stall.pulses) {
                self.glance(stall)?;
            }
            let is_new = self.told.get(&key) != Some(&stall.start);
            if !stall.is_starved() {
                self.seen.blocked_s = self.seen.blocked_s.max(stall.length().as_secs_f64());
            }
            if !self.is_too_long(stall) || stall.is_starved() || !is_new {
                continue;
            }
            // A loop that has ended looks as if it stood still: the look knows.
            self.look_at(stall)?;
            if !self.is_too_long(stall) {
                continue;
            }
            self.told.insert(key, stall.start);
            let last = self.ring.recording().snapshots.last();
            let blocked = |snapshot: &Snapshot| {
                let mut loops = snapshot.loops.iter();
                loops.any(|one| one.thread == stall.thread && matches!(one.step, Known::Is(Some(_))))
            };
            if last.is_some_and(blocked) {
                let place = self.glances.get(&key).and_then(|seen| seen.place.as_ref());
                let place = place.map_or_else(|| "a place that was not seen".to_owned(), ToString::to_string);
                self.set_off(Rule::LoopBlocked, place, pulse.at);
            }
        }
        self.watch_gil(pulse);
        Ok(())
    }

    /// Whether the step of a loop lasts for longer than it may.
    fn is_too_long(&self, stall: &PulseStall) -> bool {
        let outside = self.glances.get(&(stall.thread, stall.event_loop)).is_some_and(|seen| seen.outside_of_service);
        let limit = self.orders.rules.blocked.map(|(usual, longer)| if outside { longer } else { usual });
        limit.is_some_and(|limit| stall.length() >= limit)
    }

    /// Whether a loop is starved of the GIL.
    fn watch_gil(&mut self, pulse: &Pulse) {
        let share = self.pulses.starved(0.0).map(|(_, share)| share).fold(0.0, f64::max);
        self.seen.starved = self.seen.starved.max(share);
        if self.orders.rules.starved.is_some_and(|limit| share >= limit) && self.is_quiet() {
            self.pulses.forget_waiting();
            self.set_off(Rule::LoopStarved, "the GIL".to_owned(), pulse.at);
        }
    }

    /// Whether nothing is being captured.
    fn is_quiet(&self) -> bool {
        matches!(self.mode, Mode::Quiet) && self.called.is_none()
    }

    /// Begins and ends what was asked for from outside.
    fn take_orders(&mut self, now: Moment) {
        if let Some((number, at)) = self.called {
            if now >= at.after(INCIDENT) || self.orders.summons.is_over(number) {
                self.census_now();
                self.answer();
            }
        } else if let Some(number) = self.orders.summons.number().filter(|number| self.answered != Some(*number)) {
            self.called = Some((number, now));
            self.look_due = now;
            self.census_now();
        }
    }

    /// Tells what was seen of what was asked for.
    fn answer(&mut self) {
        let Some((number, at)) = self.called.take() else { return };
        self.answered = Some(number);
        let recording = self.recording();
        let before = reach(&recording, at);
        self.tell(Note::Part(Box::new(Part { number, before, recording })));
    }

    /// Reads who is in the process and judges the last minute.
    fn judge(&mut self, now: Moment) {
        let before = thread_cpu();
        let census = self.sampler.census(PASSING_CENSUS);
        self.ring.census(&mut self.sampler, census);
        let verdicts = report::judge([self.ring.recording()]);
        self.seen.judged = Some(self.orders.rules.values(&verdicts));
        if let Some((rule, verdict)) = self.orders.rules.set_off(&verdicts, self.ring.recording().censuses.last()) {
            let blame = verdict.blame.as_ref().map(|blame| format!("{} ({})", blame.function, blame.file));
            self.set_off(rule, blame.unwrap_or_else(|| rule.word().to_owned()), now);
        }
        let spent = thread_cpu().saturating_sub(before);
        self.beat.forgive();
        self.census_due = now.after(CENSUS_EVERY.max(spent.div_f64(CENSUS_CPU_SHARE)));
    }

    /// Begins an incident, where the budget allows it.
    fn set_off(&mut self, rule: Rule, place: String, now: Moment) {
        let at_s = clock::wall().as_secs();
        // What else is wrong now is in the same capture.
        if !self.is_quiet() {
            return;
        }
        let thing = rule.of(&place);
        let answer = self.orders.budget.lock().unwrap_or_else(PoisonError::into_inner).ask(at_s, &thing);
        match answer {
            Ok(()) => {
                self.mode = Mode::Incident { rule, thing, at_s, at: now };
                self.look_due = now;
                self.census_now();
            }
            Err(limit) => self.tell(Note::Held { rule, thing, limit }),
        }
    }

    fn census_now(&mut self) {
        let census = self.sampler.census(PASSING_CENSUS);
        self.ring.census(&mut self.sampler, census);
        self.beat.forgive();
    }

    /// Hands the incident over when its time is up.
    fn end_incident(&mut self, now: Moment) {
        let Mode::Incident { at, .. } = &self.mode else { return };
        if now < at.after(INCIDENT) {
            return;
        }
        self.census_now();
        self.hand_over();
    }

    fn hand_over(&mut self) {
        let Mode::Incident { rule, thing, at_s, at } = std::mem::replace(&mut self.mode, Mode::Quiet) else { return };
        let recording = self.recording();
        let before = reach(&recording, at);
        self.tell(Note::Incident(Box::new(Incident { rule, thing, at_s, before, recording })));
    }

    /// What the ring holds, with an account of how it came about.
    fn recording(&self) -> Recording {
        let mut recording = self.ring.recording().clone();
        recording.ledger = self.sampler.ledger();
        recording.supervisor =
            recording.supervisor.or_else(|| self.supervision.as_ref().map(|one| one.supervisor().clone()));
        recording
    }

    fn end(mut self, ended: bool) {
        // A step that outlives the watch, or that its process dies in, lasted for as long as it was seen.
        let unfinished: Vec<PulseStall> = self.pulses.standing().filter(|stall| stall.length() >= NEAR_MISS).collect();
        unfinished.iter().for_each(|stall| self.count(stall));
        if !ended {
            self.answer();
            self.hand_over();
            let recording = Box::new(self.recording());
            return self.tell(Note::Over { recording, ended });
        }
        let at = clock::now();
        self.ring.recording_mut().ended = Some(at);
        let after = self.supervision.take().map(|supervision| supervision.after_the_end(&self.orders.stop));
        let replaced = after.as_ref().and_then(|known| known.after.as_ref()).is_some_and(|after| after.supervised);
        self.ring.recording_mut().supervisor = after;
        self.answer();
        let is_asked_for = self.orders.rules.worker_replaced && matches!(self.mode, Mode::Quiet);
        if is_asked_for && replaced && self.is_troubled() {
            let at_s = clock::wall().as_secs();
            let thing = Rule::WorkerReplaced.word().to_owned();
            let answer = self.orders.budget.lock().unwrap_or_else(PoisonError::into_inner).ask(at_s, &thing);
            match answer {
                Ok(()) => self.mode = Mode::Incident { rule: Rule::WorkerReplaced, thing, at_s, at },
                Err(limit) => self.tell(Note::Held { rule: Rule::WorkerReplaced, thing, limit }),
            }
        }
        self.hand_over();
        let recording = Box::new(self.recording());
        self.tell(Note::Over { recording, ended });
    }

    /// Whether the last minute shows a trouble: a worker that is recycled in health is no incident.
    fn is_troubled(&self) -> bool {
        let verdicts = report::judge([self.ring.recording()]);
        let stood = self.pulses.standing().any(|stall| stall.length() >= NEAR_MISS);
        stood || verdicts.iter().any(|verdict| verdict.kind.is_trouble())
    }
}

/// How far a recording reaches back before a moment.
fn reach(recording: &Recording, at: Moment) -> Duration {
    recording.snapshots.first().map_or(Duration::ZERO, |first| at.since(first.at))
}
