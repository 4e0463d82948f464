//! What surrounds a process, read in a thread of its own: a file of `/proc` can keep its reader waiting for seconds, for
//! instance while control groups are being changed, and the looks must not wait with it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::lookout::STACK;
use crate::error::{Error, Result};
use crate::os::clock::{self, thread_cpu};
use crate::os::{keep_what_reading_needs, surroundings};
use crate::snapshot::{Moment, ProcessId, Surroundings};

/// How often sockets, limits and children are read. They change slowly and cost much to read.
const EVERY: Duration = Duration::from_secs(1);

/// The most of one core that reading them may take, but for the first and the last time: a thousand connections cost tens of
/// milliseconds each time, and what they are at the beginning and at the end tells the most.
const MOST_CPU_SHARE: f64 = 0.01;

/// How long the end of a watch waits for the last reading.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Reads what surrounds one process when asked, and does not keep anybody waiting.
#[derive(Debug)]
pub(super) struct Neighbour {
    ask: Sender<()>,
    /// What was read, and the CPU time that it took.
    answers: Receiver<(Surroundings, Duration)>,
    /// An answer is still owed.
    asked: bool,
    due: Moment,
}

impl Neighbour {
    /// Starts the thread. It ends with the neighbour, or when a read that is stuck in the kernel returns after that.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub(super) fn of(process: ProcessId) -> Result<Self> {
        let (ask, questions) = channel();
        let (answer, answers) = channel();
        thread::Builder::new()
            .name("neighbour".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                clock::follow(process);
                keep_what_reading_needs();
                while questions.recv().is_ok() && answer.send(read(process)).is_ok() {}
            })
            .map_err(|source| Error::Io { doing: "starting a thread".to_owned(), source })?;
        Ok(Self { ask, answers, asked: false, due: Moment(0) })
    }

    /// What was read since this was last called, if anything; asks for more when it is time.
    pub(super) fn look(&mut self) -> Option<Surroundings> {
        let answer = self.answers.try_recv().ok();
        self.asked &= answer.is_none();
        let now = clock::now();
        let answer = answer.map(|(surroundings, spent)| {
            self.due = self.due.max(now.after(spent.div_f64(MOST_CPU_SHARE)));
            surroundings
        });
        if !self.asked && now >= self.due {
            self.asked = self.ask.send(()).is_ok();
            self.due = now.after(EVERY);
        }
        answer
    }

    /// What is true at the end, and what is still owed from before, if that can be read in time.
    pub(super) fn last_look(self) -> Vec<Surroundings> {
        let wait = || self.answers.recv_timeout(LAST_WORD).ok();
        let owed = if self.asked { wait() } else { None };
        if self.asked && owed.is_none() {
            return Vec::new();
        }
        let last = self.ask.send(()).ok().and_then(|()| wait());
        owed.into_iter().chain(last).map(|(surroundings, _)| surroundings).collect()
    }
}

fn read(process: ProcessId) -> (Surroundings, Duration) {
    let before = thread_cpu();
    let surroundings = surroundings(process);
    (surroundings, thread_cpu().saturating_sub(before))
}
