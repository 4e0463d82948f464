//! Over a test that hangs: it is noticed, looked into while it still hangs, and ended so that pytest can report.
//!
//! A test hangs when one phase of it lasts for as long as `--hang-timeout` says; nobody can tell more from outside. The process is
//! diagnosed as `hangspy PID` does it, by a hangspy of its own, and then interrupted as Ctrl-C does it, which pytest turns into the end of
//! the run and a summary. An interrupt that a handler or a loop swallows is sent again; who does not end is killed.

use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::watched::Watched;
use crate::report::{Report, TestHang};
use crate::snapshot::TestMark;

/// For how long a hanging process is looked at.
const LOOK: &str = "2s";
/// From one interrupt to the next: cleaning up after the first takes its time.
const AGAIN: Duration = Duration::from_secs(3);
/// How long after the first interrupt the test may go on.
const GRACE: Duration = Duration::from_secs(10);
/// How long after it the process may: it reports, and takes down what other tests share.
const LAST_GRACE: Duration = Duration::from_secs(60);

/// What was found, or why nothing was.
type Found = Result<Box<Report>, String>;

/// The vigil over one process.
#[derive(Debug)]
pub(super) struct Vigil {
    limit: Option<Duration>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing hangs.
    Quiet,
    /// This test does, and is looked into.
    Looking { test: TestMark, since: Duration, found: Receiver<Found> },
    /// It was told to end.
    Ending { test: u64, since: Instant, last: Instant },
    /// Its process was killed.
    Killed,
}

/// What is to be told of a vigil.
#[derive(Debug)]
pub(super) enum News {
    /// A test hangs.
    Hangs(Box<TestHang>),
    /// The process of the test that hung was killed.
    Killed,
}

impl Vigil {
    /// Over tests that may last for so long.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, stage: Stage::Quiet }
    }

    /// Whether a test hung and its process is not gone yet.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.stage, Stage::Ending { .. })
    }

    /// Looks after the process; returns what has happened.
    pub(super) fn look_after(&mut self, watched: &Watched) -> Option<News> {
        let limit = self.limit.filter(|_| !watched.done)?;
        let process = watched.process.pid;
        match &mut self.stage {
            Stage::Quiet => {
                let (test, since) = watched.runs().filter(|(_, since)| *since >= limit)?;
                self.stage = Stage::Looking { test: test.clone(), since, found: look_into(process) };
                None
            }
            Stage::Looking { test, since, found } => {
                let found = match found.try_recv() {
                    Ok(found) => found,
                    Err(TryRecvError::Empty) => return None,
                    Err(TryRecvError::Disconnected) => Err("no thread could be started to look".to_owned()),
                };
                if watched.runs().is_none_or(|(running, _)| running != test) {
                    // It got ahead after all, if late.
                    self.stage = Stage::Quiet;
                    return None;
                }
                let (report, unseen) = found.map_or_else(|why| (None, Some(why)), |report| (Some(report), None));
                let (test, seconds) = (test.clone(), since.as_secs_f64());
                let now = Instant::now();
                self.stage = Stage::Ending { test: test.test, since: now, last: now };
                send(process, Signal::SIGINT);
                Some(News::Hangs(Box::new(TestHang { process, test, seconds, report, unseen, killed: false })))
            }
            Stage::Ending { test, since, last } => {
                let goes_on = watched.runs().is_some_and(|(running, _)| running.test == *test);
                if since.elapsed() >= if goes_on { GRACE } else { LAST_GRACE } {
                    send(process, Signal::SIGKILL);
                    self.stage = Stage::Killed;
                    return Some(News::Killed);
                }
                if goes_on && last.elapsed() >= AGAIN {
                    *last = Instant::now();
                    send(process, Signal::SIGINT);
                }
                None
            }
            Stage::Killed => None,
        }
    }
}

fn send(process: u32, signal: Signal) {
    // It may have ended by itself meanwhile.
    let _gone = kill(Pid::from_raw(process.cast_signed()), signal);
}

/// Has the process diagnosed by another hangspy, and does not wait for it.
fn look_into(process: u32) -> Receiver<Found> {
    let (send, receive) = channel();
    let look = move || {
        // With nobody listening the run is over.
        let _heard = send.send(diagnose(process));
    };
    // What cannot be started drops its end of the channel, which says so.
    let _started = thread::Builder::new().name("diagnosis".to_owned()).spawn(look);
    receive
}

fn diagnose(process: u32) -> Found {
    let mut command = Command::new("/proc/self/exe");
    command.args(["diagnose", &process.to_string(), "--for", LOOK, "--json", "--quiet"]);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("hangspy cannot be run: {error}"))?;
    serde_json::from_slice(&output.stdout).map(Box::new).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        said.lines().next().unwrap_or("hangspy did not say why").to_owned()
    })
}
