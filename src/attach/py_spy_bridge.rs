//! The only file that names py-spy, which reads the stacks of versions whose layout we do not know.

use std::fmt;

use py_spy::config::LockingStrategy;
use py_spy::{Config, PythonSpy};

use crate::memory::ReadError;
use crate::snapshot::{Address, Known, ProcessId, PythonVersion, ThreadId};

/// py-spy's reader of stacks, never stopping the target.
pub struct PySpyWalker {
    /// Large, and the other ways in are not.
    spy: Box<PythonSpy>,
}

/// A thread as py-spy reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedThread {
    /// Kernel thread id, where py-spy could tell.
    pub thread: Option<ThreadId>,
    /// `pthread_t`
    pub handle: u64,
    /// `threading.Thread.name`
    pub name: Option<String>,
    /// Whether it holds the GIL.
    pub holds_gil: bool,
    /// Its frames, innermost first.
    pub frames: Vec<WalkedFrame>,
}

/// A frame as py-spy reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedFrame {
    /// Name of the function, not qualified.
    pub name: String,
    /// Path of the source file.
    pub file: String,
    /// Line; `None` when py-spy does not know.
    pub line: Option<u32>,
}

impl PySpyWalker {
    /// Finds the interpreter of a process.
    ///
    /// # Errors
    ///
    /// Why py-spy cannot read it, in words.
    pub(super) fn new(pid: ProcessId) -> Result<Self, String> {
        let spy = PythonSpy::new(py_spy_pid(pid)?, &settings()).map_err(|error| in_words(&error))?;
        Ok(Self { spy: Box::new(spy) })
    }

    /// The version that py-spy found.
    #[must_use]
    pub fn version(&self) -> PythonVersion {
        let number = |part: u64| u8::try_from(part).unwrap_or(u8::MAX);
        let version = &self.spy.version;
        let (major, minor) = (number(version.major), number(version.minor));
        PythonVersion { major, minor, patch: Known::Is(number(version.patch)) }
    }

    /// All Python threads and their stacks, as they are now. A running thread may be read torn.
    ///
    /// # Errors
    ///
    /// [`ReadError::Gone`] when the process is gone, [`ReadError::Implausible`] when py-spy could make nothing of it.
    pub fn threads(&mut self) -> Result<Vec<WalkedThread>, ReadError> {
        let traces = self.spy.get_stack_traces().map_err(|_| {
            let gone = self.spy.process.exe().is_err();
            if gone {
                ReadError::Gone
            } else {
                ReadError::Implausible(Address(self.spy.addresses.interpreter_address as u64))
            }
        })?;
        Ok(traces.into_iter().map(walked).collect())
    }
}

impl fmt::Debug for PySpyWalker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PySpyWalker").field("pid", &self.spy.pid).finish_non_exhaustive()
    }
}

fn walked(trace: py_spy::StackTrace) -> WalkedThread {
    let frame = |frame: py_spy::Frame| WalkedFrame {
        line: u32::try_from(frame.line).ok().filter(|line| *line > 0),
        name: frame.name,
        file: frame.filename,
    };
    WalkedThread {
        thread: trace.os_thread_id.and_then(|id| u32::try_from(id).ok()).map(ThreadId),
        handle: trace.thread_id,
        name: trace.thread_name,
        holds_gil: trace.owns_gil,
        frames: trace.frames.into_iter().map(frame).collect(),
    }
}

fn settings() -> Config {
    Config { blocking: LockingStrategy::NonBlocking, include_idle: true, full_filenames: true, ..Config::default() }
}

fn py_spy_pid(pid: ProcessId) -> Result<py_spy::Pid, String> {
    py_spy::Pid::try_from(pid.0).map_err(|_| format!("{pid} is not a process id"))
}

fn in_words(error: &impl fmt::Display) -> String {
    format!("{error:#}")
}
