//! When the next pulse is due, and what looks may cost.

use std::thread;
use std::time::{Duration, Instant};

use crate::os::clock::thread_cpu;

/// Time between two pulses: a step of [`crate::aggregate::NEAR_MISS`] meets two of them.
const PERIOD: Duration = Duration::from_millis(10);
/// The same while a step is young.
const SOON: Duration = Duration::from_micros(2500);
/// Pulses further apart than this do not see every near miss.
const TOO_FAR: Duration = Duration::from_millis(20);
/// The most of one core that pulses and looks of one process may take together: beyond it looks are left out, and then pulses.
const MOST_CPU_SHARE: f64 = 0.03;
/// What may be saved up for a burst of looks.
const MOST_SAVED: Duration = Duration::from_millis(200);

/// The beat of one recorder.
#[derive(Debug)]
pub(super) struct Beat {
    next: Instant,
    last: Instant,
    cpu: Duration,
    /// CPU time that may still be spent, and what was spent beyond it.
    saved: Duration,
    owed: Duration,
    unwatched: Duration,
}

impl Beat {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let unwatched = Duration::ZERO;
        Self { next: now, last: now, cpu: thread_cpu(), saved: MOST_SAVED, owed: Duration::ZERO, unwatched }
    }

    /// Sleeps until the next pulse is due.
    pub(super) fn wait(&mut self, soon: bool) {
        let period = if soon && self.may_look() { SOON } else { PERIOD };
        let now = Instant::now();
        // Missed pulses are left out; two close together would not prove that a step lasted.
        self.next = (self.next + period).max(now + period / 2).min(now + PERIOD);
        if !self.owed.is_zero() {
            self.next = now + self.owed.div_f64(MOST_CPU_SHARE).clamp(PERIOD, PERIOD * 20);
        }
        thread::sleep(self.next.saturating_duration_since(now));
        let now = Instant::now();
        let apart = now - self.last;
        if apart > TOO_FAR {
            self.unwatched += apart - PERIOD;
        }
        self.account(apart);
        self.last = now;
    }

    /// Whether a look may be taken that only makes something more exact.
    pub(super) fn may_look(&self) -> bool {
        self.owed.is_zero() && self.saved > MOST_SAVED / 8
    }

    /// What was spent from here to the last look was asked for: it makes nothing rarer.
    pub(super) fn forgive(&mut self) {
        self.cpu = thread_cpu();
    }

    /// Time since this was last asked in which pulses were too far apart.
    pub(super) fn unwatched(&mut self) -> Duration {
        std::mem::take(&mut self.unwatched)
    }

    fn account(&mut self, elapsed: Duration) {
        let cpu = thread_cpu();
        let spent = cpu.saturating_sub(self.cpu) + self.owed;
        self.cpu = cpu;
        let earned = self.saved + elapsed.mul_f64(MOST_CPU_SHARE);
        self.saved = earned.saturating_sub(spent).min(MOST_SAVED);
        self.owed = spent.saturating_sub(earned);
    }
}
