//! What a thread does, in words.

use super::party::{held_by, holder};
use crate::aggregate::{Act, At};
use crate::classify::{Access, AwaitedChild, Direction, Doing, FifoEnd, Lock, Sink};

/// What is done, without figures that change, to follow a subject: "blocked in recvfrom, reading from 10.0.3.7:5432".
#[must_use]
pub fn doing(does: &Doing) -> String {
    let phrase = phrase(does);
    match does {
        Doing::ReadsStdin { call, .. } | Doing::ReadsPipe { call, .. } | Doing::OnSocket { call, .. } => {
            format!("blocked in {call}, {phrase}")
        }
        Doing::OnFile { uninterruptible: true, .. } => format!("in uninterruptible sleep, {phrase}"),
        Doing::OnFile { call, .. } => format!("blocked in {call}, {phrase}"),
        Doing::AwaitsFileLock { call, path } => format!("waiting for {call} on {path}"),
        Doing::InCall { .. } | Doing::InCallNumbered { .. } => format!("blocked {phrase}"),
        Doing::Sleeps => "sleeping (time.sleep)".to_owned(),
        Doing::SleepsWithin { library } => format!("sleeping (time.sleep in {library})"),
        Doing::InLibrary { library, .. } => format!("parked inside {library}"),
        Doing::Serializes => "holding the GIL, serializing a response".to_owned(),
        Doing::ComputesWithGil => "holding the GIL, running".to_owned(),
        Doing::ComputesWithoutGil => "running native code, GIL free".to_owned(),
        _ => phrase,
    }
}

/// What somebody does, to follow a subject.
#[must_use]
pub fn did(act: &Act) -> String {
    let doing = doing(&act.does);
    if act.keeps_gil { format!("{doing}, holding the GIL") } else { doing }
}

/// What somebody does, to follow "blocked in fetch_orders, ": "reading from 10.0.3.7:5432".
#[must_use]
pub(super) fn clause(act: &Act) -> String {
    let clause = match (&act.does, &act.holder) {
        (Doing::NotKnown, _) => "for a reason that is not known".to_owned(),
        (does @ Doing::AwaitsLock { lock: Lock::Logging | Lock::Plain }, Some(by)) => {
            format!("{} held by {}", phrase(does), holder(by))
        }
        (does, _) => phrase(does),
    };
    if act.in_debugger { format!("in a debugger, {clause}") } else { clause }
}

/// `geocode (app.py:7), reading from 127.0.0.1:9106`
pub(super) fn at(at: &At) -> String {
    let does = at.act.as_ref().map_or_else(|| "computing".to_owned(), clause);
    match &at.place {
        Some(place) => format!("{}, {does}", super::place(place)),
        None => does,
    }
}

/// The bare phrase.
fn phrase(does: &Doing) -> String {
    let words = match does {
        Doing::StoppedBySignal => "stopped by a signal",
        Doing::StoppedByTracer => "stopped by a tracer",
        Doing::Ended => "ended",
        Doing::AwaitsGil => "waiting for the GIL",
        Doing::HandsOverGil => "handing over the GIL",
        Doing::CollectsGarbage => "collecting garbage",
        Doing::Polls => "idle in epoll",
        Doing::AwaitsWork => "parked, waiting for work",
        Doing::AwaitsSignal => "waiting for a signal",
        Doing::ParkedNative => "parked (native thread)",
        Doing::AwaitsForkedLock => "waiting for a lock that was held when this process was forked",
        Doing::AwaitsImport => "waiting for another thread to finish an import",
        Doing::AwaitsPool => "waiting for a connection from a pool",
        Doing::AwaitsFuture => "waiting for a future's result",
        Doing::AwaitsQueue => "waiting on a queue",
        Doing::AwaitsRoomInQueue => "waiting for room in a full queue",
        Doing::AwaitsThreadEnd => "waiting for a thread to end",
        Doing::ReadsStdin { password: true, .. } => "asking for a password on standard input",
        Doing::ReadsStdin { password: false, .. } => "reading standard input",
        Doing::AwaitsPage => "in uninterruptible sleep outside of any system call",
        Doing::Sleeps => "sleeping",
        Doing::SleepsWithin { library } => return format!("sleeping in {library}"),
        Doing::SleepsNative => "sleeping in native code",
        Doing::AwaitsSqlite => "waiting for a locked SQLite database",
        Doing::AwaitsLock { lock: Lock::Own } => "waiting for a lock that it holds itself",
        Doing::AwaitsLock { lock: Lock::Logging } => "waiting for a logging handler's lock",
        Doing::AwaitsLock { lock: Lock::Sign } => "waiting for another thread's sign (an event or a condition)",
        Doing::AwaitsLock { lock: Lock::Plain } => "waiting for a lock",
        Doing::RunsNative => "running native code",
        Doing::Serializes => "serializing a response",
        Doing::ComputesWithGil => "computing with the GIL held",
        Doing::ComputesWithoutGil => "running native code that released the GIL",
        Doing::Runs => "running",
        Doing::OffCpu => "not on a CPU, outside of any system call",
        Doing::Asleep => "asleep; the kernel does not tell us in which call",
        Doing::NotKnown => "not known",
        Doing::InCall { call } => return format!("in {call}"),
        Doing::InCallNumbered { number } => return format!("in system call {number}"),
        Doing::AwaitsFileLock { path, .. } => return format!("waiting for a lock on {path}"),
        Doing::AwaitsChild { child } => return format!("waiting for {}", child_words(child.as_ref())),
        Doing::StartsChild { child } => return to_start(child.as_ref()),
        Doing::AwaitsLeftOutput { pid, name, heirs } => {
            return format!(
                "waiting for the end of {}; open in {}",
                left_output(*pid, name),
                held_by(heirs).unwrap_or_default()
            );
        }
        Doing::ResolvesName { server: Some(server) } => return format!("resolving a host name at {server}"),
        Doing::ResolvesName { server: None } => "resolving a host name",
        Doing::WritesStream { sink, descriptor } => return format!("writing to {}", sink_words(sink, *descriptor)),
        Doing::ReadsPipe { path, descriptor, .. } => {
            return format!("reading from {}", pipe_words(path.as_deref(), *descriptor));
        }
        Doing::OpensFifo { path, missing } => return format!("opening {}", fifo_words(path.as_deref(), *missing)),
        Doing::OnSocket { direction, at, .. } => {
            let at = at.as_deref().unwrap_or("a socket");
            return match direction {
                Direction::Connect => format!("connecting to {at}"),
                Direction::Read => format!("reading from {at}"),
                Direction::Write => format!("writing to {at}"),
                Direction::Accept => format!("waiting for a connection on {at}"),
            };
        }
        Doing::OnFile { call, access, path, mount, .. } => {
            return file_words(call, *access, path.as_deref(), mount.as_deref());
        }
        Doing::InLibrary { library, server: Some(server) } => {
            return format!("waiting inside {library}; broker {server}");
        }
        Doing::InLibrary { library, server: None } => return format!("waiting inside {library}"),
    };
    words.to_owned()
}

fn file_words(call: &str, access: Access, path: Option<&str>, mount: Option<&str>) -> String {
    let Some(path) = path else { return format!("in {call}") };
    let mount = mount.map(|mount| format!(" on {mount}")).unwrap_or_default();
    match access {
        Access::Open => format!("opening {path}"),
        Access::Read => format!("reading {path}{mount}"),
        Access::Write => format!("writing {path}{mount}"),
        Access::Other => format!("in {call} on {path}{mount}"),
    }
}

fn child_words(child: Option<&AwaitedChild>) -> String {
    let Some(child) = child else { return "a child process".to_owned() };
    let name = child.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("child process {}{name}{}", child.pid, state_clause(child.state))
}

/// Until a child has another program it has its parent's name, which would say nothing.
fn to_start(child: Option<&AwaitedChild>) -> String {
    match child {
        Some(child) => {
            format!("waiting for child process {} to start its program{}", child.pid, state_clause(child.state))
        }
        None => "waiting for a child process to start its program".to_owned(),
    }
}

fn state_clause(state: Option<char>) -> String {
    state.and_then(stuck_state).map(|state| format!(", which {state}")).unwrap_or_default()
}

/// The state of a process that will not move by itself, in words; nothing of one that may.
pub(super) fn stuck_state(state: char) -> Option<&'static str> {
    match state {
        'T' => Some("is stopped by a signal"),
        't' => Some("is stopped by a tracer"),
        'Z' => Some("has ended"),
        'D' => Some("is in uninterruptible sleep"),
        _ => None,
    }
}

/// The output of a child that has ended.
pub(super) fn left_output(pid: u32, name: &str) -> String {
    format!("the output of child process {pid} ({name}), which has ended")
}

/// What is written to: `a pipe (standard output, fd 1)`.
pub(super) fn sink_words(sink: &Sink, descriptor: i32) -> String {
    let what = match sink {
        Sink::Fifo { path } => format!("FIFO {path}"),
        Sink::Pipe => "a pipe".to_owned(),
        Sink::Socket => "a socket".to_owned(),
        Sink::Terminal => "a terminal".to_owned(),
    };
    match descriptor {
        1 => format!("{what} (standard output, fd 1)"),
        2 => format!("{what} (standard error, fd 2)"),
        other => format!("{what} (fd {other})"),
    }
}

/// A pipe that is read.
pub(super) fn pipe_words(path: Option<&str>, descriptor: i32) -> String {
    path.map_or_else(|| format!("a pipe (fd {descriptor})"), str::to_owned)
}

/// A FIFO that waits for somebody at its other end.
pub(super) fn fifo_words(path: Option<&str>, missing: Option<FifoEnd>) -> String {
    let path = path.unwrap_or("of a path that could not be read");
    let end = match missing {
        Some(FifoEnd::Writing) => "nobody has open for writing",
        Some(FifoEnd::Reading) => "nobody has open for reading",
        None => "nobody has open at the other end",
    };
    format!("FIFO {path}, which {end}")
}
