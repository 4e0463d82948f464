//! Whether a process still runs the program that was attached to.
//!
//! After `exec` the number and the start are the same and the memory is another's; a number can also be given to another process
//! between two looks. A look at either is an end to the sampler; here is said which it was, and asked where there are no looks.

use std::time::Duration;

use crate::os::Program;
use crate::os::clock;
use crate::snapshot::{Moment, ProcessId, Why};

/// How often it is asked when nothing else raises the question.
const EVERY: Duration = Duration::from_secs(1);

const ENDED: &str = "it ended";

/// The program that was attached to.
#[derive(Debug)]
pub(super) struct OneProgram {
    process: ProcessId,
    program: Option<Program>,
    due: Moment,
}

impl OneProgram {
    /// What the process runs now.
    pub(super) fn of(process: ProcessId) -> Self {
        Self { process, program: Program::of(process).ok(), due: clock::now().after(EVERY) }
    }

    /// What runs under the number instead, in words; `None` when nothing does.
    pub(super) fn successor(&mut self, now: Moment) -> Option<&'static str> {
        self.other(now, true).filter(|words| *words != ENDED)
    }

    /// What runs under the number instead, or that it ended, in words, when it is time to ask or there is a reason to.
    pub(super) fn other(&mut self, now: Moment, reason: bool) -> Option<&'static str> {
        if !reason && now < self.due {
            return None;
        }
        self.due = now.after(EVERY);
        let before = self.program?;
        match Program::of(self.process) {
            Ok(now) if now == before => None,
            Ok(now) if before.is_same_process(&now) => Some("it replaced itself by another program (exec)"),
            Ok(_) => Some("it ended, and another process has its number now"),
            Err(Why::Vanished) => Some(ENDED),
            Err(_) => None,
        }
    }
}
