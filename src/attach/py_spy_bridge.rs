//! The only file that names py-spy, which reads the stacks of versions whose layout we do not know.
//!
//! py-spy maps and parses whatever a process has mapped, and follows its pointers without our bounds: a hostile file can end it or
//! take all memory. So it runs in a process of its own, which is this program started once more, with a limit of memory; its
//! death, or its silence, is an answer.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use py_spy::config::LockingStrategy;
use py_spy::{Config, PythonSpy};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};

use crate::memory::ReadError;
use crate::snapshot::{Address, Known, ProcessId, PythonVersion, ThreadId, without_secrets};

/// The first word of the command line of the process that walks.
const WALK: &str = "--walk-with-py-spy";
/// How much address space it may have, bytes: a libpython with debug information is mapped whole.
const MOST_MEMORY: u64 = 1 << 30;
/// How long it may take to find the interpreter.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(5);
/// How long it may take to walk all stacks.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest answer, bytes.
const LONGEST_ANSWER: u64 = 16 << 20;

/// What the process that walks says, a line each: first its version, then threads whenever it is asked.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
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

/// Walks for another hangspy, if that is what this one was started for; then there is nothing else to do.
#[must_use]
pub fn walk_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != OsStr::new(WALK) {
        return None;
    }
    let pid = words.next()?.to_str()?.parse().ok().map(ProcessId)?;
    let served = serve(pid, io::stdin().lock(), io::stdout().lock());
    Some(if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Answers for as long as somebody asks.
fn serve(pid: ProcessId, asked: impl BufRead, mut out: impl Write) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::RLIMIT_AS, MOST_MEMORY, MOST_MEMORY)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    let found = py_spy_pid(pid).and_then(|pid| PythonSpy::new(pid, &settings()).map_err(|error| format!("{error:#}")));
    let mut spy = match found {
        Ok(spy) => spy,
        Err(words) => return say(&mut out, &Answer::Cannot(words)),
    };
    say(&mut out, &Answer::Version(version(&spy)))?;
    for line in asked.split(b'\n') {
        line?;
        let answer = match spy.get_stack_traces() {
            Ok(traces) => Answer::Threads(traces.into_iter().map(walked).collect()),
            Err(_) if spy.process.exe().is_err() => Answer::Gone,
            Err(_) => Answer::Nonsense(Address(spy.addresses.interpreter_address as u64)),
        };
        say(&mut out, &answer)?;
    }
    Ok(())
}

fn say(out: &mut impl Write, answer: &Answer) -> io::Result<()> {
    serde_json::to_writer(&mut *out, answer)?;
    out.write_all(b"\n")?;
    out.flush()
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

fn version(spy: &PythonSpy) -> PythonVersion {
    let number = |part: u64| u8::try_from(part).unwrap_or(u8::MAX);
    let version = &spy.version;
    PythonVersion {
        major: number(version.major),
        minor: number(version.minor),
        patch: Known::Is(number(version.patch)),
    }
}

fn walked(trace: py_spy::StackTrace) -> WalkedThread {
    let frame = |frame: py_spy::Frame| WalkedFrame {
        line: u32::try_from(frame.line).ok().filter(|line| *line > 0),
        name: without_secrets(&frame.name).into_owned(),
        file: without_secrets(&frame.filename).into_owned(),
    };
    WalkedThread {
        thread: trace.os_thread_id.and_then(|id| u32::try_from(id).ok()).map(ThreadId),
        handle: trace.thread_id,
        name: trace.thread_name.map(|name| without_secrets(&name).into_owned()),
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
