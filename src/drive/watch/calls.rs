//! A capture that was asked for from outside: all processes at the same time, in one incident.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::board::Call;
use super::budget::Limit;
use super::desk::Desk;
use super::recorder::{INCIDENT, Part};
use crate::os::clock;

/// How long what a recorder has seen is waited for beyond its time, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody asks.
const NONE: u64 = 0;

/// What all recorders are asked to capture: a number that only rises.
#[derive(Debug, Default)]
pub(super) struct Summons {
    asked: AtomicU64,
    over: AtomicU64,
}

impl Summons {
    /// The capture that is asked for.
    pub(super) fn number(&self) -> Option<u64> {
        Some(self.asked.load(Ordering::Relaxed)).filter(|number| *number != NONE && !self.is_over(*number))
    }

    /// Whether a capture is to end before its time.
    pub(super) fn is_over(&self, number: u64) -> bool {
        number <= self.over.load(Ordering::Relaxed)
    }

    fn ask(&self, number: u64) {
        self.asked.store(number, Ordering::Relaxed);
    }

    fn end(&self, number: u64) {
        self.over.store(number, Ordering::Relaxed);
    }
}

/// What a call has come to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A limit acted.
    Held(Call, Limit),
    /// There is no process that could be looked at, or somebody wants nothing kept.
    Dropped(Call, &'static str),
    /// This was seen, when it was asked for and by which recorder.
    Seen { call: Call, at_s: u64, parts: Vec<(usize, Part)> },
}

/// The capture that is being taken.
#[derive(Debug)]
struct Gathering {
    number: u64,
    at_s: u64,
    until: Instant,
    /// Who has not said yet what he has seen.
    missing: BTreeSet<usize>,
    parts: Vec<(usize, Part)>,
}

/// Carries out what is on the board.
#[derive(Debug)]
pub(super) struct Calls {
    desk: Arc<Desk>,
    pub(super) summons: Arc<Summons>,
    gathering: Option<Gathering>,
}

impl Calls {
    pub(super) fn new(desk: Arc<Desk>) -> Self {
        Self { desk, summons: Arc::default(), gathering: None }
    }

    /// Takes what a recorder has seen.
    pub(super) fn take(&mut self, index: usize, part: Part) {
        if let Some(gathering) = self.gathering.as_mut().filter(|gathering| gathering.number == part.number)
            && gathering.missing.remove(&index)
        {
            gathering.parts.push((index, part));
        }
    }

    /// Begins, goes on with or ends what was asked for, of the processes that are followed.
    pub(super) fn tend(&mut self, followed: &BTreeSet<usize>) -> Option<Outcome> {
        let call = self.desk.board().active()?.clone();
        let Some(gathering) = self.gathering.as_mut() else { return self.begin(call, followed) };
        gathering.missing.retain(|index| followed.contains(index));
        if call.end == Some(false) {
            return self.finish(call);
        }
        if call.end == Some(true) {
            // Each says what it has, which is waited for as always.
            self.summons.end(call.number);
        }
        if gathering.missing.is_empty() || Instant::now() >= gathering.until { self.finish(call) } else { None }
    }

    fn begin(&mut self, call: Call, followed: &BTreeSet<usize>) -> Option<Outcome> {
        if call.end.is_some() {
            return Some(Outcome::Dropped(call, "it was ended before it began"));
        }
        if followed.is_empty() {
            return Some(Outcome::Dropped(call, "no process of the target is there"));
        }
        let at_s = clock::wall().as_secs();
        let thing = call.rule.of(&call.thing);
        let mut budget = self.desk.budget.lock().unwrap_or_else(PoisonError::into_inner);
        // What is being captured by itself is over in some seconds.
        if budget.limit(at_s, &thing) == Some(Limit::Busy) {
            return None;
        }
        let asked = budget.ask(at_s, &thing);
        drop(budget);
        if let Err(limit) = asked {
            return Some(Outcome::Held(call, limit));
        }
        self.desk.board().began();
        self.summons.ask(call.number);
        let until = Instant::now() + INCIDENT + PATIENCE;
        self.gathering =
            Some(Gathering { number: call.number, at_s, until, missing: followed.clone(), parts: Vec::new() });
        None
    }

    fn finish(&mut self, call: Call) -> Option<Outcome> {
        let Gathering { at_s, mut parts, .. } = self.gathering.take()?;
        // In the order in which they are followed, whoever was ready first.
        parts.sort_by_key(|(index, _)| *index);
        self.summons.end(call.number);
        if call.end == Some(false) {
            return Some(Outcome::Dropped(call, "it was cancelled"));
        }
        if parts.is_empty() {
            return Some(Outcome::Dropped(call, "every process of the target ended before it was looked at"));
        }
        Some(Outcome::Seen { call, at_s, parts })
    }

    /// At the end of the watch: what there is by then.
    pub(super) fn last(&mut self) -> Option<Outcome> {
        let call = self.desk.board().active()?.clone();
        self.finish(call)
    }
}
