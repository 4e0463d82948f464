//! What `hangspy ps` shows, told without attaching.

use std::fs::File;
use std::io::ErrorKind;

use crate::error::Result;
use crate::snapshot::{Known, LoopKind, Process, ProcessId, Why};

use super::census::{Census, one_line};
use super::command;
use super::python::loop_kind;

/// A Python process in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The process. Its version is a guess from file names and has no patch; its reader is not decided.
    pub process: Process,
    /// Interpreter or server and application: never an argument's value, which may be a password.
    pub command: String,
    /// Which loop it can run, guessed from what it has mapped: uvloop, or unknown.
    pub loop_kind: Known<LoopKind>,
    /// Whether the kernel lets us read its memory. Which gate refuses is for the `attach` room to say.
    pub readable: Known<bool>,
}

/// All Python processes that are visible here, helpers included, by pid.
///
/// # Errors
/// `Io` when `/proc` cannot be listed.
pub fn list() -> Result<Vec<Listed>> {
    let mut census = Census::take()?;
    census.admit_embedding(|_| true);
    Ok(census
        .members
        .values()
        .filter_map(|member| {
            let process = census.process(member.entry.pid)?;
            Some(Listed {
                command: one_line(&command::shown(&member.program, &member.entry.arguments)),
                loop_kind: loop_kind(&member.entry),
                readable: readable(process.pid),
                process,
            })
        })
        .collect())
}

/// Opening `/proc/PID/mem` asks the same question as `process_vm_readv` does (`PTRACE_MODE_ATTACH`), and nothing is read.
fn readable(pid: ProcessId) -> Known<bool> {
    match File::open(format!("/proc/{pid}/mem")) {
        Ok(_) => Known::Is(true),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Known::Is(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Known::Unknown(Why::Vanished),
        Err(_) => Known::Unknown(Why::NotInThisKernel),
    }
}
