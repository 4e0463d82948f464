//! The only file that names py-spy, which reads the stacks of versions whose layout we do not know.
//!
//! py-spy maps and parses whatever a process has mapped, and follows its pointers without our bounds: a hostile file can end it or
//! take all memory. So it runs in a process of its own, which is this program started once more, with a limit of memory and no
//! rights but those that reading needs; its death, or its silence, is an answer. `walker` is the other end.

use std::ffi::OsStr;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use nix::sys::resource::{Resource, setrlimit};
use py_spy::config::LockingStrategy;
use py_spy::{Config, PythonSpy};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::walker::{Answer, WALK, WalkedFrame, WalkedThread};
use crate::os::keep_what_reading_needs;
use crate::snapshot::{Address, Known, ProcessId, PythonVersion, ThreadId, without_secrets};

/// How much address space it may have, bytes: a libpython with debug information is mapped whole.
const MOST_MEMORY: u64 = 1 << 30;

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
    keep_what_reading_needs();
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
