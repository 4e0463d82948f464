//! Whether a process still runs the program that was attached to.
//!
//! After `exec` the number and the start are the same and the memory is another's; a number can also be given to another process
//! between two looks. Neither is an end that a read of memory would tell.

use std::time::Duration;

use crate::os::Program;
use crate::os::clock;
use crate::snapshot::{Moment, ProcessId, Why};

/// How often it is asked when nothing else raises the question.
const EVERY: Duration = Duration::from_secs(1);

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

    /// What runs under the number instead, in words, when it is time to ask or there is a reason to.
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
            Err(Why::Vanished) => Some("it ended"),
            Err(_) => None,
        }
    }
}
