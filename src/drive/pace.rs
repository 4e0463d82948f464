//! When to look next: on a fixed grid, and never so often that we would take more of the pod's CPU than our share.

use std::thread;
use std::time::{Duration, Instant};

use crate::os::clock::thread_cpu;

/// The most of one core that looking at one process may take. Our CPU is stolen from the sick service: with a quota of
/// 0.8 cores a tenth of a core is already an eighth of it.
const MOST_CPU_SHARE: f64 = 0.1;

/// The longest sleep without looking whether somebody asked us to stop.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// Looks at regular times.
#[derive(Debug)]
pub(crate) struct Pace {
    period: Duration,
    next: Instant,
    cpu_at_last_look: Duration,
    late: u64,
}

impl Pace {
    /// A pace of `rate` looks per second; the first look is due now.
    pub(crate) fn new(rate: u32) -> Self {
        let period = Duration::from_secs(1) / rate.max(1);
        Self { period, next: Instant::now(), cpu_at_last_look: thread_cpu(), late: 0 }
    }

    /// How many looks began more than one period late.
    pub(crate) fn late(&self) -> u64 {
        self.late
    }

    /// What was spent since the last look was not spent on looking: it does not make the looks rarer, nor late.
    pub(crate) fn forgive(&mut self) {
        self.cpu_at_last_look = thread_cpu();
        self.next = self.next.max(Instant::now());
    }

    /// Sleeps until the next look is due, or until `stop` says so.
    pub(crate) fn wait(&mut self, stop: impl Fn() -> bool) {
        loop {
            let left = self.next.saturating_duration_since(Instant::now());
            if left.is_zero() || stop() {
                break;
            }
            thread::sleep(left.min(LONGEST_SLEEP));
        }
        let now = Instant::now();
        let behind = now.saturating_duration_since(self.next);
        if behind > self.period {
            self.late += 1;
        }
        let cpu = thread_cpu();
        let spent = cpu.saturating_sub(self.cpu_at_last_look);
        self.cpu_at_last_look = cpu;
        let rest = spent.div_f64(MOST_CPU_SHARE).max(self.period);
        // Missed looks are left out, not made up for: a burst of looks says nothing that one does not.
        self.next = if behind > self.period { now } else { self.next } + rest;
    }
}
