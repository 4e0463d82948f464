//! hangspy beside a process that runs tests: started by the plugin of pytest in that process, which asks what a test did.
//!
//! Requests are lines of standard input, answers are one JSON object each, a line of standard output:
//!
//! | line | answer |
//! |---|---|
//! | `begin` | [`Begun`]: the process has said to the kernel that we may look at it |
//! | `test 17 200` | [`Answer`]: what its 17th test did, which may block a loop for 200 ms |
//!
//! It ends with its standard input or with the process, whichever comes first: what a test forks may hold the other end open.

use std::fs::OpenOptions;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::run::check;
use super::vigil::{News, Vigil};
use super::watched::Watched;
use super::watcher::{self, Orders, Told};
use crate::drive::{Console, Interrupt, unprintable};
use crate::error::{Error, Result};
use crate::render::{self, Screen};
use crate::report::{Place, TestHang, TestLimits, TestRun, TestStall};
use crate::snapshot::ProcessId;

/// How often what was seen is taken in when nobody asks.
const ROUND: Duration = Duration::from_millis(20);
/// How long attaching may take before the tests begin without us.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest line that is read.
const LONGEST_LINE: usize = 4096;

/// What `hangspy beside` was asked.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The process.
    pub process: u32,
    /// The folder in which it says which test it runs.
    pub marks: PathBuf,
    /// For how long a test may block a loop; `None` when nobody will ask.
    pub limit: Option<Duration>,
    /// For how long a phase of a test may last before the run is ended; `None` lets it hang.
    pub hang: Option<Duration>,
    /// Where to tell what it hangs in when the process cannot.
    pub terminal: Option<PathBuf>,
    /// Looks per second.
    pub rate: u32,
}

/// Whether the process can be looked at.
#[derive(Debug, Serialize)]
struct Begun {
    /// The version of its Python.
    python: Option<String>,
    /// Why it cannot, in words.
    unseen: Option<String>,
}

/// What a test did.
#[derive(Debug, Serialize)]
struct Answer {
    test: u64,
    stalls: Vec<Blocked>,
    /// What it hung in, in words, if it was ended for that.
    hang: Option<String>,
}

/// A function that blocked a loop.
#[derive(Debug, Serialize)]
struct Blocked {
    /// Whether it did so for longer than the test may.
    broken: bool,
    /// For how long it was seen to, seconds.
    held_s: Option<f64>,
    /// It in a line.
    line: String,
    /// All of it in words.
    text: String,
    /// The stack, innermost first.
    stack: Vec<Place>,
}

/// Looks at the process and answers until it or standard input ends.
///
/// # Errors
///
/// When the limit is too short to be told, no thread can be started, or an answer cannot be written.
pub fn beside(request: &Beside, console: Console) -> Result<()> {
    let limits = TestLimits { limit: request.limit, interval: Duration::from_secs(1) / request.rate.max(1) };
    check(&limits, request.rate)?;
    let lines = listen()?;
    if lines.recv().is_ok_and(|line| line == "begin") {
        Companion::start(request, limits)?.serve(&lines, console)?;
    }
    Ok(())
}

/// Reads standard input in a thread of its own.
fn listen() -> Result<Receiver<String>> {
    let (send, receive) = channel();
    let read = move || {
        for line in io::stdin().lines() {
            let Some(line) = line.ok().filter(|line| line.len() <= LONGEST_LINE) else { break };
            if send.send(line).is_err() {
                break;
            }
        }
    };
    let spawned = thread::Builder::new().name("listener".to_owned()).spawn(read);
    spawned.map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })?;
    Ok(receive)
}

/// The watch of the one process.
struct Companion {
    limits: TestLimits,
    terminal: Option<PathBuf>,
    vigil: Vigil,
    watched: Watched,
    run: TestRun,
    receive: Receiver<Told>,
    stop: Interrupt,
}

impl Companion {
    fn start(request: &Beside, limits: TestLimits) -> Result<Self> {
        let pid = ProcessId(request.process);
        let (send, receive): (Sender<Told>, _) = channel();
        let stop = Interrupt::detached();
        let (folder, rate) = (request.marks.clone(), request.rate);
        watcher::start(Orders { watch: 0, way: vec![pid], folder, rate, stop: stop.clone() }, send)?;
        Ok(Self {
            limits,
            terminal: request.terminal.clone(),
            vigil: Vigil::new(request.hang),
            watched: Watched::new(pid),
            run: TestRun::default(),
            receive,
            stop,
        })
    }

    fn serve(&mut self, lines: &Receiver<String>, console: Console) -> Result<()> {
        say(&self.begun(), console)?;
        while !self.watched.done {
            match lines.recv_timeout(ROUND) {
                Ok(line) => {
                    if let Some((test, limit)) = question(&line) {
                        say(&self.answer(test, limit)?, console)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.take_in(),
                // A process that was told to end for a test that hung is seen to do so.
                Err(RecvTimeoutError::Disconnected) if self.vigil.is_ending() => {
                    thread::sleep(ROUND);
                    self.take_in();
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.stop.ask();
        Ok(())
    }

    /// Waits until the process is attached to, or cannot be.
    fn begun(&mut self) -> Begun {
        let until = Instant::now() + PATIENCE;
        while self.watched.process.python.is_empty() && !self.watched.done && Instant::now() < until {
            if let Ok((_, sighting)) = self.receive.recv_timeout(ROUND) {
                self.watched.take(sighting, &mut self.run, &self.limits);
            }
        }
        let process = &self.watched.process;
        let late = || format!("attaching to process {} took too long", process.pid);
        let python = Some(process.python.clone()).filter(|python| !python.is_empty());
        let unseen = process.unseen.clone().or_else(|| python.is_none().then(late));
        Begun { python, unseen }
    }

    /// Takes in what was seen since.
    fn take_in(&mut self) {
        while let Ok((_, sighting)) = self.receive.try_recv() {
            self.watched.take(sighting, &mut self.run, &self.limits);
        }
        match self.vigil.look_after(&self.watched) {
            Some(News::Hangs(hang)) => self.run.hangs(*hang),
            Some(News::Killed) => self.tell_of_killed(),
            None => {}
        }
    }

    /// What the process cannot tell any more is told in its stead.
    fn tell_of_killed(&mut self) {
        self.run.killed(self.watched.process.pid);
        let terminal = self.terminal.as_ref().and_then(|path| OpenOptions::new().append(true).open(path).ok());
        if let Some(mut terminal) = terminal {
            for hang in self.run.all_hangs() {
                // There is nobody left to be told that it cannot be written.
                let _unheard = render::test_hang(hang, Screen::default(), &mut terminal);
            }
        }
    }

    fn answer(&mut self, test: u64, limit: Duration) -> Result<Answer> {
        self.take_in();
        self.watched.add_up(&mut self.run, &self.limits);
        let process = self.watched.process.pid;
        let stalls = self.run.stalls_of(process, test).map(|stall| blocked(stall, limit)).collect::<Result<_>>()?;
        Ok(Answer { test, stalls, hang: self.run.hang_of(process, test).map(hung).transpose()? })
    }
}

fn hung(hang: &TestHang) -> Result<String> {
    let mut text = Vec::new();
    render::test_hang(hang, Screen::default(), &mut text).map_err(unprintable)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn blocked(stall: &TestStall, limit: Duration) -> Result<Blocked> {
    let mut text = Vec::new();
    render::test_stall(stall, &mut text).map_err(unprintable)?;
    Ok(Blocked {
        broken: stall.breaks(limit),
        held_s: stall.held_s,
        line: render::test_stall_line(stall),
        text: String::from_utf8_lossy(&text).into_owned(),
        stack: stall.verdict.blame.as_ref().map(|blame| blame.stack.clone()).unwrap_or_default(),
    })
}

/// Reads `test 17 200`: the 17th test, which may block a loop for 200 ms.
fn question(line: &str) -> Option<(u64, Duration)> {
    let mut words = line.strip_prefix("test ")?.split(' ');
    let test = words.next()?.parse().ok()?;
    let milliseconds: f64 = words.next()?.parse().ok()?;
    Some((test, Duration::try_from_secs_f64(milliseconds / 1000.0).ok()?))
}

fn say(answer: &impl Serialize, console: Console) -> Result<()> {
    let mut line = serde_json::to_vec(answer).map_err(|error| Error::Bug(format!("an answer is no JSON: {error}")))?;
    line.push(b'\n');
    console.print(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_a_test_and_its_limit() {
        assert_eq!(question("test 17 200"), Some((17, Duration::from_millis(200))));
        assert_eq!(question("test 1 0.5"), Some((1, Duration::from_micros(500))));
        for wrong in ["", "test", "test 17", "test x 200", "test 17 NaN", "test 17 -1", "test 17 1e300", "begin"] {
            assert_eq!(question(wrong), None, "{wrong}");
        }
    }
}
