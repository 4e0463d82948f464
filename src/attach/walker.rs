//! Stacks as py-spy reads them, in a process of its own (`py_spy_bridge`): its questions and answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::memory::ReadError;
use crate::snapshot::{Address, Known, ProcessId, PythonVersion, ThreadId};

/// Whether this program has py-spy.
pub const WALKS: bool = cfg!(feature = "py-spy");
/// The first word of the command line of the process that walks.
pub(super) const WALK: &str = "--walk-with-py-spy";
/// How long it may take to find the interpreter.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(5);
/// How long it may take to walk all stacks.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest answer, bytes.
const LONGEST_ANSWER: u64 = 16 << 20;

/// What the process that walks says, a line each: first its version, then threads whenever it is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Version(PythonVersion),
    Threads(Vec<WalkedThread>),
    Gone,
    Nonsense(Address),
    Cannot(String),
}

/// py-spy's reader of stacks, never stopping the target.
#[derive(Debug)]
pub struct PySpyWalker {
    process: Child,
    /// `None` once it has been silent for too long: a late answer would be taken for the next one.
    ask: Option<ChildStdin>,
    answers: Receiver<Answer>,
    version: PythonVersion,
}

/// A thread as py-spy reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkedFrame {
    /// Name of the function, not qualified.
    pub name: String,
    /// Path of the source file.
    pub file: String,
    /// Line; `None` when py-spy does not know.
    pub line: Option<u32>,
}

static WALKING_PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the hangspy that walks, for a program that is not hangspy itself and uses its library.
pub fn walk_with(program: &Path) {
    let _first_one_counts = WALKING_PROGRAM.set(program.to_owned());
}

impl PySpyWalker {
    /// Finds the interpreter of a process.
    ///
    /// # Errors
    ///
    /// Why py-spy cannot read it, in words.
    pub(super) fn new(pid: ProcessId) -> Result<Self, String> {
        let program = WALKING_PROGRAM.get().map_or(Path::new("/proc/self/exe"), PathBuf::as_path);
        let mut command = Command::new(program);
        command.arg(WALK).arg(pid.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|error| format!("py-spy does not start: {error}"))?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (ask, told) = pipes.ok_or("py-spy does not answer")?;
        let version = PythonVersion { major: 0, minor: 0, patch: Known::Is(0) };
        let mut walker = Self { process, ask: Some(ask), answers: listen(told), version };
        match walker.answers.recv_timeout(PATIENCE_AT_FIRST) {
            Ok(Answer::Version(version)) => walker.version = version,
            Ok(Answer::Cannot(words)) => return Err(words),
            _ => return Err("py-spy came to an end over it".to_owned()),
        }
        Ok(walker)
    }

    /// The version that py-spy found.
    #[must_use]
    pub fn version(&self) -> PythonVersion {
        self.version
    }

    /// All Python threads and their stacks, as they are now. A running thread may be read torn.
    ///
    /// # Errors
    ///
    /// [`ReadError::Gone`] when the process is gone, [`ReadError::Implausible`] when py-spy could make nothing of it.
    pub fn threads(&mut self) -> Result<Vec<WalkedThread>, ReadError> {
        let nonsense = ReadError::Implausible(Address(0));
        let asked = self.ask.as_mut().map(|ask| ask.write_all(b"\n"));
        asked.and_then(Result::ok).ok_or(nonsense)?;
        match self.answers.recv_timeout(PATIENCE) {
            Ok(Answer::Threads(threads)) => Ok(threads),
            Ok(Answer::Gone) => Err(ReadError::Gone),
            Ok(Answer::Nonsense(address)) => Err(ReadError::Implausible(address)),
            Ok(Answer::Version(_) | Answer::Cannot(_)) => Err(nonsense),
            Err(_) => {
                self.ask = None;
                Err(nonsense)
            }
        }
    }
}

impl Drop for PySpyWalker {
    /// Nobody waits for it: it ends when nobody asks any more, and when the thread that started it ends.
    fn drop(&mut self) {
        self.ask = None;
        let _ended_already = self.process.kill();
        let _still_ending = self.process.try_wait();
    }
}

/// Reads answers in a thread of its own, so that waiting for one can end.
fn listen(told: ChildStdout) -> Receiver<Answer> {
    let (send, answers) = channel();
    let mut told = BufReader::new(told);
    let read = move || {
        let mut line = Vec::new();
        while (&mut told).take(LONGEST_ANSWER).read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let Ok(answer) = serde_json::from_slice(&line) else { return };
            if send.send(answer).is_err() {
                return;
            }
            line.clear();
        }
    };
    // Without the thread nobody sends, which is an end like any other.
    let _listening = thread::Builder::new().name("walker".to_owned()).spawn(read);
    answers
}
