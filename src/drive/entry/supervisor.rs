//! The supervisor: hands on signals, reaps, waits.
//!
//! It is the parent of the service and, in a container, pid 1. Nothing in it may fail once the service runs: what the kernel refuses
//! is left out.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::{libc, sys, unistd};
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use super::super::console::Console;
use super::watcher::Watcher;
use super::{Entry, service};
use crate::error::{Error, Result};

/// Signals that are not the service's business: of our own mistakes, and those by which a terminal stops and continues a whole group.
const OURS: &[Signal] = &[
    Signal::SIGSEGV,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGABRT,
    Signal::SIGTRAP,
    Signal::SIGSYS,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGCONT,
];
/// How long the watcher may take to write what it has seen, after the service has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The longest wait: a lost signal is made up for by then.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// What ended nobody knows how.
const UNKNOWN_CODE: i32 = 255;

/// Runs until the service ends; its exit code.
pub(super) fn run(request: &Entry, console: Console) -> Result<u8> {
    let failed = |doing: &str| {
        let doing = doing.to_owned();
        move |source: io::Error| Error::Io { doing, source }
    };
    let handed_on: SigSet = Signal::iterator().filter(|signal| !OURS.contains(signal)).collect();
    // Blocked before there is a child: none is lost, and for pid 1 none is ignored.
    let blocked = handed_on.thread_block().map_err(io::Error::from);
    blocked.map_err(failed("blocking signals"))?;
    let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
    let signals = SignalFd::with_flags(&handed_on, flags).map_err(io::Error::from);
    let signals = signals.map_err(failed("waiting for signals"))?;
    let service = service::start(&request.command).map_err(failed("starting the service"))?;
    let mut supervisor =
        Supervisor { signals, service, watcher: Watcher::new(&request.watcher, service, console), ended: None };
    Ok(u8::try_from(supervisor.supervise()).unwrap_or(u8::MAX))
}

struct Supervisor<'a> {
    signals: SignalFd,
    service: Pid,
    watcher: Watcher<'a>,
    /// How the service ended.
    ended: Option<i32>,
}

impl Supervisor<'_> {
    fn supervise(&mut self) -> i32 {
        loop {
            let idle = self.watcher.tend().unwrap_or(LONGEST_WAIT);
            self.wait(idle);
            if let Some(code) = self.ended {
                self.end_watcher();
                return code;
            }
        }
    }

    /// Waits for a signal, hands on what is the service's, and reaps.
    fn wait(&mut self, most: Duration) {
        let timeout = PollTimeout::try_from(most.min(LONGEST_WAIT)).unwrap_or(PollTimeout::ZERO);
        let mut polled = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        let _again = poll(&mut polled, timeout);
        while let Ok(Some(signal)) = self.signals.read_signal() {
            self.hand_on(&signal);
        }
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            self.reaped(pid, status);
        }
    }

    fn hand_on(&self, signal: &libc::signalfd_siginfo) {
        let number = i32::try_from(signal.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok());
        // What a terminal sends, it sends to the whole group, and the service is in it: a second Ctrl-C would be one too many.
        let from_terminal = signal.ssi_code == libc::SI_KERNEL;
        if number != Some(Signal::SIGCHLD) && !from_terminal && self.ended.is_none() {
            let service = unistd::Pid::from_raw(self.service.as_raw_nonzero().get());
            // It may have ended just now.
            let _gone = sys::signal::kill(service, number);
        }
    }

    /// A child of ours has ended, or an orphan that was handed to pid 1.
    fn reaped(&mut self, pid: Pid, status: WaitStatus) {
        let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
        let code = code.unwrap_or(UNKNOWN_CODE);
        if pid == self.service {
            self.ended = Some(code);
        } else if self.watcher.pid() == Some(pid) && self.ended.is_none() {
            self.watcher.ended(code);
        } else if self.watcher.pid() == Some(pid) {
            self.watcher.is_over();
        }
    }

    /// Lets the watcher write what it has seen.
    fn end_watcher(&mut self) {
        self.watcher.signal(rustix::process::Signal::TERM);
        let until = Instant::now() + LAST_WORDS;
        while self.watcher.pid().is_some() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.watcher.signal(rustix::process::Signal::KILL);
                return;
            }
            self.wait(left);
        }
    }
}
