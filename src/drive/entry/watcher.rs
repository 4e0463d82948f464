//! The watcher: a process of its own, started again when it ends.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use super::super::console::Console;

/// How long it is waited before a watcher that has ended is started again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A watcher that has lived for so long ended for a new reason: the pauses begin anew.
const STEADY: Duration = Duration::from_secs(60);
/// Address space that a watcher may have, bytes: more than twice what looking at 32 processes takes (SECURITY.md).
const MOST_MEMORY: u64 = 512 << 20;

/// The watcher as its supervisor knows it.
#[derive(Debug)]
pub(super) struct Watcher<'a> {
    words: &'a [OsString],
    service: Pid,
    running: Option<(Pid, Instant)>,
    due: Instant,
    pause: Duration,
    console: Console,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(words: &'a [OsString], service: Pid, console: Console) -> Self {
        Self { words, service, running: None, due: Instant::now(), pause: FIRST_PAUSE, console }
    }

    /// Its number, while it runs.
    pub(super) fn pid(&self) -> Option<Pid> {
        self.running.map(|(pid, _)| pid)
    }

    /// Starts it when it is time to; for how long there is nothing to do then.
    pub(super) fn tend(&mut self) -> Option<Duration> {
        let now = Instant::now();
        if self.running.is_none() && now >= self.due {
            match self.start() {
                Ok(pid) => self.running = Some((pid, now)),
                Err(error) => self.ended_by(now, &format!("could not be started: {error}")),
            }
        }
        self.running.is_none().then(|| self.due.saturating_duration_since(now))
    }

    fn start(&self) -> io::Result<Pid> {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("hangspy-watcher").args(self.words).arg("--service").arg(self.service.to_string());
        // In a group of its own: what the terminal tells the service is not meant for it.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null());
        command.spawn().map(|child| Pid::from_child(&child))
    }

    /// It has ended: it will be started again.
    pub(super) fn ended(&mut self, code: i32) {
        let began = self.running.take().map(|(_, began)| began);
        if began.is_some_and(|began| began.elapsed() >= STEADY) {
            self.pause = FIRST_PAUSE;
        }
        self.ended_by(Instant::now(), &format!("ended with {code}"));
    }

    fn ended_by(&mut self, now: Instant, how: &str) {
        self.due = now + self.pause;
        self.console.say(&format!("the watcher {how}; it is started again in {} s", self.pause.as_secs()));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// It has ended with its service: nobody starts it again.
    pub(super) fn is_over(&mut self) {
        self.running = None;
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // It may have ended meanwhile.
            let _gone = kill_process(pid, signal);
        }
    }
}

/// What a watcher does first: it ends with its supervisor, and before the service when memory is short.
pub(in crate::drive) fn settle() {
    // Each is a precaution: where it is refused, the watcher watches all the same.
    let _unblocked = SigSet::empty().thread_set_mask();
    let _refused = set_parent_process_death_signal(Some(Signal::TERM));
    let _refused = fs::write("/proc/self/oom_score_adj", "1000");
    let hard = getrlimit(Resource::RLIMIT_AS).map_or(MOST_MEMORY, |(_, hard)| hard);
    let _refused = setrlimit(Resource::RLIMIT_AS, MOST_MEMORY.min(hard), hard);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::console::Colors;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let console = Console { colors: Colors::Never, quiet: true, attended: false };
        let mut watcher = Watcher::new(&[], Pid::INIT, console);
        let pauses: Vec<u64> = (0..8)
            .map(|_| {
                let before = Instant::now();
                watcher.ended(137);
                watcher.due.duration_since(before).as_secs()
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(watcher.tend().is_some_and(|left| left > Duration::from_secs(50)), "it is not due yet");
    }
}
